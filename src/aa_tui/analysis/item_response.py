"""How hard each item of a pack is, from runs that have answered it: the Rasch model.

The chance that a run of ability θ has an item of difficulty b right is 1/(1 + exp(b - θ)), both in logits (Rasch 1960,
Probabilistic Models for Some Intelligence and Attainment Tests). Few runs say little of an item, so difficulties have a
normal prior about 0 and are fitted together with the abilities by penalised maximum likelihood, Newton's steps by turns
(Baker & Kim 2004, Item Response Theory, 2nd ed., chapters 4 and 7).

The model only says which items are worth asking. Whatever rests on it must hold where it is wrong.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, fsum, sqrt
from typing import Final

LEAST_RUNS: Final = 3
"""Runs of different files from which difficulties are fitted."""

ABILITY_SD: Final = 3.0
"""Of the abilities' prior, in logits: so wide that it only keeps a run with everything right from infinity."""

_SPREADS: Final = (0.5, 3.0)
"""The least and the most that the difficulties' prior may spread, in logits."""


@dataclass(frozen=True, slots=True)
class Logit:
    """An ability or a difficulty in logits, with its standard error where all others are taken as known."""

    value: float
    error: float


@dataclass(frozen=True, slots=True)
class Rasch:
    """A fit. `spread` is the standard deviation of the difficulties' prior: the error of items that nobody answered."""

    abilities: Mapping[int, Logit]
    difficulties: Mapping[str, Logit]
    spread: float

    @property
    def mean_ability(self) -> float:
        """What is to be expected of a run that is not known yet."""
        return fsum(one.value for one in self.abilities.values()) / len(self.abilities)


def chance(ability: float, difficulty: float) -> float:
    """The chance of a right answer, 0 to 1."""
    away = difficulty - ability
    return 1 / (1 + exp(away)) if away < 0 else exp(-away) / (1 + exp(-away))


def fit(right: Mapping[int, Mapping[str, bool]], items: Iterable[str]) -> Rasch:
    """The abilities of runs and the difficulties of items, from whether each run had each item that it answered right.

    Of an item only how many of its runs had it right counts, so those alike are one. The prior's spread is fitted as
    the root of the mean square of the difficulties and their errors. Raises ValueError without runs.
    """
    if not right:
        raise ValueError("difficulties need runs")
    runs = list(right)
    kinds: dict[str, tuple[tuple[int, ...], int]] = {}
    for item in items:
        asked = tuple(place for place, run in enumerate(runs) if item in right[run])
        kinds[item] = asked, sum(right[runs[place]][item] for place in asked)
    groups = [_Group(asked, hits, count) for (asked, hits), count in sorted(Counter(kinds.values()).items())]
    totals = [float(sum(right[run][item] for item in kinds if item in right[run])) for run in runs]
    abilities, difficulties, errors, spread = [0.0] * len(runs), [0.0] * len(groups), [1.0] * len(groups), 1.5
    for _ in range(500):
        moved = 0.0
        for number, group in enumerate(groups):
            step, errors[number] = _item_step(group, abilities, difficulties[number], spread)
            difficulties[number] += step
            moved = max(moved, abs(step))
        for place in range(len(runs)):
            step = _run_step(place, totals[place], abilities[place], groups, difficulties)[0]
            abilities[place] += step
            moved = max(moved, abs(step))
        spread = _spread(groups, difficulties, errors, spread)
        if moved < 1e-6:
            break
    found = {
        run: Logit(abilities[place], _run_step(place, totals[place], abilities[place], groups, difficulties)[1])
        for place, run in enumerate(runs)
    }
    place_of = {(group.asked, group.hits): number for number, group in enumerate(groups)}
    return Rasch(
        found,
        {item: Logit(difficulties[place_of[kind]], errors[place_of[kind]]) for item, kind in kinds.items()},
        spread,
    )


def ability_of(
    answers: Sequence[tuple[float, bool, float]], *, expected: float = 0.0, spread: float = ABILITY_SD
) -> float:
    """The ability that suits answers best: of each the item's difficulty, whether it was right, and its weight.

    `expected` and `spread` are the mean and the standard deviation of its normal prior. Weights of inclusion make it
    the ability that all items would give (pseudo-likelihood).
    """
    ability = expected
    for _ in range(100):
        pull, information = (expected - ability) / spread**2, 1 / spread**2
        for difficulty, is_right, weight in answers:
            share = chance(ability, difficulty)
            pull += weight * (is_right - share)
            information += weight * share * (1 - share)
        step = min(max(pull / information, -1.0), 1.0)
        ability += step
        if abs(step) < 1e-9:
            break
    return ability


@dataclass(frozen=True, slots=True)
class _Group:
    """`n` items that the same runs (by place) answered, of which `hits` had each right."""

    asked: tuple[int, ...]
    hits: int
    n: int


def _item_step(group: _Group, abilities: Sequence[float], difficulty: float, spread: float) -> tuple[float, float]:
    """Newton's step for a difficulty, at most a logit, and its standard error."""
    shares = [chance(abilities[place], difficulty) for place in group.asked]
    information = fsum(share * (1 - share) for share in shares) + 1 / spread**2
    step = (fsum(shares) - group.hits - difficulty / spread**2) / information
    return min(max(step, -1.0), 1.0), 1 / sqrt(information)


def _run_step(
    place: int, total: float, ability: float, groups: Sequence[_Group], difficulties: Sequence[float]
) -> tuple[float, float]:
    """The same for an ability: of a run only how many items it had right counts."""
    pairs = [
        (group.n, chance(ability, difficulty))
        for group, difficulty in zip(groups, difficulties, strict=True)
        if place in group.asked
    ]
    information = fsum(n * share * (1 - share) for n, share in pairs) + 1 / ABILITY_SD**2
    step = (total - fsum(n * share for n, share in pairs) - ability / ABILITY_SD**2) / information
    return min(max(step, -1.0), 1.0), 1 / sqrt(information)


def _spread(groups: Sequence[_Group], difficulties: Sequence[float], errors: Sequence[float], before: float) -> float:
    """The difficulties' root mean square, errors included, over items that anybody answered."""
    told = [(group.n, b, e) for group, b, e in zip(groups, difficulties, errors, strict=True) if group.asked]
    n = sum(count for count, _, _ in told)
    if not n:
        return before
    least, most = _SPREADS
    return min(max(sqrt(fsum(count * (b * b + e * e) for count, b, e in told) / n), least), most)
