"""What there is to say of an evaluation's conversations beside its score: turns, tokens kept between them, faults."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from aa_tui.catalog import turns
from aa_tui.catalog.rows import RunRow, ScoredSample

CLASSES = ("model", "template", "parser", "format")
"""Whose fault a failure can be: the first part of a fault's name."""


@dataclass(frozen=True, slots=True)
class Talked:
    """The conversations of a run. Of `n_prompt` tokens of their prompts `n_kept` were there from the turn before, or
    from other conversations, and were not processed again; None where a server has told of none, which may keep some
    all the same. `faults` are failures by fault, the many first."""

    n_conversations: int
    n_turns: int
    n_prompt: int
    n_kept: int | None
    faults: tuple[tuple[str, int], ...]

    @property
    def by_class(self) -> Mapping[str, int]:
        """Failures by whose fault they are."""
        counts: Counter[str] = Counter()
        for fault, count in self.faults:
            counts[class_of(fault)] += count
        return {name: counts[name] for name in CLASSES if counts[name]}


def class_of(fault: str) -> str:
    """Whose fault it is."""
    return fault.partition(":")[0]


def of_run(conn: sqlite3.Connection, run: RunRow, rows: Iterable[ScoredSample]) -> Talked | None:
    """What a run's conversations came to; None where it has none, and no failure whose fault is known."""
    faults = Counter(row.fault for row in rows if row.fault is not None)
    known = turns.totals(conn, run.id)
    if not known.n_turns and not faults:
        return None
    by_count = sorted(faults.items(), key=lambda one: (-one[1], one[0]))
    n_kept = None if run.file.is_served and not known.n_cached else known.n_cached
    return Talked(known.n_samples, known.n_turns, known.n_prompt, n_kept, tuple(by_count))
