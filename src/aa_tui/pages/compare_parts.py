"""What a comparison is made of: subjects, and rows of cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from aa_tui.catalog.rows import LocalResult, ModelRow, SampleRow

Better = Literal["higher", "lower"]
Mark = Literal["", "best", "tied"]


@dataclass(frozen=True, slots=True)
class Subject:
    """A model or a run that is compared. `target` is what names it: a slug or `run:ID`."""

    target: str
    name: str
    model: ModelRow | None
    result: LocalResult | None
    samples: tuple[SampleRow, ...]
    rank_class: str


@dataclass(frozen=True, slots=True)
class Cell:
    """One value. `rank` is its place in the subject's own class, "#5/43"; `value` is for programs."""

    text: str
    value: float | str | None = None
    rank: str = ""
    mark: Mark = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of every subject. `is_same` where they do not differ."""

    key: str
    label: str
    unit: str
    better: Better | None
    cells: tuple[Cell, ...]

    @property
    def is_same(self) -> bool:
        """Whether all read alike."""
        return len({cell.text for cell in self.cells}) <= 1
