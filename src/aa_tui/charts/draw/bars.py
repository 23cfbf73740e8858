"""Draw lying bars with plotext 6: single, stacked or side by side.

Bars lie: only so do names stay whole at 80 columns. plotext draws axes, ticks and rows into one figure that is
global to its module, so a drawing is made in one go. Its own bar signal leaves lying bars unfilled unless outlined
and rounds rows unevenly, so each bar is a run of text on a row of its own, and the axis counts cells. Colours pass
through it as numbers of roles and come back out of its escape codes as roles.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from math import isfinite
from operator import add
from threading import Lock
from typing import Any

from aa_tui.charts.draw.cells import cell_width, cut, pad
from aa_tui.charts.draw.drawing import ROLES, Line, Role, Stretch, to_ascii
from aa_tui.charts.draw.fills import STACKED
from aa_tui.charts.draw.head import better_words, head, legend, sentence
from aa_tui.charts.draw.ticks import drawable, linear_ticks, tick_text
from aa_tui.charts.spec import Bar, BarChart
from aa_tui.textsafe import clean_line

MIN_WIDTH = 30
WHOLE, CHOSEN = "▆", "▇"
SIDE_BY_SIDE = ("▆", "▄", "▂")
OF_GROUP = ("▆", "▄", "▂")
GROUP_MARKS = ("○", "●", "?")
"""Colour is never the only carrier: parts and groups differ in their height, groups by a mark as well.

None fills its row, so that there is the same gap between the bars of every chart.
"""

_PART_ROLES: tuple[Role, ...] = ("part-1", "part-2", "part-3", "part-3", "value", "axis", "axis", "axis", "axis")
_GROUP_ROLES: tuple[Role, ...] = ("bar", "part-2", "part-3")
_AXIS_ROWS = 2
_CELLS_A_TICK = 8
_LEAST_BAR_CELLS = 6
_NAME_CELLS = 46
_COLOUR = re.compile(r"\x1b\[([\d;]*)m")
_INTERVAL = re.compile(r" \(-?[\d.,]+(?:–| to )-?[\d.,]+\)")
_FIRST_CODE = 100  # any stretch of the 256 colours that plotext does not use on its own
_PARTS_SHARE = 0.05
"""Parts that miss the whole by more are not drawn as if they added up to it."""

_figure_lock = Lock()
"""plotext has one figure for all threads."""


@dataclass(frozen=True, slots=True)
class _Row:
    """One row of the plot: the label before the axis, the runs of the bar, and the text at its end."""

    label: str
    start: int
    runs: tuple[tuple[str, Role], ...]
    texts: tuple[tuple[str, Role], ...]
    chosen: bool


def lines(spec: BarChart, width: int, height: int, *, compact: bool = False) -> tuple[Line, ...]:
    """The chart in at most so many columns and rows. A compact one has a shorter head, no legend and no axis."""
    width = max(MIN_WIDTH, width)
    if not all(isfinite(bar.value) for bar in spec.bars):
        spec = replace(spec, bars=tuple(bar for bar in spec.bars if isfinite(bar.value)))
    above = _head(spec, spec.bars, width, compact)
    frame = len(above) + (0 if compact else 1 + _AXIS_ROWS)
    if not compact and height < frame + spec.rows_per_bar:
        return lines(spec, width, height, compact=True)
    bars = spec.fitted(max(1, (height - frame) // spec.rows_per_bar))
    if len(bars) < len(spec.bars):
        above = _head(spec, bars, width, compact)
    if not bars:
        missing = spec.missing or "No values published for these models."
        return (*above, *sentence(missing, width))
    if spec.stacked and not any(parts_of(spec, bar) for bar in bars):
        spec = replace(spec, parts=())  # wholes alone look as in any other chart
    between = () if compact else (legend(list(_legend(spec, bars)), width),)
    return (*above, *between, *_plot(spec, bars, width, axis=not compact))


def natural_height(spec: BarChart, width: int, *, compact: bool = False) -> int:
    """Rows in which all bars are drawn."""
    above = len(_head(spec, spec.bars, max(MIN_WIDTH, width), compact))
    return above + (0 if compact else 1 + _AXIS_ROWS) + max(1, len(spec.bars)) * spec.rows_per_bar


def _head(spec: BarChart, bars: tuple[Bar, ...], width: int, compact: bool) -> tuple[Line, ...]:
    words = [spec.unit, *filter(None, [better_words(spec.better)]), f"{len(bars)} of {spec.total} {spec.noun}"]
    if any(bar.reasoning is not None for bar in bars):
        words.append("◆ reasoning")
    if any(bar.estimate for bar in bars):
        words.append("~ estimate")
    return head(spec.title, "" if compact else spec.note, words, width, rows=1 if compact else 3)


def _legend(spec: BarChart, bars: tuple[Bar, ...]) -> Iterable[tuple[str, Role, str]]:
    """What fills mean, of those that are drawn. A highlighted bar has its parts' fills in the colour of the chosen."""
    glyphs = STACKED if spec.stacked else SIDE_BY_SIDE
    in_parts = [bar for bar in bars if parts_of(spec, bar)]
    for number, (glyph, role, part) in enumerate(zip(glyphs, _PART_ROLES, spec.parts, strict=False)):
        if any(_part(bar, number) for bar in in_parts) or (in_parts and not spec.stacked):
            yield glyph, role, part
    if in_parts and spec.stacked and any(bar.value and not parts_of(spec, bar) for bar in bars):
        yield CHOSEN, "value", "not broken down"
    for glyph, mark, role, group in zip(OF_GROUP, GROUP_MARKS, _GROUP_ROLES, spec.groups, strict=False):
        yield f"{glyph}{mark}", role, group


