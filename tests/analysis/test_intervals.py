"""Intervals of scores: published values, properties, and coverage by simulation."""

import random
from fractions import Fraction
from functools import cache
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aa_tui.analysis.intervals import (
    Interval,
    Score,
    Tally,
    clustered,
    combined,
    hypergeometric,
    mean_of_categories,
    mean_of_values,
    of_population,
    wilson,
)
from aa_tui.analysis.planning import half_width

counts = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def one_interval(successes: int, n: int, population: int | None) -> Interval:
    return wilson(successes, n) if population is None else of_population(successes, n, population)


tallies = counts.map(lambda pair: Tally(*pair))


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),  # the four examples of Newcombe 1998, table I, method 3
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (8, 10, 0.4902, 0.9433),
    ],
)
def test_wilson_gives_the_published_limits(successes: int, n: int, low: float, high: float) -> None:
    interval = wilson(successes, n)
    assert interval.low == pytest.approx(low, abs=5e-5)
    assert interval.high == pytest.approx(high, abs=5e-5)
    assert (interval.method, interval.level, interval.estimand) == ("Wilson", 0.95, "such items")


def test_half_widths_at_85_percent_are_those_of_the_plan() -> None:
    # The normal approximation gives 15.6, 12.8, 9.9, 7.0 and 5.0 points; Wilson's are a little narrower at small n.
    for n, points in [(20, 15.6), (30, 12.8), (50, 9.9), (100, 7.0), (198, 5.0)]:
        assert 100 * half_width(n, share=0.85) == pytest.approx(points, abs=0.25)
    # The score on these 198 items, not on such items: 8.6 points at 50 and 4.9 at 100.
    assert 100 * half_width(50, share=0.85, population=198) == pytest.approx(8.6, abs=0.05)
    assert 100 * half_width(100, share=0.85, population=198) == pytest.approx(4.9, abs=0.05)
    exact = of_population(85, 100, 198).half_width
    assert exact == pytest.approx(half_width(100, share=0.85, population=198), abs=0.004)


def test_finite_population_of_a_hand_computed_case() -> None:
    # 4 of 5 from 9: with 4 right ones in all, 4 or more of 5 have the chance C(4,4)·C(5,1)/C(9,5) = 5/126 = 4.0 %, so
    # even that few are not ruled out; and one wrong answer is certain.
    interval = hypergeometric(4, 5, 9)
    assert (interval.low, interval.high) == (4 / 9, 8 / 9)
    assert interval.estimand == "these items"


@pytest.mark.parametrize(("n", "population"), [(1, 9), (5, 9), (8, 9), (12, 40), (38, 41)])
def test_finite_population_is_all_that_exact_tails_do_not_rule_out(n: int, population: int) -> None:
    def chance(x: int, right: int) -> Fraction:
        return Fraction(comb(right, x) * comb(population - right, n - x), comb(population, n))

    for s in range(n + 1):
        possible = [
            right
            for right in range(s, population - n + s + 1)
            if min(sum(chance(x, right) for x in range(s, n + 1)), sum(chance(x, right) for x in range(s + 1)))
            > Fraction(25, 1000)
        ]
        interval = hypergeometric(s, n, population)
        assert (interval.low, interval.high) == (min(possible) / population, max(possible) / population)


def test_finite_population_far_out_where_floats_underflow() -> None:
    interval = hypergeometric(9_000, 10_000, 12_032)
    assert 0.89 < interval.low < 0.9 < interval.high < 0.91
    assert hypergeometric(0, 6_000, 12_032).low == 0.0


def test_while_few_of_a_population_are_drawn_it_is_wilsons_and_half_an_item() -> None:
    # 4 of 5 from 21: n' = 5·20/16 = 6.25; Wilson's limits at 0.8 are then 0.4139 and 0.9577; half an item is 0.0238.
    interval = of_population(4, 5, 21)
    assert (interval.low, interval.high) == pytest.approx((0.4139 - 0.0238, 20 / 21), abs=5e-4)
    assert interval.estimand == "these items"


