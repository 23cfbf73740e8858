"""Which thinking budget to advise: chosen on one half of the items, tried on the other. Pure.

The budget with the best score on the items it was chosen on is flattered by them. So the items are split in two halves
by a seed; on one the fewest tokens within a point of its best score are chosen, and what they give is told of the
other. Crossed over, each half is tried with what the other one chose, which uses all items.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from aa_tui.analysis.budget_curve import Probe, Sample
from aa_tui.analysis.intervals import Score, Tally, clustered
from aa_tui.outcomes import UNKNOWN, Outcome, why_no_headline

WITHIN = 0.01
"""Of a score from 0 to 1: so much less than the best is as good."""

LEAST_ITEMS = 20
"""Items that each half must have."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A budget chosen on one half, and what it and the run as it was score on the other, on the same samples.

    `budget_tokens` None: no budget comes within a point of thinking without one. `mean_tokens` are those of thinking a
    sample of the other half takes with it, `mean_tokens_as_it_was` without.
    """

    budget_tokens: int | None
    score: Score
    as_it_was: Score
    mean_tokens: float
    mean_tokens_as_it_was: float
    n_items: int


@dataclass(frozen=True, slots=True)
class Advice:
    """What is advised, or why nothing is.

    `n_items` have an outcome at every budget. `first` is chosen on one half and tried on the other, `second` the other
    way round, `crossed` all items with what the other half chose. None of them where there are too few items.
    """

    n_items: int
    budgets: tuple[int, ...]
    first: Choice | None = None
    second: Choice | None = None
    crossed: Score | None = None
    crossed_as_it_was: Score | None = None

    @property
    def too_few(self) -> bool:
        """Whether there are too few items for two halves."""
        return self.first is None


@dataclass(frozen=True, slots=True)
class _Tried:
    """A sample with whether it is right at each budget; the last is the run as it was."""

    item_id: str
    rights: tuple[bool, ...]
    n_thinking: int


def advise(samples: Sequence[Sample], probes: Iterable[Probe], *, seed: int = 0) -> Advice | None:
    """The advice of a run; None where it has no forks, or so many errors that it has no score."""
    graded = [one.outcome for one in samples if one.outcome is not None]
    if why_no_headline(graded.count(Outcome.ERROR), len(graded)):
        return None
    forced = {(probe.sample_id, probe.budget_tokens): probe.outcome for probe in probes if probe.outcome is not None}
    budgets = tuple(sorted({budget for _, budget in forced}))
    if not budgets:
        return None
    tried = [found for one in samples if (found := _tried(one, budgets, forced)) is not None]
    items = sorted({one.item_id for one in tried}, key=lambda item: hashlib.sha256(f"{seed}\0{item}".encode()).digest())
    if len(items) < 2 * LEAST_ITEMS:
        return Advice(len(items), budgets)
    one_half = set(items[: len(items) // 2])
    a, b = [one for one in tried if one.item_id in one_half], [one for one in tried if one.item_id not in one_half]
    on_b, on_a = _chosen(a, budgets), _chosen(b, budgets)
    every = [*((one, on_b) for one in b), *((one, on_a) for one in a)]
    return Advice(
        n_items=len(items),
        budgets=budgets,
        first=_choice(b, on_b, budgets),
        second=_choice(a, on_a, budgets),
        crossed=_score([(one.item_id, one.rights[place]) for one, place in every]),
        crossed_as_it_was=_score([(one.item_id, one.rights[-1]) for one, _ in every]),
    )


def _tried(one: Sample, budgets: Sequence[int], forced: Mapping[tuple[int, int], str | None]) -> _Tried | None:
    """A sample whose outcome is known at every budget, and as it was."""
    outcomes = [one.outcome if one.n_thinking < budget else forced.get((one.id, budget)) for budget in budgets]
    outcomes.append(one.outcome)
    if any(outcome is None or outcome in UNKNOWN for outcome in outcomes):
        return None
    return _Tried(one.item_id, tuple(outcome == Outcome.CORRECT for outcome in outcomes), one.n_thinking)


def _chosen(half: Sequence[_Tried], budgets: Sequence[int]) -> int:
    """The place of the fewest tokens whose share of right ones is within a point of the best."""
    shares = [_score([(one.item_id, one.rights[place]) for one in half]).value for place in range(len(budgets) + 1)]
    best = max(shares)
    return next(place for place, share in enumerate(shares) if share >= best - WITHIN - 1e-9)


def _choice(other: Sequence[_Tried], place: int, budgets: Sequence[int]) -> Choice:
    budget = budgets[place] if place < len(budgets) else None
    taken = [one.n_thinking if budget is None else min(one.n_thinking, budget) for one in other]
    return Choice(
        budget_tokens=budget,
        score=_score([(one.item_id, one.rights[place]) for one in other]),
        as_it_was=_score([(one.item_id, one.rights[-1]) for one in other]),
        mean_tokens=fmean(taken),
        mean_tokens_as_it_was=fmean(one.n_thinking for one in other),
        n_items=len({one.item_id for one in other}),
    )


def _score(outcomes: Sequence[tuple[str, bool]]) -> Score:
    hits: dict[str, list[bool]] = {}
    for item_id, hit in outcomes:
        hits.setdefault(item_id, []).append(hit)
    return clustered([Tally(sum(one), len(one)) for one in hits.values()])
