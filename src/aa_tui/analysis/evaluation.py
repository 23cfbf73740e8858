"""What the samples of an evaluation add up to: outcomes, three scores with their intervals, tokens. Pure.

Strict: everything that is not a right answer counts as wrong. Completed: of the samples that came to an end of their
own. Truncation rate: how many did not (cut at the token limit, going in circles, out of time). An error of the
engine or of a grader says nothing about the model: such samples are counted and named, and are in no score.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Protocol

from aa_tui.analysis.intervals import Score, Tally, clustered, combined

CUT_SHORT = frozenset({"truncated", "loop", "timeout"})
"""Outcomes of samples that did not come to an end of their own."""

ENDED = frozenset({"correct", "wrong", "no_answer"})
OUTCOMES = ("correct", "wrong", "no_answer", "truncated", "loop", "timeout", "error")


class Sample(Protocol):
    """What is needed of a sample. `outcome` is None until it is graded."""

    @property
    def item_id(self) -> str: ...
    @property
    def epoch(self) -> int: ...
    @property
    def position(self) -> int: ...
    @property
    def category(self) -> str: ...
    @property
    def level(self) -> int | None: ...
    @property
    def outcome(self) -> str | None: ...
    @property
    def n_thinking(self) -> int: ...
    @property
    def n_answer(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Tokens:
    """Output tokens a question, over samples that came to an end of their own and those cut short alike.

    `n_cut` of them were cut short: the true numbers are larger. Quantiles by linear interpolation.
    """

    n: int
    n_cut: int
    total: int
    mean: float
    mean_thinking: float
    mean_answer: float
    median: float
    p90: float
    largest: int


@dataclass(frozen=True, slots=True)
class Part:
    """The samples of a category, of a level, or all of them. Scores are None where no sample tells anything."""

    name: str
    n: int
    outcomes: Mapping[str, int]
    strict: Score | None
    completed: Score | None
    truncation: Score | None
    tokens: Tokens | None

    @property
    def n_graded(self) -> int:
        """Samples in the strict score."""
        return self.n - self.outcomes.get("error", 0)


@dataclass(frozen=True, slots=True)
class Summary:
    """All of a run's samples, and its parts.

    `index` is the mean of the categories' strict scores in equal weight (0 to 100), None where there is one category
    only. `n_left_out` samples were finished out of turn when the run was stopped: the answers that end first are the
    short ones, so that counting them would favour these.
    """

    all: Part
    by_category: Mapping[str, Part]
    by_level: Mapping[int, Part]
    index: Score | None
    n_left_out: int
    n_waiting: int


def summarise(
    samples: Sequence[Sample],
    *,
    categories: Iterable[str] = (),
    in_turn_only: bool = False,
    population: Mapping[str, int] | None = None,
) -> Summary:
    """Add up samples in the run's order.

    Args:
        samples: the finished ones; those that are not graded yet are counted as waiting.
        categories: those of the pack; there is no index while one of them has no score.
        in_turn_only: count only those before the first gap, for a run that was stopped while others were written.
        population: how many items the pack has in each category, for scores on just these items; None, or numbers that
            the samples contradict, for such items in general. What share of the others would come to an end of their
            own is not known, so that the completed score is always one of such items.
    """
    kept = _in_turn(samples) if in_turn_only else list(samples)
    graded = [sample for sample in kept if sample.outcome is not None]
    sizes = _sizes(graded, population or {})
    found = _by_category(graded, sizes)
    known = {name: part.strict for name, part in found.items() if part.strict is not None}
    is_whole = len(known) > 1 and set(known) >= set(categories)
    return Summary(
        all=_part("all", graded, sum(sizes.values()) or None),
        by_category=found,
        by_level=_by_level(graded),
        index=combined(known) if is_whole else None,
        n_left_out=len(samples) - len(kept),
        n_waiting=len(kept) - len(graded),
    )


def tokens_of(samples: Sequence[Sample]) -> Tokens | None:
    """Output tokens a question; None without samples."""
    told = [sample for sample in samples if sample.outcome != "error"]
    if not told:
        return None
    counts = sorted(sample.n_thinking + sample.n_answer for sample in told)
    return Tokens(
        n=len(counts),
        n_cut=sum(sample.outcome in CUT_SHORT for sample in told),
        total=sum(counts),
        mean=statistics.fmean(counts),
        mean_thinking=statistics.fmean(sample.n_thinking for sample in told),
        mean_answer=statistics.fmean(sample.n_answer for sample in told),
        median=quantile(counts, 0.5),
        p90=quantile(counts, 0.9),
        largest=counts[-1],
    )


def quantile(ordered: Sequence[float], share: float) -> float:
    """The quantile of ordered values, by linear interpolation."""
    place = (len(ordered) - 1) * share
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def _in_turn(samples: Sequence[Sample]) -> list[Sample]:
    """Those whose position has no gap before it."""
    ordered = sorted(samples, key=lambda sample: sample.position)
    return [sample for _, sample in takewhile(lambda pair: pair[0] == pair[1].position, enumerate(ordered))]


def _sizes(samples: Sequence[Sample], population: Mapping[str, int]) -> Mapping[str, int]:
    """The population, unless a category is not in it or has more items than it says."""
    items: dict[str, set[str]] = {}
    for sample in samples:
        items.setdefault(sample.category, set()).add(sample.item_id)
    return population if all(len(ids) <= population.get(name, 0) for name, ids in items.items()) else {}


def _by_category(samples: Sequence[Sample], sizes: Mapping[str, int]) -> dict[str, Part]:
    groups: dict[str, list[Sample]] = {}
    for sample in samples:
        groups.setdefault(sample.category, []).append(sample)
    return {name: _part(name, group, sizes.get(name)) for name, group in groups.items()}


def _by_level(samples: Sequence[Sample]) -> dict[int, Part]:
    groups: dict[int, list[Sample]] = {}
    for sample in samples:
        if sample.level is not None:
            groups.setdefault(sample.level, []).append(sample)
    return {level: _part(str(level), group, None) for level, group in sorted(groups.items())}


def _part(name: str, samples: Sequence[Sample], population: int | None) -> Part:
    counts = Counter(sample.outcome for sample in samples)
    told = [sample for sample in samples if sample.outcome != "error"]
    ended = [sample for sample in told if sample.outcome in ENDED]
    return Part(
        name=name,
        n=len(samples),
        outcomes={outcome: counts[outcome] for outcome in OUTCOMES},
        strict=_score(told, {"correct"}, population),
        completed=_score(ended, {"correct"}, None),
        truncation=_score(told, CUT_SHORT, population),
        tokens=tokens_of(samples),
    )


def _score(samples: Sequence[Sample], counted: Iterable[str], population: int | None) -> Score | None:
    """The share with one of these outcomes; repeats of an item are one cluster."""
    wanted = set(counted)
    tallies: dict[str, list[bool]] = {}
    for sample in samples:
        tallies.setdefault(sample.item_id, []).append(sample.outcome in wanted)
    if not tallies:
        return None
    return clustered([Tally(sum(hits), len(hits)) for hits in tallies.values()], population=population)
