"""Draw a chart with plotext 6.

plotext draws axes, ticks and bars into one figure that is global to its module, so a drawing is made in one go
and kept. Colours pass through it as numbers of roles and come back out of its escape codes as roles: what leaves
this module holds no control characters. Bars lie: only so do names stay whole at 80 columns. plotext's own bar
signal leaves such bars unfilled unless outlined and rounds rows unevenly, so each bar is one segment on a row of
its own.
"""

from __future__ import annotations

import re
from functools import lru_cache
from math import ceil, isfinite, log10
from typing import TYPE_CHECKING, Any

from aa_tui.charts.cells import cell_width, cut, pad
from aa_tui.charts.drawing import ROLES, Drawing, Line, Role, Stretch, to_ascii
from aa_tui.textsafe import clean_line

if TYPE_CHECKING:
    from aa_tui.charts.spec import Bar, BarChart

MIN_WIDTH = 30
"""Below so many columns names and bars would both be cut to nothing."""

_FRAME_ROWS = 5  # title, note, an empty line, the axis and its labels
_COLOUR = re.compile(r"\x1b\[([\d;]*)m")
_FIRST_CODE = 100  # any stretch of the 256 colours that plotext does not use on its own


def render_text(spec: BarChart, width: int, height: int, *, color: bool, ascii: bool = False) -> str:  # noqa: A002
    """The chart for the shell, at most so many columns and rows, with the 16 colours or none."""
    drawing = draw(spec, width, height, ascii=ascii)
    return drawing.ansi() if color else drawing.plain()


def warm_up() -> None:
    """Import plotext, which takes a tenth of a second and more: for a thread, before the first drawing."""
    import plotext  # noqa: F401


@lru_cache(maxsize=32)
def draw(spec: BarChart, width: int, height: int, *, ascii: bool = False) -> Drawing:  # noqa: A002
    """The chart as lines with roles, at most so many columns and rows.

    Where there are more bars than rows, the highlighted one, its neighbours and the best are drawn.
    """
    width = max(MIN_WIDTH, width)
    bars = _usable(spec.fitted(max(1, height - _FRAME_ROWS)))
    head = _head(spec, bars, width)
    if bars:
        plot = _plot(bars, width, any(bar.reasoning is not None for bar in bars))
    else:
        plot = ((Stretch("  No values published for these models.", "note"),),)
    lines = (*head, (Stretch(""),), *plot)
    if ascii:
        lines = tuple(tuple(Stretch(to_ascii(part.text), part.role) for part in line) for line in lines)
    return Drawing(lines)


def _usable(bars: tuple[Bar, ...]) -> tuple[Bar, ...]:
    return tuple(bar for bar in bars if isfinite(bar.value))


def _head(spec: BarChart, bars: tuple[Bar, ...], width: int) -> tuple[Line, ...]:
    """Title, then a line that says what is drawn; words that do not fit are left out whole."""
    drawn = f"{len(bars)} of {spec.total} {spec.noun}"
    better = f"{spec.better} is better" if spec.better else ""
    marks = []
    if any(bar.reasoning is not None for bar in bars):
        marks.append("◆ reasoning")
    if any(bar.estimate for bar in bars):
        marks.append("~ estimate")
    words = [spec.unit, better, drawn, *marks]
    title, note = clean_line(spec.title), clean_line(spec.note)
    gap = width - cell_width(title) - cell_width(note)
    if note and gap < 2:
        words.append(note)
    first: Line = (Stretch(cut(title, width), "title"),)
    if note and gap >= 2:
        first = (*first, Stretch(" " * gap), Stretch(note, "note"))
    line = ""
    for word in filter(None, map(clean_line, words)):
        longer = f"{line} · {word}" if line else word
        if cell_width(longer) > width:
            break
        line = longer
    return first, (Stretch(line, "note"),)


