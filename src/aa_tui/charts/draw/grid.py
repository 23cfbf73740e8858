"""The characters of a drawing, cell by cell, and what has taken them already."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Final

from aa_tui.charts.draw.cells import cell_width
from aa_tui.charts.draw.drawing import Line, Role, Stretch
from aa_tui.charts.draw.scatter import Cells

FREE: Final = 0
"""Shade, frontier, strokes: names may be written over them."""

MARKED: Final = 1
"""A dot like many others: only what must be said is written over it."""

KEPT: Final = 2
"""A dot that stands out, or a name: nothing is written over it."""


class Grid:
    """Characters with roles, cell by cell. A wide character's second cell is empty text. Dots are within the `plot`."""

    def __init__(self, width: int, height: int, plot: Cells) -> None:
        self.width, self.height, self.plot = width, height, plot
        self.texts = [[" "] * width for _ in range(height)]
        self.roles: list[list[Role | None]] = [[None] * width for _ in range(height)]
        self._taken = [bytearray(width) for _ in range(height)]

    def put(self, column: int, row: int, text: str, role: Role | None, *, take: int = KEPT) -> None:
        """Write from a cell on; what would go over the edge is dropped. A cell once taken stays so."""
        for character in text:
            cells = cell_width(character)
            if cells == 0 and column > 0:
                self.texts[row][column - 1] += character
            if cells == 0 or column + cells > self.width:
                continue
            self.texts[row][column : column + cells] = [character, *[""] * (cells - 1)]
            self.roles[row][column : column + cells] = [role] * cells
            for cell in range(column, column + cells):
                self._taken[row][cell] = max(take, self._taken[row][cell])
            column += cells

    def clear(self, first: int, last: int, row: int) -> None:
        """Blank what is free in these cells."""
        for column in range(first, last + 1):
            if self._taken[row][column] == FREE:
                self.put(column, row, " ", None, take=FREE)

    def is_free(self, start: int, end: int, row: int, *, over: int = FREE) -> bool:
        """Whether the cells from start up to end have been taken by nothing beyond `over`."""
        return max(self._taken[row][max(0, start) : end], default=FREE) <= over

    def is_kept(self, column: int, row: int) -> bool:
        """Whether this cell is one that nothing is written over."""
        return self._taken[row][column] >= KEPT

    def has(self, start: int, cells: int) -> bool:
        """Whether so many cells from start on lie within the plot's columns."""
        return self.plot.left <= start and start + cells - 1 <= self.plot.right

    def lines(self, top: int) -> Iterator[Line]:
        """The rows from this one on, neighbours of one role together."""
        for texts, roles in zip(self.texts[top:], self.roles[top:], strict=True):
            if any(text != " " for text in texts):
                pairs = groupby(zip(texts, roles, strict=True), key=lambda pair: pair[1])
                yield tuple(Stretch("".join(text for text, _ in run), role) for role, run in pairs)
