"""How many requests a server is given at once, and how long one waits for it."""

from __future__ import annotations

from random import Random

import pytest

from aa_tui.engine.served.pace import Pace
from aa_tui.engine.served.waits import FIRST_S, LONGEST_S, MOST_ASKED_S, asked_wait_s, backoff_s


def limit_at(pace: Pace, bears: int, *, n_rounds: int = 40) -> int:
    """Where the limit settles at a server that computes so many at once, and lets others wait: a clock of its own."""
    now = 0.0
    for _ in range(n_rounds):
        n_at_once = pace.limit
        seconds = n_at_once / min(n_at_once, bears)  # as long as its share of the server takes
        for number in range(n_at_once):
            now += seconds / n_at_once
            for _piece in range(10):
                pace.piece(now)
            pace.ended(now, was_full=True)
            if number and pace.limit < n_at_once:
                break
    return pace.limit


@pytest.mark.parametrize(("bears", "settles"), [(1, 4), (4, 4), (16, 16), (64, 64), (1_000, 100)])
def test_an_unknown_server_gets_as_many_as_make_it_faster(bears: int, settles: int) -> None:
    assert limit_at(Pace(None, 100), bears) == settles


def test_a_server_that_tells_its_slots_gets_as_many() -> None:
    assert Pace(6, 100).limit == 6
    assert Pace(6, 2).limit == 2
    assert limit_at(Pace(6, 100), 1_000) == 6
    assert Pace(None, 2).limit == 2


def test_too_much_to_do_halves_it_once_and_calm_brings_it_back() -> None:
    pace = Pace(16, 100)
    for number in range(16):  # all that were sent at once are refused
        pace.busy(started=0.0, now=1.0 + number / 100)
    assert pace.limit == 8
    pace.busy(started=2.0, now=2.1)
    assert pace.limit == 4
    for number in range(2_000):
        pace.ended(3.0 + number, was_full=True)
    assert pace.limit == 16
    for number in range(9):
        pace.busy(started=5_000.0 + number, now=5_000.5 + number)
    assert pace.limit == 1


def test_a_rate_without_enough_to_do_says_nothing() -> None:
    pace = Pace(None, 64)
    for number in range(100):
        pace.piece(float(number))
        pace.ended(float(number), was_full=False)
    assert pace.limit == 4


@pytest.mark.parametrize(("headers", "seconds"), [
    ({}, None), ({"retry-after": "7"}, 7.0), ({"retry-after": " 0.5 "}, 0.5), ({"retry-after-ms": "250"}, 0.25),
    ({"retry-after": "Thu, 01 Jan 1970 00:17:00 GMT"}, 20.0), ({"retry-after": "soon"}, None),
    ({"retry-after": "-3"}, None),
    ({"retry-after": "Thu, 01 Jan 1970 00:00:01 GMT"}, 0.0), ({"retry-after": "9" * 8}, MOST_ASKED_S),
    ({"x-ratelimit-reset-requests": "1m30s"}, 90.0), ({"x-ratelimit-reset-tokens": "200ms"}, 0.2),
    ({"x-ratelimit-reset-requests": "60s", "x-ratelimit-remaining-requests": "12",
      "x-ratelimit-reset-tokens": "2s", "x-ratelimit-remaining-tokens": "0"}, 2.0),
    ({"x-ratelimit-reset": "1001000"}, MOST_ASKED_S),
    ({"retry-after": "9" * 400}, None), ({"x-ratelimit-reset": "1e999"}, None),
])  # fmt: skip
@pytest.mark.repeats
def test_how_long_a_server_asks_one_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    found = asked_wait_s(headers, now=1_000.0)
    assert found == (None if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize("told", ["1700000020", "1700000020000"])
def test_a_time_as_unix_counts_it(told: str) -> None:
    assert asked_wait_s({"x-ratelimit-reset": told}, now=1_700_000_000.0) == pytest.approx(20.0)


def test_waits_double_by_chance_and_are_bounded() -> None:
    for n_failures in (1, 2, 5, 50, 5_000):
        waits = {backoff_s(n_failures, Random(seed)) for seed in range(50)}
        most = min(FIRST_S * 2.0 ** min(n_failures - 1, 20), LONGEST_S)
        assert most / 2 <= min(waits) < max(waits) <= most
