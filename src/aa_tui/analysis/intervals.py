"""Intervals of scores: of one share, of repeats clustered by item, and of the mean of categories.

An interval answers one of two questions, its estimand. "such items": what would the score be on the endless supply
of items that these were drawn from? "these items": what would it be on all N items of the pack, of which n were drawn
at random? The second interval is narrower and has no width left once all N are done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, fsum, inf, sqrt
from typing import Literal

from aa_tui.analysis.counting import log_choose
from aa_tui.analysis.quantiles import t_value, z_value

Estimand = Literal["such items", "these items"]

Kind = Literal["fixed", "any-time"]
"""Whether an interval holds for a number of items set beforehand, or also where the results said when to stop."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval: shares from 0 to 1, index points from 0 to 100 or differences from -1 to 1.

    `method` names how it was made, for people; `level` is its confidence, such as 0.95.
    """

    low: float
    high: float
    method: str
    level: float
    estimand: Estimand = "such items"
    kind: Kind = "fixed"

    @property
    def half_width(self) -> float:
        """Half the distance between its ends."""
        return (self.high - self.low) / 2

    def contains(self, value: float) -> bool:
        """Whether the value lies inside, ends included."""
        return self.low <= value <= self.high


@dataclass(frozen=True, slots=True)
class Tally:
    """How many of n were correct: the items of a category, or the attempts at one item."""

    correct: int
    n: int

    def __post_init__(self) -> None:
        if not 0 <= self.correct <= self.n:
            raise ValueError(f"{self.correct} of {self.n} cannot be correct")

    @property
    def share(self) -> float:
        """Correct of all, 0 to 1. Raises ZeroDivisionError where nothing was counted."""
        return self.correct / self.n


@dataclass(frozen=True, slots=True)
class Score:
    """A value and its interval, in the same unit, and how many independent items it is worth.

    Of a share among `population` items `certain` are the least and the most that it can still turn out to be.
    """

    value: float
    interval: Interval
    n_effective: float
    population: int | None = None
    certain: tuple[float, float] = (0.0, 1.0)


def wilson(successes: int, n: int, *, level: float = 0.95) -> Interval:
    """Wilson's score interval of a share (Wilson 1927, JASA 22, 209-212; Newcombe 1998, Stat. Med. 17, 857, method 3).

    Raises ValueError without items, or where successes and n contradict each other.
    """
    if n < 1:
        raise ValueError("an interval needs at least one item")
    low, high = wilson_limits(Tally(successes, n).share, n, level)
    return Interval(low, high, "Wilson", level)


def hypergeometric(successes: int, n: int, population: int, *, level: float = 0.95) -> Interval:
    """The exact interval of the share right among N items of which n were drawn at random, without replacement.

    All K/N for which neither "s or more" nor "s or fewer right ones of n" has a probability of (1-level)/2 or less,
    given K right ones among N (Buonaccorsi 1987, Am. Stat. 41, 215-218). It covers the truth at least as often as it
    says, at every n; a normal approximation does not where a handful of items is left. At n = N it is the share itself.

    Raises ValueError without items, or where successes, n and population contradict each other.
    """
    if n < 1:
        raise ValueError("an interval needs at least one item")
    if n > population:
        raise ValueError(f"{n} items cannot come from {population}")
    Tally(successes, n)  # refuses what cannot be
    outside = (1 - level) / 2
    fewest, most = successes, population - (n - successes)
    low = _edge(fewest, most, lambda right: _at_most(n - successes, n, population - right, population) > outside)
    high = -_edge(-most, -fewest, lambda right: _at_most(successes, n, -right, population) > outside)
    low, high = min(low, successes * population // n), max(high, -(-successes * population // n))
    return Interval(low / population, high / population, "hypergeometric, exact", level, "these items")


def of_population(successes: int, n: int, population: int, *, level: float = 0.95) -> Interval:
    """The interval of the share among N items of which n were drawn: exact from the half on, Wilson's before.

    A share of a sample without replacement has the variance P(1-P)/n · (N-n)/(N-1) (Cochran 1977, Sampling Techniques,
    theorem 3.2); Wilson's equation with it is Wilson's with n' = n(N-1)/(N-n) in place of n, here widened by half an
    item, since the share moves in steps of one. Where the halves meet the two are equally wide; the exact one would be
    wider than that of such items while few are drawn, and Wilson's covers too rarely where few are left.

    Raises ValueError as `hypergeometric`.
    """
    if n < 1 or 2 * n >= population:
        return hypergeometric(successes, n, population, level=level)
    low, high = wilson_limits(Tally(successes, n).share, effective_n(n, population), level)
    half = 1 / (2 * population)
    low, high = max(low - half, successes / population), min(high + half, (population - n + successes) / population)
    return Interval(low, high, "Wilson, finite population", level, "these items")


def _edge(low: int, high: int, holds: Callable[[int], bool]) -> int:
    """The first whole number for which it holds, of those from low to high; from there on it always does."""
    while low < high:
        middle = (low + high) // 2
        if holds(middle):
            high = middle
        else:
            low = middle + 1
    return low


def _at_most(most: int, n: int, right: int, population: int) -> float:
    """P(X <= most) for the number X of right ones among n drawn from a population that has so many."""
    highest, lowest = min(n, right), max(0, n - (population - right))
    if most >= highest:
        return 1.0
    if most < lowest:
        return 0.0
    term = exp(log_choose(right, most) + log_choose(population - right, n - most) - log_choose(population, n))
    if term == 0.0:  # so far out that floats have no number for it
        return float(most * population > n * right)
    total, x = term, most
    while x > lowest and term > total * 1e-17:  # each term from the one above it, until they no longer count
        term *= x * (population - right - n + x) / ((right - x + 1) * (n - x + 1))
        total += term
        x -= 1
    return min(total, 1.0)


def effective_n(n: float, population: int | None) -> float:
    """The size of a sample with replacement that tells as much as n of a population: n(N-1)/(N-n), inf at n = N."""
    if population is None:
        return n
    if n > population:
        raise ValueError(f"{n} items cannot come from {population}")
    return inf if n == population else n * (population - 1) / (population - n)


def wilson_limits(share: float, n: float, level: float) -> tuple[float, float]:
    """Wilson's limits for a share of 0 to 1 and any positive n, a whole number or not; inf gives the share itself."""
    z = z_value(level)
    if n == inf:
        return share, share
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * sqrt(share * (1 - share) / n + (z / (2 * n)) ** 2) / (1 + z * z / n)
    # Exactly, the share lies inside and a share of 0 or 1 is one limit; floats miss that by a last digit.
    low = 0.0 if share == 0 else min(max(centre - half, 0.0), share)
    high = 1.0 if share == 1 else max(min(centre + half, 1.0), share)
    return low, high


