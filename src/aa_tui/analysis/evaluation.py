"""What the samples of an evaluation add up to: outcomes, three scores with their intervals, tokens. Pure.

Strict: everything that is not a right answer counts as wrong. Completed: of the samples that came to an end of their
own. Truncation rate: how many did not (cut at the token limit, going in circles, out of time). An error of the
engine or of a grader says nothing about the model: such samples are counted and named, and are in no score; where
they are more than `outcomes.MOST_ERRORS` there is none at all. A sample that its grader cannot decide is neither right
nor wrong: it is in no score, and the score has bounds beside it, as if all of these were wrong, or all right.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Protocol, TypeVar

from aa_tui.analysis.intervals import Score, Tally, clustered, combined
from aa_tui.analysis.joint_sequence import index_sequence
from aa_tui.analysis.sequential import confidence_sequence
from aa_tui.outcomes import CHOSEN_ITEMS, CUT_SHORT, ENDED, OUTCOMES, UNKNOWN, Outcome, why_no_headline


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


_Sample = TypeVar("_Sample", bound=Sample)


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
class Bounds:
    """What a score would be with its `n_undecided` samples all wrong, and all right; in the score's unit."""

    low: float
    high: float
    n_undecided: int


@dataclass(frozen=True, slots=True)
class Part:
    """The samples of a category, of a level, or all of them. Scores are None where no sample tells anything.

    `bounds` are the strict score's, None where nothing is undecided.
    """

    name: str
    n: int
    outcomes: Mapping[str, int]
    strict: Score | None
    completed: Score | None
    truncation: Score | None
    tokens: Tokens | None
    bounds: Bounds | None = None

    @property
    def n_told(self) -> int:
        """Samples that are no errors."""
        return self.n - self.outcomes.get(Outcome.ERROR, 0)

    @property
    def n_graded(self) -> int:
        """Samples in the strict score: those that were decided."""
        return self.n_told - self.n_undecided

    @property
    def n_undecided(self) -> int:
        """Samples that are neither right nor wrong."""
        return self.outcomes.get(Outcome.UNDECIDED, 0)


@dataclass(frozen=True, slots=True)
class Summary:
    """All of a run's samples, and its parts.

    `index` is the mean of the categories' strict scores in equal weight (0 to 100), None where there is one category
    only; `index_bounds` are its. `n_left_out` samples were finished out of turn when the run was stopped: the answers
    that end first are the short ones, so that counting them would favour these. `no_headline` says why there is no
    score, in a run with too many errors, or of chosen items (`is_chosen`).
    """

    all: Part
    by_category: Mapping[str, Part]
    by_level: Mapping[int, Part]
    index: Score | None
    n_left_out: int
    n_waiting: int
    index_bounds: Bounds | None = None
    no_headline: str | None = None
    is_chosen: bool = False


def summarise(
    samples: Sequence[Sample],
    *,
    categories: Iterable[str] = (),
    in_turn_only: bool = False,
    population: Mapping[str, int] | None = None,
    any_time: bool = False,
    is_chosen: bool = False,
) -> Summary:
    """Add up samples in the run's order.

    Args:
        samples: the finished ones; those that are not graded yet are counted as waiting.
        categories: those of the pack; there is no index while one of them has no score.
        in_turn_only: count only those before the first gap, for a run that was stopped while others were written.
        population: how many items the pack has in each category, for scores on just these items; None, or numbers that
            the samples contradict, for such items in general. What share of the others would come to an end of their
            own is not known, so that the completed score is always one of such items.
        any_time: the run ended because of its score, so each interval is that of a confidence sequence. Such runs
            answer each item once.
        is_chosen: the items were chosen to tell much, so that no share of them is one of all items.
    """
    kept = in_turn(samples) if in_turn_only else list(samples)
    graded = [sample for sample in kept if sample.outcome is not None]
    sizes = _sizes(graded, population or {})
    # All that are graded, those out of turn too: whoever counts in the catalog comes to the same.
    every = [sample.outcome for sample in samples if sample.outcome is not None]
    why = CHOSEN_ITEMS if is_chosen else why_no_headline(every.count(Outcome.ERROR), len(every))
    adding = _Adding(any_time=any_time, has_scores=why is None)
    found = adding.by_category(graded, sizes)
    index, index_bounds = adding.index(found, categories, sizes)
    return Summary(
        all=adding.part("all", graded, sum(sizes.values()) or None),
        by_category=found,
        by_level=adding.by_level(graded),
        index=index,
        n_left_out=len(samples) - len(kept),
        n_waiting=len(kept) - len(graded),
        index_bounds=index_bounds,
        no_headline=why,
        is_chosen=is_chosen,
    )


def tokens_of(samples: Sequence[Sample]) -> Tokens | None:
    """Output tokens a question; None without samples, or where nobody counted any."""
    told = [sample for sample in samples if sample.outcome != Outcome.ERROR]
    counts = sorted(sample.n_thinking + sample.n_answer for sample in told)
    if not any(counts):
        return None
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


