"""pass@k against enumeration."""

import random
from itertools import combinations

import pytest

from aa_tui.analysis.intervals import Tally, clustered, wilson
from aa_tui.analysis.repeats import mean_pass_at_k, pass_at_k


@pytest.mark.parametrize("n", [1, 2, 3, 5, 7])
def test_pass_at_k_is_the_share_of_all_choices_of_k_with_a_right_one(n: int) -> None:
    for correct in range(n + 1):
        attempts = [True] * correct + [False] * (n - correct)
        for k in range(1, n + 1):
            choices = list(combinations(attempts, k))
            assert pass_at_k(Tally(correct, n), k) == pytest.approx(sum(map(any, choices)) / len(choices))


def test_pass_at_k_stays_exact_for_many_attempts() -> None:
    assert pass_at_k(Tally(1, 10_000), 100) == pytest.approx(0.01)
    assert pass_at_k(Tally(1, 200), 1) == 0.005
    assert pass_at_k(Tally(101, 200), 100) == 1


def test_mean_pass_at_1_is_the_mean_of_items_with_the_same_interval() -> None:
    items = [Tally(c, 4) for c in (4, 0, 3, 1, 2, 4, 4, 0)]
    result, plain = mean_pass_at_k(items, 1), clustered(items)
    assert result is not None
    assert result.value == plain.value == 18 / 32
    assert result.interval == plain.interval


def test_pass_at_all_attempts_is_wilson_of_the_items_with_a_right_one() -> None:
    result = mean_pass_at_k([Tally(c, 4) for c in (4, 0, 3, 1, 2, 4, 4, 0)], 4)
    assert result is not None
    assert result.value == 6 / 8
    assert (result.interval.low, result.interval.high) == pytest.approx((wilson(6, 8).low, wilson(6, 8).high))


def test_items_with_too_few_attempts_are_left_out_and_counted() -> None:
    result = mean_pass_at_k([Tally(1, 2), Tally(1, 1), Tally(0, 0)], 2)
    assert result is not None
    assert (result.k, result.value, result.n_items, result.n_left_out) == (2, 1.0, 1, 2)
    assert mean_pass_at_k([Tally(1, 1)], 2) is None


def test_pass_at_k_is_unbiased_and_covered() -> None:
    rng = random.Random(3)
    chances = [0.05, 0.2, 0.5, 0.9]
    truth = sum(1 - (1 - chance) ** 3 for chance in chances) / 4
    values, covered = [], 0
    for _ in range(200):
        drawn = [rng.choice(chances) for _ in range(40)]
        result = mean_pass_at_k([Tally(sum(rng.random() < chance for _ in range(5)), 5) for chance in drawn], 3)
        assert result is not None
        values.append(result.value)
        covered += result.interval.contains(truth)
    assert sum(values) / len(values) == pytest.approx(truth, abs=0.01)
    assert covered / 200 >= 0.93


def test_impossible_k_is_refused() -> None:
    with pytest.raises(ValueError, match="pass@3 cannot be told from 2 attempts"):
        pass_at_k(Tally(1, 2), 3)
    with pytest.raises(ValueError, match="pass@0"):
        mean_pass_at_k([Tally(1, 2)], 0)
