"""From dot to dot with the arrow keys: to the nearest one in the direction, and in the end to every one.

Dots that share a cell are gone through one by one, forwards to the right and down. Between cells a link leads to the
nearest one in each direction. Nearest alone can leave a cell that no other leads to; such a one is put between its
nearest neighbour and where that one led, there and back, so that every dot can be reached from every other.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Literal

from aa_tui.charts.draw.scatter import ScatterLayout

Direction = Literal["left", "right", "up", "down"]
DIRECTIONS: tuple[Direction, ...] = ("left", "right", "up", "down")

_OPPOSITE: dict[Direction, Direction] = {"left": "right", "right": "left", "up": "down", "down": "up"}
_ROW_HEIGHT = 2
"""A terminal's cell is about twice as high as wide: distances are in columns."""

Cell = tuple[int, int]
Links = dict[tuple[Cell, Direction], Cell]


def neighbour(layout: ScatterLayout, key: str, direction: Direction) -> str:
    """The key of the next dot in the direction; the same one where there is none."""
    here = layout.by_key.get(key)
    if here is None:
        return layout.dots[0].dot.key if layout.dots else key
    cell = (here.column, here.row)
    forwards = direction in ("right", "down")
    stack = [placed.dot.key for placed in layout.by_cell[cell]]
    next_one = stack.index(key) + (1 if forwards else -1)
    if 0 <= next_one < len(stack):
        return stack[next_one]
    there = _links(layout).get((cell, direction))
    if there is None:
        return key
    return layout.by_cell[there][0 if forwards else -1].dot.key


@lru_cache(maxsize=1)
def _links(layout: ScatterLayout) -> Links:
    """Where each direction leads from each cell. Layouts compare by identity, so this is made once for each."""
    cells = sorted(layout.by_cell)
    links: Links = {}
    _add_nearest(cells, links, vertical=False)
    _add_nearest(cells, links, vertical=True)
    if cells:
        _join(cells, links)
    return links


def _add_nearest(cells: list[Cell], links: Links, *, vertical: bool) -> None:
    """Link each cell to the nearest one to its left and right, or above and below.

    Cells are looked at outwards along the axis until no farther one can be nearer. What lies to the side counts
    double, so that a key leads where it points.
    """
    along, side = (1, 0) if vertical else (0, 1)
    scale = (1, _ROW_HEIGHT)
    order = sorted(cells, key=lambda cell: (cell[along], cell[side]))
    names: tuple[Direction, Direction] = ("down", "up") if vertical else ("right", "left")
    for start, cell in enumerate(order):
        for name, step in zip(names, (1, -1), strict=True):
            best: tuple[int, Cell] | None = None
            index = start + step
            while 0 <= index < len(order):
                other = order[index]
                ahead = abs(other[along] - cell[along]) * scale[along]
                if best is not None and ahead >= best[0]:
                    break
                if ahead:
                    distance = ahead + 2 * abs(other[side] - cell[side]) * scale[side]
                    if best is None or distance < best[0]:
                        best = (distance, other)
                index += step
            if best is not None:
                links[cell, name] = best[1]


def _join(cells: list[Cell], links: Links) -> None:
    """Change links until every cell leads to every other."""
    pairs = [(cell, other) for (cell, _), other in links.items()]
    joined = _reached(cells[0], pairs) & _reached(cells[0], [(other, cell) for cell, other in pairs])
    waiting = [cell for cell in cells if cell not in joined]
    for cell in waiting:
        near = min(joined, key=lambda other: (_distance(cell, other), other))
        direction = _direction(near, cell)
        beyond = links.get((near, direction))
        links[near, direction] = cell
        links[cell, _OPPOSITE[direction]] = near
        if beyond is not None and beyond != cell:
            links[cell, direction] = beyond
        joined.add(cell)


def _reached(start: Cell, pairs: Iterable[tuple[Cell, Cell]]) -> set[Cell]:
    """The cells to which the pairs lead from the start."""
    leads: dict[Cell, list[Cell]] = {}
    for cell, other in pairs:
        leads.setdefault(cell, []).append(other)
    found, waiting = {start}, [start]
    while waiting:
        for other in leads.get(waiting.pop(), ()):
            if other not in found:
                found.add(other)
                waiting.append(other)
    return found


def _distance(one: Cell, other: Cell) -> int:
    return abs(one[0] - other[0]) + _ROW_HEIGHT * abs(one[1] - other[1])


def _direction(start: Cell, end: Cell) -> Direction:
    across, down = end[0] - start[0], (end[1] - start[1]) * _ROW_HEIGHT
    if abs(across) >= abs(down):
        return "right" if across > 0 else "left"
    return "down" if down > 0 else "up"
