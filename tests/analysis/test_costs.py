"""What right answers cost in seconds and joules: by hand, shared between requests, and where little is known."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest

from aa_tui.analysis.costs import price_usd, spent

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def at(seconds: float) -> str:
    return (BEGIN + timedelta(seconds=seconds)).isoformat(timespec="milliseconds")


class One(NamedTuple):
    item_id: str
    outcome: str | None
    ended_at: str
    ttft_s: float | None
    e2e_s: float | None


class Watts(NamedTuple):
    at: str
    power_w: float | None


def one(item: str, start: float, first: float, end: float, outcome: str = "correct") -> One:
    return One(item, outcome, at(end), first - start, end - start)


def readings(*watts: float | None, every_s: float = 5.0) -> list[Watts]:
    """The first at 0 s; each is the mean of the seconds before it."""
    return [Watts(at(0), None), *(Watts(at(every_s * (n + 1)), value) for n, value in enumerate(watts))]


def test_prefill_and_decoding_are_told_apart_by_time() -> None:
    found = spent([one("a", 0, 2, 10)], readings(30.0, 20.0), idle_w=10.0)
    assert found is not None
    assert (found.whole.prefill_s, found.whole.decode_s) == pytest.approx((2, 8))
    # 2 s at 20 W above idle; then 3 s at 20 W and 5 s at 10 W above idle.
    assert (found.whole.prefill_j, found.whole.decode_j) == pytest.approx((40, 110))
    assert found.mean_w == pytest.approx(25)
    assert found.joules_per_right is not None
    assert found.joules_per_right.value == pytest.approx(150)


def test_requests_at_once_share_each_moment() -> None:
    """Two for 10 s, of which the first goes on alone for 5 s: 15 s in all, however many slots there are."""
    found = spent([one("a", 0, 0, 15), one("b", 0, 10, 10)], readings(30.0, 30.0, 30.0))
    assert found is not None
    assert found.whole.seconds == pytest.approx(15)
    assert found.whole.prefill_s == pytest.approx(5)
    assert found.whole.joules == pytest.approx(15 * 30)
    assert found.seconds_per_right is not None
    assert found.seconds_per_right.value == pytest.approx(7.5)


def test_wrong_answers_cost_too_and_pauses_do_not() -> None:
    samples = [one("a", 0, 1, 5), one("b", 5, 6, 10, "wrong"), one("c", 100, 101, 105)]
    powers = [*readings(20.0, 20.0), Watts(at(100), 1.0), Watts(at(105), 20.0)]
    found = spent(samples, powers)
    assert found is not None
    assert (found.n, found.n_right) == (3, 2)
    assert found.whole.joules == pytest.approx(15 * 20)
    assert found.seconds_per_right is not None
    assert found.seconds_per_right.value == pytest.approx(7.5)


def test_no_energy_is_told_where_the_machine_told_little() -> None:
    samples = [one("a", 0, 1, 50), one("b", 50, 51, 100)]
    for powers in ([], readings(None, None), readings(20.0, 20.0)):
        found = spent(samples, powers, idle_w=5.0)
        assert found is not None
        assert found.joules_per_right is None
        assert found.whole.joules is None
        assert found.idle_w is None
        assert found.seconds_per_right is not None


def test_a_short_gap_counts_as_the_mean() -> None:
    found = spent([one("a", 0, 0, 102)], readings(*[20.0] * 20))
    assert found is not None
    assert found.whole.joules == pytest.approx(102 * 20)


def test_nothing_right_has_no_price() -> None:
    found = spent([one("a", 0, 1, 5, "wrong")], readings(20.0))
    assert found is not None
    assert found.seconds_per_right is None
    assert found.joules_per_right is None
    assert found.whole.joules == pytest.approx(100)


def test_nothing_clocked_is_nothing() -> None:
    assert spent([One("a", "correct", at(1), None, None)]) is None
    assert spent([]) is None


def test_the_interval_holds_the_rate_of_such_items() -> None:
    """Items of 1 to 9 s, 60 % of them right: 5 s over 0.6 each."""
    rng = random.Random(5)
    missed, repetitions = 0, 40
    for _ in range(repetitions):
        clock, samples = 0.0, []
        for item in range(60):
            took = rng.uniform(1, 9)
            samples.append(one(f"i{item}", clock, clock, clock + took, "correct" if rng.random() < 0.6 else "wrong"))
            clock += took
        found = spent(samples)
        assert found is not None
        assert found.seconds_per_right is not None
        assert found.seconds_per_right.interval is not None
        missed += not found.seconds_per_right.interval.contains(5 / 0.6)
    assert missed <= 7  # of 40 at 95 %: more than 7 in one of 1,000 cases


def test_the_price_of_tokens() -> None:
    assert price_usd({"prompt": 1_000_000, "output": 500_000}, 0.2, 2.0) == pytest.approx(1.2)
