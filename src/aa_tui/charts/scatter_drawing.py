"""Lines of a scatter chart that has been laid out: dots, labels, quadrant, frontier and axes.

Plain characters say all: the mark's fill tells reasoning models, its form open weights. Where dots are so many that
they would cover the plot they become dots of braille; the chosen one, the cursor's and the frontier stay marks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby, pairwise

from aa_tui.charts import line_drawing
from aa_tui.charts.cells import cell_width, cut
from aa_tui.charts.drawing import Drawing, Line, Role, Stretch, in_ascii
from aa_tui.charts.head import Entry, fitting, legend, sentence
from aa_tui.charts.line_spec import LineChart
from aa_tui.charts.scatter import DOTS_HIGH, DOTS_WIDE, PlacedDot, ScatterLayout, axis_words, tick_start
from aa_tui.charts.spec import Axis, Dot
from aa_tui.textsafe import clean_line

CROWD = 600
"""From so many dots on they are drawn in braille."""

MARKED_POINTS = 50
"""From so many points on lines are drawn without marks at them."""

_MOST_LABELS_TRIED = 300
_NAME_CELLS = 34  # of the names of dots that nobody points at
_SHADE_STEP = 4
_BRAILLE = 0x2800
_BRAILLE_BITS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
_CROWDED_ASCII = ".:+*"


def draw_layout(layout: ScatterLayout, cursor: str | None = None, *, ascii: bool = False) -> Drawing:  # noqa: A002
    """The drawing, with the cursor on the dot with this key."""
    grid = _Grid(layout.width, layout.height)
    if not layout.dots:
        lines: tuple[Line, ...] = (*layout.head, *sentence(layout.chart.missing, layout.width))[: layout.height]
        return Drawing(in_ascii(lines) if ascii else lines)
    marks = _special(layout, cursor)
    shade = "," if ascii else "·"
    _shade(grid, layout, shade)
    _stairs(grid, layout)
    if isinstance(layout.chart, LineChart):
        for column, row, text, group in line_drawing.strokes(layout, ascii_only=ascii):
            grid.put(column, row, text, line_drawing.role_of(layout.chart, group), take=False)
    elif len(layout.dots) >= CROWD:
        _crowd(grid, layout, ascii)
    for placed in layout.dots if len(layout.dots) < MARKED_POINTS else ():
        _whisker(grid, placed, _role_of(layout, placed.dot))
    most = MARKED_POINTS if isinstance(layout.chart, LineChart) else CROWD
    for placed in reversed(layout.dots) if len(layout.dots) < most else ():
        _mark(grid, placed, _role_of(layout, placed.dot), layout)
    for placed, role in reversed(marks):
        _mark(grid, placed, role, layout)
    _labels(grid, layout, marks)
    _axes(grid, layout)
    plot = tuple(grid.lines(layout.plot.top))
    if layout.compact:
        lines = (*layout.head, *plot)
    else:
        above, below = _names(layout, list(_entries(layout, shade)))
        lines = (*layout.head, above, *plot, below)
    return Drawing(in_ascii(lines) if ascii else lines)


class _Grid:
    """Characters with roles, cell by cell. A wide character's second cell is empty text."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.texts = [[" "] * width for _ in range(height)]
        self.roles: list[list[Role | None]] = [[None] * width for _ in range(height)]
        self._taken = [bytearray(width) for _ in range(height)]

    def put(self, column: int, row: int, text: str, role: Role | None, *, take: bool = True) -> None:
        """Write from a cell on; what would go over the edge is dropped."""
        for character in text:
            cells = cell_width(character)
            if cells == 0 and column > 0:
                self.texts[row][column - 1] += character
            if cells == 0 or column + cells > self.width:
                continue
            self.texts[row][column : column + cells] = [character, *[""] * (cells - 1)]
            self.roles[row][column : column + cells] = [role] * cells
            if take:
                self._taken[row][column : column + cells] = b"\1" * cells
            column += cells

    def clear(self, first: int, last: int, row: int) -> None:
        """Blank what can be written over in these cells."""
        for column in range(first, last + 1):
            if not self._taken[row][column]:
                self.put(column, row, " ", None, take=False)

    def is_free(self, start: int, end: int, row: int) -> bool:
        """Whether nothing but shade and frontier lies in the cells from start up to end."""
        return self._taken[row].find(1, max(0, start), end) < 0

    def lines(self, top: int) -> Iterator[Line]:
        """The rows from this one on, neighbours of one role together."""
        for texts, roles in zip(self.texts[top:], self.roles[top:], strict=True):
            if any(text != " " for text in texts):
                pairs = groupby(zip(texts, roles, strict=True), key=lambda pair: pair[1])
                yield tuple(Stretch("".join(text for text, _ in run), role) for role, run in pairs)


def glyph_of(dot: Dot, second: bool) -> str:
    """Filled for reasoning models; a triangle for the second of the chart's groups, else a diamond."""
    if second:
        return "▲" if dot.reasoning else "△"
    return "◆" if dot.reasoning else "◇"


def _is_second(layout: ScatterLayout, dot: Dot) -> bool:
    return len(layout.chart.groups) > 1 and dot.group == layout.chart.groups[1]


def _special(layout: ScatterLayout, cursor: str | None) -> list[tuple[PlacedDot, Role]]:
    """The dots that are seen whatever lies on them, the most important first."""
    found: dict[str, tuple[PlacedDot, Role]] = {}
    if cursor is not None and cursor in layout.by_key:
        found[cursor] = (layout.by_key[cursor], "cursor")
    for placed in layout.dots:
        if placed.dot.highlighted:
            found.setdefault(placed.dot.key, (placed, "chosen-dot"))
    for key in layout.frontier:
        found.setdefault(key, (layout.by_key[key], "frontier"))
    return list(found.values())


