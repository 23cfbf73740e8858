"""Has a file become slower, or does it answer otherwise? Probes of it, compared so that noise is not taken for news.

Speeds are compared as logarithms. A probe's median differs from another's for two reasons although nothing has changed:
the repetitions scatter, and each run as a whole is a little faster or slower (heat, memory layout, other work). The
second part is learnt from earlier probes between which nothing had changed, as the variance between the groups of a
random-effects model (DerSimonian & Laird 1986, Control. Clin. Trials 7, 177-188); while there are few of them a stated
guess counts as if it had been learnt from `GUESS_DF` + 1 probes.

Flips, tokens or answers that differ, are counted against an allowance: one slot without chance writes the same each
time, so that nearly none are expected, and those that earlier probes showed without a cause are. The tests of one
probe share one probability of a false alarm, by Holm's procedure (1979, Scand. J. Stat. 6, 65-70).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, fsum, log, pi, sqrt
from statistics import median, stdev, variance
from typing import Final

from aa_tui.analysis.intervals import Interval, wilson
from aa_tui.analysis.quantiles import incomplete_beta, t_value, z_value

LEVEL: Final = 0.95
FALSE_ALARMS: Final = 1 - LEVEL
"""The probability that a probe of what has not changed finds something, all its tests together."""

POWER: Final = 0.8
"""What "would have been found" means: in so many cases."""

N_TESTS: Final = 4
"""Prompt speed, generation speed, tokens, answers."""

GUESS_SD: Final = 0.015
"""How much whole runs are guessed to differ before it is learnt, as a share; more where the rounds of a probe do."""
GUESS_DF: Final = 2
"""Few, so that the guess is soon outweighed, and a machine is not accused on its strength."""

_ONE_REPETITION_SD: Final = 0.05
_ROUNDS_AT_LEAST: Final = 2

EXPECTED_FLIPS: Final = 1 / 40_000
"""The share of flips without a cause that is guessed before it is learnt."""

WORTH_FINDING: Final = 0.02
"""The share of flips that a probe is to find."""


@dataclass(frozen=True, slots=True)
class Speed:
    """One test's speed in one probe: the logarithm of its median rate (tokens/s), and how well that is known.

    `variance` is of the logarithm, from the n repetitions; `rounds_variance` how much the rounds' medians differ.
    """

    log_rate: float
    variance: float
    n: int
    rounds_variance: float = 0.0

    @property
    def tokens_per_s(self) -> float:
        """The median rate."""
        return exp(self.log_rate)


@dataclass(frozen=True, slots=True)
class Between:
    """How much whole runs differ, as a variance of logarithms; `n_learnt` are the probes it was learnt from."""

    variance: float
    df: int
    n_learnt: int


@dataclass(frozen=True, slots=True)
class SpeedChange:
    """A probe's speed against the reference's: `change` of -0.04 is 4 % slower, with its 95 % interval.

    `found_from` is the slowdown that would have been found in 80 of 100 cases, a share above 0.
    """

    change: float
    low: float
    high: float
    p_value: float
    found_from: float
    n_reference: int


@dataclass(frozen=True, slots=True)
class Flips:
    """How many of n differ. `allowance` is the share expected without a cause, `found_from` the least count that tells.

    `power` is the probability that a true share of `WORTH_FINDING` is found.
    """

    n_flips: int
    n: int
    allowance: float
    p_value: float
    interval: Interval
    found_from: int
    power: float

    @property
    def share(self) -> float:
        """Of all."""
        return self.n_flips / self.n


@dataclass(frozen=True, slots=True)
class Comparison:
    """A probe against its reference. `p_values` are Holm's, by test; what is below `FALSE_ALARMS` is found."""

    speeds: Mapping[str, SpeedChange]
    flips: Mapping[str, Flips]
    p_values: Mapping[str, float]

    def found(self, name: str) -> bool:
        """Whether this test says that something has changed."""
        return self.p_values[name] < FALSE_ALARMS

    @property
    def slower(self) -> tuple[str, ...]:
        """The tests that are slower than they were."""
        return tuple(name for name, one in self.speeds.items() if self.found(name) and one.change < 0)

    @property
    def faster(self) -> tuple[str, ...]:
        """The tests that are faster than they were."""
        return tuple(name for name, one in self.speeds.items() if self.found(name) and one.change > 0)

    @property
    def flipped(self) -> tuple[str, ...]:
        """Of tokens and answers those that have changed."""
        return tuple(name for name in self.flips if self.found(name))

    @property
    def is_regression(self) -> bool:
        """Whether it became slower or answers otherwise."""
        return bool(self.slower or self.flipped)


def speed_of(rounds: Sequence[Sequence[float]]) -> Speed:
    """The speed of one test from the rates (tokens/s) of its rounds, which are minutes apart.

    The variance of a median is that of a mean times pi/2. Repetitions of a round resemble each other, so it is at least
    that of the rounds' medians. Raises ValueError without repetitions.
    """
    logs = [log(rate) for one in rounds for rate in one]
    if not logs:
        raise ValueError("a speed needs a repetition")
    of_rounds = [median(log(rate) for rate in one) for one in rounds if one]
    between = variance(of_rounds) if len(of_rounds) >= _ROUNDS_AT_LEAST else 0.0
    of_one = stdev(logs) if len(logs) > 1 else _ONE_REPETITION_SD
    return Speed(median(logs), max(pi / 2 * of_one**2 / len(logs), between / len(of_rounds)), len(logs), between)


