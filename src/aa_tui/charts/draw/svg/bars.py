"""Lying bars in shapes: single, stacked or side by side, with the interval of each value.

Where there is room names stand before the bars; in narrow drawings, which phones show, above them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import isfinite

from aa_tui.charts.draw.bars import GROUP_MARKS, parts_of
from aa_tui.charts.draw.svg.shapes import SMALL, Anchor, Drawn, fitted, line, named, rect, text, text_width
from aa_tui.charts.draw.ticks import drawable, linear_ticks, tick_text
from aa_tui.charts.spec import Bar, BarChart

WIDE = 560.0
"""From this width on names stand before their bars."""

PART_ROLES = tuple(f"part-{number}" for number in range(1, 10))
GROUP_ROLES = ("bar", "part-2", "part-3")

_UNBROKEN = "part-6"
"""Of bars whose parts are not known, beside others whose are."""

_GAP = 8.0
_THICK, _THIN = 13.0, 8.0
_ROW, _NAME_ROW, _PART_ROW = 23.0, 17.0, 11.5
_AXIS = 34.0
_LEGEND_ROW = 19.0
_TICK_ROOM = 72.0
_NAMES_SHARE = 0.4
_FADED = ("", ' fill-opacity="0.55"', ' fill-opacity="0.3"')
"""Parts of a highlighted bar: one colour, told apart by how full it is."""


@dataclass(frozen=True, slots=True)
class _Plot:
    """Where bars begin and end, and from a value to its place."""

    left: float
    right: float
    low: float
    high: float

    def x(self, value: float) -> float:
        share = (drawable(value) - self.low) / ((self.high - self.low) or 1.0)
        return self.left + max(0.0, min(1.0, share)) * (self.right - self.left)


@dataclass(frozen=True, slots=True)
class _Frame:
    spec: BarChart
    plot: _Plot
    width: float
    is_wide: bool


def draw(spec: BarChart, width: float, most: int, ids: Callable[[str], str] | None = None) -> Drawn:
    """At most so many bars: the highlighted, their neighbours and the best. Nothing where there are none.

    `ids` gives the id of a bar's group by its key, for a style that can highlight any of them.
    """
    bars = tuple(bar for bar in spec.fitted(most) if isfinite(bar.value))
    if not bars:
        return Drawn(width, 0.0, "")
    is_wide = width >= WIDE
    names = [_name(spec, bar) for bar in bars]
    plot = _plot(spec, bars, names, width, is_wide=is_wide)
    shapes, top = _legend(spec, bars, width)
    first = top
    frame = _Frame(spec, plot, width, is_wide)
    rows: list[str] = []
    for bar, name in zip(bars, names, strict=True):
        drawn, high = _bar(frame, bar, name, top)
        rows.append(drawn if ids is None else named(drawn, ids(bar.key)))
        top += high
    return Drawn(width, top + _AXIS, "".join([*shapes, _axis(frame, first, top), *rows]))


def _name(spec: BarChart, bar: Bar) -> str:
    """The name with its marks, as the drawing in characters has them."""
    marks = ["▶"] if bar.highlighted else []
    if bar.reasoning is not None:
        marks.append("◆" if bar.reasoning else "◇")
    if bar.group in spec.groups[: len(GROUP_MARKS)]:
        marks.append(GROUP_MARKS[spec.groups.index(bar.group)])
    return " ".join((*marks, bar.label))


def _value(bar: Bar) -> str:
    return f"{bar.text} ~" if bar.estimate else bar.text


def _plot(spec: BarChart, bars: Sequence[Bar], names: Sequence[str], width: float, *, is_wide: bool) -> _Plot:
    values = [0.0, spec.full]
    for bar in bars:
        parts = () if spec.stacked else parts_of(spec, bar)
        values += map(drawable, (*(parts or (bar.value,)), *_whisker(bar)))
    low, high = min(values), max(values)
    if not is_wide:
        ends = [text_width(text, SMALL) for bar in bars for text in _part_texts(spec, bar)]
        return _Plot(0.0, width - max(ends, default=0.0) - (_GAP if ends else 0.0), low, high)
    left = min(_NAMES_SHARE * width, max(text_width(name) for name in names)) + _GAP
    texts = [text for bar in bars for text in _part_texts(spec, bar) or (_value(bar),)]
    room = min(max(map(text_width, texts)), width - left - width / 4)
    return _Plot(left, width - room - _GAP, low, high)


def _whisker(bar: Bar) -> tuple[float, ...]:
    return bar.interval if bar.interval is not None and all(map(isfinite, bar.interval)) else ()


def _part_texts(spec: BarChart, bar: Bar) -> tuple[str, ...]:
    """How parts side by side read; nothing of others."""
    parts = () if spec.stacked else parts_of(spec, bar)
    if not parts:
        return ()
    return bar.part_texts if len(bar.part_texts) == len(parts) else tuple(f"{part:g}" for part in parts)


def _bar(frame: _Frame, bar: Bar, name: str, top: float) -> tuple[str, float]:
    """A bar with its name and value, and the room it takes."""
    spec, plot, width = frame.spec, frame.plot, frame.width
    kind = "chosen-" if bar.highlighted else ""
    texts = _part_texts(spec, bar)
    deep = len(texts) * _PART_ROW if texts else _THICK
    shapes = []
    if frame.is_wide:
        start, row = top + 4, max(_ROW, deep + _GAP)
        shapes.append(text(0, start + 10.5, fitted(name, plot.left - _GAP), f"{kind}label"))
    else:
        start, row = top + _NAME_ROW, _NAME_ROW + deep + 11
        value = "" if texts else _value(bar)
        shapes.append(text(0, top + 12, fitted(name, width - text_width(value) - _GAP), f"{kind}label"))
        if value:
            shapes.append(text(width, top + 12, value, f"{kind}value", anchor="end"))
    if texts:
        return "".join([*shapes, *_side_by_side(spec, bar, plot, start)]), row
    shapes += _whole(spec, bar, plot, start)
    shapes.append(_interval(bar, plot, start + _THICK / 2))
    if frame.is_wide:
        at = max([plot.x(bar.value), *map(plot.x, _whisker(bar))]) if bar.value >= 0 else plot.x(0)
        shapes.append(text(at + 6, start + 10.5, fitted(_value(bar), width - at - 6), f"{kind}value"))
    return "".join(shapes), row


def _side_by_side(spec: BarChart, bar: Bar, plot: _Plot, top: float) -> Iterator[str]:
    """A thin bar for each part, with how it reads."""
    role = "chosen-value" if bar.highlighted else "value"
    for number, (part, words) in enumerate(zip(parts_of(spec, bar), _part_texts(spec, bar), strict=True)):
        y = top + number * _PART_ROW
        title = f"{_part(spec, number)}: {words}"
        yield _length(plot, 0.0, part, y=y, high=_THIN, role=_role(number, bar), title=title, number=number)
        yield text(plot.x(part) + 5, y + 8, words, role, size=SMALL)


def _whole(spec: BarChart, bar: Bar, plot: _Plot, y: float) -> Iterator[str]:
    """The bar, or the parts that add up to it."""
    parts = parts_of(spec, bar)
    told = bar.part_texts if len(bar.part_texts) == len(parts) else tuple(f"{part:g}" for part in parts)
    end = 0.0
    for number, (part, words) in enumerate(zip(parts, told, strict=True)):
        if part > 0:
            role, title = _role(number, bar), f"{_part(spec, number)}: {words}"
            yield _length(plot, end, end + part, y=y, high=_THICK, role=role, title=title, number=number)
        end += part
    if not parts:
        role = _bar_role(spec, bar)
        yield _length(plot, 0.0, bar.value, y=y, high=_THICK, role=role, title=f"{bar.label}: {bar.text}")


def _part(spec: BarChart, number: int) -> str:
    return spec.parts[number] if number < len(spec.parts) else ""


def _role(number: int, bar: Bar) -> str:
    return "chosen-bar" if bar.highlighted else PART_ROLES[number % len(PART_ROLES)]


def _bar_role(spec: BarChart, bar: Bar) -> str:
    if bar.highlighted:
        return "chosen-bar"
    if spec.parts:
        return _UNBROKEN
    return GROUP_ROLES[spec.groups.index(bar.group)] if bar.group in spec.groups[: len(GROUP_ROLES)] else "bar"


def _length(
    plot: _Plot, start: float, end: float, *, y: float, high: float, role: str, title: str, number: int = 0
) -> str:
    """From one value to another; what is not 0 is seen. Neighbours keep a hair's breadth between them."""
    left, right = sorted((plot.x(start), plot.x(end)))
    wide = right - left
    if wide < 1 and drawable(end) != drawable(start):
        wide = 1.0
    rest = _FADED[number % len(_FADED)] if role == "chosen-bar" else ""
    return rect(left, y, wide - (0.8 if wide > 3 else 0.0), high, role, title=title, rest=rest)


