"""Two runs on the same items: which is better, by how much, and could it be chance?

Both runs met the same items, so only the items on which they differ tell them apart. That makes the interval of the
difference narrower than two separate intervals suggest. Where a run ended because of its score, interval and p-value
are those of a confidence sequence, or there are none.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import comb, fsum, inf, sqrt
from typing import Final, Literal

from aa_tui.analysis.intervals import Interval
from aa_tui.analysis.joint_sequence import difference_sequence, paired_p_value
from aa_tui.analysis.quantiles import t_value, z_value

Ended = Literal["as planned", "by score", "both by score"]
"""How the runs came to have so many items: not because of a score, because of a score, in an order that both had; or
both because of their scores, each in an order of its own."""

RESAMPLES: Final = 2_000
"""Resamples of a bootstrap: enough for the second digit of a percentile."""


@dataclass(frozen=True, slots=True)
class DiscordantTable:
    """Items by which of the runs a and b had them right."""

    n_both: int
    n_only_a: int
    n_only_b: int
    n_neither: int

    @property
    def n(self) -> int:
        """All items that both runs have."""
        return self.n_both + self.n_only_a + self.n_only_b + self.n_neither

    @property
    def difference(self) -> float:
        """Share right in a minus share right in b, -1 to 1. Raises ZeroDivisionError without items."""
        return (self.n_only_a - self.n_only_b) / self.n


@dataclass(frozen=True, slots=True)
class PairedComparison:
    """What two runs on the same items say of their difference, a minus b.

    `p_value` is McNemar's mid-p, `p_value_exact` the binomial one, always a little larger; `interval` is Tango's,
    `bootstrap` the percentile interval of resampled items. `n_missing_a` items are in b only and left out, as are
    the `n_missing_b` items that are in a only. Where a run ended by its score `interval` and `p_value_any_time` are
    those that hold at any stopping time and the others None; where both did, each in an order of its own, all are.
    """

    n_both: int
    n_only_a: int
    n_only_b: int
    n_neither: int
    difference: float
    interval: Interval | None
    bootstrap: Interval | None
    p_value: float | None
    p_value_exact: float | None
    p_value_any_time: float | None
    n_missing_a: int
    n_missing_b: int

    @property
    def n(self) -> int:
        """The items that both runs have."""
        return self.n_both + self.n_only_a + self.n_only_b + self.n_neither


@dataclass(frozen=True, slots=True)
class MeansComparison:
    """The difference of two runs with several attempts at each item, a minus b, from item means.

    `interval` is Student's on the items' differences, `bootstrap` the percentile interval; both are None where a run
    ended by its score.
    """

    n: int
    difference: float
    interval: Interval | None
    bootstrap: Interval | None
    n_missing_a: int
    n_missing_b: int


def table_of(a: Mapping[str, bool], b: Mapping[str, bool]) -> DiscordantTable:
    """The table of the items that both runs have, from item id to "was right"."""
    cells = [(a[item], b[item]) for item in a if item in b]
    return DiscordantTable(
        cells.count((True, True)), cells.count((True, False)), cells.count((False, True)), cells.count((False, False))
    )


def compare(
    a: Mapping[str, bool],
    b: Mapping[str, bool],
    *,
    level: float = 0.95,
    seed: int = 0,
    resamples: int = RESAMPLES,
    ended: Ended = "as planned",
) -> PairedComparison | None:
    """Compare two runs, each a map from item id to "was right"; None where they share no item.

    The result depends on the items' results alone, not on their order, and on the seed of the bootstrap.
    """
    table = table_of(a, b)
    if table.n == 0:
        return None
    n_same = table.n_both + table.n_neither
    differences = [1.0] * table.n_only_a + [-1.0] * table.n_only_b + [0.0] * n_same
    planned, by_score = ended == "as planned", ended == "by score"
    interval = tango(table, level=level) if planned else None
    if by_score:
        interval = difference_sequence(table.n_only_a, table.n_only_b, n_same, level=level)
    return PairedComparison(
        n_both=table.n_both,
        n_only_a=table.n_only_a,
        n_only_b=table.n_only_b,
        n_neither=table.n_neither,
        difference=table.difference,
        interval=interval,
        bootstrap=bootstrap_mean(differences, level=level, seed=seed, resamples=resamples) if planned else None,
        p_value=mcnemar_mid_p(table) if planned else None,
        p_value_exact=mcnemar_exact(table) if planned else None,
        p_value_any_time=paired_p_value(table.n_only_a, table.n_only_b) if by_score else None,
        n_missing_a=len(b.keys() - a.keys()),
        n_missing_b=len(a.keys() - b.keys()),
    )


def compare_means(
    a: Mapping[str, float],
    b: Mapping[str, float],
    *,
    level: float = 0.95,
    seed: int = 0,
    resamples: int = RESAMPLES,
    ended: Ended = "as planned",
) -> MeansComparison | None:
    """Compare two runs with repeats, each a map from item id to the item's share right, 0 to 1.

    Clustered by item, since one difference per item enters (Miller 2024, arXiv 2411.00640, on paired differences).
    None where they share fewer than two items.
    """
    differences = sorted(a[item] - b[item] for item in a if item in b)
    n = len(differences)
    if n < 2:
        return None
    planned = ended == "as planned"
    mean = fsum(differences) / n
    half = t_value(level, n - 1) * sqrt(fsum((value - mean) ** 2 for value in differences) / (n - 1) / n)
    return MeansComparison(
        n=n,
        difference=mean,
        interval=Interval(max(mean - half, -1.0), min(mean + half, 1.0), "Student, paired", level) if planned else None,
        bootstrap=bootstrap_mean(differences, level=level, seed=seed, resamples=resamples) if planned else None,
        n_missing_a=len(b.keys() - a.keys()),
        n_missing_b=len(a.keys() - b.keys()),
    )


def mcnemar_exact(table: DiscordantTable) -> float:
    """Two-sided exact p-value of "both are equally good": binomial at 1/2 on the items where the runs differ.

    McNemar 1947 (Psychometrika 12, 153-157) conditional on the discordant pairs; 1 where the runs never differ.
    """
    return min(2 * _tail(table), 1.0)


def mcnemar_mid_p(table: DiscordantTable) -> float:
    """McNemar's mid-p: the exact p-value less the probability of the observed split.

    Less conservative than the exact one and hardly ever above its level (Fagerland, Lydersen & Laake 2013, BMC Med.
    Res. Methodol. 13:91); 1 where the runs differ as often one way as the other.
    """
    if table.n_only_a == table.n_only_b:
        return 1.0
    discordant = table.n_only_a + table.n_only_b
    return 2 * _tail(table) - comb(discordant, table.n_only_a) / (1 << discordant)


def tango(table: DiscordantTable, *, level: float = 0.95) -> Interval:
    """Score interval of the difference of two paired shares, a minus b (Tango 1998, Stat. Med. 17, 891-908).

    All d with |T(d)| <= z, where T(d) = (b - c - n·d) / sqrt(n(2q + d(1-d))), b and c count the items that only a and
    only b had right, and q is the likeliest probability of "only b" under the difference d: the larger root of
    2n·q² + (2n·d - b - c - (b-c)·d)·q - c·d(1-d) = 0. Unlike the normal interval it has a width where the runs never
    differ. Raises ValueError without items.
    """
    if table.n == 0:
        raise ValueError("a comparison needs at least one item")
    z = z_value(level)
    return Interval(
        -_tango_limit(table.n_only_b, table.n_only_a, table.n, z),
        _tango_limit(table.n_only_a, table.n_only_b, table.n, z),
        "Tango",
        level,
    )


def bootstrap_mean(
    values: Sequence[float], *, level: float = 0.95, seed: int = 0, resamples: int = RESAMPLES
) -> Interval:
    """Percentile interval of the mean of resampled items (Efron & Tibshirani 1993, section 13.3).

    Repeatable: the same values in the same order and the same seed give the same interval. It has no width where all
    values are equal, so it accompanies a score interval rather than replacing it. Raises ValueError without values.
    """
    if not values:
        raise ValueError("a bootstrap needs at least one item")
    rng = random.Random(seed)
    n = len(values)
    means = sorted(fsum(rng.choices(values, k=n)) / n for _ in range(resamples))
    outside = int((1 - level) / 2 * (resamples + 1))
    cut = min(max(outside - 1, 0), (resamples - 1) // 2)
    return Interval(means[cut], means[resamples - 1 - cut], "bootstrap, percentile", level)


def _tail(table: DiscordantTable) -> float:
    """P(X <= the smaller discordant count) for X binomial at 1/2 over the discordant items."""
    discordant = table.n_only_a + table.n_only_b
    smaller = min(table.n_only_a, table.n_only_b)
    return sum(comb(discordant, count) for count in range(smaller + 1)) / (1 << discordant)


def _tango_limit(b: int, c: int, n: int, z: float) -> float:
    """Upper limit: the d above (b-c)/n at which T(d) falls to -z; T falls as d grows."""
    low, high = (b - c) / n, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if _tango_statistic(b, c, n, middle) >= -z:
            low = middle
        else:
            high = middle
    return high


def _tango_statistic(b: int, c: int, n: int, d: float) -> float:
    linear = 2 * n * d - b - c - (b - c) * d
    q = (sqrt(max(linear * linear + 8 * n * c * d * (1 - d), 0.0)) - linear) / (4 * n)
    variance = n * (2 * q + d * (1 - d))
    distance = b - c - n * d
    if variance <= 0:
        return 0.0 if distance == 0 else inf * distance
    return distance / sqrt(variance)
