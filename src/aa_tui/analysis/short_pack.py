"""A few items of a pack, chosen because they tell most, and the score on all items from the answers to these.

Which items tell most a Rasch fit to earlier runs says (`item_response`). They are drawn with known chances, so that the
estimate and its interval hold also where that fit is wrong: a bad fit makes the interval wider, never false.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import fsum, sqrt
from typing import Final

from aa_tui.analysis.intervals import Interval, wilson_limits
from aa_tui.analysis.item_response import ability_of, chance
from aa_tui.analysis.quantiles import t_value, z_value

FLOOR: Final = 0.75
"""Of the chance that each item would have in a plain random choice, every item keeps this share."""

FOLDS: Final = 5
"""Parts of the answers; the ability that a part's residuals are taken from is that of the other parts."""

MODEL_ANSWERS: Final = 6
"""So many answers' worth of the variance is what the model expects: residuals of few answers may be alike by luck."""

MOST_SAVED: Final = 1.25
"""An answer never counts for more than so many answers to items chosen at random."""

ABILITY_SPREAD: Final = 1.5
"""How far the ability of a new run may lie from that of known ones, in logits: the standard deviation of its prior."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to a chosen item: its predicted difficulty in logits, the chance that it had to be chosen, 0 to 1."""

    difficulty: float
    chance: float
    right: bool


@dataclass(frozen=True, slots=True)
class ShortScore:
    """A score on all `population` items that was estimated from `n` chosen ones, 0 to 1; never one that was measured.

    `n_worth` items chosen at random would give an interval as narrow. `plain` is the mean of the chosen ones alone.
    """

    value: float
    interval: Interval
    n: int
    population: int
    n_worth: float
    plain: float


def inclusion(difficulties: Mapping[str, float], n: int, ability: float) -> dict[str, float]:
    """Each item's chance to be among n chosen ones: `FLOOR` of it equal, the rest by its answers' spread, √(p(1-p)).

    The spread is the share of a difference estimator's variance that an item adds (Särndal, Swensson & Wretman 1992,
    Model Assisted Survey Sampling, section 12.2). Raises ValueError for n < 1 or beyond the items.
    """
    if not 1 <= n <= len(difficulties):
        raise ValueError(f"{n} items cannot be chosen of {len(difficulties)}")
    shares = {item: chance(ability, one) for item, one in difficulties.items()}
    spreads = {item: sqrt(share * (1 - share)) for item, share in shares.items()}
    mean = fsum(spreads.values()) / len(spreads)
    left = {item: FLOOR + (1 - FLOOR) * spread / mean for item, spread in spreads.items()}
    found: dict[str, float] = {}
    while left:
        scale = (n - len(found)) / fsum(left.values())
        sure = [item for item, size in left.items() if size * scale >= 1]
        if not sure:
            return found | {item: size * scale for item, size in left.items()}
        found |= dict.fromkeys(sure, 1.0)
        for item in sure:
            del left[item]
    return found


def drawn(chances: Mapping[str, float], categories: Mapping[str, str], seed: int) -> list[str]:
    """As many items as the chances add up to, in an order of which every beginning is a choice with the same shares.

    Systematic sampling along the categories, the items of each in random order, has just these chances and gives each
    category its share (Hartley & Rao 1962, Ann. Math. Stat. 33, 350-374).
    """
    rng = random.Random(f"short pack {seed}")
    queue = sorted(chances)
    rng.shuffle(queue)
    queue.sort(key=lambda item: categories.get(item, ""))
    n = round(fsum(chances.values()))
    point, passed = rng.random(), 0.0
    chosen: list[str] = []
    for item in queue:
        passed += chances[item]
        if len(chosen) < n and passed > point + len(chosen):
            chosen.append(item)
    if len(chosen) < n:  # the last digit of a sum of floats
        chosen.append(next(item for item in reversed(queue) if item not in chosen))
    rng.shuffle(chosen)
    return chosen


