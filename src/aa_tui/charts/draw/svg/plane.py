"""Dots and lines on two axes in shapes: quadrant, frontier, intervals, and names that stand beside their own dots."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import hypot
from statistics import median

from aa_tui.charts.draw.scale import Scale, bounds_of, has_place
from aa_tui.charts.draw.scatter import axis_words, describe, frontier
from aa_tui.charts.draw.svg.shapes import (
    SIZE,
    SMALL,
    Anchor,
    Drawn,
    fitted,
    line,
    mark,
    named,
    polyline,
    rect,
    text,
    text_width,
)
from aa_tui.charts.draw.ticks import tick_text
from aa_tui.charts.line_spec import LineChart, is_on_right
from aa_tui.charts.spec import Axis, Dot, ScatterChart

CROWD = 400
"""From so many dots on they are small, and those that lie upon each other are drawn once."""

MARKED_POINTS = 60
"""From so many points on lines are drawn without marks at them."""

_TOP, _BOTTOM, _LEGEND_ROW = 24.0, 46.0, 19.0
_LINE_ROLES = ("bar", "part-2", "part-3", "part-4", "part-5", "part-6")
_FORMS = ("circle", "triangle", "diamond")
_DOT_ROLES, _DOT_FORMS = ("dot", "dot-2", "dot"), ("circle", "triangle", "diamond")
_INSET = 10.0
_NAME_ROOM = 190.0
_MOST_NAMES_TRIED = 200


@dataclass(frozen=True, slots=True)
class _Box:
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: _Box) -> bool:
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )

    def distance(self, x: float, y: float) -> float:
        """From a point to its nearest place in the box."""
        return hypot(max(self.left - x, 0.0, x - self.right), max(self.top - y, 0.0, y - self.bottom))


@dataclass(frozen=True, slots=True)
class _Place:
    """A dot and where it is drawn; `ends` are the upper and the lower end of its interval."""

    dot: Dot
    x: float
    y: float
    ends: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class _Laid:
    chart: ScatterChart
    plot: _Box
    x: Scale
    y: Scale
    right: Scale | None
    places: tuple[_Place, ...]

    def across(self, value: float) -> float:
        """Where a value is drawn; a dot at the axis' start does not lie upon its numbers."""
        left, right = self.plot.left + _INSET, self.plot.right - _INSET
        return left + self.x.fraction(value) * (right - left)

    def up(self, scale: Scale, value: float) -> float:
        return self.plot.bottom - scale.fraction(value) * (self.plot.bottom - self.plot.top)


def draw(chart: ScatterChart, width: float, height: float, ids: Callable[[str], str] | None = None) -> Drawn:
    """All that has a place on the axes. Nothing where no dot has.

    `ids` gives the id of a dot's group by its key. Then each dot has its name beside it, in the role "pick", for a
    style that shows one of them.
    """
    dots = [dot for dot in chart.dots if has_place(dot, chart)]
    if not dots:
        return Drawn(width, 0.0, "")
    entries = list(_entries(chart, dots))
    legend, room = _legend(entries, width)
    laid = _laid(chart, dots, width, height, room)
    shapes = [*legend, *_axes(laid, width)]
    if isinstance(chart, LineChart):
        shapes += [*_lines(chart, laid), *map(_whisker, laid.places if len(laid.places) < MARKED_POINTS else ())]
        shapes += _points(chart, laid)
    else:
        shapes += [*_quadrant(laid), *_stairs(laid), *map(_whisker, laid.places), *_dots(laid, ids)]
    return Drawn(width, laid.plot.bottom + _BOTTOM, "".join([*shapes, *_names(laid)]))


