"""Plan a run from a pilot of a few items: tokens per question, time, energy, and how narrow the interval will be."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from math import exp, fsum, log, pi, sqrt
from statistics import NormalDist
from typing import Final

from aa_tui.analysis.intervals import effective_n, wilson_limits
from aa_tui.analysis.quantiles import t_value

SIZES: Final = (20, 60, 100)
"""Numbers of items that a plan shows before the whole pack."""

_DRAWS: Final = (40, 200)
"""Simulated runs behind a row, at least and at most: enough for a plan's two digits."""

_DRAWN_ITEMS: Final = 200_000
"""Items drawn in all, about: fewer simulated runs of more items, so that a plan takes a fraction of a second."""

_UNKNOWN_LOG_SD: Final = 1.0
"""The least spread assumed where a single answer ended, which says nothing of it: a factor of 2.7 either way."""

_NORMAL: Final = NormalDist()


@dataclass(frozen=True, slots=True)
class PilotItem:
    """Output tokens of one answer, thinking included. `ended` False: cut or still running, so it has at least these."""

    tokens: int
    ended: bool = True


@dataclass(frozen=True, slots=True)
class TokenFit:
    """Log-normal fit of the output tokens per question.

    `log_mean` and `log_sd` are those of the logarithms of uncut answers. `mean`, `low` and `high` are the mean tokens
    an item takes in a run, answers cut at `limit` counted as `limit`, and its interval at `level`. `n` items, of which
    `n_cut` had not ended; where all are, the fit is a lower bound.
    """

    n: int
    n_cut: int
    log_mean: float
    log_sd: float
    mean: float
    low: float
    high: float
    limit: int | None
    level: float

    @property
    def is_lower_bound(self) -> bool:
        """Whether no item ended, so that nothing says how long answers get."""
        return self.n_cut == self.n


@dataclass(frozen=True, slots=True)
class Throughput:
    """Output tokens per second of all slots together, and of one sequence alone where that was measured.

    The last answers of a run have the machine to themselves. Where `alone_tokens_per_s` is None they are taken to go
    no faster than one slot of a full batch, which makes the plan's end too long rather than too short.
    """

    slots: int
    total_tokens_per_s: float
    alone_tokens_per_s: float | None = None

    def __post_init__(self) -> None:
        if self.slots < 1 or self.total_tokens_per_s <= 0:
            raise ValueError("a plan needs at least one slot and a positive speed")

    def tokens_per_s(self, active: int) -> float:
        """Total speed with `active` slots busy, linear between one and all."""
        if self.slots == 1:
            return self.total_tokens_per_s
        share = self.total_tokens_per_s / self.slots
        alone = max(self.alone_tokens_per_s or share, share)
        return alone + (active - 1) * (self.total_tokens_per_s - alone) / (self.slots - 1)


@dataclass(frozen=True, slots=True)
class PlanRow:
    """What n items will cost and tell.

    `seconds` is the median, from `seconds_low` to `seconds_high` at the fit's level, of the time still to come.
    `energy_j` is None where the machine's power was not measured. `half_width` is that of the score's interval, 0 to 1.
    """

    n: int
    seconds: float
    seconds_low: float
    seconds_high: float
    energy_j: float | None
    half_width: float


def fit_tokens(pilot: Sequence[PilotItem], *, limit: int | None = None, level: float = 0.95) -> TokenFit:
    """Fit a log-normal distribution to the tokens of a pilot's answers; `limit` is the run's cap on output tokens.

    Interval of the mean: Cox's method with Student's t, exp(m + s²/2 ± t·sqrt(s²/n + s⁴/(2(n-1)))) (Olsson 2005,
    J. Stat. Educ. 13(1)). Answers that had not ended enter as "at least so many" by maximum likelihood. Under a
    limit c the mean is that of min(tokens, c), exp(m + s²/2)·Φ((ln c - m - s²)/s) + c·(1 - Φ((ln c - m)/s)) (Klugman,
    Panjer & Willmot, Loss Models, appendix A, limited expected value).

    Raises ValueError for fewer than two items.
    """
    n = len(pilot)
    if n < 2:
        raise ValueError("a plan needs a pilot of at least two items")
    logs = [log(max(item.tokens, 1)) for item in pilot]
    ended = [item.ended for item in pilot]
    log_mean, log_sd = _fit_logs(logs, ended)
    spread = log_sd * log_sd
    error = t_value(level, n - 1) * sqrt(spread / n + spread * spread / (2 * (n - 1)))
    # no answer is shorter than a token, however wide the interval of two very unlike ones
    mean, low, high = (max(1.0, _limited_mean(log_mean + shift, log_sd, limit)) for shift in (0.0, -error, error))
    return TokenFit(n, ended.count(False), log_mean, log_sd, mean, low, high, limit, level)


