"""What a watch finds and what it lets pass: by hand, and how often on simulated probes of known noise."""

from __future__ import annotations

import random
from math import exp, log, pi, sqrt

import pytest

from aa_tui.analysis import watch
from aa_tui.analysis.next_tokens import NextTokens, drift, next_tokens_of
from aa_tui.analysis.quantiles import t_value


def speed(rate: float, sd: float = 0.0, n: int = 9) -> watch.Speed:
    return watch.Speed(log(rate), sd**2, n)


def test_a_probes_speed_is_its_median_and_rounds_count_as_such() -> None:
    found = watch.speed_of([[10.0, 11.0, 10.5], [10.0, 10.2, 10.1]])
    assert found.tokens_per_s == pytest.approx(sqrt(10.1 * 10.2), rel=1e-3), "the median of six, in logarithms"
    assert found.n == 6
    between = (log(10.5) - log(10.1)) ** 2 / 2
    assert found.rounds_variance == pytest.approx(between)
    logs = [log(rate) for rate in (10.0, 11.0, 10.5, 10.0, 10.2, 10.1)]
    mean = sum(logs) / 6
    inside = pi / 2 * sum((one - mean) ** 2 for one in logs) / 5 / 6
    assert found.variance == pytest.approx(max(inside, between / 2))
    with pytest.raises(ValueError, match="repetition"):
        watch.speed_of([[]])


def test_the_first_comparison_rests_on_the_stated_guess() -> None:
    between = watch.between_runs([[speed(100)]], [speed(100), speed(96)])
    assert (between.df, between.n_learnt) == (2, 0)
    assert between.variance == pytest.approx(0.015**2)
    found = watch.speed_change([speed(100)], speed(96), between)
    error = 0.015 * sqrt(2)
    assert found.change == pytest.approx(-0.04)
    assert found.low == pytest.approx(0.96 * exp(-t_value(0.95, 2) * error) - 1)
    assert found.high == pytest.approx(0.96 * exp(t_value(0.95, 2) * error) - 1)
    strict = t_value(1 - 0.05 / 4, 2) + t_value(0.6, 2)
    assert found.found_from == pytest.approx(1 - exp(-strict * error))


def test_what_runs_differ_is_learnt_from_those_between_which_nothing_changed() -> None:
    group = [speed(rate) for rate in (100, 101, 99, 100.5, 99.5)]
    mean = sum(one.log_rate for one in group) / 5
    learnt = sum((one.log_rate - mean) ** 2 for one in group) / 4
    found = watch.between_runs([group, [speed(7)]])
    assert (found.df, found.n_learnt) == (6, 5), "a group of one tells nothing"
    assert found.variance == pytest.approx((2 * 0.015**2 + 4 * learnt) / 6)
    wild = [speed(rate) for rate in (100, 120, 80, 110, 90)]
    assert (watch.between_runs([wild]).df, watch.between_runs([wild]).variance > 0.02) == (4, True), "no guess is left"
    noisy = [watch.Speed(one.log_rate, 1.0, 9) for one in group]
    assert watch.between_runs([noisy]).variance == pytest.approx(2 * 0.015**2 / 6), "the repetitions explain it all"


def test_rounds_that_differ_make_a_machine_less_trusted() -> None:
    shaky = watch.Speed(log(100), 0.001, 9, rounds_variance=0.05**2)
    assert watch.between_runs([], [shaky]).variance == pytest.approx(0.05**2)
    assert watch.speed_change([shaky], speed(96), watch.between_runs([], [shaky])).p_value > 0.05


def test_more_probes_of_before_make_the_interval_narrower() -> None:
    between = watch.Between(0.01**2, 30, 31)
    one = watch.speed_change([speed(100)], speed(97), between)
    ten = watch.speed_change([speed(100)] * 10, speed(97), between)
    assert ten.high - ten.low < one.high - one.low
    assert (ten.p_value < 0.01 < one.p_value, ten.n_reference) == (True, 10)


def test_flips_are_counted_against_what_is_expected() -> None:
    found = watch.flips_of(0, 1_800)
    assert (found.p_value, found.found_from) == (1.0, 2)
    assert found.allowance == pytest.approx(1 / 40_000)
    assert found.power > 0.999
    assert watch.flips_of(36, 1_800).p_value < 1e-6
    assert watch.flips_of(2, 1_800, [(4, 1_800), (6, 1_800)]).p_value > 0.5, "this machine does that without a cause"
    with pytest.raises(ValueError, match="compare"):
        watch.flips_of(0, 0)


