"""The names of dots: each beside its own dot, or at the end of a line that leads there.

A name stands one cell from its dot and two from whatever else is on its row, so that it is nobody else's. Where there
is no such place, most dots go without a name. The one under the cursor has one wherever it can, then the chosen one: a
line leads from the dot, up or down and then to the side, to where there is room. Both are also named outside the plot.
"""

from __future__ import annotations

from collections.abc import Iterator

from aa_tui.charts.draw.cells import cell_width, cut
from aa_tui.charts.draw.drawing import Role
from aa_tui.charts.draw.grid import FREE, MARKED, Grid
from aa_tui.charts.draw.scatter import Cells, PlacedDot
from aa_tui.textsafe import clean_line

NAME_CELLS = 34
_LEAST_NAME_CELLS = 5
_FARTHEST = 12
"""So many cells a line leads to the side at most."""

_CORNERS = {(True, True): "└", (True, False): "┘", (False, True): "┌", (False, False): "┐"}
"""By whether the line goes down, and whether the name is at its right."""


def put_beside(grid: Grid, placed: PlacedDot, role: Role) -> bool:
    """Write a name at its dot's right or left, if it is short and there is room."""
    text = cut(clean_line(placed.dot.label), NAME_CELLS)
    if not text or cell_width(text) > (grid.plot.right - grid.plot.left) // 3:
        return False
    return _beside(grid, placed, text, role)


def put_anyhow(grid: Grid, placed: PlacedDot, role: Role) -> None:
    """Write a name that must not be missing: beside its dot, else at the end of a line, if need be over other dots."""
    name = clean_line(placed.dot.label)
    mark = "▶ " if placed.dot.highlighted else ""
    room = grid.plot.right - grid.plot.left - cell_width(mark) - 2
    for longest in (room, room // 2, room // 4, room // 8, _LEAST_NAME_CELLS):
        text = mark + cut(name, min(NAME_CELLS, max(_LEAST_NAME_CELLS, longest)))
        if _beside(grid, placed, text, role) or _led_to(grid, placed, text, role, over=FREE):
            return
    for longest in (room, room // 2, room // 4, room // 8, _LEAST_NAME_CELLS):
        text = mark + cut(name, min(NAME_CELLS, max(_LEAST_NAME_CELLS, longest)))
        if _led_to(grid, placed, text, role, over=MARKED):
            return
    if grid.is_free(placed.column - 1, placed.column, placed.row):
        grid.put(max(0, placed.column - 1), placed.row, "▶", role)


def _beside(grid: Grid, placed: PlacedDot, text: str, role: Role) -> bool:
    width = cell_width(text)
    for start in (placed.column + 2, placed.column - 1 - width):
        at_right = start > placed.column
        left, right = (start - 1, start + width + 2) if at_right else (start - 2, start + width + 1)
        if grid.has(start, width) and grid.is_free(left, right, placed.row):
            _write(grid, start, placed.row, text, role)
            return True
    return False


def _led_to(grid: Grid, placed: PlacedDot, text: str, role: Role, *, over: int) -> bool:
    """Write a name where a line can lead to it; `over` says what line and name may cover."""
    width = cell_width(text)
    for row, aside in _ways(grid.plot, placed):
        corner = _CORNERS[row > placed.row, aside > 0]
        first, last = sorted((placed.row, row))
        upright = [between for between in range(first, last + 1) if between != placed.row]
        start = placed.column + aside + 1 if aside > 0 else placed.column + aside - width
        low, high = min(start, placed.column), max(start + width, placed.column + 1)
        free = all(grid.is_free(placed.column, placed.column + 1, between, over=over) for between in upright)
        free = free and grid.is_free(low, high, row, over=over)
        # What is not covered keeps its distance all the same.
        free = free and grid.is_free(low - 2, low, row) and grid.is_free(high, high + 2, row)
        if not free or not grid.has(start, width):
            continue
        for between in upright[1:] if row < placed.row else upright[:-1]:
            grid.put(placed.column, between, "│", role)
        step = 1 if aside > 0 else -1
        for column in range(placed.column + step, placed.column + aside, step):
            grid.put(column, row, "─", role)
        grid.put(placed.column, row, corner, role)
        _write(grid, start, row, text, role)
        return True
    return False


def _ways(plot: Cells, placed: PlacedDot) -> Iterator[tuple[int, int]]:
    """Rows that a line can lead to, and how far it goes aside there: the shortest ways first."""
    ways = [
        (abs(row - placed.row) * 2 + abs(aside), row, aside)
        for row in range(plot.top, plot.bottom + 1)
        if row != placed.row
        for aside in (*range(2, _FARTHEST + 1), *range(-2, -_FARTHEST - 1, -1))
    ]
    return ((row, aside) for _, row, aside in sorted(ways, key=lambda way: (way[0], way[1], -way[2])))


def _write(grid: Grid, start: int, row: int, text: str, role: Role) -> None:
    end = start + cell_width(text)
    grid.clear(max(grid.plot.left, start - 1), min(grid.plot.right, end), row)
    grid.put(start, row, text, role)