def plan(
    fit: TokenFit,
    throughput: Throughput,
    n_items: int,
    *,
    sizes: Sequence[int] = SIZES,
    n_done: int = 0,
    watts: float | None = None,
    share: float = 0.5,
    population: int | None = None,
) -> tuple[PlanRow, ...]:
    """Rows for the sizes between `n_done` and `n_items`, and for all `n_items`.

    Time is that of the items still to run: simulated runs fill the slots in order, as the run will, so the end with few
    slots busy is in it (Graham 1969, SIAM J. Appl. Math. 17, 416-429, bounds it). Each simulated run draws the fit's
    own error too: s² from its chi-square and m from its normal distribution (Krishnamoorthy & Mathew 2003, J. Stat.
    Plan. Inference 115, 103-121), so a pilot of five makes a wide range. Repeatable: the draws are seeded.

    `share` is the score that the widths are worked out for: the pilot's, or 0.5 for the widest. With `population`
    (the pack's size) widths are those of "these items". `watts` is the machine's mean power while it runs.
    """
    wanted = [*(size for size in sorted(set(sizes)) if n_done < size < n_items), n_items]
    simulated = _simulate(fit, throughput, [max(n - n_done, 0) for n in wanted])
    outside = (1 - fit.level) / 2
    rows = []
    for n, seconds in zip(wanted, simulated, strict=True):
        median = _quantile(seconds, 0.5)
        rows.append(
            PlanRow(
                n=n,
                seconds=median,
                seconds_low=_quantile(seconds, outside),
                seconds_high=_quantile(seconds, 1 - outside),
                energy_j=None if watts is None else watts * median,
                half_width=half_width(n, share=share, level=fit.level, population=population),
            )
        )
    return tuple(rows)