def _interval(bar: Bar, plot: _Plot, y: float) -> str:
    ends = _whisker(bar)
    if not ends:
        return ""
    low, high = map(plot.x, ends)
    return (
        line(low, y, high, y, "whisker")
        + line(low, y - 4, low, y + 4, "whisker")
        + line(high, y - 4, high, y + 4, "whisker")
    )


def _axis(frame: _Frame, top: float, bottom: float) -> str:
    """The grid behind the bars, its numbers, and what they are."""
    plot = frame.plot
    most = max(2, int((plot.right - plot.left) / _TICK_ROOM))
    ticks = linear_ticks(plot.low, plot.high, most) if plot.high > plot.low else [plot.low]
    shapes = []
    for tick in ticks:
        x = plot.x(tick)
        words = tick_text(tick)
        half = text_width(words, SMALL) / 2
        anchor: Anchor = "start" if x < half else "end" if x + half > frame.width else "middle"
        shapes.append(line(x, top, x, bottom, "zero" if tick == 0 else "grid"))
        shapes.append(text(x, bottom + 13, words, "axis", anchor=anchor, size=SMALL))
    unit = fitted(frame.spec.unit, plot.right - plot.left + _GAP, SMALL)
    shapes.append(text(plot.right, bottom + 28, unit, "axis", anchor="end", size=SMALL))
    return "".join(shapes)


