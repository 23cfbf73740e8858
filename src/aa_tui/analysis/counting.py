"""In how many ways things can be chosen, as logarithms."""

from __future__ import annotations

from math import inf, lgamma


def log_choose(n: int, k: int) -> float:
    """The logarithm of the number of ways to choose k of n; -inf where there is none."""
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) if 0 <= k <= n else -inf