def n_within(budget_s: float, fit: TokenFit, throughput: Throughput, n_items: int, *, n_done: int = 0) -> int:
    """The most items, those done included, whose median time fits a budget; `n_done` where not even one does.

    Exact for up to 100 items, rounded down by less than 1 in 100 for more.
    """
    beyond = int(2 * budget_s * throughput.tokens_per_s(throughput.slots) / fit.low) + throughput.slots
    left = min(n_items - n_done, beyond)
    if left < 1:
        return n_done
    counts = [1]
    while counts[-1] < left:
        counts.append(min(counts[-1] + max(counts[-1] // 100, 1), left))
    fitting = [
        count
        for count, seconds in zip(counts, _simulate(fit, throughput, counts), strict=True)
        if _quantile(seconds, 0.5) <= budget_s
    ]
    return n_done + max(fitting, default=0)


def half_width(n: int, *, share: float = 0.5, level: float = 0.95, population: int | None = None) -> float:
    """Half the width of Wilson's interval to expect from n items at a score of `share`; see `intervals.wilson`.

    Raises ValueError for n < 1 or beyond the population.
    """
    if n < 1:
        raise ValueError("an interval needs at least one item")
    low, high = wilson_limits(share, effective_n(n, population), level)
    return (high - low) / 2


def n_for_half_width(
    target: float, n_items: int, *, share: float = 0.5, level: float = 0.95, population: int | None = None
) -> int | None:
    """The fewest of `n_items` whose expected half-width is at most `target`; None where not even all get there.

    A run may also stop when Wilson's interval itself has become that narrow, from 20 items on: its width hardly tells
    which way it errs, so it still covers (Chow & Robbins 1965, Ann. Math. Stat. 36, 457-462; simulated in the tests).
    Stopping by where the interval lies needs `sequential`.
    """
    low, high = 0, n_items + 1  # widths shrink with n
    while high - low > 1:
        middle = (low + high) // 2
        if half_width(middle, share=share, level=level, population=population) <= target:
            high = middle
        else:
            low = middle
    return high if high <= n_items else None


def _fit_logs(logs: Sequence[float], ended: Sequence[bool]) -> tuple[float, float]:
    """Mean and standard deviation of normal values, of which those that had not ended are lower bounds.

    Expectation-maximization (Dempster, Laird & Rubin 1977): a bound c counts as m + s·h(z) with z = (c-m)/s and the
    normal hazard h, and adds s²(1 + z·h - h²) of variance. The variance is then scaled by n/(n-1) as a sample's. Where
    only one ended, the deviation is at least `_UNKNOWN_LOG_SD`; where none did, the bounds stand for the values.
    """
    n = len(logs)
    mean = fsum(logs) / n
    variance = fsum((value - mean) ** 2 for value in logs) / n
    for _ in range(500 if any(ended) and not all(ended) else 0):
        sd = sqrt(variance)
        if sd < 1e-9:
            break
        expected, added = list(logs), 0.0
        for place, is_value in enumerate(ended):
            if not is_value:
                z = (logs[place] - mean) / sd
                hazard = _hazard(z)
                expected[place] = mean + sd * hazard
                added += variance * max(1 + z * hazard - hazard * hazard, 0.0)
        before = mean, variance
        mean = fsum(expected) / n
        variance = (fsum((value - mean) ** 2 for value in expected) + added) / n
        if abs(mean - before[0]) + abs(variance - before[1]) < 1e-10:
            break
    sd = sqrt(variance * n / (n - 1))
    return mean, max(sd, _UNKNOWN_LOG_SD) if sum(ended) == 1 else sd


def _hazard(z: float) -> float:
    """Normal density over the probability above z, with its asymptote where that probability underflows."""
    above = _NORMAL.cdf(-z)
    return exp(-z * z / 2) / sqrt(2 * pi) / above if above > 1e-300 else z + 1 / z


def _limited_mean(log_mean: float, log_sd: float, limit: int | None) -> float:
    """Mean of min(tokens, limit) for log-normal tokens."""
    log_whole = min(log_mean + log_sd * log_sd / 2, 700.0)
    if limit is None:
        return exp(log_whole)
    if log_sd == 0:
        return min(exp(log_whole), float(limit))
    z = (log(limit) - log_mean) / log_sd
    return min(exp(log_whole) * _NORMAL.cdf(z - log_sd) + limit * _NORMAL.cdf(-z), float(limit))


def _simulate(fit: TokenFit, throughput: Throughput, counts: Sequence[int]) -> list[list[float]]:
    """For each count, in rising order, the sorted seconds of the simulated runs."""
    rng = random.Random(0)
    seconds: list[list[float]] = [[] for _ in counts]
    least, most = _DRAWS
    for _ in range(min(max(_DRAWN_ITEMS // max(counts[-1], 1), least), most)):
        lengths = _drawn_lengths(fit, counts[-1], rng)
        for place, value in enumerate(_ends(lengths, throughput, counts)):
            seconds[place].append(value)
    return [sorted(values) for values in seconds]


def _drawn_lengths(fit: TokenFit, n: int, rng: random.Random) -> list[float]:
    df = fit.n - 1
    chi_square = rng.gammavariate(df / 2, 2.0)
    log_sd = fit.log_sd * sqrt(df / chi_square)
    log_mean = rng.gauss(fit.log_mean, log_sd / sqrt(fit.n))
    longest = log(fit.limit) if fit.limit is not None else 700.0
    return [exp(min(rng.gauss(log_mean, log_sd), longest)) for _ in range(n)]


def _ends(lengths: Sequence[float], throughput: Throughput, counts: Sequence[int]) -> Iterator[float]:
    """Seconds until the first `count` items are done, for each of the rising counts.

    All busy slots advance alike, so `now` and the ends in `busy` are in tokens per slot; seconds follow from the speed
    at that number of busy slots.
    """
    per_token_s = [0.0, *(active / throughput.tokens_per_s(active) for active in range(1, throughput.slots + 1))]
    busy: list[float] = []
    now = clock_s = 0.0
    done = 0
    for count in counts:
        for length in lengths[done:count]:
            if len(busy) == throughput.slots:
                end = heappop(busy)
                clock_s += (end - now) * per_token_s[throughput.slots]
                now = end
            heappush(busy, now + length)
        done = max(done, count)
        yield clock_s + _drain_s(busy, now, per_token_s)


def _drain_s(busy: Sequence[float], now: float, per_token_s: Sequence[float]) -> float:
    """Seconds until the busy slots are all done when nothing follows."""
    seconds = 0.0
    for place, end in enumerate(sorted(busy)):
        seconds += (end - now) * per_token_s[len(busy) - place]
        now = end
    return seconds


def _quantile(ordered: Sequence[float], share: float) -> float:
    """Linear interpolation between the nearest of sorted values."""
    position = share * (len(ordered) - 1)
    below = int(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)
