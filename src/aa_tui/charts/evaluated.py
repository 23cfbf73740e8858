"""An evaluation made here, as charts draw it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from aa_tui.analysis.budget_curve import BudgetPoint
from aa_tui.analysis.evaluation import Summary
from aa_tui.analysis.lost import Tallies
from aa_tui.catalog.metric_names import of_evaluation
from aa_tui.catalog.rows import LocalResult, MeasurementRow, RunRow, ScoredSample


@dataclass(frozen=True, slots=True)
class Evaluated:
    """One evaluation with its samples, which are in the run's order and without their texts.

    `lost` is what became of the right answers, None where no chart needs it. `first_prompts` are the tokens of the
    first prompt of samples that are conversations, by item and epoch: a sample's own count is of all its turns.
    """

    result: LocalResult
    summary: Summary
    curve: tuple[BudgetPoint, ...]
    samples: tuple[ScoredSample, ...]
    lost: Tallies | None = None
    first_prompts: Mapping[tuple[str, int], int] = field(default_factory=dict)

    @property
    def run(self) -> RunRow:
        """The run that made it."""
        return self.result.run

    def figure(self, name: str) -> MeasurementRow | None:
        """The figure `eval.PACK.NAME` of the run."""
        return figure(self.result, name)


def figure(result: LocalResult, name: str) -> MeasurementRow | None:
    """The figure `eval.PACK.NAME` of an evaluation, None where the run does not have it."""
    return result.measurements.get(of_evaluation(result.run.pack, name))
