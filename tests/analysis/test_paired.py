"""Two runs on the same items: textbook tables, properties and coverage."""

import random
from functools import cache
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aa_tui.analysis.paired import (
    DiscordantTable,
    bootstrap_mean,
    compare,
    compare_means,
    mcnemar_exact,
    mcnemar_mid_p,
    table_of,
    tango,
)

AIRWAYS = DiscordantTable(n_both=1, n_only_a=1, n_only_b=7, n_neither=12)
"""Airway hyper-responsiveness before and after transplantation: the example of Fagerland, Lydersen & Laake 2014."""

tables = st.builds(DiscordantTable, *[st.integers(0, 80)] * 4).filter(lambda table: table.n > 0)


def swapped(table: DiscordantTable) -> DiscordantTable:
    return DiscordantTable(table.n_both, table.n_only_b, table.n_only_a, table.n_neither)


def test_the_published_example() -> None:
    assert mcnemar_exact(AIRWAYS) == pytest.approx(0.070, abs=5e-4)
    assert mcnemar_mid_p(AIRWAYS) == pytest.approx(0.039, abs=5e-4)
    interval = tango(AIRWAYS)
    assert AIRWAYS.difference == pytest.approx(-0.286, abs=5e-4)
    assert (interval.low, interval.high) == pytest.approx((-0.517, -0.026), abs=5e-4)


def test_tango_with_a_single_discordant_pair() -> None:
    # Tango 1998's own contact lenses: 43 of 44 agree. Limits by the closed form of Yang, Sun & Hardin 2013.
    interval = tango(DiscordantTable(43, 0, 1, 0))
    assert (interval.low, interval.high) == pytest.approx((-0.1180771, 0.0593932), abs=1e-6)


def test_tango_has_a_width_where_the_runs_never_differ() -> None:
    # Without discordant pairs T(d) = z gives d = z²/(n + z²), as Wilson's limit for 0 of n.
    interval = tango(DiscordantTable(30, 0, 0, 10))
    assert (interval.low, interval.high) == pytest.approx((-0.0876, 0.0876), abs=5e-5)
    assert tango(DiscordantTable(0, 9, 0, 0)).high == 1


def test_pairing_gains_what_the_plan_says() -> None:
    # 10 % discordant of 198: a standard error of 2.2 points, where two separate runs at 85 % would have 3.6.
    table = DiscordantTable(158, 10, 10, 20)
    differences = [1.0] * 10 + [-1.0] * 10 + [0.0] * 178
    assert bootstrap_mean(differences).half_width / 1.96 == pytest.approx(0.0224, abs=0.001)
    assert 0.0224 < tango(table).half_width / 1.96 < 0.0245  # a score interval is wider while differences are few


@pytest.mark.parametrize(("only_a", "only_b"), [(0, 0), (1, 1), (5, 0), (2, 6), (7, 3), (4, 4)])
def test_mcnemar_is_what_enumerating_all_signs_gives(only_a: int, only_b: int) -> None:
    discordant = only_a + only_b
    sums = [sum(signs) for signs in product((1, -1), repeat=discordant)]
    observed = abs(only_a - only_b)
    beyond = sum(abs(value) > observed for value in sums) / len(sums)
    at = sum(abs(value) == observed for value in sums) / len(sums)
    table = DiscordantTable(3, only_a, only_b, 4)
    assert mcnemar_exact(table) == pytest.approx(beyond + at)
    # A tie has all its probability at the centre: mid-p counts both halves of it.
    assert mcnemar_mid_p(table) == pytest.approx(1 if only_a == only_b else beyond + at / 2)


@given(tables)
def test_swapping_the_runs_mirrors_everything(table: DiscordantTable) -> None:
    other = swapped(table)
    assert other.difference == -table.difference
    assert mcnemar_exact(other) == mcnemar_exact(table)
    assert mcnemar_mid_p(other) == pytest.approx(mcnemar_mid_p(table))
    there, back = tango(table), tango(other)
    assert (back.low, back.high) == pytest.approx((-there.high, -there.low))


@given(tables)
def test_tango_stays_in_bounds_around_the_difference(table: DiscordantTable) -> None:
    interval = tango(table)
    assert -1 <= interval.low <= table.difference <= interval.high <= 1
    assert interval.half_width > 0
    assert 0 < mcnemar_mid_p(table) <= 1
    assert mcnemar_mid_p(table) <= mcnemar_exact(table) <= 1