def _shade(grid: _Grid, layout: ScatterLayout, glyph: str) -> None:
    area = layout.quadrant
    if area is None:
        return
    for row in range(area.top, area.bottom + 1):
        for column in range(area.left + (row - area.top) % 2 * _SHADE_STEP // 2, area.right + 1, _SHADE_STEP):
            grid.put(column, row, glyph, "quadrant", take=False)


def _stairs(grid: _Grid, layout: ScatterLayout) -> None:
    """The frontier as steps between its dots."""
    steps = [layout.by_key[key] for key in layout.frontier]
    for one, other in pairwise(steps):
        rising = other.row < one.row
        # Below and at the right of a dot lies what it beats: rising steps turn at the next dot's column.
        turn, level = (other.column, one.row) if rising else (one.column, other.row)
        for column in range(one.column, other.column + 1):
            grid.put(column, level, "─", "frontier", take=False)
        for row in range(min(one.row, other.row), max(one.row, other.row) + 1):
            grid.put(turn, row, "│", "frontier", take=False)
        if one.row != other.row and one.column != other.column:
            grid.put(turn, level, "┘" if rising else "└", "frontier", take=False)


def _crowd(grid: _Grid, layout: ScatterLayout, ascii_only: bool) -> None:
    for (column, row), placed in layout.by_cell.items():
        bits = 0
        for one in placed:
            bits |= _BRAILLE_BITS[one.fine_x % DOTS_WIDE][one.fine_y % DOTS_HIGH]
        rough = _CROWDED_ASCII[min(len(placed), len(_CROWDED_ASCII)) - 1]
        text = rough if ascii_only else chr(_BRAILLE | bits)
        grid.put(column, row, text, "dot")


def _role_of(layout: ScatterLayout, dot: Dot) -> Role:
    if isinstance(layout.chart, LineChart):
        return line_drawing.role_of(layout.chart, dot.group)
    return "dot-2" if _is_second(layout, dot) else "dot"


def _mark(grid: _Grid, placed: PlacedDot, role: Role, layout: ScatterLayout) -> None:
    if isinstance(layout.chart, LineChart):
        glyph = line_drawing.glyph_of(layout.chart, placed.dot.group)
    else:
        glyph = glyph_of(placed.dot, _is_second(layout, placed.dot))
    grid.put(placed.column, placed.row, glyph, role)


def _whisker(grid: _Grid, placed: PlacedDot, role: Role) -> None:
    """The dot's interval, where it is longer than the dot's own cell. Names may cross it."""
    first, last = placed.whisker or (placed.row, placed.row)
    for row in range(first, last + 1 if first < last else first):
        end = "┬" if row == first else "┴" if row == last else "│"
        grid.put(placed.column, row, end, role, take=False)


def _labels(grid: _Grid, layout: ScatterLayout, marks: list[tuple[PlacedDot, Role]]) -> None:
    """As many whole names as fit without touching a dot or each other, the most important first."""
    done = set()
    for placed, role in marks:
        done.add(placed.dot.key)
        if role == "frontier":
            _label(grid, layout, placed, "label")
        else:
            _label(grid, layout, placed, "cursor" if role == "cursor" else "chosen-label", anywhere=True)
    tried = 0
    for placed in line_drawing.last_dots(layout) if isinstance(layout.chart, LineChart) else layout.dots:
        if placed.dot.key not in done:
            _label(grid, layout, placed, "label")
            tried += 1
            if tried == _MOST_LABELS_TRIED:
                return


def _label(grid: _Grid, layout: ScatterLayout, placed: PlacedDot, role: Role, *, anywhere: bool = False) -> None:
    """Write a dot's name at its side; `anywhere` allows above and below, where it could be taken for another's.

    Names longer than a third of the plot would take several others' room.
    """
    plot = layout.plot
    name = clean_line(placed.dot.label)
    if not anywhere:
        name = cut(name, _NAME_CELLS)
    text = name if not placed.dot.highlighted else f"▶ {name}"
    width = cell_width(text)
    if not name or (not anywhere and width > (plot.right - plot.left) // 3):
        return
    after, before = placed.column + 2, placed.column - 1 - width
    places = [(after, placed.row), (before, placed.row)]
    if anywhere:
        centred = min(max(plot.left, placed.column - width // 2), plot.right + 1 - width)
        places += [(start, row) for row in (placed.row - 1, placed.row + 1) for start in (after, before, centred)]
    for start, row in places:
        end = start + width
        inside = plot.left <= start and end - 1 <= plot.right and plot.top <= row <= plot.bottom
        # The cell between the dot and its name may not be another's; at the far end two are kept free.
        left, right = (start - 1, end + 2) if start > placed.column else (start - 2, end + 1)
        if inside and grid.is_free(left, right, row):
            grid.clear(max(plot.left, start - 1), min(plot.right, end), row)
            grid.put(start, row, text, role)
            return
    if placed.dot.highlighted and grid.is_free(placed.column - 1, placed.column, placed.row):
        grid.put(max(0, placed.column - 1), placed.row, "▶", role)  # no room for the name, which the head says too


def _axes(grid: _Grid, layout: ScatterLayout) -> None:
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
    second = [_is_second(layout, dot) for dot in dots]
    if any(dot.reasoning is not None for dot in dots):
        yield "◆", "dot", "reasoning"
        yield "◇", "dot", "not"
    if any(second):
        yield "▲△", "dot-2", layout.chart.groups[1]
    if len(layout.frontier) > 1:
        yield "─", "frontier", "frontier"
    if layout.quadrant is not None:
        yield shade, "quadrant", "most attractive"
    if any(dot.interval for dot in dots) and len(dots) < MARKED_POINTS:
        yield "│", "dot", "95 % interval"