def half_width(speed: Speed) -> float:
    """Half the 95 % interval of a probe's own speed, as a share: what repeating makes narrower."""
    return t_value(LEVEL, max(1, speed.n - 1)) * sqrt(speed.variance)


def between_runs(groups: Iterable[Sequence[Speed]], now: Sequence[Speed] = ()) -> Between:
    """How much whole runs differ, learnt from groups of probes; nothing changed within a group.

    `now` are the probes that are compared: where their rounds differ more than runs are guessed to, runs will too.
    Where what was learnt is larger than the guess allows, the guess no longer counts.
    """
    squares, inside, df, n_learnt = [], [], 0, 0
    for group in groups:
        if len(group) < _ROUNDS_AT_LEAST:
            continue
        mean = fsum(one.log_rate for one in group) / len(group)
        squares += [(one.log_rate - mean) ** 2 for one in group]
        inside += [one.variance for one in group]
        df, n_learnt = df + len(group) - 1, n_learnt + len(group)
    learnt = max(0.0, fsum(squares) / df - fsum(inside) / len(inside)) if df else 0.0
    guess = max([GUESS_SD**2, *(one.rounds_variance for one in now)])
    if df and learnt > guess * _largest_ratio(df):
        return Between(learnt, df, n_learnt)
    return Between((GUESS_DF * guess + df * learnt) / (GUESS_DF + df), GUESS_DF + df, n_learnt)


def _largest_ratio(df: int) -> float:
    """How much larger than the truth a variance of so many degrees of freedom is in one of ten cases: the quantile of
    chi² by Wilson & Hilferty (1931, PNAS 17, 684-688), over df."""
    return (1 - 2 / (9 * df) + z_value(0.8) * sqrt(2 / (9 * df))) ** 3


def speed_change(reference: Sequence[Speed], probe: Speed, between: Between) -> SpeedChange:
    """A probe against one or more probes of before. Raises ValueError without these.

    Student's interval of the difference of logarithms, its degrees of freedom by Satterthwaite (1946, Biometrics
    Bulletin 2, 110-114).
    """
    if not reference:
        raise ValueError("a change needs something to compare with")
    weights = [1 / (one.variance + between.variance) for one in reference]
    before = fsum(weight * one.log_rate for weight, one in zip(weights, reference, strict=True)) / fsum(weights)
    inside = fsum(weight**2 * one.variance for weight, one in zip(weights, reference, strict=True)) / fsum(weights) ** 2
    of_runs = between.variance * (1 + fsum(weight**2 for weight in weights) / fsum(weights) ** 2)
    total = of_runs + inside + probe.variance
    parts = [
        (of_runs, between.df),
        (inside, max(1, sum(one.n - 1 for one in reference))),
        (probe.variance, max(1, probe.n - 1)),
    ]
    df = max(1, int(total**2 / fsum(part**2 / freedom for part, freedom in parts)))
    error, difference = sqrt(total), probe.log_rate - before
    half = t_value(LEVEL, df) * error
    t = difference / error
    strict = t_value(1 - FALSE_ALARMS / N_TESTS, df) + t_value(2 * POWER - 1, df)
    return SpeedChange(
        change=exp(difference) - 1,
        low=exp(difference - half) - 1,
        high=exp(difference + half) - 1,
        p_value=incomplete_beta(df / (df + t * t), df / 2, 0.5),
        found_from=1 - exp(-strict * error),
        n_reference=len(reference),
    )


def flips_of(n_flips: int, n: int, earlier: Sequence[tuple[int, int]] = ()) -> Flips:
    """Flips against the allowance; `earlier` are (flips, n) of probes between which nothing had changed.

    The guess counts as one probe of that size. Raises ValueError where nothing was compared.
    """
    if n < 1:
        raise ValueError("flips need something to compare")
    allowance = (EXPECTED_FLIPS * n + sum(flips for flips, _ in earlier)) / (n + sum(size for _, size in earlier))
    level = FALSE_ALARMS / N_TESTS
    found_from = next((count for count in range(1, n + 1) if at_least(count, n, allowance) < level), n)
    return Flips(
        n_flips=n_flips,
        n=n,
        allowance=allowance,
        p_value=at_least(n_flips, n, allowance),
        interval=wilson(n_flips, n, level=LEVEL),
        found_from=found_from,
        power=at_least(found_from, n, WORTH_FINDING),
    )


def at_least(count: int, n: int, share: float) -> float:
    """P(X >= count) of a binomial X (DLMF 8.17.5)."""
    if count <= 0:
        return 1.0
    return incomplete_beta(share, count, n - count + 1) if count <= n else 0.0


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """Holm's adjusted p-values, by name."""
    found: dict[str, float] = {}
    least = 0.0
    for rank, (name, p_value) in enumerate(sorted(p_values.items(), key=lambda item: item[1])):
        least = max(least, min(1.0, (len(p_values) - rank) * p_value))
        found[name] = least
    return found


def compare(speeds: Mapping[str, SpeedChange], flips: Mapping[str, Flips]) -> Comparison:
    """All tests of one probe, which share one probability of a false alarm."""
    raw = {name: one.p_value for name, one in speeds.items()} | {name: one.p_value for name, one in flips.items()}
    return Comparison(speeds, flips, holm(raw))
