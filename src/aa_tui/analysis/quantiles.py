"""Quantiles of the normal and of Student's distribution, in the standard library alone."""

from __future__ import annotations

from functools import lru_cache
from math import exp, lgamma, log, log1p, sqrt
from statistics import NormalDist
from typing import Final

_TINY: Final = 1e-300


def z_value(level: float) -> float:
    """The z with P(|Z| <= z) = level; 1.96 for 0.95. Raises ValueError outside 0 < level < 1."""
    if not 0 < level < 1:
        raise ValueError(f"a confidence level lies between 0 and 1, not at {level}")
    return NormalDist().inv_cdf((1 + level) / 2)


@lru_cache(maxsize=256)  # asked for again after every item of a run
def t_value(level: float, df: int) -> float:
    """The t with P(|T| <= t) = level for Student's distribution with `df` degrees of freedom.

    P(|T| > t) is the regularized incomplete beta function I_x(df/2, 1/2) at x = df / (df + t²) (DLMF 8.17 and
    Abramowitz & Stegun 26.7.1), solved for x by bisection. Raises ValueError outside 0 < level < 1 or for df < 1.
    """
    if not 0 < level < 1:
        raise ValueError(f"a confidence level lies between 0 and 1, not at {level}")
    if df < 1:
        raise ValueError(f"Student's distribution needs a degree of freedom, not {df}")
    low, high = 0.0, 1.0
    for _ in range(100):
        middle = (low + high) / 2
        if incomplete_beta(middle, df / 2, 0.5) < 1 - level:
            low = middle
        else:
            high = middle
    return sqrt(df * (1 - high) / high)


def incomplete_beta(x: float, a: float, b: float) -> float:
    """The regularized incomplete beta function I_x(a, b), 0 <= x <= 1 (DLMF 8.17.22's continued fraction)."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):  # where the fraction converges slowly its mirror image does not, DLMF 8.17.4
        return 1 - incomplete_beta(1 - x, b, a)
    front = exp(a * log(x) + b * log1p(-x) + lgamma(a + b) - lgamma(a) - lgamma(b)) / a
    return front * _beta_fraction(x, a, b)


def _beta_fraction(x: float, a: float, b: float) -> float:
    """1/(1 + d1/(1 + d2/(1 + ...))), evaluated forwards by Lentz's method."""
    value = 1.0
    c, d = 1.0, 0.0
    for step in range(1, 500):
        m = step // 2
        if step % 2:
            term = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            term = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d = 1 / ((1 + term * d) or _TINY)
        c = (1 + term / c) or _TINY
        value *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return 1 / value
