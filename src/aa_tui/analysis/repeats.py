"""Several attempts at each item: pass@k without bias, averaged over items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb

from aa_tui.analysis.intervals import Interval, Tally, mean_of_values


@dataclass(frozen=True, slots=True)
class PassAtK:
    """The chance that at least one of k attempts is right, over the items with at least k attempts.

    `n_items` were used; `n_left_out` had too few attempts, as when a run was stopped.
    """

    k: int
    value: float
    interval: Interval
    n_items: int
    n_left_out: int


def pass_at_k(item: Tally, k: int) -> float:
    """pass@k of one item, unbiased: 1 - C(n-c, k) / C(n, k) for c of n right (Chen et al. 2021,
    arXiv 2107.03374, eq. 1).

    Raises ValueError for k outside 1 to n.
    """
    if not 1 <= k <= item.n:
        raise ValueError(f"pass@{k} cannot be told from {item.n} attempts")
    ways = comb(item.n, k)
    return (ways - comb(item.n - item.correct, k)) / ways


def mean_pass_at_k(items: Sequence[Tally], k: int, *, level: float = 0.95) -> PassAtK | None:
    """pass@k averaged over items, its interval clustered by item (`mean_of_values`); None where no item has k attempts.

    Raises ValueError for k < 1.
    """
    if k < 1:
        raise ValueError(f"pass@{k} means nothing; k starts at 1")
    used = [item for item in items if item.n >= k]
    if not used:
        return None
    score = mean_of_values(
        [pass_at_k(item, k) for item in used],
        level=level,
        most=sum(item.n // k for item in used),  # disjoint groups of k, each tried once
        method="Wilson, clustered by item",
    )
    return PassAtK(k, score.value, score.interval, len(used), len(items) - len(used))
