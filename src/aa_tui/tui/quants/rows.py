"""The table of quantizations: the columns that decide first, with intervals where there is room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aa_tui.analysis import MISSING
from aa_tui.pages.quants import Ladder, LadderRow
from aa_tui.pages.text.quants import CELLS, Cell, marked_name
from aa_tui.tui.widgets.columns import Column, Part


@dataclass(frozen=True, slots=True)
class Entry:
    """A file in its ladder."""

    ladder: Ladder
    row: LadderRow

    @property
    def is_choice(self) -> bool:
        """Whether it is the one that is recommended."""
        return self.row.file.sha256 == self.ladder.recommendation.choice


FIRST = ("size", "times", "kld_mean", "loss", "flips", "tokens")
"""What a narrow terminal shows before the rest."""

WIDTHS = {"flips": 34, "kld_mean": 24, "kld_median": 24, "kld_p99": 24, "loss": 19, "score": 27, "pp": 16, "tg": 16}
WIDTHS |= {"same_top": 24, "rms_dp": 24, "ppl_ratio": 24, "ppl": 28, "changed": 23, "tokens": 16}
"""Cells of those that have an interval; a narrow terminal goes without it."""

NARROW = {"flips": 11, "kld_mean": 8, "kld_median": 7, "kld_p99": 7, "loss": 6, "score": 7, "pp": 8, "tg": 8}
NARROW |= {"same_top": 8, "rms_dp": 7, "ppl_ratio": 7, "ppl": 9, "changed": 13, "tokens": 8, "size": 8, "times": 6}


def _name(entry: Entry, _: int) -> Sequence[Part]:
    return ((marked_name(entry.ladder, entry.row), "here" if entry.is_choice else "strong"),)


def _column(cell: Cell, *, wide: bool) -> Column[Entry]:
    def words(entry: Entry, _: int) -> Sequence[Part]:
        told = cell.of(entry.ladder, entry.row, wide=wide)
        return ((told, "faint" if told == MISSING else "warn" if told.endswith("!") else ""),)

    width = max(len(cell.title), (WIDTHS if wide else NARROW).get(cell.key, 8))
    return Column(cell.key, cell.title, width, words, meaning=cell.meaning)


FIXED: tuple[Column[Entry], ...] = (
    Column("name", "File", 20, _name, right=False, flexible=True, most=40, middle=True),
)


def moving(*, wide: bool) -> tuple[Column[Entry], ...]:
    """The other columns, those that decide first; `wide` with their intervals."""
    keys = (*FIRST, *(key for key in CELLS if key not in FIRST))
    return tuple(_column(CELLS[key], wide=wide) for key in keys)
