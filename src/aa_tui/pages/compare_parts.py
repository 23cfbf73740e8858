"""What a comparison is made of: subjects, and rows of cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
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


@dataclass(frozen=True, slots=True)
class Section:
    """Rows under a title."""

    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Bars:
    """One metric of the overview: shares of the best among the compared, 0 to 1; None where there is no value."""

    label: str
    shares: tuple[float | None, ...]
    texts: tuple[str, ...]


def with_best(cells: Sequence[Cell], better: Better | None) -> tuple[Cell, ...]:
    """The best value marked, and those that read the same; nothing where all do or only one has a value."""
    values = {cell.value: cell.text for cell in cells if isinstance(cell.value, int | float)}
    if better is None or sum(cell.value is not None for cell in cells) < 2 or len(set(values.values())) == 1:
        return tuple(cells)
    best = values[max(values) if better == "higher" else min(values)]
    return tuple(replace(cell, mark="best") if cell.text == best else cell for cell in cells)