def share_of(tally: Tally, *, level: float = 0.95, population: int | None = None) -> Score:
    """A share with Wilson's interval; with `population` with that of the share among so many items.

    Raises ValueError as these do.
    """
    s, n = tally.correct, tally.n
    if population is None:
        return Score(tally.share, wilson(s, n, level=level), n)
    interval = of_population(s, n, population, level=level)
    certain = s / population, (population - n + s) / population
    return Score(tally.share, interval, effective_n(n, population), population, certain)


def clustered(items: Sequence[Tally], *, level: float = 0.95, population: int | None = None) -> Score:
    """Mean of the items' own shares where items were tried several times (pass@1), with attempts clustered by item.

    Attempts at one item resemble each other, so they are not counted as so many items: the variance is that of the
    item means (Miller 2024, arXiv 2411.00640, on clustered errors). Few items make a normal interval too narrow (Bowyer
    et al. 2025, arXiv 2503.01747), so it goes into Wilson's interval as an effective number of items, see
    `mean_of_values`. One attempt at each item gives exactly `share_of`.

    With `population` the variance is that of two stages: which items, which vanishes at n = N, and what the sampler
    made of them, which stays (Cochran 1977, theorem 10.2).

    Raises ValueError without items or for an item without attempts.
    """
    if not items:
        raise ValueError("an interval needs at least one item")
    if any(item.n < 1 for item in items):
        raise ValueError("an item without attempts has no share; leave it out")
    if all(item.n == 1 for item in items):
        return share_of(Tally(sum(item.correct for item in items), len(items)), level=level, population=population)
    within = [item.share * (1 - item.share) / (item.n - 1) for item in items if item.n > 1]
    return mean_of_values(
        [item.share for item in items],
        level=level,
        most=sum(item.n for item in items),
        population=population,
        variance_within=fsum(within) / len(within),
        method="Wilson, clustered by item",
    )