def test_forty_answers_alone_find_two_percent_in_55_of_100_cases() -> None:
    found = watch.flips_of(1, 40)
    assert found.found_from == 1
    assert found.power == pytest.approx(1 - 0.98**40)
    assert round(found.power, 2) == 0.55


def test_a_binomial_tail_is_what_it_says() -> None:
    assert watch.at_least(1, 3, 0.5) == pytest.approx(7 / 8)
    assert watch.at_least(3, 3, 0.5) == pytest.approx(1 / 8)
    assert (watch.at_least(0, 3, 0.5), watch.at_least(4, 3, 0.5)) == (1.0, 0.0)


def test_the_tests_of_a_probe_share_their_false_alarms() -> None:
    assert watch.holm({"a": 0.01, "b": 0.04, "c": 0.03}) == pytest.approx({"a": 0.03, "c": 0.06, "b": 0.06})
    change = watch.SpeedChange(-0.04, -0.08, -0.001, 0.02, 0.05, 1)
    alone = watch.compare({"tg32": change}, {})
    assert (alone.slower, alone.is_regression) == (("tg32",), True)
    among = watch.compare({"tg32": change}, {name: watch.flips_of(0, 40) for name in ("tokens", "answers", "more")})
    assert (among.slower, among.is_regression) == ((), False)
    faster = watch.compare({"tg32": watch.SpeedChange(0.04, 0.01, 0.08, 0.001, 0.05, 1)}, {})
    assert (faster.faster, faster.is_regression) == (("tg32",), False)


def test_next_tokens_come_back_and_differ_by_what_was_swapped() -> None:
    logs = [log(0.6), log(0.3), log(0.5), log(0.49)]
    before = NextTokens(2, [5, 7, 1, 2], logs)
    again = next_tokens_of(before.to_dict())
    assert list(again.ids) == [5, 7, 1, 2]
    assert list(again.logs) == pytest.approx(logs)
    same = drift([(before, again)])
    assert same is not None
    assert (same.n, same.n_flips) == (2, 0)
    assert same.kld == pytest.approx(0, abs=1e-6)
    swapped = drift([(before, NextTokens(2, [7, 5, 2, 1], logs))])
    assert swapped is not None
    assert (swapped.n_flips, swapped.n_close) == (2, 1), "of the second place both were all but equally likely"
    assert swapped.kld == pytest.approx((0.3 * log(2) + 0.01 * log(0.5 / 0.49)) / 2, rel=1e-3)
    assert drift([]) is None
    with pytest.raises(ValueError, match="likeliest"):
        next_tokens_of({"k": 2, "ids": "!", "logs": 3})


def test_a_divergence_over_what_both_kept_is_no_larger_than_the_whole() -> None:
    whole, now = [0.5, 0.3, 0.15, 0.05], [0.4, 0.2, 0.1, 0.3]
    true = sum(p * log(p / q) for p, q in zip(whole, now, strict=True))
    kept = drift([(NextTokens(2, [0, 1], [log(0.5), log(0.3)]), NextTokens(2, [0, 3], [log(0.4), log(0.3)]))])
    assert kept is not None
    assert 0 < kept.kld <= true


@pytest.mark.long
@pytest.mark.parametrize(("noise", "least_power"), [(0.005, 0.8), (0.01, 0.35), (0.05, 0.0)])
def test_simulated_probes_are_rarely_accused_and_a_slowdown_is_found(noise: float, least_power: float) -> None:
    """Runs that differ by `noise`, 8 probes of before: 5 % false alarms in all, and 3 % slower found on a quiet one."""
    source, n = random.Random(1), 200
    alarms = found = 0
    for _ in range(n):
        probes = [_simulated(source, noise) for _ in range(9)]
        for factor in (1.0, 0.97):
            tests = {}
            for name in ("pp128", "tg32"):
                *before, now = (one[name] for one in probes)
                now = watch.Speed(now.log_rate + log(factor), now.variance, now.n, now.rounds_variance)
                tests[name] = watch.speed_change(before, now, watch.between_runs([before], [*before, now]))
            told = watch.compare(tests, {"tokens": watch.flips_of(0, 1_792), "answers": watch.flips_of(0, 40)})
            if factor < 1:
                found += bool(told.slower)
            else:
                alarms += told.is_regression or bool(told.faster)
    assert alarms / n <= 0.05 + 3 * sqrt(0.05 * 0.95 / n)
    assert found / n >= least_power


def _simulated(source: random.Random, noise: float) -> dict[str, watch.Speed]:
    found = {}
    for name in ("pp128", "tg32"):
        run = source.gauss(0, noise)
        rounds = [[100 * exp(run + source.gauss(0, 0.005)) for _ in range(3)] for _ in range(3)]
        found[name] = watch.speed_of(rounds)
    return found
