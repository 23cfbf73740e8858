"""Confidence sequences: intervals that stay valid however one decides when to stop.

Looking at an ordinary interval after every item and stopping when it pleases makes it wrong far more often than its
level says. A confidence sequence holds at all n at once: the chance that it ever leaves the truth out, at whatever n,
is at most 1 - level. So a run that stopped early because of its results states this interval, which is wider.

What is assumed. Of "such items": that each answer is right with the same chance, independently. Of "these items":
that the items come in an order drawn at random before the run, from a pack of N.

A seeded order stratified by category is not quite either, and is allowed: where every category has its part in each
round, items of each category in random order, the sequence is valid at the ends of rounds. (For each bet on the
outcome the expected factor of a round is the product over the categories of numbers whose mean is at most 1, hence at
most 1 by the inequality of arithmetic and geometric means; the mixture over bets inherits that.) Within a round it may
be off by the bet on a part of one round; the simulation in the tests checks every item and finds it conservative.

The intersection of all intervals so far is valid too and never widens; here each is stated as it is at its own n.
"""

from __future__ import annotations

from collections.abc import Callable
from math import log, log1p
from typing import Literal

from aa_tui.analysis.counting import log_choose
from aa_tui.analysis.intervals import Interval

Decision = Literal["above", "below"]


def confidence_sequence(successes: int, n: int, *, level: float = 0.95, population: int | None = None) -> Interval:
    """The interval at n of a confidence sequence for the share of successes; 0 to 1 at n = 0.

    Without `population`: all p where the binomial probability of s in n exceeds (1-level)/(n+1). It is the mixture
    of Robbins (1970, Ann. Math. Stat. 41, 1397-1409), here Beta-binomial with a uniform prior: the ratio of the
    mixture's probability, 1/(n+1), to p's own is a martingale of mean 1 if p is true, and Ville's inequality bounds
    its maximum.

    With `population` N, items drawn without replacement: all K/N where the hypergeometric probability of s in n, given
    K right ones among N, exceeds (1-level)/(n+1). It is the prior-posterior ratio with a uniform prior on K
    (Waudby-Smith & Ramdas 2020, arXiv 2006.04347, section 2); at n = N it is the share itself.

    Raises ValueError where successes, n, population or level contradict each other.
    """
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} successes of {n} items are impossible")
    if not 0 < level < 1:
        raise ValueError(f"a confidence level lies between 0 and 1, not at {level}")
    least = log(1 - level) - log(n + 1)
    if population is None:
        low, high = _binomial_limits(successes, n, least)
        return Interval(low, high, "Beta-binomial confidence sequence", level, kind="any-time")
    if not n <= population or population < 1:
        raise ValueError(f"{n} items cannot come from {population}")
    fewest, most = _hypergeometric_limits(successes, n, population, least)
    name = "prior-posterior-ratio confidence sequence"
    return Interval(fewest / population, most / population, name, level, "these items", "any-time")


def decided(
    successes: int, n: int, threshold: float, *, level: float = 0.95, population: int | None = None
) -> Decision | None:
    """Whether the share is known to lie above or below a threshold at this n; None while it is not.

    May be asked after every item: the chance that it ever says the wrong one is at most 1 - level, under the
    assumptions above. Raises ValueError as `confidence_sequence` does.
    """
    interval = confidence_sequence(successes, n, level=level, population=population)
    if interval.low > threshold:
        return "above"
    if interval.high < threshold:
        return "below"
    return None


def _binomial_limits(successes: int, n: int, least: float) -> tuple[float, float]:
    """Outermost p whose log probability exceeds `least`; the probability falls away from s/n on both sides."""
    failures = n - successes
    ways = log_choose(n, successes)

    def likely(p: float) -> bool:
        right = successes * log(p) if successes else 0.0
        wrong = failures * log1p(-p) if failures else 0.0
        return ways + right + wrong > least

    share = successes / n if n else 0.5
    low = _edge(likely, share, 0.0) if successes else 0.0
    high = _edge(likely, share, 1.0) if failures else 1.0
    return low, high


def _edge(likely: Callable[[float], bool], inside: float, outside: float) -> float:
    """The edge of the likely values between one of them and an unlikely end, rounded outwards."""
    for _ in range(60):
        middle = (inside + outside) / 2
        if middle in (inside, outside):
            break
        if likely(middle):
            inside = middle
        else:
            outside = middle
    return outside


def _hypergeometric_limits(successes: int, n: int, population: int, least: float) -> tuple[int, int]:
    """Fewest and most right ones among `population` whose log probability exceeds `least`.

    The probability of s as a function of K rises to its peak near s(N+1)/n and falls after it.
    """
    fewest_possible, most_possible = successes, population - (n - successes)
    all_ways = log_choose(population, n)

    def likely(right: int) -> bool:
        log_probability = log_choose(right, successes) + log_choose(population - right, n - successes) - all_ways
        return log_probability > least

    peak = (successes * (population + 1)) // n if n else 0
    peak = min(max(peak, fewest_possible), most_possible)
    return _edge_count(likely, peak, fewest_possible - 1), _edge_count(likely, peak, most_possible + 1)


def _edge_count(likely: Callable[[int], bool], inside: int, outside: int) -> int:
    """The outermost likely count between a likely one and an impossible one."""
    while abs(inside - outside) > 1:
        middle = (inside + outside) // 2
        if likely(middle):
            inside = middle
        else:
            outside = middle
    return inside