@given(counts, st.integers(2, 30))
def test_of_just_these_items_more_is_known_than_of_such_items(pair: tuple[int, int], times: int) -> None:
    successes, n = pair
    if n >= 10:
        assert of_population(successes, n, times * n).half_width <= wilson(successes, n).half_width + 1e-12


@given(counts)
def test_nothing_is_left_to_estimate_once_all_items_are_done(pair: tuple[int, int]) -> None:
    successes, n = pair
    interval = hypergeometric(successes, n, n)
    assert interval.low == interval.high == successes / n


@given(counts, st.integers(0, 400))
def test_intervals_stay_in_bounds_contains_the_share_and_mirrors(pair: tuple[int, int], more: int) -> None:
    successes, n = pair
    for population in (None, n + more):
        interval = one_interval(successes, n, population)
        assert 0 <= interval.low <= successes / n <= interval.high <= 1
        mirrored = one_interval(n - successes, n, population)
        assert mirrored.low == pytest.approx(1 - interval.high, abs=1e-12)
        assert mirrored.high == pytest.approx(1 - interval.low, abs=1e-12)
        if 0 < successes < n and population is None:
            assert interval.low < successes / n < interval.high


@given(counts, st.integers(2, 5))
def test_more_items_and_lower_levels_narrow_wilson(pair: tuple[int, int], times: int) -> None:
    successes, n = pair
    wide = wilson(successes, n)
    for narrow in (
        wilson(successes * times, n * times),
        wilson(successes, n, level=0.8),
    ):
        assert wide.low - 1e-12 <= narrow.low
        assert narrow.high <= wide.high + 1e-12
        assert narrow.half_width <= wide.half_width


def test_wilson_covers_the_truth_on_average_as_often_as_its_level_says() -> None:
    rng = random.Random(7)
    interval = cache(wilson)
    shares = [0.02, 0.1, 0.3, 0.5, 0.7, 0.85, 0.97]
    for n in (10, 20, 60, 100):
        covered = sum(
            interval(sum(rng.random() < share for _ in range(n)), n).contains(share)
            for share in shares
            for _ in range(200)
        )
        assert 0.93 <= covered / (200 * len(shares)) <= 0.99


