"""Confidence sequences of what several shares add up to: the index, and the difference of two paired runs.

For each share there is a ratio of a mixture's probability to the share's own (see `sequential`), a martingale of mean 1
if the share is true. The product of the categories' ratios is one too, since each sample moves one of its factors only.
So the set of all values whose product stays below 1/(1-level) holds the true ones at all n at once (Ville's
inequality), and whatever is worked out from them lies between its least and its largest value on that set. That is
narrower than adding up the categories' own intervals at a stricter level each.

The largest value is found from outside, by Lagrange's dual: for every multiplier k > 0 the maximum of
"value + k·(log likelihood - bound)" over all shares, one by one, is at least the largest value. So the interval may be
a little too wide by where the search ends, never too narrow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import exp, inf, lgamma, log, log1p, sqrt

from aa_tui.analysis.counting import log_choose
from aa_tui.analysis.intervals import Interval, Tally

_STEPS, _INNER_STEPS = 40, 30

_Dual = Callable[[float], float]


def index_sequence(
    categories: Mapping[str, Tally], *, populations: Mapping[str, int] | None = None, level: float = 0.95
) -> Interval:
    """The interval of the categories' mean share, in index points of 0 to 100, valid at any stopping time.

    With `populations` the items of each category are drawn without replacement from so many.

    Raises ValueError without categories or where counts contradict each other; KeyError for a missing population.
    """
    if not categories:
        raise ValueError("an index needs at least one category")
    parts: list[_Share] = []
    for name, tally in categories.items():
        if populations is None:
            parts.append(_Endless(tally))
        elif tally.n <= populations[name]:
            parts.append(_Drawn(tally, populations[name]))
        else:
            raise ValueError(f"{tally.n} items cannot come from {populations[name]}")
    weight = 1 / len(parts)
    # log of the likelihood that the shares must exceed together: (1-level) times the mixtures' probability
    least = log(1 - level) - sum(log(part.tally.n + 1) for part in parts)

    def largest(sign: int) -> float:
        def dual(k: float) -> float:
            return sum(part.best(sign * weight, k) for part in parts) - k * least

        return _least_of(dual)

    low, high = max(0.0, -largest(-1)), min(1.0, largest(1))
    mean = weight * sum(tally.share if tally.n else 0.5 for tally in categories.values())
    name = "joint confidence sequence"
    estimand = "such items" if populations is None else "these items"
    return Interval(100 * min(low, mean), 100 * max(high, mean), name, level, estimand, "any-time")  # type: ignore[arg-type]


def difference_sequence(n_only_a: int, n_only_b: int, n_same: int, *, level: float = 0.95) -> Interval:
    """The interval of the share right in a alone minus that in b alone, -1 to 1, valid at any stopping time.

    Each item is one of three kinds; the mixture over their shares is uniform, which gives the counts seen the
    probability 1/C(n+2, 2), whatever they are. Raises ValueError for negative counts.
    """
    counts = (n_only_a, n_only_b, n_same)
    if min(counts) < 0:
        raise ValueError(f"{counts} are no counts")
    n = sum(counts)
    ways = lgamma(n + 1) - sum(lgamma(count + 1) for count in counts)
    least = log(1 - level) - log((n + 2) * (n + 1) / 2) - ways

    def largest(sign: int) -> float:
        values = (float(sign), float(-sign), 0.0)

        def dual(k: float) -> float:
            return _best_of_kinds(values, counts, k) - k * least

        return _least_of(dual)

    difference = (n_only_a - n_only_b) / n if n else 0.0
    low, high = max(-1.0, -largest(-1)), min(1.0, largest(1))
    return Interval(
        min(low, difference), max(high, difference), "Dirichlet-multinomial confidence sequence", level, kind="any-time"
    )


def paired_p_value(n_only_a: int, n_only_b: int) -> float:
    """A p-value of "both are equally good" that holds at any stopping time.

    Of the items on which the runs differ each is a's with the chance 1/2 then; the mixture's probability of the split,
    1/(m+1), over its own is a martingale, and its inverse bounds the chance that it ever gets so large (Ville).
    """
    m = n_only_a + n_only_b
    return min(1.0, exp(log(m + 1) + log_choose(m, n_only_a) - m * log(2)))


class _Endless:
    """A category of such items: a binomial share of 0 to 1."""

    def __init__(self, tally: Tally) -> None:
        self.tally = tally
        self._ways = log_choose(tally.n, tally.correct)

    def best(self, weight: float, k: float) -> float:
        """The most that weight·p + k·log P(tally | p) comes to.

        Its slope weight + k·(s/p - f/(1-p)) is 0 where weight·p² + (k·n - weight)·p - k·s = 0.
        """
        s, n = self.tally.correct, self.tally.n
        f = n - s
        linear = k * n - weight
        root = sqrt(max(linear * linear + 4 * weight * k * s, 0.0))
        # both forms of the root; each is exact where the other takes a small difference of large numbers
        p = 2 * k * s / (linear + root) if linear > 0 else (root - linear) / (2 * weight)
        p = min(max(p, 0.0), 1.0)
        if (s and p == 0) or (f and p == 1):
            p = min(max(p, 1e-300), 1 - 1e-16)
        return weight * p + k * (self._ways + (s * log(p) if s else 0.0) + (f * log1p(-p) if f else 0.0))


class _Drawn:
    """A category of N items, some of them drawn: a whole number K of right ones among them."""

    def __init__(self, tally: Tally, population: int) -> None:
        self.tally = tally
        self._population = population
        self._all_ways = log_choose(population, tally.n)

    def best(self, weight: float, k: float) -> float:
        """The most that weight·K/N + k·log P(tally | K) comes to; it rises to its peak and falls after it."""
        s, n, total = self.tally.correct, self.tally.n, self._population

        def value(right: int) -> float:
            chance = log_choose(right, s) + log_choose(total - right, n - s) - self._all_ways
            return weight * right / total + k * chance

        low, high = s, total - (n - s)
        while low < high:
            middle = (low + high) // 2
            if value(middle) < value(middle + 1):
                low = middle + 1
            else:
                high = middle
        return value(low)


_Share = _Endless | _Drawn


def _best_of_kinds(values: Sequence[float], counts: Sequence[int], k: float) -> float:
    """The most that Σ value·p + k·Σ count·log p comes to over shares p of three kinds that sum to 1.

    By Lagrange p = k·count/(m - value) with the m for which they do. A kind that was never seen has a share only where
    m has come down to its value, and then takes what the others leave.
    """
    top = max(values)
    seen = [(value, count) for value, count in zip(values, counts, strict=True) if count]

    def total(m: float) -> float:
        return sum(k * count / (m - value) if m > value else inf for value, count in seen)

    if total(top) <= 1:
        shares = [(value, count, k * count / (top - value)) for value, count in seen]
        rest = 1 - sum(share for _, _, share in shares)
        return top * rest + sum(value * share + k * count * log(share) for value, count, share in shares)
    low, high = top, top + k * sum(counts) + 1
    for _ in range(_INNER_STEPS):
        middle = (low + high) / 2
        if total(middle) > 1:
            low = middle
        else:
            high = middle
    shares = [(value, count, k * count / (high - value)) for value, count in seen]
    # by weak duality again: at any m the Lagrangian bounds the maximum from above
    return high + sum(k * count * (log(share) - 1) for _, count, share in shares)


def _least_of(dual: _Dual) -> float:
    """The least value of a convex function of k > 0, searched over many powers of ten by golden sections."""
    ratio = (sqrt(5) - 1) / 2
    low, high = log(1e-9), log(1e3)
    left, right = high - ratio * (high - low), low + ratio * (high - low)
    at_left, at_right = dual(exp(left)), dual(exp(right))
    for _ in range(_STEPS):
        if at_left < at_right:
            high, right, at_right = right, left, at_left
            left = high - ratio * (high - low)
            at_left = dual(exp(left))
        else:
            low, left, at_left = left, right, at_right
            right = low + ratio * (high - low)
            at_right = dual(exp(right))
    return min(at_left, at_right)