def draw(rng: random.Random, chances: tuple[float, float, float], n: int) -> DiscordantTable:
    both, only_a, only_b = chances
    drawn = rng.choices(range(4), weights=(both, only_a, only_b, 1 - both - only_a - only_b), k=n)
    return DiscordantTable(*(drawn.count(cell) for cell in range(4)))


def test_tango_covers_the_difference_and_mid_p_keeps_its_level() -> None:
    rng = random.Random(5)
    interval, p_value = cache(tango), cache(mcnemar_mid_p)
    for chances in [(0.7, 0.05, 0.05), (0.5, 0.2, 0.1), (0.85, 0.08, 0.01)]:
        truth = chances[1] - chances[2]
        drawn = [draw(rng, chances, 60) for _ in range(600)]
        assert sum(interval(table).contains(truth) for table in drawn) / 600 >= 0.93
    alike = [draw(rng, (0.6, 0.1, 0.1), 60) for _ in range(600)]
    assert sum(p_value(table) <= 0.05 for table in alike) / 600 <= 0.065


def test_the_bootstrap_agrees_with_the_normal_interval_of_many_items_and_repeats_itself() -> None:
    values = [1.0] * 60 + [-1.0] * 40 + [0.0] * 300
    interval = bootstrap_mean(values, seed=1)
    sd = (0.25 - 0.05**2) ** 0.5 / 20
    assert (interval.low, interval.high) == pytest.approx((0.05 - 1.96 * sd, 0.05 + 1.96 * sd), abs=0.006)
    assert bootstrap_mean(values, seed=1) == interval
    assert bootstrap_mean(values, seed=2) != interval
    assert bootstrap_mean([0.25]).low == bootstrap_mean([0.25]).high == 0.25


def test_the_bootstrap_covers_the_mean_difference() -> None:
    rng = random.Random(6)
    covered = 0
    for seed in range(150):
        values = [float(value) for value in rng.choices((1, 0, -1), weights=(2, 7, 1), k=80)]
        covered += bootstrap_mean(values, seed=seed, resamples=300).contains(0.1)
    assert covered / 150 >= 0.9


def test_compare_counts_the_items_that_only_one_run_has() -> None:
    a = {"1": True, "2": True, "3": False, "4": False, "5": True}
    b = {"1": True, "2": False, "3": True, "4": False, "9": True, "8": False}
    result = compare(a, b)
    assert result is not None
    assert (result.n_both, result.n_only_a, result.n_only_b, result.n_neither) == (1, 1, 1, 1)
    assert (result.n_missing_a, result.n_missing_b) == (2, 1)
    assert result.difference == 0
    assert result.p_value == 1
    assert table_of(a, b).n == 4
    assert compare(a, {"x": True}) is None


def test_compare_puts_the_better_run_above_zero_whatever_the_order_of_items() -> None:
    a = {str(i): i % 5 != 0 for i in range(100)}
    b = {str(i): i % 5 != 0 and i % 7 != 0 for i in range(100)}
    result = compare(a, b)
    assert result is not None
    assert result.interval is not None
    assert result.bootstrap is not None
    assert result.p_value is not None
    assert result.p_value_exact is not None
    assert result.difference == pytest.approx(0.12)
    assert 0 < result.interval.low < 0.12 < result.interval.high
    assert result.bootstrap.contains(0.12)
    assert result.p_value <= result.p_value_exact < 0.001
    assert compare(dict(reversed(a.items())), b) == result


def test_means_of_repeats_are_compared_by_item() -> None:
    # Differences 0.5, 0, 0.25 and 0.25: mean 0.25, s = 0.2041, t(3) = 3.1824, half = 3.1824·0.2041/2 = 0.3248.
    a = {"1": 1.0, "2": 0.5, "3": 0.75, "4": 0.25, "only a": 1.0}
    b = {"1": 0.5, "2": 0.5, "3": 0.5, "4": 0.0}
    result = compare_means(a, b)
    assert result is not None
    assert result.interval is not None
    assert result.bootstrap is not None
    assert (result.n, result.n_missing_a, result.n_missing_b) == (4, 0, 1)
    assert result.difference == pytest.approx(0.25)
    assert (result.interval.low, result.interval.high) == pytest.approx((-0.0748, 0.5748), abs=5e-4)
    assert 0 <= result.bootstrap.low <= 0.25 <= result.bootstrap.high <= 0.5
    assert compare_means({"1": 1.0}, {"1": 0.0}) is None


def test_comparing_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one item"):
        tango(DiscordantTable(0, 0, 0, 0))
    with pytest.raises(ValueError, match="at least one item"):
        bootstrap_mean([])