def mean_of_values(
    values: Sequence[float],
    *,
    level: float = 0.95,
    most: float = inf,
    population: int | None = None,
    variance_within: float = 0.0,
    method: str = "Wilson, effective n",
) -> Score:
    """Mean of one value of 0 to 1 per item, with Wilson's interval at the effective number of items.

    n_eff = m(1-m)/v · (z/t)² with m the mean, v the variance of the mean and Student's t at n - 1 degrees of freedom
    (Korn & Graubard 1998, Survey Methodology 24, 193-201). It is at least n, which is the case of values that are all
    0 or 1, and at most `most`, the number of independent attempts. Values of few items can be alike by chance, which
    would make the interval too narrow; so the variance is that of these items and one more of the largest variance,
    m(1-m). `variance_within` is the mean variance of one item's value around its own truth; it counts only with a
    `population`.

    Raises ValueError without values.
    """
    n = len(values)
    if n == 0:
        raise ValueError("an interval needs at least one item")
    least = effective_n(n, population)  # refuses n > population
    mean = min(max(fsum(values) / n, 0.0), 1.0)
    taken = 0.0 if population is None else n / population
    between = fsum((value - mean) ** 2 for value in values) / (n - 1) if n > 1 else 0.0
    if population is None:
        between = ((n - 1) * between + mean * (1 - mean)) / n
    variance = ((1 - taken) * between + taken * variance_within) / n
    n_eff = least
    if n > 1 and variance > 0 and 0 < mean < 1:
        n_eff = mean * (1 - mean) / variance * (z_value(level) / t_value(level, n - 1)) ** 2
        n_eff = max(n_eff, n) if population is not None else min(max(n_eff, n), max(most, n))
    low, high = wilson_limits(mean, n_eff, level)
    estimand: Estimand = "such items" if population is None else "these items"
    return Score(mean, Interval(low, high, method, level, estimand), n_eff)


def mean_of_categories(
    categories: Mapping[str, Tally],
    *,
    weights: Mapping[str, float] | None = None,
    populations: Mapping[str, int] | None = None,
    level: float = 0.95,
) -> Score | None:
    """The local index: mean of the categories' shares, 0 to 100, each category with the same weight unless given.

    The interval is that of `combined`, with finite populations where those of all categories are given.
    None while a category has no items: an index over a part of its categories would be another index.

    Raises ValueError without categories; KeyError for a category without its weight or population.
    """
    if any(tally.n == 0 for tally in categories.values()):
        return None
    scores = {}
    for name, tally in categories.items():
        scores[name] = share_of(tally, level=level, population=None if populations is None else populations[name])
    return combined(scores, weights=weights)


def combined(scores: Mapping[str, Score], *, weights: Mapping[str, float] | None = None) -> Score:
    """Weighted mean of independent shares of 0 to 1, with its interval, both in index points of 0 to 100.

    A stratified sample: with weights w that sum to 1 the mean m has the variance v = Σ w²·q(1-q)/n, and m goes into
    Wilson's interval at n_eff = m'(1-m')/v (Korn & Graubard 1998, as in `mean_of_values`; Dean & Pagano 2015, J. Surv.
    Stat. Methodol. 3, 484-503, compare such intervals). In m' and v each share p counts as
    q = (np+1)/(n+2), Laplace's rule, so that a category without a mistake still has a variance. The interval never
    leaves 0 to 100 and of one category is Wilson's own. (Adding up the distances of the categories' own Wilson limits,
    as MOVER does, covers the truth too rarely near 100 and is wider all the same.)

    An index of just these items moves in steps of one item, so its interval is widened by half the smallest step that
    is still open, and ends at what it can still turn out to be. Where a few items of one small category are left the
    approximation stays rough: of 7 of 10 items simulated beside larger categories it covers 91 %.

    Raises ValueError without shares, for weights that are negative or all 0, or where levels or estimands differ;
    KeyError for a missing weight.
    """
    if not scores:
        raise ValueError("an index needs at least one category")
    kinds = {(score.interval.level, score.interval.estimand) for score in scores.values()}
    if len(kinds) > 1:
        raise ValueError("categories of different levels or estimands cannot be combined")
    level, estimand = kinds.pop()
    raw = {name: 1.0 if weights is None else weights[name] for name in scores}
    total = fsum(raw.values())
    if total <= 0 or min(raw.values()) < 0:
        raise ValueError("weights of categories must be positive")
    parts = [(raw[name] / total, score.value, score.n_effective) for name, score in scores.items()]
    mean = min(fsum(weight * share for weight, share, _ in parts), 1.0)
    smoothed = [(weight, share if n == inf else (n * share + 1) / (n + 2), n) for weight, share, n in parts]
    centre = fsum(weight * share for weight, share, _ in smoothed)
    variance = fsum(weight**2 * share * (1 - share) / n for weight, share, n in smoothed)
    n_eff = centre * (1 - centre) / variance if variance > 0 else inf
    low, high = wilson_limits(mean, n_eff, level)
    steps = [
        weight / score.population
        for (weight, *_), score in zip(parts, scores.values(), strict=True)
        if score.population and weight and score.certain[0] < score.certain[1]
    ]
    if steps:
        half = min(steps) / 2
        ends = [score.certain for score in scores.values()]
        least, most = (fsum(part[0] * end[at] for part, end in zip(parts, ends, strict=True)) for at in (0, 1))
        low, high = min(max(low - half, least), mean), max(min(high + half, most), mean)
    return Score(100 * mean, Interval(100 * low, 100 * high, "Wilson, stratified", level, estimand), n_eff)
