"""Where everything on a scatter chart lies, cell by cell: so that a dot can be found again, pointed at and left.

A pure function of the chart and the size. `scatter_drawing` makes lines of it, and `walk` goes from dot to dot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import median

from aa_tui.charts.draw.cells import cell_width
from aa_tui.charts.draw.drawing import Line
from aa_tui.charts.draw.head import better_words, head
from aa_tui.charts.draw.scale import Scale, bounds_of, has_place
from aa_tui.charts.draw.ticks import tick_text
from aa_tui.charts.line_spec import LineChart, axis_of, is_on_right
from aa_tui.charts.spec import Axis, Dot, ScatterChart

MIN_WIDTH, MIN_HEIGHT = 30, 6
_COMPACT_BELOW = 12
"""Rows below which the axes' names are left to the words above the plot."""

DOTS_WIDE, DOTS_HIGH = 2, 4
"""Positions in one cell, as braille has them."""


@dataclass(frozen=True, slots=True)
class PlacedDot:
    """A dot with its cell of the drawing, and its finer position in dots of braille from the plot's upper left.

    `whisker` are the first and the last row of its interval.
    """

    dot: Dot
    column: int
    row: int
    fine_x: int
    fine_y: int
    whisker: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Tick:
    """A label of an axis and the column or row that it marks."""

    cell: int
    text: str


@dataclass(frozen=True, slots=True)
class Cells:
    """A rectangle of the drawing; right and bottom are the last cells in it."""

    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True, eq=False)
