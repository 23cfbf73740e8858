"""What a table can show: columns as data, and which of them fit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

Row = TypeVar("Row")
RowOut_co = TypeVar("RowOut_co", covariant=True)

Part = tuple[str, str]
"""A piece of a cell and its kind, one of `KINDS`; "" is plain."""

KINDS = ("dim", "faint", "strong", "accent", "here", "warn", "bad", "bar", "track")

WHOLE = 200
"""Cells in which a cell says all that it has to say."""

GAP = 2
"""Cells between columns."""


@dataclass(frozen=True, slots=True)
class Column(Generic[Row]):
    """One column. A `flexible` one takes the width that the others leave, from `width` up to `most`.

    `sort` names the catalog's column to sort by, "" where the table cannot be sorted by it. `name` and `meaning`
    are for the sort picker and the help. `order` is what rows of a list are sorted by, None for one without a value;
    without an `order` they are sorted by what the cell says. A `middle` column's texts are cut there when they are too
    long: names that begin alike are told apart by their ends.
    """

    key: str
    title: str
    width: int
    cell: Callable[[Row, int], Sequence[Part]]
    right: bool = True
    flexible: bool = False
    most: int = 0
    sort: str = ""
    name: str = ""
    meaning: str = ""
    order: Callable[[Row], Any] | None = None
    middle: bool = False


class Source(Protocol[RowOut_co]):
    """Where the rows come from. `row` is asked for the lines on screen only; None is a row that is gone."""

    def __len__(self) -> int: ...
    def row(self, index: int) -> RowOut_co | None: ...


@dataclass(frozen=True, slots=True)
class Sorting:
    """By which column the rows are sorted, for the header's mark: the catalog's, or one of the table's by its key."""

    sort: str
    descending: bool


@dataclass(frozen=True, slots=True)
class Placed(Generic[Row]):
    """A column at its place: where it starts and how many cells it has."""

    column: Column[Row]
    x: int
    width: int


@dataclass(frozen=True, slots=True)
class Layout(Generic[Row]):
    """The columns that are shown, and whether there are more on either side."""

    placed: tuple[Placed[Row], ...]
    more_left: bool
    more_right: bool


def lay_out(
    fixed: Sequence[Column[Row]], moving: Sequence[Column[Row]], shift: int, width: int, start: int = 1
) -> Layout[Row]:
    """Place the fixed columns, then as many of the moving ones from the shifted one on as fit whole."""
    used = start + sum(column.width + GAP for column in fixed)
    shown: list[Column[Row]] = []
    for column in moving[shift:]:
        if used + column.width > width:
            break
        shown.append(column)
        used += column.width + GAP
    spare = max(0, width - used + (GAP if shown or fixed else 0))
    placed: list[Placed[Row]] = []
    x = start
    for column in (*fixed, *shown):
        cells = column.width
        if column.flexible:
            extra = min(spare, max(0, column.most - column.width))
            cells += extra
            spare -= extra
        placed.append(Placed(column, x, cells))
        x += cells + GAP
    return Layout(tuple(placed), shift > 0, shift + len(shown) < len(moving))


def words_of(column: Column[Row], row: Row, width: int = 0) -> str:
    """What a cell says in so many cells, its own at most, without the bars that only the eye reads."""
    parts = column.cell(row, width or max(column.width, column.most))
    return " ".join("".join(text for text, kind in parts if kind not in ("bar", "track")).split())