def _laid(chart: ScatterChart, dots: Sequence[Dot], width: float, height: float, top: float) -> _Laid:
    right_axis = chart.right if isinstance(chart, LineChart) else None
    y = Scale(chart.y, [value for dot in dots if not is_on_right(chart, dot) for value in (dot.y, *bounds_of(dot))])
    right = Scale(right_axis, [dot.y for dot in dots if is_on_right(chart, dot)]) if right_axis else None
    x = Scale(chart.x, [dot.x for dot in dots])
    left = max(text_width(tick_text(tick), SMALL) for tick in y.ticks(6)) + 8
    at_right = max((text_width(tick_text(tick), SMALL) for tick in right.ticks(6)), default=0.0) + 8 if right else 8.0
    plot = _Box(left, top + _TOP, width - at_right, height - _BOTTOM)
    laid = _Laid(chart, plot, x, y, right, ())
    places = []
    for dot in dots:
        scale = right if right is not None and is_on_right(chart, dot) else y
        low, high = bounds_of(dot) or (None, None)
        ends = None if low is None or high is None else (laid.up(scale, high), laid.up(scale, low))
        places.append(_Place(dot, laid.across(dot.x), laid.up(scale, dot.y), ends))
    return _Laid(chart, plot, x, y, right, tuple(places))


def _axes(laid: _Laid, width: float) -> Iterator[str]:
    plot, chart = laid.plot, laid.chart
    for tick in laid.y.ticks(6):
        y = laid.up(laid.y, tick)
        yield line(plot.left, y, plot.right, y, "grid")
        yield text(plot.left - 5, y + 4, tick_text(tick), "axis", anchor="end", size=SMALL)
    free_from = 0.0
    for tick in laid.x.ticks(max(3, int((plot.right - plot.left) / 70))):
        x, words = laid.across(tick), tick_text(tick)
        start = x - text_width(words, SMALL) / 2
        yield line(x, plot.top, x, plot.bottom, "grid")
        if start >= free_from:
            yield text(x, plot.bottom + 16, words, "axis", anchor="middle", size=SMALL)
            free_from = start + text_width(words, SMALL) + 8
    yield line(plot.left, plot.bottom, plot.right, plot.bottom, "zero")
    yield _axis_name(chart.y, 0, plot.top - 10, "start", width)
    yield _axis_name(chart.x, plot.right, plot.bottom + 34, "end", width)
    if laid.right is not None and isinstance(chart, LineChart) and chart.right is not None:
        for tick in laid.right.ticks(6):
            at = laid.up(laid.right, tick)
            yield text(plot.right + 5, at + 4, tick_text(tick), "axis", size=SMALL)
        yield text(width, plot.top - 10, fitted(chart.right.label, width / 2, SMALL), "axis", anchor="end", size=SMALL)


def _axis_name(axis: Axis, x: float, y: float, anchor: Anchor, width: float) -> str:
    """As much of an axis' name as fits."""
    name = axis_words(axis)
    name = name if text_width(name, SMALL) <= width else axis.label
    return text(x, y, fitted(name, width, SMALL), "axis", anchor=anchor, size=SMALL)


def _quadrant(laid: _Laid) -> Iterator[str]:
    """What lies beyond the medians of both axes in the attractive corner."""
    chart, plot = laid.chart, laid.plot
    if chart.attractive is None or len(laid.places) < 2:
        return
    middle = chart.middle or (median(one.dot.x for one in laid.places), median(one.dot.y for one in laid.places))
    x, y = laid.across(middle[0]), laid.up(laid.y, middle[1])
    left, right = (plot.left, x) if chart.attractive == "upper-left" else (x, plot.right)
    yield rect(left, plot.top, right - left, y - plot.top, "quadrant", title="most attractive: better than the medians")


def _stairs(laid: _Laid) -> Iterator[str]:
    """The frontier as steps between its dots."""
    by_key = {place.dot.key: place for place in laid.places}
    steps = [by_key[key] for key in frontier([one.dot for one in laid.places], laid.chart.x, laid.chart.y)]
    points: list[tuple[float, float]] = []
    for one, other in pairwise(steps):
        # Below and at the right of a dot lies what it beats: rising steps turn at the next dot's place.
        turn = (other.x, one.y) if other.y < one.y else (one.x, other.y)
        points += [(one.x, one.y), turn, (other.x, other.y)]
    if points:
        yield polyline(points, "frontier", rest=' stroke-dasharray="5 3"')