def _legend(spec: BarChart, bars: Sequence[Bar], width: float) -> tuple[list[str], float]:
    """What colours and marks mean, in as many rows as that needs; the room it takes."""
    shapes: list[str] = []
    x, y = 0.0, 0.0
    for role, words in _entries(spec, bars):
        room = text_width(words, SMALL) + 28
        if x and x + room > width:
            x, y = 0.0, y + _LEGEND_ROW
        shapes.append(rect(x, y + 2, 10, 10, role))
        shapes.append(text(x + 15, y + 11, fitted(words, width - 20, SMALL), "note", size=SMALL))
        x += room
    return shapes, y + _LEGEND_ROW + 4 if shapes else 0.0


def _entries(spec: BarChart, bars: Sequence[Bar]) -> Iterable[tuple[str, str]]:
    drawn = [parts for bar in bars if (parts := parts_of(spec, bar))]
    for number, part in enumerate(spec.parts):
        if any(number < len(parts) and parts[number] > 0 for parts in drawn):
            yield PART_ROLES[number % len(PART_ROLES)], part
    if spec.parts and len(drawn) < len(bars):
        yield _UNBROKEN, "not broken down"
    for role, glyph, group in zip(GROUP_ROLES, GROUP_MARKS, spec.groups, strict=False):
        if any(bar.group == group for bar in bars):
            yield role, f"{glyph} {group}"