class ScatterLayout:
    """A scatter chart laid out. Columns and rows count from the drawing's upper left.

    `dots` are in the chart's order, only those that have a place. `frontier` holds the keys of the dots that no
    other beats in both ways, by column. `compact` drawings have no names at the axes.
    """

    chart: ScatterChart
    width: int
    height: int
    head: tuple[Line, ...]
    plot: Cells
    dots: tuple[PlacedDot, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    quadrant: Cells | None
    frontier: tuple[str, ...]
    without_place: int
    compact: bool
    right_ticks: tuple[Tick, ...] = ()

    @cached_property
    def by_key(self) -> dict[str, PlacedDot]:
        """The dots by the models' keys."""
        return {placed.dot.key: placed for placed in self.dots}

    @cached_property
    def by_cell(self) -> dict[tuple[int, int], tuple[PlacedDot, ...]]:
        """The dots by column and row; several can share a cell."""
        found: dict[tuple[int, int], list[PlacedDot]] = {}
        for placed in self.dots:
            found.setdefault((placed.column, placed.row), []).append(placed)
        return {cell: tuple(there) for cell, there in found.items()}

    def at(self, column: int, row: int) -> tuple[PlacedDot, ...]:
        """The dots in a cell: what lies under the mouse."""
        return self.by_cell.get((column, row), ())


def layout(chart: ScatterChart, width: int, height: int) -> ScatterLayout:
    """Lay the chart out in so many columns and rows, but never in less than the least that can be read."""
    width, height = max(MIN_WIDTH, width), max(MIN_HEIGHT, height)
    compact = height < _COMPACT_BELOW
    shown = [dot for dot in chart.dots if has_place(dot, chart)]
    without_place = len(chart.dots) - len(shown)
    top_lines = head(
        chart.title,
        chart.note,
        _words(chart, shown, without_place, compact),
        width,
        rows=1 if compact else 3,
        last=[f"▶ {describe(chart, dot)}" for dot in shown if dot.highlighted],
    )
    top = len(top_lines) + (0 if compact else 1)
    bottom = max(top, height - (3 if compact else 4))
    y_scale = Scale(chart.y, [y for dot in shown if not is_on_right(chart, dot) for y in (dot.y, *bounds_of(dot))])
    right_axis = chart.right if isinstance(chart, LineChart) else None
    right_scale = Scale(right_axis, [dot.y for dot in shown if is_on_right(chart, dot)]) if right_axis else None
    ticks_y = y_scale.ticks(max(2, (bottom - top + 1) // 3))
    left = min(width // 3, max((cell_width(tick_text(tick)) for tick in ticks_y), default=1)) + 1
    ticks_right = right_scale.ticks(max(2, (bottom - top + 1) // 3)) if right_scale else []
    right = width - 1 - max((cell_width(tick_text(tick)) + 1 for tick in ticks_right), default=0)
    plot = Cells(left, top, right, bottom)
    x_scale = Scale(chart.x, [dot.x for dot in shown])
    columns, rows = plot.right - plot.left + 1, plot.bottom - plot.top + 1
    dots = tuple(
        _place(
            dot,
            x_scale.fraction(dot.x),
            right_scale if right_scale and is_on_right(chart, dot) else y_scale,
            plot,
        )
        for dot in shown
    )
    return ScatterLayout(
        chart=chart,
        width=width,
        height=height,
        head=top_lines,
        plot=plot,
        dots=dots,
        x_ticks=_x_ticks(x_scale, plot, max(2, columns // 10)),
        y_ticks=_y_ticks(y_scale, ticks_y, plot, rows),
        quadrant=_quadrant(chart, shown, x_scale, y_scale, plot),
        frontier=frontier(shown, chart.x, chart.y),
        without_place=without_place,
        compact=compact,
        right_ticks=_y_ticks(right_scale, ticks_right, plot, rows) if right_scale else (),
    )


def describe(chart: ScatterChart, dot: Dot) -> str:
    """A dot with its figures, for the line that names what is under the cursor."""
    mark = " (estimate)" if dot.estimate else ""
    return f"{dot.label} · {axis_of(chart, dot).label} {dot.y_text}{mark} · {chart.x.label} {dot.x_text}"


def frontier(dots: Sequence[Dot], x: Axis, y: Axis) -> tuple[str, ...]:
    """Keys of the dots that no other beats on one axis without losing on the other, from left to right.

    Empty where an axis has no better way.
    """
    if x.better is None or y.better is None:
        return ()
    x_sign = 1.0 if x.better == "lower" else -1.0
    y_sign = 1.0 if y.better == "lower" else -1.0
    best: list[Dot] = []
    for dot in sorted(dots, key=lambda one: (x_sign * one.x, y_sign * one.y)):
        if not best or y_sign * dot.y < y_sign * best[-1].y:
            best.append(dot)
    return tuple(dot.key for dot in sorted(best, key=lambda one: one.x))


def _words(chart: ScatterChart, shown: list[Dot], without_place: int, compact: bool) -> list[str]:
    merged = (chart.drawn or 0) - len(chart.dots)
    words = [f"{len(shown) + max(0, merged)} of {chart.total} {chart.noun}"]
    if merged > 0:
        words.append(f"{len(shown)} dots: one where many lie upon each other")
    if compact:
        words += [f"{chart.y.label} against {chart.x.label}"]
    if without_place:
        words.append(f"{without_place} without a place on the axes")
    if any(dot.estimate for dot in shown):
        words.append("~ estimate")
    return words


def axis_words(axis: Axis) -> str:
    """An axis' name, unit and better way."""
    log = ", log" if axis.log else ""
    better = f" ({better_words(axis.better)})" if axis.better else ""
    return f"{axis.label}, {axis.unit}{log}{better}"


def _place(dot: Dot, x: float, y_scale: Scale, plot: Cells) -> PlacedDot:
    fine_x = round(x * ((plot.right - plot.left + 1) * DOTS_WIDE - 1))

    def fine(y: float) -> int:
        return round((1 - y_scale.fraction(y)) * ((plot.bottom - plot.top + 1) * DOTS_HIGH - 1))

    fine_y = fine(dot.y)
    low, high = bounds_of(dot) or (None, None)
    whisker = None
    if low is not None and high is not None:
        whisker = plot.top + fine(high) // DOTS_HIGH, plot.top + fine(low) // DOTS_HIGH
    return PlacedDot(dot, plot.left + fine_x // DOTS_WIDE, plot.top + fine_y // DOTS_HIGH, fine_x, fine_y, whisker)


def _cell(fraction: float, cells: int) -> int:
    """The cell of so many in which a fraction of the axis lies."""
    return round(fraction * (cells - 1))


def _x_ticks(scale: Scale, plot: Cells, most: int) -> tuple[Tick, ...]:
    """Labels that neither touch each other nor leave the plot."""
    ticks: list[Tick] = []
    free_from = 0
    for value in scale.ticks(most):
        text = tick_text(value)
        cell = plot.left + _cell(scale.fraction(value), plot.right - plot.left + 1)
        start = tick_start(cell, text, plot.right)
        if start >= free_from:
            ticks.append(Tick(cell, text))
            free_from = start + cell_width(text) + 1
    return tuple(ticks)


def tick_start(cell: int, text: str, last: int) -> int:
    """Where the label of a tick on the lower axis begins: centred, but inside of the drawing."""
    return max(0, min(cell - (cell_width(text) - 1) // 2, last + 1 - cell_width(text)))


def _y_ticks(scale: Scale, values: list[float], plot: Cells, rows: int) -> tuple[Tick, ...]:
    by_row = {plot.bottom - _cell(scale.fraction(value), rows): tick_text(value) for value in values}
    return tuple(Tick(row, text) for row, text in sorted(by_row.items()))


def _quadrant(chart: ScatterChart, shown: list[Dot], x_scale: Scale, y_scale: Scale, plot: Cells) -> Cells | None:
    """The cells beyond the medians of both axes in the attractive corner."""
    if chart.attractive is None or len(shown) < 2:
        return None
    columns, rows = plot.right - plot.left + 1, plot.bottom - plot.top + 1
    middle_x, middle_y = chart.middle or (median(dot.x for dot in shown), median(dot.y for dot in shown))
    x = plot.left + _cell(x_scale.fraction(middle_x), columns)
    y = plot.bottom - _cell(y_scale.fraction(middle_y), rows)
    if chart.attractive == "upper-left":
        return Cells(plot.left, plot.top, x, y)
    return Cells(x, plot.top, plot.right, y)
