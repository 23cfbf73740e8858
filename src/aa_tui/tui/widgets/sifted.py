"""Rows of a list as far as a search lets them through, in an order of one's choice. No widgets here."""

from __future__ import annotations

import re
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Generic

from aa_tui.tui.widgets.columns import WHOLE, Column, Row, Sorting, Source, words_of

if TYPE_CHECKING:
    from collections.abc import Sequence

_DIGITS = re.compile(r"(\d+)")
_MISSING = ("", "–")


class Sifted(Generic[Row]):
    """A source over another one. `index_at` and `place_of` lead from places here to places there and back."""

    def __init__(self, source: Source[Row]) -> None:
        self.source = source
        self.text = ""
        self.sorting: Sorting | None = None
        self._indexes: list[int] | None = None

    def __len__(self) -> int:
        return len(self.source) if self._indexes is None else len(self._indexes)

    @property
    def is_sifted(self) -> bool:
        """Whether the rows are others, or in another order, than they come."""
        return bool(self.text.split()) or self.sorting is not None

    def row(self, index: int) -> Row | None:
        """The row at a place in what is listed."""
        there = self.index_at(index)
        return None if there is None else self.source.row(there)

    def index_at(self, place: int) -> int | None:
        """Where the row at a place here is in the whole list; None where there is none."""
        if not 0 <= place < len(self):
            return None
        return place if self._indexes is None else self._indexes[place]

    def place_of(self, index: int) -> int | None:
        """Where a row of the whole list is here; None where the search leaves it out."""
        if self._indexes is None:
            return index if 0 <= index < len(self.source) else None
        return self._indexes.index(index) if index in self._indexes else None

    def sift(self, columns: Sequence[Column[Row]]) -> None:
        """List the rows that have all words of the text somewhere in these columns."""
        if not self.is_sifted:
            self._indexes = None
            return
        wanted = self.text.casefold().split()
        rows = [(index, row) for index in range(len(self.source)) if (row := self.source.row(index)) is not None]
        if wanted:
            rows = [(index, row) for index, row in rows if _has(row, columns, wanted)]
        column = next((one for one in columns if self.sorting and one.key == self.sorting.sort), None)
        if column is not None and self.sorting is not None:
            rows = _sorted(rows, column, descending=self.sorting.descending)
        self._indexes = [index for index, _ in rows]


def _has(row: Row, columns: Sequence[Column[Row]], wanted: Sequence[str]) -> bool:
    said = " ".join(words_of(column, row, WHOLE) for column in columns).casefold()
    return all(word in said for word in wanted)


def _sorted(rows: list[tuple[int, Row]], column: Column[Row], *, descending: bool) -> list[tuple[int, Row]]:
    """In the column's order; rows without a value come last either way."""
    order = column.order or (lambda row: _by_words(words_of(column, row, WHOLE)))
    keyed: list[tuple[Any, int, Row]] = [(order(row), index, row) for index, row in rows]
    known = [one for one in keyed if one[0] is not None]
    known.sort(key=itemgetter(0), reverse=descending)
    return [(index, row) for _, index, row in (*known, *(one for one in keyed if one[0] is None))]


def _by_words(words: str) -> list[tuple[int, int, str]] | None:
    """So that 9 comes before 10 within words, and B beside b."""
    if words in _MISSING:
        return None
    return [
        (0, int(part), "") if part.isdecimal() else (1, 0, part) for part in _DIGITS.split(words.casefold()) if part
    ]
