"""Lines of a scatter chart that has been laid out: dots, labels, quadrant, frontier and axes.

Plain characters say all: the mark's fill tells reasoning models, its form open weights. Where dots are so many that
they would cover the plot they become dots of braille; the chosen one, the cursor's and the frontier stay marks.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from aa_tui.charts.draw import lines as line_drawing
from aa_tui.charts.draw import names as names_drawing
from aa_tui.charts.draw.cells import cell_width, cut
from aa_tui.charts.draw.drawing import Drawing, Line, Role, Stretch, in_ascii
from aa_tui.charts.draw.grid import FREE, KEPT, MARKED, Grid
from aa_tui.charts.draw.head import Entry, fitting, legend, sentence
from aa_tui.charts.draw.scatter import DOTS_HIGH, DOTS_WIDE, PlacedDot, ScatterLayout, axis_words, tick_start
from aa_tui.charts.line_spec import LineChart
from aa_tui.charts.spec import UNTOLD, Axis, Dot
from aa_tui.textsafe import clean_line

CROWD = 600
"""From so many dots on they are drawn in braille."""

MARKED_POINTS = 50
"""From so many points on lines are drawn without marks at them."""

_MOST_LABELS_TRIED = 300
_SHADE_STEP = 4
_BRAILLE = 0x2800
_BRAILLE_BITS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
_CROWDED_ASCII = ".:+*"


def draw_layout(layout: ScatterLayout, cursor: str | None = None, *, ascii: bool = False) -> Drawing:  # noqa: A002
    """The drawing, with the cursor on the dot with this key."""
    grid = Grid(layout.width, layout.height, layout.plot)
    if not layout.dots:
        lines: tuple[Line, ...] = (*layout.head, *sentence(layout.chart.missing, layout.width))[: layout.height]
        return Drawing(in_ascii(lines) if ascii else lines)
    marks = _special(layout, cursor)
    shade = "," if ascii else "·"
    _shade(grid, layout, shade)
    _stairs(grid, layout)
    if isinstance(layout.chart, LineChart):
        for column, row, text, group in line_drawing.strokes(layout, ascii_only=ascii):
            grid.put(column, row, text, line_drawing.role_of(layout.chart, group), take=FREE)
    elif len(layout.dots) >= CROWD:
        _crowd(grid, layout, ascii)
    for placed in layout.dots if len(layout.dots) < MARKED_POINTS else ():
        _whisker(grid, placed, _role_of(layout, placed.dot))
    most = MARKED_POINTS if isinstance(layout.chart, LineChart) else CROWD
    for placed in reversed(layout.dots) if len(layout.dots) < most else ():
        _mark(grid, placed, _role_of(layout, placed.dot), layout, take=MARKED)
    for placed, role in reversed(marks):
        _mark(grid, placed, role, layout, take=KEPT)
    _labels(grid, layout, marks)
    _axes(grid, layout)
    plot = tuple(grid.lines(layout.plot.top))
    if layout.compact:
        lines = (*layout.head, *plot)
    else:
        above, below = _names(layout, list(_entries(layout, shade)))
        lines = (*layout.head, above, *plot, below)
    return Drawing(in_ascii(lines) if ascii else lines)


_GLYPHS = ("◆◇", "▲△", "■□")
_ROLES: tuple[Role, ...] = ("dot", "dot-2", "dot")


def glyph_of(dot: Dot, group: int) -> str:
    """Filled for reasoning models; a triangle for the second of the chart's groups, a square for the third."""
    return _GLYPHS[group][0 if dot.reasoning else 1]


def _group(layout: ScatterLayout, dot: Dot) -> int:
    groups = layout.chart.groups[: len(_GLYPHS)]
    return groups.index(dot.group) if dot.group in groups else 0


