"""By which versions of the graders a run was graded, and whether this program has newer ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aa_tui.catalog.rows import RunRow, ScoredSample
from aa_tui.evals.finish import FINISH_GRADER
from aa_tui.runs.evaluation.regrade import extraction_of


@dataclass(frozen=True, slots=True)
class GradedBy:
    """Names with versions, as "numeric/1": of the graders that judged a run's samples, and of how answers were taken.

    `newer` are those of this program that are others.
    """

    graders: tuple[str, ...]
    extraction: str
    newer: tuple[str, ...]

    def words(self, run: RunRow) -> str:
        """As a line; where the program has newer ones how to find out what they would change."""
        by = ", ".join((*self.graders, self.extraction))
        if not self.newer:
            return by
        way = "shows what would change" if not run.is_live else "shows what would change, once it has ended"
        return f"{by}; this aa-tui has {', '.join(self.newer)}: `aa-tui runs regrade {run.id} --dry-run` {way}"


def graded_by(run: RunRow, samples: Sequence[ScoredSample]) -> GradedBy | None:
    """What the verdicts that count say of it; None while nothing is graded."""
    from aa_tui.evals.extraction import VERSION

    graders = tuple(sorted({row.grader for row in samples if row.grader and row.grader != FINISH_GRADER}))
    if not graders:
        return None
    extraction = extraction_of(run)
    newer = [now for one in graders if (now := _installed(one)) not in (None, one)]
    if extraction != VERSION:
        newer.append(VERSION)
    return GradedBy(graders, extraction, tuple(dict.fromkeys(filter(None, newer))))


def _installed(label: str) -> str | None:
    """The label of today's grader of that name; None where there is none, or the label has no version."""
    from aa_tui.evals.grading import grader
    from aa_tui.evals.items import PackError

    name, _, version = label.rpartition("/")
    if not version.isdecimal():
        return None
    try:
        return f"{name}/{grader(name).version}"
    except PackError:
        return None