def in_turn(samples: Sequence[_Sample]) -> list[_Sample]:
    """Those whose position has no gap before it."""
    ordered = sorted(samples, key=lambda sample: sample.position)
    return [sample for _, sample in takewhile(lambda pair: pair[0] == pair[1].position, enumerate(ordered))]


def _sizes(samples: Sequence[Sample], population: Mapping[str, int]) -> Mapping[str, int]:
    """The population, unless a category is not in it or has more items than it says."""
    items: dict[str, set[str]] = {}
    for sample in samples:
        items.setdefault(sample.category, set()).add(sample.item_id)
    return population if all(len(ids) <= population.get(name, 0) for name, ids in items.items()) else {}


@dataclass(frozen=True, slots=True)
class _Adding:
    """How samples are added up: with intervals of which kind, and whether there are scores at all."""

    any_time: bool
    has_scores: bool

    def by_category(self, samples: Sequence[Sample], sizes: Mapping[str, int]) -> dict[str, Part]:
        groups: dict[str, list[Sample]] = {}
        for sample in samples:
            groups.setdefault(sample.category, []).append(sample)
        return {name: self.part(name, group, sizes.get(name)) for name, group in groups.items()}

    def by_level(self, samples: Sequence[Sample]) -> dict[int, Part]:
        groups: dict[int, list[Sample]] = {}
        for sample in samples:
            if sample.level is not None:
                groups.setdefault(sample.level, []).append(sample)
        return {level: self.part(str(level), group, None) for level, group in sorted(groups.items())}

    def part(self, name: str, samples: Sequence[Sample], population: int | None) -> Part:
        counts = Counter(sample.outcome for sample in samples)
        told = [sample for sample in samples if sample.outcome != Outcome.ERROR]
        decided = [sample for sample in told if sample.outcome not in UNKNOWN]
        ended = [sample for sample in told if sample.outcome in ENDED]
        return Part(
            name=name,
            n=len(samples),
            outcomes={outcome: counts[outcome] for outcome in OUTCOMES},
            strict=self._score(decided, {Outcome.CORRECT}, population),
            completed=self._score(ended, {Outcome.CORRECT}, None),
            truncation=self._score(told, CUT_SHORT, population),
            tokens=tokens_of(samples),
            bounds=_bounds(told) if self.has_scores else None,
        )

    def index(
        self, parts: Mapping[str, Part], categories: Iterable[str], sizes: Mapping[str, int]
    ) -> tuple[Score | None, Bounds | None]:
        """The mean of the categories, and its bounds; nothing while one of them has no score."""
        known = {name: part.strict for name, part in parts.items() if part.strict is not None}
        if len(known) < 2 or not set(known) >= {*categories, *parts}:
            return None, None
        score = combined(known)
        if self.any_time:
            tallies = {name: Tally(part.outcomes[Outcome.CORRECT], part.n_graded) for name, part in parts.items()}
            score = replace(score, interval=index_sequence(tallies, populations=sizes or None))
        n_undecided = sum(part.n_undecided for part in parts.values())
        if not n_undecided:
            return score, None
        ends = [one.bounds or Bounds(known[name].value, known[name].value, 0) for name, one in parts.items()]
        low, high = (100 * statistics.fmean(values) for values in ([e.low for e in ends], [e.high for e in ends]))
        return score, Bounds(low, high, n_undecided)

    def _score(self, samples: Sequence[Sample], counted: Iterable[str], population: int | None) -> Score | None:
        """The share with one of these outcomes; repeats of an item are one cluster."""
        tallies = _tallies(samples, set(counted))
        if not tallies or not self.has_scores:
            return None
        if self.any_time and all(tally.n == 1 for tally in tallies):
            correct, n = sum(tally.correct for tally in tallies), len(tallies)
            return Score(correct / n, confidence_sequence(correct, n, population=population), n)
        return clustered(tallies, population=population)


def _tallies(samples: Sequence[Sample], wanted: Set[str]) -> list[Tally]:
    """How often each item had one of these outcomes."""
    found: dict[str, list[bool]] = {}
    for sample in samples:
        found.setdefault(sample.item_id, []).append(sample.outcome in wanted)
    return [Tally(sum(hits), len(hits)) for hits in found.values()]


def _bounds(told: Sequence[Sample]) -> Bounds | None:
    """The strict score with the undecided samples all wrong, and all right."""
    n_undecided = sum(sample.outcome == Outcome.UNDECIDED for sample in told)
    if not n_undecided:
        return None
    low, high = (
        statistics.fmean(tally.share for tally in _tallies(told, wanted))
        for wanted in ({Outcome.CORRECT}, {Outcome.CORRECT, Outcome.UNDECIDED})
    )
    return Bounds(low, high, n_undecided)