def estimate(
    answers: Sequence[Answer],
    n_chosen: int,
    population: Sequence[tuple[float, int]],
    ability: float,
    *,
    level: float = 0.95,
) -> ShortScore:
    """The score on all items: what the model expects of them, put right by how the answers differ from that.

    (Σ p + Σ (y - p)/π)/N is the difference estimator, which has no bias whatever p is (Särndal, Swensson & Wretman
    1992, section 6.3). The p are those at the ability of the answers in the other parts, each part in turn. The
    variance is Hájek's for a fixed number of items, Σ c (r - r̄)² with r = (y - p)/π, c = (1 - π)·n/(n-1) and r̄ their
    mean by c (Hájek 1964, Ann. Math. Stat. 35, 1491-1523).

    Args:
        answers: those given, in the order of the choice. Where fewer than `n_chosen` were, the others are taken as
            missing at random, so that all chances are smaller by that share.
        population: predicted difficulties with how many of all items have each.
        ability: what was expected of a run, in logits.

    Raises ValueError for fewer than two answers.
    """
    n, total = len(answers), sum(count for _, count in population)
    if n < 2:
        raise ValueError("an estimate needs two answers")
    answers = [Answer(one.difficulty, one.chance * n / n_chosen, one.right) for one in answers]
    residuals, expected = [0.0] * n, [0.0] * n
    level_of_all = 0.0
    folds = min(FOLDS, n)
    for fold in range(folds):
        others = [(one.difficulty, one.right, 1 / one.chance) for at, one in enumerate(answers) if at % folds != fold]
        scale = len(others) / fsum(weight for _, _, weight in others)  # so that the prior weighs against answers
        found = ability_of([(b, y, w * scale) for b, y, w in others], expected=ability, spread=ABILITY_SPREAD)
        level_of_all += fsum(count * chance(found, b) for b, count in population) / folds
        for at in range(fold, n, folds):
            share = chance(found, answers[at].difficulty)
            residuals[at], expected[at] = answers[at].right - share, share * (1 - share)
    value = (level_of_all + fsum(r / one.chance for r, one in zip(residuals, answers, strict=True))) / total
    variance = _variance(residuals, expected, [one.chance for one in answers]) / total**2
    hits = sum(one.right for one in answers)
    least, most = hits / total, 1 - (n - hits) / total
    value = min(max(value, least), most)
    low, high, variance = _limits(value, variance, n, total, level)
    interval = Interval(max(low, least), min(high, most), "difference estimator, Wilson", level, "these items")
    return ShortScore(value, interval, n, total, worth(variance, value * (1 - value), total), hits / n)


def _limits(value: float, variance: float, n: int, total: int, level: float) -> tuple[float, float, float]:
    """Wilson's limits for as many answers as the variance is worth, and the variance of a share that they rest on.

    The variance is at least what random items would have where each counted `MOST_SAVED` times; both are about a share
    with two answers of each kind more, so that a few answers all alike are not certain. By Student's t.
    """
    if n == total:
        return value, value, 0.0
    smooth = (n * value + 2) / (n + 4)
    spread = smooth * (1 - smooth)
    variance = max(variance, spread * (total - n) / (n * (total - 1)) / MOST_SAVED)
    wider = (t_value(level, max(n - 2, 1)) / z_value(level)) ** 2
    low, high = wilson_limits(value, spread / (variance * wider), level)
    half = 1 / (2 * total)
    return min(low - half, value), max(high + half, value), variance


def design_variance(residuals: Sequence[float], chances: Sequence[float]) -> float:
    """The variance of the estimated sum over all items whose residuals are known, in items²: Hájek's, as above."""
    weights = [share * (1 - share) for share in chances]
    whole = fsum(weights)
    if whole == 0:
        return 0.0
    ratios = [r / share for r, share in zip(residuals, chances, strict=True)]
    mean = fsum(w * r for w, r in zip(weights, ratios, strict=True)) / whole
    return fsum(w * (r - mean) ** 2 for w, r in zip(weights, ratios, strict=True))


def worth(variance: float, spread: float, population: int) -> float:
    """As many items chosen at random give a share's estimate this variance: S(1-S)/n · (N-n)/(N-1), solved for n.

    `spread` is S(1-S).
    """
    spread = max(spread, 1 / population**2)
    return population / (1 + variance * (population - 1) / spread)


def _variance(residuals: Sequence[float], expected: Sequence[float], chances: Sequence[float]) -> float:
    """Of the estimated sum, in items²: what the residuals say, with a few answers' worth of what the model expects."""
    n = len(residuals)
    parts = [(1 - share) * n / (n - 1) for share in chances]
    whole = fsum(parts)
    if whole == 0:
        return 0.0
    ratios = [r / share for r, share in zip(residuals, chances, strict=True)]
    mean = fsum(c * r for c, r in zip(parts, ratios, strict=True)) / whole
    told = fsum(c * (r - mean) ** 2 for c, r in zip(parts, ratios, strict=True))
    model = fsum(c * v / share**2 for c, v, share in zip(parts, expected, chances, strict=True))
    return (n * told + MODEL_ANSWERS * model) / (n + MODEL_ANSWERS)