@pytest.mark.parametrize(
    ("successes", "n", "population", "words"),
    [(0, 0, None, "at least one"), (5, 4, None, "cannot be"), (-1, 4, None, "cannot be"), (3, 4, 3, "cannot come")],
)
def test_impossible_counts_are_refused(successes: int, n: int, population: int | None, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        one_interval(successes, n, population)


# Repeats, clustered by item


@given(st.lists(st.booleans(), min_size=1, max_size=60), st.integers(0, 50))
def test_one_attempt_at_each_item_is_plain_wilson(right: list[bool], more: int) -> None:
    items = [Tally(int(value), 1) for value in right]
    for population in (None, len(items) + more):
        score = clustered(items, population=population)
        assert score.interval == one_interval(sum(right), len(right), population)
        assert score.value == sum(right) / len(right)


@given(st.lists(st.booleans(), min_size=2, max_size=60), st.integers(2, 8))
def test_attempts_that_always_agree_are_worth_no_more_than_the_items(right: list[bool], epochs: int) -> None:
    interval = clustered([Tally(epochs * value, epochs) for value in right]).interval
    items = wilson(sum(right), len(right))
    assert (interval.low, interval.high) == pytest.approx((items.low, items.high))


@given(st.lists(st.integers(0, 4), min_size=2, max_size=40))
def test_repeats_lie_between_items_alone_and_all_attempts_as_items(correct: list[int]) -> None:
    score = clustered([Tally(value, 4) for value in correct])
    assert score.value == pytest.approx(sum(correct) / (4 * len(correct)))
    everything = wilson(sum(correct), 4 * len(correct))
    assert 0 <= score.interval.low <= score.value <= score.interval.high <= 1
    assert score.interval.half_width >= everything.half_width - 1e-9


def test_clustered_variance_of_a_hand_computed_case() -> None:
    # Item means 1, 0.5, 0.5, 0 and 1: mean 0.6, s² = 0.175, v = 0.035, n_eff = 0.24/0.035·(1.960/2.776)² = 3.42 < 5.
    few = clustered([Tally(c, 2) for c in (2, 1, 1, 0, 2)])
    assert (few.interval.low, few.interval.high) == pytest.approx(
        (wilson(3, 5).low, wilson(3, 5).high)
    )  # 5 items: 3 of 5
    # The same fivefold: squares 3.5 and one item more of 0.24, s² = 3.74/25, v = s²/25, n_eff = 0.24/v·(1.960/2.064)²
    # = 36.2 of 50 attempts.
    many = clustered([Tally(c, 2) for c in (2, 1, 1, 0, 2)] * 5)
    n_eff = 0.24 / (3.74 / 25 / 25) * (1.959964 / 2.063899) ** 2
    z2 = 1.959964**2
    centre = (0.6 + z2 / (2 * n_eff)) / (1 + z2 / n_eff)
    half = 1.959964 * (0.24 / n_eff + z2 / (4 * n_eff**2)) ** 0.5 / (1 + z2 / n_eff)
    assert (many.interval.low, many.interval.high) == pytest.approx((centre - half, centre + half), abs=1e-5)


def test_once_all_items_are_done_only_the_samplers_luck_is_left() -> None:
    steady = clustered([Tally(4, 4), Tally(0, 4), Tally(4, 4)], population=3)
    assert steady.interval.low == steady.interval.high == pytest.approx(2 / 3)
    items = [Tally(c, 4) for c in (0, 1, 2, 3, 4)] * 6
    these, such = clustered(items, population=30), clustered(items)
    # Within: the mean of 0, 1/16, 1/12, 1/16 and 0 is 1/24; v = 1/24/30, n_eff = 0.25·720·(1.960/2.045)² = 165.
    assert these.n_effective == pytest.approx(180 * (1.959964 / 2.045230) ** 2, rel=1e-5)
    assert 0 < these.interval.half_width < such.interval.half_width


@pytest.mark.parametrize(("n", "epochs", "a", "b"), [(20, 4, 2, 1), (50, 4, 0.5, 0.5), (10, 8, 1, 1), (40, 4, 8, 0.4)])
def test_clustered_intervals_cover_the_mean_of_items_of_unequal_difficulty(
    n: int, epochs: int, a: float, b: float
) -> None:
    rng = random.Random(9)
    covered = 0
    for _ in range(200):
        chances = [rng.betavariate(a, b) for _ in range(n)]
        items = [Tally(sum(rng.random() < chance for _ in range(epochs)), epochs) for chance in chances]
        covered += clustered(items).interval.contains(a / (a + b))
    assert covered / 200 >= 0.93


def test_repeats_without_items_or_attempts_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one item"):
        clustered([])
    with pytest.raises(ValueError, match="without attempts"):
        clustered([Tally(1, 1), Tally(0, 0)])
    with pytest.raises(ValueError, match="at least one item"):
        mean_of_values([])
    with pytest.raises(ValueError, match="cannot come"):
        clustered([Tally(1, 2)] * 3, population=2)


# The mean of categories


def index(**categories: tuple[int, int]) -> Score:
    score = mean_of_categories({name: Tally(*pair) for name, pair in categories.items()})
    assert score is not None
    return score


def test_the_index_weighs_categories_alike_whatever_their_sizes() -> None:
    assert index(maths=(10, 100), coding=(9, 10)).value == pytest.approx(50)
    weighted = mean_of_categories({"maths": Tally(10, 100), "coding": Tally(9, 10)}, weights={"maths": 3, "coding": 1})
    assert weighted is not None
    assert weighted.value == pytest.approx(30)


def test_the_index_of_one_category_is_its_own_score() -> None:
    score = index(maths=(8, 10))
    assert score.value == pytest.approx(80)
    assert (score.interval.low, score.interval.high) == pytest.approx((49.02, 94.33), abs=0.005)


def test_the_interval_of_two_categories_by_hand() -> None:
    # Laplace: 9/12 and 3/12, v = (3/16 + 3/16)/10/4 = 0.009375, m' = 0.5, n_eff = 0.25/0.009375 = 26.7.
    score = index(maths=(8, 10), coding=(2, 10))
    assert score.n_effective == pytest.approx(26.6667, abs=1e-4)
    z2 = 1.959964**2
    half = 100 * 1.959964 * (0.25 / 26.66667 + z2 / (4 * 26.66667**2)) ** 0.5 / (1 + z2 / 26.66667)
    assert (score.interval.low, score.interval.high) == pytest.approx((50 - half, 50 + half), abs=1e-4)
    # Categories that differ say more than a single sample of their mean does.
    assert score.interval.half_width < 100 * wilson(10, 20).half_width


def test_nothing_right_and_everything_right_still_have_an_interval() -> None:
    none = index(a=(0, 25), b=(0, 25), c=(0, 25), d=(0, 25))
    assert none.value == none.interval.low == 0
    assert 0 < none.interval.high < 100 * wilson(0, 25).high
    every = index(a=(25, 25), b=(25, 25), c=(25, 25), d=(25, 25))
    assert every.value == every.interval.high == 100
    assert every.interval.low == pytest.approx(100 - none.interval.high) == pytest.approx(100 * wilson(100, 100).low)


@given(st.dictionaries(st.sampled_from("abcdef"), st.tuples(tallies, st.floats(0.1, 9)), min_size=1))
def test_the_index_stays_between_0_and_100_and_inside_its_interval(
    categories: dict[str, tuple[Tally, float]],
) -> None:
    counted = {name: tally for name, (tally, _) in categories.items()}
    weights = {name: weight for name, (_, weight) in categories.items()}
    score = mean_of_categories(counted, weights=weights)
    assert score is not None
    assert 0 <= score.interval.low <= score.value + 1e-9
    assert score.value <= score.interval.high + 1e-9 <= 100 + 1e-9
    scaled = mean_of_categories(counted, weights={name: 7 * weight for name, weight in weights.items()})
    assert scaled is not None
    assert scaled.interval.low == pytest.approx(score.interval.low)


def test_the_index_covers_the_truth() -> None:
    rng = random.Random(10)
    interval = cache(wilson)
    for shares, n in [
        ((0.95, 0.6, 0.3, 0.8), 25),
        ((0.9, 0.9, 0.95, 0.99), 15),
        ((0.99, 0.02, 0.98, 0.05), 25),
        ((0.1, 0.2, 0.05, 0.5), 50),
    ]:
        truth = 100 * sum(shares) / 4
        covered = 0
        for _ in range(500):
            rights = [sum(rng.random() < share for _ in range(n)) for share in shares]
            score = combined({str(i): Score(right / n, interval(right, n), n) for i, right in enumerate(rights)})
            covered += score.interval.contains(truth)
        assert covered / 500 >= 0.93


def test_a_category_without_items_leaves_the_index_blank() -> None:
    assert mean_of_categories({"maths": Tally(3, 4), "coding": Tally(0, 0)}) is None


def test_the_index_of_a_finished_pack_has_no_width_left() -> None:
    done = mean_of_categories({"a": Tally(3, 4), "b": Tally(1, 2)}, populations={"a": 4, "b": 2})
    assert done is not None
    assert done.interval.low == done.interval.high == pytest.approx(62.5)
    assert done.interval.estimand == "these items"


def test_what_cannot_be_combined_is_refused() -> None:
    such = Score(0.5, Interval(0.4, 0.6, "x", 0.95), 10)
    these = Score(0.5, Interval(0.4, 0.6, "x", 0.95, "these items"), 10)
    with pytest.raises(ValueError, match="estimands"):
        combined({"a": such, "b": these})
    with pytest.raises(ValueError, match="at least one category"):
        combined({})
    with pytest.raises(ValueError, match="weights"):
        combined({"a": such}, weights={"a": 0})
    with pytest.raises(KeyError):
        combined({"a": such}, weights={"b": 1})
