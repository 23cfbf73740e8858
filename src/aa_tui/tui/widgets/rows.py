"""Rows that are all there already, as a table's source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable

Row = TypeVar("Row")


class ListRows(Generic[Row]):
    """A list of rows; `rows` may be given others, and the table is told to draw them."""

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        self.rows = list(rows)

    def __len__(self) -> int:
        return len(self.rows)

    def row(self, index: int) -> Row | None:
        """The row at a place, None where the list ends before it."""
        return self.rows[index] if 0 <= index < len(self.rows) else None