def _plot(bars: tuple[Bar, ...], width: int, marks: bool) -> tuple[Line, ...]:
    import plotext

    figure: Any = plotext.figure
    plotext.terminal.limit(False, False)  # the size is ours, not that of a terminal
    labels = _labels(bars, width, marks)
    texts = [f" {clean_line(bar.text)}{' ~' if bar.estimate else ''}" for bar in bars]
    canvas = width - cell_width(labels[0]) - 1
    low, high = _limits(bars, canvas - max(map(cell_width, texts)) - 1, canvas)
    count = len(bars)
    figure.clear()
    figure.theme("colorless")
    figure.plot_size(width, count + 2)
    figure.axes(False)
    figure.axes(True, axis="y", side="left", pixel=plotext.pixel(_code("axis")))
    figure.axes(True, axis="x", side="lower", pixel=plotext.pixel(_code("axis")))
    for row, (bar, text) in enumerate(zip(bars, texts, strict=True), start=1):
        role, glyph = _bar_look(bar)
        if bar.value != 0:
            body = plotext.colorize(glyph, _code(role))
            figure.draw(figure.segment((0, bar.value), (row, row), marker=body))
        value_role: Role = "chosen-value" if bar.highlighted else "value"
        label = plotext.colorize(text, _code(value_role))
        figure.draw(figure.text(max(0.0, bar.value), row, label, alignment="left"))
    figure.ruler("y").lim(1, max(2, count)).direction(-1)
    names = [
        plotext.colorize(label, _code("chosen-label" if bar.highlighted else "label"))
        for label, bar in zip(labels, bars, strict=True)
    ]
    figure.ruler("y").ticks(list(range(1, count + 1)), labels=names)
    ticks = _ticks(low, max(bar.value for bar in bars), max(2, canvas // 8))
    figure.ruler("x").lim(low, high)
    figure.ruler("x").ticks(ticks, labels=[plotext.colorize(f"{tick:g}", _code("axis")) for tick in ticks])
    drawn: str = figure.build().string()
    figure.clear()
    lines = tuple(_parse(line) for line in drawn.splitlines())
    return (*lines[:count], *lines[-2:])


def _bar_look(bar: Bar) -> tuple[Role, str]:
    """Colour is not the only carrier: the highlighted bar is taller as well."""
    return ("chosen-bar", "█") if bar.highlighted else ("bar", "▆")


def _labels(bars: tuple[Bar, ...], width: int, marks: bool) -> list[str]:
    """Names at one width, which takes at most half of the chart."""
    prefixes = [
        ("▶ " if bar.highlighted else "  ") + (("◆ " if bar.reasoning else "◇ ") if marks else "") for bar in bars
    ]
    room = width // 2 - len(prefixes[0]) - 1
    names = [cut(clean_line(bar.label), room) for bar in bars]
    widest = max(map(cell_width, names))
    return [prefix + pad(name, widest) + " " for prefix, name in zip(prefixes, names, strict=True)]


def _limits(bars: tuple[Bar, ...], bar_cells: int, canvas: int) -> tuple[float, float]:
    """The axis from 0, or the lowest negative value, so far beyond the highest that its text fits in."""
    lowest = min(0.0, *(bar.value for bar in bars)) if bars else 0.0
    highest = max(0.0, *(bar.value for bar in bars)) if bars else 0.0
    span = (highest - lowest) or 1.0
    return lowest, lowest + span * canvas / max(1, bar_cells)


def _ticks(low: float, high: float, most: int) -> list[float]:
    """Round positions from low to high, at most so many."""
    span = high - low
    if span <= 0:
        return [low]
    step = 10.0 ** (ceil(log10(span / most)) - 1)
    while int(span / step) + 1 > most:
        step *= 2.5 if f"{step:e}"[0] == "2" else 2.0
    first = ceil(low / step)
    return [round(index * step, 12) for index in range(first, int(high / step + 1e-9) + 1)]


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