def _dots(laid: _Laid, ids: Callable[[str], str] | None) -> Iterator[str]:
    """The highlighted ones last, so that nothing lies upon them."""
    crowded = len(laid.places) >= CROWD
    seen: set[tuple[int, int, str]] = set()
    for place in sorted(laid.places, key=lambda one: one.dot.highlighted):
        dot = place.dot
        role = _role(laid.chart, dot)
        cell = (round(place.x / 2), round(place.y / 2), role)
        if crowded and not dot.highlighted and cell in seen and ids is None:
            continue
        seen.add(cell)
        title = "" if crowded and not dot.highlighted else describe(laid.chart, dot)
        size = 7.0 if dot.highlighted else 2.0 if crowded else 5.0
        form = _DOT_FORMS[_group(laid.chart, dot)]
        drawn = mark(place.x, place.y, role, form, filled=dot.reasoning is not False, size=size, title=title)
        yield drawn if ids is None else named(drawn + _pick(laid, place), ids(dot.key))


def _pick(laid: _Laid, place: _Place) -> str:
    """A dot's name on the side on which there is more room."""
    is_left = place.x > (laid.plot.left + laid.plot.right) / 2
    room = (place.x - laid.plot.left if is_left else laid.plot.right - place.x) - 12
    at = place.x - 12 if is_left else place.x + 12
    return text(at, place.y + 4, fitted(place.dot.label, room), "pick", anchor="end" if is_left else "start")


def _group(chart: ScatterChart, dot: Dot) -> int:
    groups = chart.groups[: len(_DOT_FORMS)]
    return groups.index(dot.group) if dot.group in groups else 0


def _role(chart: ScatterChart, dot: Dot) -> str:
    if dot.highlighted:
        return "chosen-dot"
    return _DOT_ROLES[_group(chart, dot)]


def _whisker(place: _Place) -> str:
    if place.ends is None:
        return ""
    high, low = place.ends
    x = place.x
    ends = (line(x - 4, y, x + 4, y, "whisker") for y in place.ends)
    return line(x, high, x, low, "whisker") + "".join(ends)


def _lines(chart: LineChart, laid: _Laid) -> Iterator[str]:
    for group, places in _by_group(laid).items():
        dashes = ' stroke-dasharray="6 3"' if group == chart.on_right else ""
        yield polyline([(one.x, one.y) for one in places], _line_role(chart, group), rest=dashes)


def _points(chart: LineChart, laid: _Laid) -> Iterator[str]:
    if len(laid.places) >= MARKED_POINTS:
        return
    for place in laid.places:
        group = place.dot.group
        form = _FORMS[_number(chart, group) % len(_FORMS)]
        yield mark(
            place.x, place.y, _line_role(chart, group), form, filled=True, size=4, title=describe(chart, place.dot)
        )


def _by_group(laid: _Laid) -> dict[str, list[_Place]]:
    found: dict[str, list[_Place]] = {}
    for place in sorted(laid.places, key=lambda one: one.dot.x):
        found.setdefault(place.dot.group, []).append(place)
    return found


def _number(chart: ScatterChart, group: str) -> int:
    return chart.groups.index(group) if group in chart.groups else 0


def _line_role(chart: ScatterChart, group: str) -> str:
    return _LINE_ROLES[_number(chart, group) % len(_LINE_ROLES)]


def _names(laid: _Laid) -> Iterator[str]:
    """The highlighted dots' names wherever there is room, with a stroke where that is far; others' where they fit.

    No name touches a dot or another name, and none is nearer to another dot than to its own.
    """
    if isinstance(laid.chart, LineChart):
        return
    taken: list[_Box] = []
    best = set(frontier([one.dot for one in laid.places], laid.chart.x, laid.chart.y))
    order = sorted(laid.places, key=lambda one: (not one.dot.highlighted, one.dot.key not in best))
    for place in order[:_MOST_NAMES_TRIED]:
        chosen = place.dot.highlighted
        words = fitted(place.dot.label, _NAME_ROOM * (1.5 if chosen else 1.0), SIZE if chosen else SMALL)
        words = f"▶ {words}" if chosen else words
        found = _beside(laid, place, words, SIZE if chosen else SMALL, taken, far=chosen)
        if found is not None:
            taken.append(found)
            far = found.distance(place.x, place.y) > 14
            if far:
                x = min(max(place.x, found.left), found.right)
                yield line(place.x, place.y, x, found.bottom if found.bottom < place.y else found.top, "whisker")
            role = "chosen-label" if chosen else "note"
            size = SIZE if chosen else SMALL
            yield text(found.left + 1, found.bottom - size * 0.3, words, role, size=size, extra=not chosen)


