"""Confidence sequences: their definition by brute force, and validity at every item by simulation."""

import random
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from math import comb
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aa_tui.analysis.intervals import wilson
from aa_tui.analysis.sequential import confidence_sequence, decided

RUNS, STEPS = 400, 200

counts = st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))

at = cache(confidence_sequence)


@pytest.mark.parametrize("population", [1, 2, 7, 30])
def test_of_these_items_it_holds_every_total_that_is_likely_enough(population: int) -> None:
    for n in range(population + 1):
        for successes in range(n + 1):
            likely = [
                right
                for right in range(population + 1)
                if Fraction(comb(right, successes) * comb(population - right, n - successes), comb(population, n))
                > Fraction(1, 20 * (n + 1))
            ]
            interval = confidence_sequence(successes, n, population=population)
            assert interval.low == likely[0] / population
            assert interval.high == likely[-1] / population


def test_of_such_items_its_ends_are_where_the_mixture_is_twenty_times_as_likely() -> None:
    for successes, n in [(3, 10), (17, 20), (85, 100), (1, 300)]:
        interval = confidence_sequence(successes, n)
        for p in (interval.low, interval.high):
            probability = comb(n, successes) * p**successes * (1 - p) ** (n - successes)
            assert 1 / (n + 1) / probability == pytest.approx(20, rel=1e-6)


def test_by_hand() -> None:
    # After one right answer the mixture says 1/2: p is out where p <= 0.05/2. Then 1/3: where p² <= 0.05/3.
    assert confidence_sequence(1, 1).low == pytest.approx(0.025)
    assert confidence_sequence(2, 2).low == pytest.approx((0.05 / 3) ** 0.5)
    assert confidence_sequence(2, 2).high == 1
    nothing_yet = confidence_sequence(0, 0)
    assert (nothing_yet.low, nothing_yet.high) == (0, 1)
    assert confidence_sequence(3, 4, population=4).half_width == 0


@given(counts, st.integers(0, 200))
def test_bounds_symmetry_and_nesting(pair: tuple[int, int], more: int) -> None:
    successes, n = pair
    for population in (None, n + more):
        interval = confidence_sequence(successes, n, population=population)
        assert 0 <= interval.low <= successes / n <= interval.high <= 1
        mirrored = confidence_sequence(n - successes, n, population=population)
        assert (mirrored.low, mirrored.high) == pytest.approx((1 - interval.high, 1 - interval.low))
        sure = confidence_sequence(successes, n, level=0.99, population=population)
        assert sure.low <= interval.low
        assert interval.high <= sure.high


@given(counts)
def test_the_right_to_stop_at_will_costs_width(pair: tuple[int, int]) -> None:
    successes, n = pair
    assert confidence_sequence(successes, n).half_width > 0.99 * wilson(successes, n).half_width
    assert confidence_sequence(4 * successes, 4 * n).half_width < confidence_sequence(successes, n).half_width


def alike(rng: random.Random, share: float) -> Iterator[bool]:
    return (rng.random() < share for _ in range(STEPS))


def in_rounds(rng: random.Random, shares: tuple[float, ...]) -> Iterator[bool]:
    """One item of each category a round."""
    return (rng.random() < share for _ in range(STEPS // len(shares)) for share in shares)


def ever_wrong(answers: Iterator[bool], truth: float, population: int | None = None) -> bool:
    right = 0
    for n, answer in enumerate(answers, 1):
        right += answer
        if not at(right, n, population=population).contains(truth):
            return True
    return False


@pytest.mark.parametrize("share", [0.5, 0.85, 0.97])
def test_in_all_of_a_run_it_leaves_the_truth_out_less_often_than_its_level_says(share: float) -> None:
    rng = random.Random(11)
    assert sum(ever_wrong(alike(rng, share), share) for _ in range(RUNS)) / RUNS <= 0.05


def test_an_ordinary_interval_looked_at_after_every_item_does_not() -> None:
    rng = random.Random(11)
    ordinary = cache(wilson)
    wrong = 0
    for _ in range(RUNS):
        right = 0
        for n, answer in enumerate(alike(rng, 0.85), 1):
            right += answer
            if not ordinary(right, n).contains(0.85):
                wrong += 1
                break
    assert wrong / RUNS > 0.2


@pytest.mark.parametrize("shares", [(0.95, 0.5, 0.2, 0.75), (1.0, 1.0, 0.0, 0.0), (0.9, 0.88, 0.85, 0.8)])
def test_it_holds_in_an_order_stratified_by_category(shares: tuple[float, ...]) -> None:
    rng = random.Random(12)
    truth = sum(shares) / len(shares)
    assert sum(ever_wrong(in_rounds(rng, shares), truth) for _ in range(RUNS)) / RUNS <= 0.05


def test_it_holds_for_a_pack_without_replacement_in_random_and_in_stratified_order() -> None:
    rng = random.Random(13)
    pack = [True] * 150 + [False] * 50
    shuffled = (iter(rng.sample(pack, 200)) for _ in range(RUNS))
    assert sum(ever_wrong(answers, 0.75, 200) for answers in shuffled) / RUNS <= 0.05

    def stratified() -> Iterator[bool]:
        strata = [rng.sample([True] * right + [False] * (50 - right), 50) for right in (48, 25, 10, 40)]
        return (stratum[i] for i in range(50) for stratum in strata)

    assert sum(ever_wrong(stratified(), 123 / 200, 200) for _ in range(RUNS)) / RUNS <= 0.05


def test_a_decision_comes_early_where_the_score_is_far_from_the_threshold_and_is_right() -> None:
    rng = random.Random(14)
    decide = cache(decided)

    def first(threshold: float) -> tuple[int, str | None]:
        right = 0
        for n, answer in enumerate(alike(rng, 0.85), 1):
            right += answer
            if found := decide(right, n, threshold):
                return n, found
        return STEPS + 1, None

    at_half = [first(0.5) for _ in range(200)]
    assert {found for _, found in at_half} == {"above"}
    assert 10 <= median(n for n, _ in at_half) <= 20
    at_seventy = [first(0.7) for _ in range(200)]
    assert 40 <= median(n for n, _ in at_seventy) <= 90
    at_itself = [found for _, found in (first(0.85) for _ in range(200))]
    assert at_itself.count(None) >= 190


def test_decisions_by_hand() -> None:
    assert decided(10, 10, 0.5) == "above"
    assert decided(0, 10, 0.5) == "below"
    assert decided(5, 10, 0.5) is None
    assert decided(0, 0, 0.5) is None
    # 6 of 10 done and all right: the pack's share is at least 0.6 for certain.
    assert decided(6, 6, 0.59, population=10) == "above"
    assert decided(3, 4, 0.75, population=4) is None  # neither above nor below: exactly at it


@pytest.mark.parametrize(
    ("successes", "n", "population", "level", "words"),
    [
        (5, 4, None, 0.95, "impossible"),
        (-1, 4, None, 0.95, "impossible"),
        (3, 4, 3, 0.95, "cannot come"),
        (0, 0, 0, 0.95, "cannot come"),
        (3, 4, None, 1.0, "confidence level"),
    ],
)
def test_contradictions_are_refused(successes: int, n: int, population: int | None, level: float, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        confidence_sequence(successes, n, level=level, population=population)