def _special(layout: ScatterLayout, cursor: str | None) -> list[tuple[PlacedDot, Role]]:
    """The dots that are seen whatever lies on them, the most important first."""
    found: dict[str, tuple[PlacedDot, Role]] = {}
    if cursor is not None and cursor in layout.by_key:
        placed = layout.by_key[cursor]
        found[cursor] = (placed, "chosen-cursor" if placed.dot.highlighted else "cursor")
    for placed in layout.dots:
        if placed.dot.highlighted:
            found.setdefault(placed.dot.key, (placed, "chosen-dot"))
    for key in layout.frontier:
        found.setdefault(key, (layout.by_key[key], "frontier"))
    return list(found.values())


def _shade(grid: Grid, layout: ScatterLayout, glyph: str) -> None:
    area = layout.quadrant
    if area is None:
        return
    for row in range(area.top, area.bottom + 1):
        for column in range(area.left + (row - area.top) % 2 * _SHADE_STEP // 2, area.right + 1, _SHADE_STEP):
            grid.put(column, row, glyph, "quadrant", take=FREE)


def _stairs(grid: Grid, layout: ScatterLayout) -> None:
    """The frontier as steps between its dots."""
    steps = [layout.by_key[key] for key in layout.frontier]
    for one, other in pairwise(steps):
        rising = other.row < one.row
        # Below and at the right of a dot lies what it beats: rising steps turn at the next dot's column.
        turn, level = (other.column, one.row) if rising else (one.column, other.row)
        for column in range(one.column, other.column + 1):
            grid.put(column, level, "─", "frontier", take=FREE)
        for row in range(min(one.row, other.row), max(one.row, other.row) + 1):
            grid.put(turn, row, "│", "frontier", take=FREE)
        if one.row != other.row and one.column != other.column:
            grid.put(turn, level, "┘" if rising else "└", "frontier", take=FREE)


def _crowd(grid: Grid, layout: ScatterLayout, ascii_only: bool) -> None:
    for (column, row), placed in layout.by_cell.items():
        bits = 0
        for one in placed:
            bits |= _BRAILLE_BITS[one.fine_x % DOTS_WIDE][one.fine_y % DOTS_HIGH]
        rough = _CROWDED_ASCII[min(len(placed), len(_CROWDED_ASCII)) - 1]
        text = rough if ascii_only else chr(_BRAILLE | bits)
        grid.put(column, row, text, "dot", take=MARKED)


def _role_of(layout: ScatterLayout, dot: Dot) -> Role:
    if isinstance(layout.chart, LineChart):
        return line_drawing.role_of(layout.chart, dot.group)
    return _ROLES[_group(layout, dot)]


def _mark(grid: Grid, placed: PlacedDot, role: Role, layout: ScatterLayout, *, take: int) -> None:
    if isinstance(layout.chart, LineChart):
        glyph = line_drawing.glyph_of(layout.chart, placed.dot.group)
    else:
        glyph = glyph_of(placed.dot, _group(layout, placed.dot))
    grid.put(placed.column, placed.row, glyph, role, take=take)


def _whisker(grid: Grid, placed: PlacedDot, role: Role) -> None:
    """The dot's interval, where it is longer than the dot's own cell. Names may cross it."""
    first, last = placed.whisker or (placed.row, placed.row)
    for row in range(first, last + 1 if first < last else first):
        end = "┬" if row == first else "┴" if row == last else "│"
        grid.put(placed.column, row, end, role, take=FREE)


def _labels(grid: Grid, layout: ScatterLayout, marks: list[tuple[PlacedDot, Role]]) -> None:
    """As many whole names as fit without touching a dot or each other, the most important first.

    Of dots in one cell only the one whose mark is seen has a name there.
    """
    seen = _on_top(layout, marks)
    done = {placed.dot.key for placed, _ in marks}
    for placed, role in marks:
        if role != "frontier":
            named: Role = "chosen-label" if role == "chosen-dot" else role
            names_drawing.put_anyhow(grid, placed, named)
        elif seen[placed.column, placed.row] == placed.dot.key:
            names_drawing.put_beside(grid, placed, "label")
    tried = 0
    for placed in line_drawing.last_dots(layout) if isinstance(layout.chart, LineChart) else layout.dots:
        is_seen = seen[placed.column, placed.row] == placed.dot.key and not grid.is_kept(placed.column, placed.row)
        if placed.dot.key not in done and is_seen:
            names_drawing.put_beside(grid, placed, "label")
            tried += 1
            if tried == _MOST_LABELS_TRIED:
                return


def _on_top(layout: ScatterLayout, marks: list[tuple[PlacedDot, Role]]) -> dict[tuple[int, int], str]:
    """Of each cell the dot whose mark is drawn last."""
    found: dict[tuple[int, int], str] = {}
    for placed in (*(one for one, _ in marks), *layout.dots):
        found.setdefault((placed.column, placed.row), placed.dot.key)
    return found


def _axes(grid: Grid, layout: ScatterLayout) -> None:
    plot = layout.plot
    line = plot.left - 1
    marked = {tick.cell: tick.text for tick in layout.y_ticks}
    for row in range(plot.top, plot.bottom + 1):
        text = marked.get(row, "")
        grid.put(max(0, line - cell_width(text)), row, text, "axis")
        grid.put(line, row, "┤" if text else "│", "axis")
    if layout.right_ticks:
        marked = {tick.cell: tick.text for tick in layout.right_ticks}
        for row in range(plot.top, plot.bottom + 1):
            text = marked.get(row, "")
            grid.put(plot.right + 1, row, f"├{text}" if text else "│", "axis")
    floor = plot.bottom + 1
    if floor >= grid.height:
        return
    cells = {tick.cell for tick in layout.x_ticks}
    grid.put(line, floor, "└", "axis")
    for column in range(plot.left, plot.right + 1):
        grid.put(column, floor, "┬" if column in cells else "─", "axis")
    for tick in layout.x_ticks:
        if floor + 1 < grid.height:
            grid.put(tick_start(tick.cell, tick.text, plot.right), floor + 1, tick.text, "axis")


def _names(layout: ScatterLayout, entries: list[Entry]) -> tuple[Line, Line]:
    """The axes' names for above and below the plot, with what the marks mean as far as there is room beside them."""
    above, below = (_axis_name(axis, layout.width) for axis in (layout.chart.y, layout.chart.x))
    room = layout.width - cell_width(above) - 3
    first: Line = (Stretch(above, "axis"), Stretch("   "), *legend(entries, room))
    rest = legend(entries[fitting(entries, room) :], layout.width - cell_width(below) - 3)
    used = sum(cell_width(part.text) for part in rest)
    return first, (*rest, Stretch(" " * (layout.width - cell_width(below) - used)), Stretch(below, "axis"))


def _axis_name(axis: Axis, width: int) -> str:
    """As much of an axis' name as fits."""
    name = clean_line(axis_words(axis))
    return name if cell_width(name) <= width else cut(clean_line(axis.label), width)


def _entries(layout: ScatterLayout, shade: str) -> Iterable[Entry]:
    chart = layout.chart
    if isinstance(chart, LineChart):
        for group in chart.groups if len(chart.groups) > 1 else ():
            at_right = " (right)" if group == chart.on_right else ""
            yield line_drawing.glyph_of(chart, group), line_drawing.role_of(chart, group), f"{group}{at_right}"
        return
    dots = [placed.dot for placed in layout.dots]
    drawn = {_group(layout, dot) for dot in dots}
    if any(dot.reasoning is not None for dot in dots):
        yield "◆", "dot", "reasoning"
        yield "◇", "dot", "not" if all(dot.reasoning is not None for dot in dots) else "not/?"
    for number in sorted(drawn - {0}, reverse=True):
        group = chart.groups[number]
        yield _GLYPHS[number], _ROLES[number], "not told" if group == UNTOLD else group  # 80 columns have no more room
    if len(layout.frontier) > 1:
        yield "─", "frontier", "frontier"
    if layout.quadrant is not None:
        yield shade, "quadrant", "most attractive"
    if any(dot.interval for dot in dots) and len(dots) < MARKED_POINTS:
        yield "│", "dot", "95 % interval"