def _part(bar: Bar, number: int) -> float:
    return bar.parts[number] if number < len(bar.parts) else 0.0


def _plot(spec: BarChart, bars: tuple[Bar, ...], width: int, *, axis: bool) -> tuple[Line, ...]:
    labels = _labels(spec, bars, width)
    canvas = width - cell_width(labels[0]) - 1
    ends = _ends(spec, bars, canvas)
    widest = max(sum(cell_width(text) for text, _ in end) for end in ends)
    low, high = _range(spec, bars)
    bar_cells = max(1, canvas - widest - 1)
    scale = bar_cells / ((high - low) or 1.0)
    zero = round(-low * scale)
    rows = _rows(spec, zip(bars, labels, strict=True), ends, zero, scale)
    ticks = linear_ticks(low, high, max(1, bar_cells // _CELLS_A_TICK))
    places = {zero + round(tick * scale): tick_text(tick) for tick in ticks} if high > low else {0: tick_text(low)}
    drawn = _with_plotext(rows, width, canvas, places)
    count = len(rows)
    return (*drawn[:count], *drawn[-_AXIS_ROWS:]) if axis else drawn[:count]


def _rows(
    spec: BarChart,
    named: Iterable[tuple[Bar, str]],
    ends: Iterable[tuple[tuple[str, Role], ...]],
    zero: int,
    scale: float,
) -> list[_Row]:
    """The rows of the bars with their labels; the axis' 0 is in the cell `zero`."""
    rows: list[_Row] = []
    each = iter(ends)
    for bar, label in named:
        parts = parts_of(spec, bar)
        if spec.stacked or not parts:
            length = _cells(bar.value, scale)
            start = zero - length if bar.value < 0 else zero
            runs = _runs(spec, bar, parts, length)
            rows.append(_Row(label, start, runs, next(each), bar.highlighted))
            if not spec.stacked:  # each part's row is kept, so that bars stay as high as each other
                rows += [_Row(" " * cell_width(label), zero, (), (), False)] * (spec.rows_per_bar - 1)
            continue
        for number, part in enumerate(parts):
            glyph, role = SIDE_BY_SIDE[number % 3], _PART_ROLES[number % 3]
            own = label if number == 0 else " " * cell_width(label)
            run = (glyph * _cells(part, scale), "chosen-bar" if bar.highlighted else role)
            rows.append(_Row(own, zero, (run,), next(each), bar.highlighted))
    return rows


def _runs(spec: BarChart, bar: Bar, parts: tuple[float, ...], length: int) -> tuple[tuple[str, Role], ...]:
    """A stacked bar's fills, or the one of a bar without parts."""
    is_apart = bool(spec.parts) and spec.stacked
    if not parts:
        if bar.group in spec.groups[: len(GROUP_MARKS)]:
            number = spec.groups.index(bar.group)
            glyph, role = OF_GROUP[number], _GROUP_ROLES[number]
        else:
            glyph, role = (CHOSEN if bar.highlighted or is_apart else WHOLE), "value" if is_apart else "bar"
        return ((glyph * length, "chosen-bar" if bar.highlighted else role),)
    parts = tuple(map(drawable, parts))
    whole = sum(parts) or 1.0
    runs: list[tuple[str, Role]] = []
    done, end = 0, 0.0
    for number, part in enumerate(parts):
        end += part
        until = round(end / whole * length)
        role = "chosen-bar" if bar.highlighted else _PART_ROLES[number % len(STACKED)]
        runs.append((STACKED[number % len(STACKED)] * (until - done), role))
        done = until
    return tuple(runs)


def parts_of(spec: BarChart, bar: Bar) -> tuple[float, ...]:
    """The bar's parts if they can be drawn as such, else none: then the whole is drawn."""
    if not spec.parts or len(bar.parts) != len(spec.parts):
        return ()
    if not all(isfinite(part) and part >= 0 for part in bar.parts):
        return ()
    if spec.stacked and abs(sum(bar.parts) - bar.value) > _PARTS_SHARE * abs(bar.value):
        return ()
    return bar.parts


def _cells(value: float, scale: float) -> int:
    """A bar's length; what is not 0 is seen."""
    return max(1, round(abs(drawable(value)) * scale)) if drawable(value) else 0


def _ends(spec: BarChart, bars: tuple[Bar, ...], canvas: int) -> list[tuple[tuple[str, Role], ...]]:
    """What stands at the end of each row; a stacked bar's parts only where they leave the bars most of the room."""
    ends: list[tuple[tuple[str, Role], ...]] = []
    room = max(_LEAST_BAR_CELLS, canvas - _LEAST_BAR_CELLS)
    detailed = spec.stacked and all(cell_width(_text(bar)) + cell_width(_sum(spec, bar)) <= canvas // 3 for bar in bars)
    for bar in bars:
        role: Role = "chosen-value" if bar.highlighted else "value"
        parts = parts_of(spec, bar)
        if not spec.stacked and parts:
            texts = bar.part_texts if len(bar.part_texts) == len(parts) else tuple(f"{part:g}" for part in parts)
            mark = " ~" if bar.estimate else ""
            ends += [((cut(f" {_narrow(text)}{mark}", room), role),) for text in texts]
        else:
            end: tuple[tuple[str, Role], ...] = ((_fitted(_text(bar), room), role),)
            if detailed and _sum(spec, bar):
                end = (*end, (_sum(spec, bar), "note"))
            ends.append(end)
    return ends


def _fitted(text: str, room: int) -> str:
    """A value for so many cells: where all has no room, without what is said behind it, or without its interval, since
    half of either misleads.
    """
    value = text.split(", ", maxsplit=1)[0]
    shorter = (text, value, _INTERVAL.sub("", text), _INTERVAL.sub("", value))
    return next((one for one in shorter if cell_width(one) <= room), cut(shorter[-1], room))


def _text(bar: Bar) -> str:
    return f" {_narrow(bar.text)}{' ~' if bar.estimate else ''}"


def _narrow(text: str) -> str:
    """A value's text in characters of one cell each, as plotext counts them."""
    text = clean_line(text)
    return text if cell_width(text) == len(text) else to_ascii(text)


def _sum(spec: BarChart, bar: Bar) -> str:
    """The stacked parts as they read: " = 133M + 13M"."""
    texts = [_narrow(text) for text in bar.part_texts if text]
    if len(texts) < 2 or not parts_of(spec, bar):
        return ""
    return f" = {' + '.join(texts)}"


def _labels(spec: BarChart, bars: tuple[Bar, ...], width: int) -> list[str]:
    """Names at one width, which takes at most half of the chart, and a third of a wide one."""
    marks = any(bar.reasoning is not None for bar in bars)
    prefixes = []
    for bar in bars:
        prefix = "▶ " if bar.highlighted else "  "
        if marks:
            prefix += "  " if bar.reasoning is None else "◆ " if bar.reasoning else "◇ "
        if spec.groups:
            number = spec.groups.index(bar.group) if bar.group in spec.groups[: len(GROUP_MARKS)] else None
            prefix += "  " if number is None else f"{GROUP_MARKS[number]} "
        prefixes.append(prefix)
    room = min(width // 2, max(_NAME_CELLS, width // 3)) - len(prefixes[0]) - 1
    names = [cut(clean_line(bar.label), room) for bar in bars]
    widest = max(map(cell_width, names))
    return [prefix + pad(name, widest) + " " for prefix, name in zip(prefixes, names, strict=True)]


def _range(spec: BarChart, bars: tuple[Bar, ...]) -> tuple[float, float]:
    """The axis from 0, or the lowest negative value, to the highest, or to where the chart wants it to end."""
    values = [0.0, spec.full]
    for bar in bars:
        parts = () if spec.stacked else parts_of(spec, bar)
        values += map(drawable, parts or (bar.value,))
    return min(values), max(values)


def _with_plotext(rows: Sequence[_Row], width: int, canvas: int, ticks: dict[int, str]) -> tuple[Line, ...]:
    import plotext

    with _figure_lock:
        figure: Any = plotext.figure
        plotext.terminal.limit(False, False)  # the size is ours, not that of a terminal
        count = len(rows)
        figure.clear()
        figure.theme("colorless")
        figure.plot_size(width, count + _AXIS_ROWS)
        figure.axes(False)
        figure.axes(True, axis="y", side="left", pixel=plotext.pixel(_code("axis")))
        figure.axes(True, axis="x", side="lower", pixel=plotext.pixel(_code("axis")))
        for number, row in enumerate(rows, start=1):
            # Pieces are added as plotext's own coloured texts: in a plain string it would count the codes as cells.
            pieces = [plotext.colorize(part, _code(role)) for part, role in (*row.runs, *row.texts) if part]
            if pieces:
                figure.draw(figure.text(row.start, number, reduce(add, pieces), alignment="left"))
        figure.ruler("y").lim(1, max(2, count)).direction(-1)
        # Dashes stand for the names: of some characters plotext thinks that they are wider than they are.
        dashes = "-" * cell_width(rows[0].label)
        figure.ruler("y").ticks(list(range(1, count + 1)), labels=[dashes] * count)
        figure.ruler("x").lim(0, max(1, canvas - 1))
        figure.ruler("x").ticks(list(ticks), labels=[plotext.colorize(text, _code("axis")) for text in ticks.values()])
        drawn: str = figure.build().string()
        figure.clear()
    lines = [_parse(line) for line in drawn.splitlines()]
    named = [_named(line, row) for line, row in zip(lines, rows, strict=False)]
    return (*named, *lines[count:])


def _named(line: Line, row: _Row) -> Line:
    """The line with the row's label instead of the dashes that kept its place."""
    first, *rest = line
    label = Stretch(row.label, "chosen-label" if row.chosen else "label")
    beyond = first.text[cell_width(row.label) :]
    return (label, *((Stretch(beyond, first.role),) if beyond else ()), *rest)


def _code(role: Role) -> int:
    return _FIRST_CODE + ROLES.index(role)


def _parse(line: str) -> Line:
    """One line of plotext's output, its colour codes turned back into roles and all other codes dropped."""
    parts: list[Stretch] = []
    role: Role | None = None
    pieces = _COLOUR.split(line)
    for index, piece in enumerate(pieces):
        if index % 2:
            role = _role_of(piece, role)
        elif piece:
            parts.append(Stretch(piece, role))
    return tuple(parts)


def _role_of(code: str, before: Role | None) -> Role | None:
    if code.startswith("38;5;"):
        number = int(code.rsplit(";", 1)[1]) - _FIRST_CODE
        return ROLES[number] if 0 <= number < len(ROLES) else None
    return None if code in ("", "0") else before
