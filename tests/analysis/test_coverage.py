"""How often intervals hold the truth, by simulation: seeded, so that a test always gives the same answer.

Where an interval is exact or holds at any stopping time, the chance to miss is at most 5 %. Of R repetitions no more
may miss than a binomial count of 5 % exceeds once in 10,000 times. Approximate ones have the bound that is stated.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from functools import cache
from math import comb
from typing import NamedTuple

import pytest

from aa_tui.analysis.evaluation import Summary, summarise
from aa_tui.analysis.intervals import (
    Interval,
    Score,
    Tally,
    clustered,
    hypergeometric,
    mean_of_categories,
    of_population,
    wilson,
)
from aa_tui.analysis.joint_sequence import difference_sequence, index_sequence, paired_p_value
from aa_tui.analysis.sequential import confidence_sequence, decided

ALMOST_NEVER = 1e-4


@cache
def most_misses(repetitions: int, chance: float = 0.05) -> int:
    """The fewest misses that a binomial count of this chance exceeds with a probability below `ALMOST_NEVER`."""
    above, misses = 1.0, -1
    while above >= ALMOST_NEVER:
        misses += 1
        above -= comb(repetitions, misses) * chance**misses * (1 - chance) ** (repetitions - misses)
    return misses


class One(NamedTuple):
    """A graded sample."""

    item_id: str
    category: str
    outcome: str
    position: int
    level: int
    epoch: int = 1
    n_thinking: int = 0
    n_answer: int = 10


def test_the_bound_is_that_of_the_binomial_distribution() -> None:
    # Mean 20 and standard deviation 4.36 of 400: 3.7 deviations above the mean, and a little for the skew.
    assert 36 <= most_misses(400) <= 39


@pytest.mark.parametrize(("n", "population"), [(10, 30), (29, 30), (28, 30), (60, 100), (99, 100), (195, 198)])
def test_exact_intervals_of_just_these_items_never_cover_less_than_they_say(n: int, population: int) -> None:
    for right in range(population + 1):
        covered = sum(
            comb(right, s) * comb(population - right, n - s)
            for s in range(max(0, n - population + right), min(n, right) + 1)
            if interval_of(s, n, population).contains(right / population)
        )
        assert covered >= 0.95 * comb(population, n), f"{right} right of {population}"


@pytest.mark.parametrize(("n", "population"), [(10, 30), (33, 100), (93, 280)])
def test_while_less_than_half_is_drawn_wilsons_interval_covers(n: int, population: int) -> None:
    for right in range(population + 1):
        covered = sum(
            comb(right, s) * comb(population - right, n - s)
            for s in range(max(0, n - population + right), min(n, right) + 1)
            if of_population(s, n, population).contains(right / population)
        )
        assert covered >= 0.93 * comb(population, n), f"{right} right of {population}"


@cache
def interval_of(s: int, n: int, population: int) -> Interval:
    return hypergeometric(s, n, population)


@pytest.mark.parametrize("n", [20, 60, 200])
def test_wilson_covers_at_least_as_often_as_is_known_of_it(n: int) -> None:
    """Exactly, by adding up the binomial distribution. Its mean coverage is 95 %, and at p from 0.1 to 0.9 it never
    falls below 92 % from 20 items on (Brown, Cai & DasGupta 2001, Stat. Sci. 16, 101-133)."""
    shares = [place / 100 for place in range(10, 91)]
    intervals = [wilson(s, n) for s in range(n + 1)]
    covered = [
        sum(comb(n, s) * p**s * (1 - p) ** (n - s) for s in range(n + 1) if intervals[s].contains(p)) for p in shares
    ]
    assert min(covered) >= 0.92
    assert 0.945 <= sum(covered) / len(covered) <= 0.97


@pytest.mark.parametrize(
    ("n", "epochs", "mean", "alike"),
    [
        (8, 16, 0.8, 0.5),
        (12, 16, 0.8, 0.5),
        (12, 16, 0.95, 5.0),
        (20, 4, 0.5, 2.0),
        (40, 8, 0.8, 3.0),
        (12, 8, 0.5, 9.0),
    ],
)
def test_clustered_intervals_cover_where_items_are_few_and_unlike(
    n: int, epochs: int, mean: float, alike: float
) -> None:
    rng = random.Random(11)

    def misses() -> bool:
        chances = [rng.betavariate(mean * alike, (1 - mean) * alike) for _ in range(n)]
        items = [Tally(sum(rng.random() < chance for _ in range(epochs)), epochs) for chance in chances]
        return not clustered(items).interval.contains(mean)

    assert sum(misses() for _ in range(600)) <= most_misses(600, 0.07)


@pytest.mark.parametrize("shape", [((29, 30),) * 4, ((29, 30), (30, 30)), ((20, 30),) * 3, ((50, 60), (10, 60))])
@pytest.mark.parametrize("share", [0.5, 0.8, 0.95])
def test_an_index_of_just_these_items_covers_near_the_end_too(shape: tuple[tuple[int, int], ...], share: float) -> None:
    rng = random.Random(12)
    right = [round(share * population) for _, population in shape]
    truth = 100 * sum(k / population for k, (_, population) in zip(right, shape, strict=True)) / len(shape)
    populations = {str(number): population for number, (_, population) in enumerate(shape)}

    def misses() -> bool:
        drawn = {
            str(number): Tally(sum(place < k for place in rng.sample(range(population), n)), n)
            for number, (k, (n, population)) in enumerate(zip(right, shape, strict=True))
        }
        score = mean_of_categories(drawn, populations=populations)
        assert score is not None
        return not score.interval.low - 1e-9 <= truth <= score.interval.high + 1e-9

    assert sum(misses() for _ in range(400)) <= most_misses(400, 0.06)


# After a stop because of the score: everything that is shown of such a run


def stopped(rng: random.Random, chances: dict[str, float], stop: Callable[[int, int], bool], most: int) -> list[One]:
    """Items of the categories in turn, until the rule about the score so far says that it is enough."""
    made: list[One] = []
    correct = 0
    for position, category in zip(range(most), _in_turn(chances), strict=False):
        ends = rng.random() < 0.9
        is_right = ends and rng.random() < chances[category] / 0.9
        outcome = "correct" if is_right else "wrong" if ends else "truncated"
        made.append(One(f"item-{position}", category, outcome, position, level=1 + position % 2))
        correct += is_right
        if position >= 3 and stop(correct, position + 1):
            break
    return made


def _in_turn(chances: dict[str, float]) -> Iterator[str]:
    while True:
        yield from chances


CHANCES = {"easy": 0.8, "middle": 0.6, "hard": 0.4}
"""Each sample ends with the chance 0.9, and is right with these: 0.6 in all, and of those that end 0.6 / 0.9."""

REPETITIONS = 400
SHOWN: dict[str, Callable[[Summary], tuple[Score | None, float]]] = {
    "strict": lambda one: (one.all.strict, 0.6),
    "completed": lambda one: (one.all.completed, 0.6 / 0.9),
    "cut short": lambda one: (one.all.truncation, 0.1),
    "a category": lambda one: (one.by_category["hard"].strict, 0.4),
    "a level": lambda one: (one.by_level[2].strict, 0.6),
    "index": lambda one: (one.index, 60.0),
}


@cache
def runs_that_stopped_when_it_pleased() -> tuple[list[One], ...]:
    """Runs that go on until the score looks other than it is: the worst that a rule can do."""
    rng = random.Random(13)
    pleased = [stopped(rng, CHANCES, lambda s, n: abs(s / n - 0.6) > 0.97 / n**0.5, 300) for _ in range(REPETITIONS)]
    assert sum(len(one) < 300 for one in pleased) > REPETITIONS / 5, "the rule must be met often to be a test"
    return tuple(pleased)


@cache
def told_at_any_time() -> tuple[Summary, ...]:
    runs = runs_that_stopped_when_it_pleased()
    return tuple(summarise(made, categories=CHANCES, any_time=True) for made in runs)


@pytest.mark.repeats
@pytest.mark.parametrize("name", SHOWN)
def test_after_a_stop_by_the_score_every_interval_covers(name: str) -> None:
    misses = 0
    for summary in told_at_any_time():
        score, truth = SHOWN[name](summary)
        assert score is not None
        assert "sequence" in score.interval.method
        misses += not score.interval.contains(truth)
    assert misses <= most_misses(REPETITIONS)


@pytest.mark.long
def test_and_the_usual_intervals_would_not() -> None:
    misses = {"strict": 0, "index": 0}
    for made in runs_that_stopped_when_it_pleased():
        summary = summarise(made, categories=CHANCES)
        for name in misses:
            score, truth = SHOWN[name](summary)
            assert score is not None
            misses[name] += not score.interval.contains(truth)
    assert min(misses.values()) > most_misses(REPETITIONS)


@pytest.mark.long
def test_after_a_stop_above_or_below_a_threshold_the_index_covers() -> None:
    rng = random.Random(14)
    misses = n_stopped = 0
    for _ in range(150):
        made = stopped(rng, CHANCES, lambda s, n: decided(s, n, 0.45) is not None, 300)
        n_stopped += len(made) < 300
        index = summarise(made, categories=CHANCES, any_time=True).index
        assert index is not None
        misses += not index.interval.contains(60.0)
    assert n_stopped > 75
    assert misses <= most_misses(150)


@pytest.mark.long
def test_of_just_these_items_the_index_covers_at_any_stopping_time() -> None:
    rng = random.Random(15)
    populations = {"a": 40, "b": 60}
    misses = 0
    for _ in range(100):
        orders = {name: rng.sample([1] * (n // 2) + [0] * (n - n // 2), n) for name, n in populations.items()}
        missed = False
        for n in range(5, 41, 5):  # looked at again and again: one miss counts
            drawn = {name: Tally(sum(order[:n]), n) for name, order in orders.items()}
            missed = missed or not index_sequence(drawn, populations=populations).contains(50.0)
        misses += missed
    assert misses <= most_misses(100)
    done = {name: Tally(n // 2, n) for name, n in populations.items()}
    whole = index_sequence(done, populations=populations)
    assert (whole.low, whole.high) == pytest.approx((50.0, 50.0), abs=1e-4)


@pytest.mark.long
def test_a_paired_difference_covers_whenever_one_looks() -> None:
    rng = random.Random(16)
    misses = rejected = 0
    for _ in range(120):
        only_a = only_b = same = 0
        missed = too_small = False
        for n in range(1, 121):
            kind = rng.random()
            only_a, only_b, same = only_a + (kind < 0.2), only_b + (0.2 <= kind < 0.4), same + (kind >= 0.4)
            if n % 20 == 0:
                missed = missed or not difference_sequence(only_a, only_b, same).contains(0.0)
                too_small = too_small or paired_p_value(only_a, only_b) < 0.05
        misses, rejected = misses + missed, rejected + too_small
    assert misses <= most_misses(120)
    assert rejected <= most_misses(120)


# Values worked out apart


def test_an_index_of_one_category_is_that_categorys_own_sequence() -> None:
    for s, n in ((7, 10), (0, 5), (80, 100), (0, 0)):
        own, index = confidence_sequence(s, n), index_sequence({"a": Tally(s, n)})
        assert (index.low, index.high) == pytest.approx((100 * own.low, 100 * own.high), abs=1e-6)


def test_a_difference_is_the_outermost_of_a_fine_grid_of_shares() -> None:
    from math import lgamma, log

    counts = (10, 3, 80)
    ways = lgamma(94) - sum(lgamma(count + 1) for count in counts)
    least = log(0.05) - log(95 * 94 / 2)
    inside = [
        (a - b) / 300
        for a in range(1, 150)
        for b in range(1, 150)
        if ways + sum(c * log(p / 300) for c, p in zip(counts, (a, b, 300 - a - b), strict=True)) > least
    ]
    interval = difference_sequence(*counts)
    assert (interval.low, interval.high) == pytest.approx((min(inside), max(inside)), abs=1 / 200)
    assert interval.low <= min(inside)
    assert interval.high >= max(inside)
    assert (difference_sequence(0, 0, 0).low, difference_sequence(0, 0, 0).high) == (-1.0, 1.0)


def test_a_p_value_at_any_time_of_a_hand_computed_case() -> None:
    # 8 of 8 for a: 9·C(8, 8)/2^8 = 9/256; 1 of 2: 3·2/4 > 1.
    assert paired_p_value(8, 0) == pytest.approx(9 / 256)
    assert paired_p_value(1, 1) == 1.0
    assert paired_p_value(0, 0) == 1.0
