"""Percentiles, goodput, saturation and backlog, against figures worked out by hand."""

from __future__ import annotations

import random

import pytest

from aa_tui.speed.load import figures
from aa_tui.speed.load.plan import parsed_slo
from aa_tui.speed.load.values import Answer, Named, Question, RequestEvent

QUESTION = Question("words", 100, 110, 11)


def request(ttft_s: float, itl_s: float = 0.01, n_output: int = 11, *, late_s: float = 0.0, n_cached: int = 0,
            own: tuple[float, float] | None = None) -> RequestEvent:  # fmt: skip
    last_s = ttft_s + itl_s * (n_output - 1)
    pp, tg = own or (None, None)
    answer = Answer(110, n_cached, n_output, ttft_s, last_s, "usage", pp, tg)
    return RequestEvent("c1", 1, False, QUESTION, answer, "", late_s)


def by_name(found: list[Named]) -> dict[str, float]:
    return {one.name: one.value for one in found}


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [
        ([7.0], 99, 7.0),
        ([1.0, 2.0], 50, 1.5),
        ([4.0, 1.0, 3.0, 2.0], 50, 2.5),
        ([4.0, 1.0, 3.0, 2.0], 90, 3.7),  # at (4 - 1) * 0.9 = 2.7: 3 + 0.7 * (4 - 3)
        ([10.0, 20.0, 30.0, 40.0, 50.0], 99, 49.6),
        ([10.0, 20.0, 30.0, 40.0, 50.0], 0, 10.0),
    ],
)
def test_percentiles_lie_between_the_closest_ranks(values: list[float], percent: float, expected: float) -> None:
    assert figures.percentile(values, percent) == pytest.approx(expected)


def test_no_percentile_of_nothing() -> None:
    with pytest.raises(ValueError, match="of 0 values"):
        figures.percentile([], 50)


def test_a_p99_needs_a_hundred_values() -> None:
    assert [figures.least_for(percent) for percent in (50, 90, 99)] == [2, 10, 100]


def test_prompt_speed_leaves_out_the_round_trip_and_what_was_cached() -> None:
    once = by_name(list(figures.of_depth([request(0.3, n_cached=10)], 0.1)))
    assert once["pp_tps"] == pytest.approx(100 / 0.2)
    assert once["cached_tokens"] == 10
    assert once["tg_tps"] == pytest.approx(100)


def test_repetitions_have_a_mean_and_the_sample_deviation() -> None:
    found = {one.name: one for one in figures.of_depth([request(0.2, 0.01), request(0.2, 0.02)], 0.0)}
    assert found["tg_tps"].value == pytest.approx(75)
    assert found["tg_tps"].n == 2
    assert found["tg_tps"].stdev == pytest.approx(35.355339)
    alone = {one.name: one for one in figures.of_depth([request(0.2)], 0.0)}
    assert alone["tg_tps"].stdev is None  # one value has no spread


def test_throughput_is_all_tokens_over_all_the_time() -> None:
    found = by_name(list(figures.of_load([request(0.1), request(0.3)], 2.0)))
    assert found["output_tps"] == 11.0
    assert found["requests_per_s"] == 1.0
    assert found["ttft_p50_s"] == pytest.approx(0.2)
    assert found["ttft_cv"] == pytest.approx(0.1414213 / 0.2, rel=1e-5)
    assert found["itl_p99_s"] == pytest.approx(0.01)
    assert "goodput_share" not in found


def test_goodput_counts_what_was_refused_or_never_answered() -> None:
    slo = parsed_slo("ttft<1s, itl<50ms")
    good, slow_start, slow_tokens = request(0.5), request(1.0), request(0.5, 0.06)
    found = by_name(list(figures.of_load([good, good, slow_start, slow_tokens], 4.0, slo=slo, n_failed=1, n_open=3)))
    assert found["goodput_share"] == 2 / 8
    assert found["goodput_per_s"] == 0.5
    assert (found["requests"], found["failed"], found["unanswered"]) == (8, 1, 3)


def test_who_was_sent_late_has_waited_since_his_moment() -> None:
    late = request(0.5, late_s=0.7)
    assert late.ttft_s == pytest.approx(1.2)
    assert not figures.keeps(late, parsed_slo("ttft<1s"))


def test_a_level_that_only_lets_requests_wait_is_saturated() -> None:
    before = [{"output_tps": 100.0, "ttft_p90_s": 0.1}, {"output_tps": 180.0, "ttft_p90_s": 0.2}]
    assert figures.is_saturated({"output_tps": 184.0, "ttft_p90_s": 0.4}, before)
    assert not figures.is_saturated({"output_tps": 186.0, "ttft_p90_s": 0.4}, before)  # grows by 3 %
    assert not figures.is_saturated({"output_tps": 184.0, "ttft_p90_s": 0.39}, before)  # answers as soon
    assert not figures.is_saturated({"output_tps": 184.0, "ttft_p90_s": 0.4}, [])


def test_a_backlog_that_grows_evenly_is_seen_and_one_that_keeps_up_is_not() -> None:
    assert figures.grows_without_bound(list(range(160)), n_slots=4)
    assert not figures.grows_without_bound(list(range(79)), n_slots=4)  # too early to tell
    assert not figures.grows_without_bound([12] * 400, n_slots=4)
    assert not figures.grows_without_bound([number // 10 for number in range(160)], n_slots=4)  # hardly longer


@pytest.mark.parametrize(("load", "n_wrong"), [(0.3, 0), (0.7, 0), (0.85, 1), (1.5, 0)])
def test_backlogs_of_queues_by_chance(load: float, n_wrong: int) -> None:
    """Queues with one server, looked at after each eighth arrival: called growing only where more comes than goes."""
    source = random.Random(5)
    queues = [_queue(source, load, 400) for _ in range(20)]
    called = [any(figures.grows_without_bound(one[:n], 1) for n in range(80, 401, 8)) for one in queues]
    assert sum(one != (load > 1) for one in called) <= n_wrong


def _queue(source: random.Random, load: float, n_arrivals: int) -> list[int]:
    """How many are there at each arrival; answers take 1 s or so."""
    now, free_at, ends, found = 0.0, 0.0, list[float](), []
    for _ in range(n_arrivals):
        now += source.expovariate(load)
        ends = [end for end in ends if end > now]
        found.append(len(ends))
        free_at = max(free_at, now) + source.gauss(1.0, 0.2)
        ends.append(free_at)
    return found


def test_clocks_that_disagree_by_a_tenth_are_said() -> None:
    def notes(own: float) -> list[str]:
        requests = [request(0.2, own=(1_000, own))]
        return figures.notes_of(requests, "depth 0", 11, is_depth=False, round_trip_s=0.0)

    assert notes(105.0) == []
    assert "130.0 tokens/s for output, ours 100.0" in notes(130.0)[0]


def test_short_answers_caches_and_late_sending_are_said() -> None:
    requests = [request(0.2, n_output=5, n_cached=55, late_s=0.5)]
    text = " ".join(figures.notes_of(requests, "2 requests/s", 11, is_depth=False, round_trip_s=0.0))
    assert "1 of 1 answers ended early (5 of 11 tokens" in text
    assert "50 % of the prompts' tokens in its cache" in text
    assert "late in asking, by 500 ms" in text
