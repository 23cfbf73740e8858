"""The score of a dear run on all items from few of them, with a cheap run that has done all of them as its control.

Where two runs agree on most items, the cheap one says how hard the items are that the dear one has not seen. The
estimate is the regression estimator of survey sampling (Cochran 1977, Sampling Techniques, 3rd ed., section 7.1), which
with its best coefficient is what prediction-powered inference comes to as well (Angelopoulos, Duchi & Zrnic 2023, arXiv
2311.01453; by strata Fisch et al. 2024, arXiv 2406.04291). A control that is right or wrong makes it a poststratified
mean (Cochran, section 5A.9): the dear run's share among the items that the control had right, and among those that it
had wrong, each counted by how many such items there are. So no coefficient has to be fitted, and nothing is assumed of
the control: a bad one saves nothing, and the interval holds all the same.

The items must have been drawn without looking at any result, as the first ones of a run's seeded order are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from math import fsum, inf, sqrt

from aa_tui.analysis.intervals import Estimand, Interval, Tally, effective_n, wilson_limits
from aa_tui.analysis.quantiles import t_value, z_value

LEAST_IN_CELL = 8
"""Items of a cell that must have been answered: shares of fewer say too little to be counted by."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Items that are alike to the control: `population` of them, of which some were drawn and answered."""

    drawn: Tally
    population: int

    def __post_init__(self) -> None:
        if self.drawn.n > self.population:
            raise ValueError(f"{self.drawn.n} items cannot come from {self.population}")


@dataclass(frozen=True, slots=True)
class Controlled:
    """A score that was estimated with a control, 0 to 1; never one that was measured.

    `n` items were answered of `population`. As many as `n_worth` would give an interval as narrow without a control.
    `unexplained` is the share of the answers' variance that the control leaves, 0 to 1: 1 where it says nothing.
    """

    value: float
    interval: Interval
    n: int
    population: int
    n_worth: float
    unexplained: float


def cells_of(
    right: Mapping[str, bool],
    control: Mapping[str, Hashable],
    categories: Mapping[str, str],
    *,
    least: int = LEAST_IN_CELL,
) -> list[Cell]:
    """The cells: by what the control made of an item, and within that by category where enough was answered.

    `control` has all items; `right` those that the dear run has answered. Which cells are put together depends on how
    many were answered alone, never on whether they were right. Raises KeyError for an item that the control has not.
    """
    levels = {item: (level, categories.get(item, "")) for item, level in control.items()}
    drawn = Counter(levels[item] for item in right)
    places: dict[Hashable, Hashable] = {}
    found = sorted(set(levels.values()), key=lambda one: (str(one[0]), one[1]))
    for level in dict.fromkeys(one[0] for one in found):
        inside = [one for one in found if one[0] == level]
        small = [one for one in inside if drawn[one] < least]
        places |= {one: one for one in inside}
        if small and sum(drawn[one] for one in small) < least:  # too few even together: all of this level are one
            small = inside
        places |= dict.fromkeys(small, (level, None))
    counts = Counter(places[levels[item]] for item in right)
    if any(counts[place] < least for place in set(places.values())) and len(set(places.values())) > 1:
        places = _without_small(places, counts, least)
        counts = Counter(places[levels[item]] for item in right)
    hits = Counter(places[levels[item]] for item, is_right in right.items() if is_right)
    sizes = Counter(places[level] for level in levels.values())
    return [Cell(Tally(hits[place], counts[place]), sizes[place]) for place in sizes]


def _without_small(
    places: Mapping[Hashable, Hashable], counts: Mapping[Hashable, int], least: int
) -> dict[Hashable, Hashable]:
    """With what the control made of too few items put to the largest cell that there is."""
    largest = max(set(places.values()), key=lambda place: (counts.get(place, 0), str(place)))
    return {one: largest if counts.get(place, 0) < least else place for one, place in places.items()}


