"""What a table can show: columns as data, and which of them fit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Row = TypeVar("Row")

Part = tuple[str, str]
"""A piece of a cell and its kind, one of `KINDS`; "" is plain."""

KINDS = ("dim", "faint", "strong", "accent", "here", "warn", "bad", "bar", "track")

GAP = 2
"""Cells between columns."""


@dataclass(frozen=True, slots=True)
class Column(Generic[Row]):
    """One column. A `flexible` one takes the width that the others leave, from `width` up to `most`.

    `sort` names the catalog's column to sort by, "" where the table cannot be sorted by it. `name` and `meaning`
    are for the sort picker and the help.
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