def _beside(laid: _Laid, place: _Place, words: str, size: float, taken: list[_Box], *, far: bool) -> _Box | None:
    """Where a name can stand: at the dot's right, left, above or below; `far` ones anywhere near."""
    wide, high, gap = text_width(words, size) + 2, size + 3, 9.0 if place.dot.highlighted else 7.0
    x, y = place.x, place.y
    corners = [
        (x + gap, y - high / 2),
        (x - gap - wide, y - high / 2),
        (x - wide / 2, y - gap - high),
        (x - wide / 2, y + gap),
    ]
    if far:
        for step in range(2, 12):
            away = step * high
            starts = (x + gap, x - gap - wide, x - wide / 2)
            corners += [(start, y + side * away - high / 2) for side in (-1, 1) for start in starts]
    for left, top in corners:
        box = _Box(left, top, left + wide, top + high)
        inside = laid.plot.left <= box.left and box.right <= laid.plot.right + 4
        inside = inside and laid.plot.top <= box.top and box.bottom <= laid.plot.bottom
        if inside and not any(box.meets(other) for other in taken) and _is_own(laid, place, box, far=far):
            return box
    return None


def _is_own(laid: _Laid, place: _Place, box: _Box, *, far: bool) -> bool:
    """Whether the name touches no dot and could not be taken for another's; a stroke makes a far one its own."""
    own = box.distance(place.x, place.y)
    others = (other for other in laid.places if (other.x, other.y) != (place.x, place.y))
    least = 6.0 if far and own > 14 else max(6.0, own)
    return all(box.distance(other.x, other.y) >= least for other in others)


def _legend(entries: Sequence[tuple[str, str, bool, str]], width: float) -> tuple[list[str], float]:
    """What marks and lines mean, in as many rows as that needs; the room it takes."""
    shapes: list[str] = []
    x, y = 0.0, 0.0
    for role, form, filled, words in entries:
        room = text_width(words, SMALL) + 30
        if x and x + room > width:
            x, y = 0.0, y + _LEGEND_ROW
        if form == "area":
            shapes.append(rect(x, y + 2, 10, 10, role))
        elif form == "line":
            shapes.append(line(x, y + 7, x + 12, y + 7, role, rest=' stroke-dasharray="5 3"'))
        else:
            shapes.append(mark(x + 5, y + 7, role, form, filled=filled, size=4))
        shapes.append(text(x + 16, y + 11, fitted(words, width - 20, SMALL), "note", size=SMALL))
        x += room
    return shapes, y + _LEGEND_ROW + 2 if shapes else 0.0


def _entries(chart: ScatterChart, dots: Sequence[Dot]) -> Iterator[tuple[str, str, bool, str]]:
    """Role, form, whether it is filled, and meaning."""
    if isinstance(chart, LineChart):
        for group in chart.groups:
            at_right = " (right axis)" if group == chart.on_right else ""
            yield _line_role(chart, group), _FORMS[_number(chart, group) % len(_FORMS)], True, f"{group}{at_right}"
        return
    if any(dot.reasoning is not None for dot in dots):
        yield "dot", "circle", True, "reasoning"
        yield "dot", "circle", False, "non-reasoning"
    for number in sorted({_group(chart, dot) for dot in dots} - {0}):
        yield _DOT_ROLES[number], _DOT_FORMS[number], True, chart.groups[number]
    if len(frontier(dots, chart.x, chart.y)) > 1:
        yield "frontier", "line", True, "frontier"
    if chart.attractive is not None and len(dots) > 1:
        yield "quadrant", "area", True, "most attractive quadrant"
    if any(dot.interval for dot in dots):
        yield "whisker", "line", True, "95 % interval"