def controlled(cells: Sequence[Cell], *, estimand: Estimand = "such items", level: float = 0.95) -> Controlled:
    """The estimate and its interval.

    The interval holds all values v that the score statistic does not refuse: |V - v| at most t·sqrt(var), where V is
    the estimate Σ W·s/n with the cells' weights W = N_cell/N, and the variance that of v: the likeliest shares p whose
    Σ W·p is v make it Σ W²·p(1-p)/n', plus Σ W·(p-v)²/N where the score is that of such items, since then the weights
    were drawn as well. (Score intervals of stratified shares: Gart & Nam 1988, Biometrics 44, 323-338, section 5.) Of
    just these items n' is n(N-1)/(N-n) of the cell. The variance is scaled by n/(n - cells + 1), since so many shares
    were estimated beside the value.

    One cell gives Wilson's interval. With several of them t is Student's, and the ends are moved by a quarter of 1/n.

    Raises ValueError without cells, or where one with items has no answer.
    """
    cells = [cell for cell in cells if cell.population]
    if not cells or any(cell.drawn.n == 0 for cell in cells):
        raise ValueError("each cell needs an answered item")
    population, n = sum(cell.population for cell in cells), sum(cell.drawn.n for cell in cells)
    these = estimand == "these items"
    scale = n / max(n - len(cells) + 1, 1)
    parts = [
        _Part(
            cell.population / population,
            cell.drawn.correct,
            cell.drawn.n,
            (effective_n(cell.drawn.n, cell.population) if these else cell.drawn.n) / scale,
        )
        for cell in cells
    ]
    value = min(fsum(part.weight * part.correct / part.n for part in parts), 1.0)
    of_weights = 0.0 if these else 1 / population
    t = z_value(level) if len(cells) == 1 else t_value(level, max(n - len(cells), 1))
    low, high = (_end(parts, value, of_weights, t, sign) for sign in (1, -1))
    # the estimate moves in steps of about 1/n, which few differing answers make coarse: see the simulations
    apart = (1 - n / population if these else 1.0) / (4 * n) if len(cells) > 1 else 0.0
    low, high = max(low - apart, 0.0), min(high + apart, 1.0)
    if these:
        half = 1 / (2 * population)
        hits = sum(cell.drawn.correct for cell in cells)
        low = min(max(low - half, hits / population), value)
        high = max(min(high + half, 1 - (n - hits) / population), value)
    name = "poststratified score"
    unexplained = _unexplained(parts)
    worth = _worth((high - low) / 2, value, level, population if these else None)
    return Controlled(value, Interval(low, high, name, level, estimand), n, population, worth, unexplained)


def worth_of(n: int, unexplained: float, population: int, *, estimand: Estimand = "such items") -> float:
    """As many items without a control tell as much as n with one that leaves this share of the variance."""
    if n >= population:
        return effective_n(population, population) if estimand == "these items" else float(population)
    if estimand == "these items":  # solved for m: m(N-1)/(N-m) = n(N-1)/(N-n)/u
        plain = n / (population - n) / unexplained if unexplained > 0 else inf
        return population * plain / (1 + plain) if plain < inf else float(population)
    return 1 / (unexplained / n + (1 - unexplained) / population)


@dataclass(frozen=True, slots=True)
class _Part:
    """A cell: its weight, its answers, and the number of answers that its variance is worth (inf: all are known)."""

    weight: float
    correct: int
    n: int
    n_variance: float

    def tilted(self, k: float) -> float:
        """The likeliest share where Σ W·p is moved: s/p - f/(1-p) = k·W."""
        pull = k * self.weight
        if pull == 0 or self.n_variance == inf:
            return self.correct / self.n
        linear = pull + self.n
        root = sqrt(max(linear * linear - 4 * pull * self.correct, 0.0))
        share = 2 * self.correct / (linear + root) if linear > 0 else (linear - root) / (2 * pull)
        return min(max(share, 0.0), 1.0)


def _end(parts: Sequence[_Part], value: float, of_weights: float, t: float, sign: int) -> float:
    """The lower end for sign 1, the upper for -1: where the statistic reaches t, by bisection over the pull."""

    def at(k: float) -> tuple[float, bool]:
        shares = [part.tilted(sign * k) for part in parts]
        moved = fsum(part.weight * share for part, share in zip(parts, shares, strict=True))
        variance = fsum(
            part.weight**2 * share * (1 - share) / part.n_variance + of_weights * part.weight * (share - moved) ** 2
            for part, share in zip(parts, shares, strict=True)
        )
        return moved, abs(value - moved) <= t * sqrt(variance)

    low, high = 0.0, 1.0
    while at(high)[1] and high < 1e12:
        low, high = high, high * 4
    for _ in range(40):
        middle = (low + high) / 2
        if at(middle)[1]:
            low = middle
        else:
            high = middle
    return min(max(at(high)[0], 0.0), 1.0)


def _unexplained(parts: Sequence[_Part]) -> float:
    """The mean variance inside cells over that of all items; shares by Laplace's rule, so that none is certain."""
    shares = [(part.correct + 1) / (part.n + 2) for part in parts]
    mean = fsum(part.weight * share for part, share in zip(parts, shares, strict=True))
    inside = fsum(part.weight * share * (1 - share) for part, share in zip(parts, shares, strict=True))
    n = sum(part.n for part in parts)
    scale = n / max(n - len(parts) + 1, 1)
    return min(inside * scale / (mean * (1 - mean)), 1.0)


def _worth(half_width: float, value: float, level: float, population: int | None) -> float:
    """The number of items whose plain interval at this score is as wide."""

    def half(n: float) -> float:
        low, high = wilson_limits(value, effective_n(n, population), level)
        return (high - low) / 2

    return _first(lambda n: half(n) <= half_width, 1.0, float(population or 1e9))


def _first(holds: Callable[[float], bool], low: float, high: float) -> float:
    """The least number from low to high for which it holds; from there on it always does."""
    for _ in range(45):
        middle = (low + high) / 2
        if holds(middle):
            high = middle
        else:
            low = middle
    return high
