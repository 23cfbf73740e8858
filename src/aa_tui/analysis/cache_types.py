"""Whether a type of KV cache is safe at a depth: figures to a verdict, by limits of our own.

The limits are no standard: 0.01 nats is about what a careful quantization of the weights costs, 0.1 what people notice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log, sqrt
from statistics import fmean, stdev
from typing import Literal

from aa_tui.analysis.quantiles import t_value

SAFE_NATS = 0.01
HARMFUL_NATS = 0.1
SAME_SHARE = 0.1
"""Speeds that surely differ by less are about the same."""

LOST_MUCH = 2
"""So many facts fewer than f16 finds are no chance of one question."""

Verdict = Literal["safe", "noticeable", "harmful", "unclear"]


@dataclass(frozen=True, slots=True)
class Spread:
    """A mean, its 95 % interval (None of one value alone) and how many values it is of."""

    mean: float
    low: float | None
    high: float | None
    n: int

    @property
    def half(self) -> float | None:
        """Half the interval's width, above the mean, where nothing is cut off."""
        return None if self.high is None else self.high - self.mean

    @property
    def stdev(self) -> float | None:
        """The standard deviation of the values that it is of; None of one alone."""
        return None if self.half is None else self.half * sqrt(self.n) / t_value(0.95, self.n - 1)


def spread(values: Sequence[float], *, least: float = 0.0) -> Spread | None:
    """The mean with Student's interval, cut off at the least that there can be; None of no values."""
    if not values:
        return None
    mean = fmean(values)
    if len(values) < 2:
        return Spread(mean, None, None, 1)
    half = t_value(0.95, len(values) - 1) * stdev(values) / sqrt(len(values))
    return Spread(mean, max(mean - half, least), mean + half, len(values))


@dataclass(frozen=True, slots=True)
class Ratio:
    """How many times as high one mean is as another, with its 95 % interval; without one where either has none."""

    value: float
    low: float | None
    high: float | None

    @property
    def is_same(self) -> bool:
        """Whether it is surely within a tenth of 1."""
        return (
            self.low is not None
            and self.high is not None
            and self.low >= 1 - SAME_SHARE
            and self.high <= 1 / (1 - SAME_SHARE)
        )

    @property
    def is_apart(self) -> bool:
        """Whether it is surely not 1."""
        return self.low is not None and self.high is not None and not self.low <= 1 <= self.high


def ratio(own: Spread, other: Spread) -> Ratio | None:
    """One positive mean over another. Each interval's half width as a share of its mean is taken as that of the
    logarithm, and the two are added as independent errors are. None where a mean is not positive.
    """
    if own.mean <= 0 or other.mean <= 0:
        return None
    value = own.mean / other.mean
    if own.half is None or other.half is None:
        return Ratio(value, None, None)
    reach = sqrt((own.half / own.mean) ** 2 + (other.half / other.mean) ** 2)
    return Ratio(value, exp(log(value) - reach), exp(log(value) + reach))


def verdict(kld: Spread | None, lost: int | None) -> Verdict:
    """What a divergence from f16 in nats and the facts that are not found any more come to.

    `lost` is None where f16 finds none either, or nothing was asked.
    """
    gone = lost or 0
    if kld is None or kld.low is None or kld.high is None:
        return "harmful" if gone >= LOST_MUCH else "unclear"
    if kld.low > HARMFUL_NATS or gone >= LOST_MUCH:
        return "harmful"
    if kld.low > SAFE_NATS or gone > 0:
        return "noticeable"
    return "safe" if kld.high <= SAFE_NATS else "unclear"


def lost(found: int, found_f16: int, asked: int) -> int | None:
    """How many facts fewer than f16; None where that tells nothing, since f16 finds none or none was asked."""
    return max(found_f16 - found, 0) if asked and found_f16 else None


def safe_to(verdicts: Sequence[tuple[int, Verdict]]) -> int | None:
    """The deepest depth up to which all that were looked at are safe; None where the first is not."""
    deepest = None
    for depth, one in sorted(verdicts):
        if one != "safe":
            break
        deepest = depth
    return deepest
