"""Accuracy against thinking budget: what a run would have scored if thinking had been closed after so many tokens.

Pure. At a budget an item counts with its own outcome where its thinking had ended by then, and else with what a copy
of it answered when its thinking was closed there (budget forcing: Muennighoff et al. 2025, arXiv 2501.19393; here
one run gives the whole curve). Items without such a copy, since their answers are too long for one, are in no point,
nor are answers that were not decided, and where a run has too many errors for a score there is no curve.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from aa_tui.analysis.intervals import Score, Tally, clustered
from aa_tui.analysis.sequential import confidence_sequence
from aa_tui.outcomes import UNKNOWN, Outcome, why_no_headline


class Sample(Protocol):
    """What is needed of a finished sample."""

    @property
    def id(self) -> int: ...
    @property
    def item_id(self) -> str: ...
    @property
    def outcome(self) -> str | None: ...
    @property
    def n_thinking(self) -> int: ...


class Probe(Protocol):
    """What is needed of a copy that was made to answer."""

    @property
    def sample_id(self) -> int: ...
    @property
    def budget_tokens(self) -> int: ...
    @property
    def outcome(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class BudgetPoint:
    """The score at a budget of thinking tokens, over `n` samples of which `n_forced` were made to answer there.

    `budget_tokens` None is the run as it was, on the same samples.
    """

    budget_tokens: int | None
    score: Score
    n: int
    n_forced: int


def budget_curve(samples: Sequence[Sample], probes: Iterable[Probe], *, any_time: bool = False) -> list[BudgetPoint]:
    """The points in order of their budget, the run as it was last. Empty where no sample was ever probed.

    `any_time`: the run ended because of its score, so each interval is that of a confidence sequence.
    """
    graded = [one.outcome for one in samples if one.outcome is not None]
    if why_no_headline(graded.count(Outcome.ERROR), len(graded)):
        return []
    forced = {(probe.sample_id, probe.budget_tokens): probe.outcome for probe in probes if probe.outcome is not None}
    budgets = sorted({budget for _, budget in forced})
    probed = {sample_id for sample_id, _ in forced}
    # Samples that thought less than the smallest budget were never probed, and belong to every point all the same.
    short = {one.id for one in samples if budgets and one.n_thinking < budgets[0]}
    used = [one for one in samples if one.outcome not in (None, *UNKNOWN) and one.id in probed | short]
    if not probed or not used:
        return []
    points = []
    for budget in budgets:
        outcomes, n_forced = [], 0
        for one in used:
            outcome = _outcome_at(one, budget, forced)
            if outcome is None or outcome in UNKNOWN:
                continue
            outcomes.append((one.item_id, outcome == Outcome.CORRECT))
            n_forced += one.n_thinking >= budget
        if outcomes:
            points.append(BudgetPoint(budget, _score(outcomes, any_time), len(outcomes), n_forced))
    own = [(one.item_id, one.outcome == Outcome.CORRECT) for one in used]
    points.append(BudgetPoint(None, _score(own, any_time), len(own), 0))
    return points


def _outcome_at(one: Sample, budget: int, forced: Mapping[tuple[int, int], str | None]) -> str | None:
    """A sample's outcome at a budget; None where nothing was tried."""
    return one.outcome if one.n_thinking < budget else forced.get((one.id, budget))


def _score(outcomes: Sequence[tuple[str, bool]], any_time: bool) -> Score:
    tallies: dict[str, list[bool]] = {}
    for item_id, hit in outcomes:
        tallies.setdefault(item_id, []).append(hit)
    items = [Tally(sum(hits), len(hits)) for hits in tallies.values()]
    if any_time and all(item.n == 1 for item in items):
        correct = sum(item.correct for item in items)
        return Score(correct / len(items), confidence_sequence(correct, len(items)), len(items))
    return clustered(items)
