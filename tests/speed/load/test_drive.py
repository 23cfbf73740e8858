"""The protocol against a server of queueing theory, on a clock that jumps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise

import pytest
from tests.support.queueing import QueueServer
from tests.support.virtual_time import run_virtually

from aa_tui.engine.errors import EngineError
from aa_tui.speed.load.drive import arrivals, measure
from aa_tui.speed.load.plan import LoadPlan, parsed_slo, stage_of
from aa_tui.speed.load.values import Answer, Event, Named, Question, RequestEvent, StageEvent
from aa_tui.speed.progress import ProgressEvent


def plan(*names: str, **more: object) -> LoadPlan:
    stages = tuple(stage for name in names if (stage := stage_of(name)) is not None)
    assert len(stages) == len(names)
    return LoadPlan(stages, **{"n_prompt": 110, "n_gen": 21, "repetitions": 5, **more})  # type: ignore[arg-type]


def told_by(
    server: QueueServer,
    wanted: LoadPlan,
    *,
    should_stop: Callable[[], bool] = lambda: False,
    earlier: Mapping[str, Mapping[str, float]] | None = None,
) -> tuple[bool, list[Event]]:
    events: list[Event] = []
    done = run_virtually(measure(server, wanted, events.append, should_stop=should_stop, earlier=earlier))
    return done, events


def figures_of(events: list[Event], stage: str) -> dict[str, Named]:
    return {one.name: one for event in events if isinstance(event, StageEvent) and event.stage == stage
            for one in event.figures}  # fmt: skip


def notes_of(events: list[Event]) -> str:
    return " ".join(note for event in events if isinstance(event, StageEvent) for note in event.notes)


def requests_of(events: list[Event], stage: str) -> list[RequestEvent]:
    return [one for one in events if isinstance(one, RequestEvent) and one.stage == stage and not one.warmup]


def test_depths_give_back_the_speeds_of_the_server() -> None:
    server = QueueServer(prompt_tps=2_000, itl_s=0.02)
    done, events = told_by(server, plan("d0", "d4096"))
    assert done
    for name, n_prompt in (("d0", 512), ("d4096", 4_608)):
        found = figures_of(events, name)
        assert found["pp_tps"].value == pytest.approx(2_000, rel=1e-6)
        assert found["tg_tps"].value == pytest.approx(50)
        assert found["tg_tps"].n == 5
        assert found["tg_tps"].stdev == pytest.approx(0, abs=1e-6)
        assert found["prompt_tokens"].value == pytest.approx(n_prompt, rel=0.02)
    assert figures_of(events, "")["round_trip_s"].value == 0.002
    assert all(one.question.n_gen == 8 for one in events if isinstance(one, RequestEvent) and one.warmup)


def test_prompts_are_as_long_as_wished_where_only_usage_counts() -> None:
    server = QueueServer(counts_texts=False)
    _, events = told_by(server, plan("d4096"))
    assert figures_of(events, "d4096")["prompt_tokens"].value == pytest.approx(4_608, rel=0.02)


def test_a_server_that_counts_nothing_is_measured_all_the_same() -> None:
    server = QueueServer(counts_texts=False, counts_usage=False)
    _, events = told_by(server, plan("d0"))
    assert figures_of(events, "d0")["prompt_tokens"].value == 512  # as planned
    assert figures_of(events, "d0")["tg_tps"].value == pytest.approx(100)
    assert "does not count prompts" in notes_of(events)


def test_the_sweep_keeps_so_many_in_flight_and_no_more() -> None:
    server = QueueServer(n_slots=4)
    done, events = told_by(server, plan("c1", "c3"))
    assert done
    assert len(requests_of(events, "c1")) == 5
    assert len(requests_of(events, "c3")) == 15
    assert server.peak == 3
    one, three = figures_of(events, "c1"), figures_of(events, "c3")
    # a request takes 0.002 + 110/1000 s for its prompt and 20 x 0.01 s for 21 tokens
    assert one["output_tps"].value == pytest.approx(21 / 0.312, rel=0.01)
    assert three["output_tps"].value == pytest.approx(3 * one["output_tps"].value, rel=0.02)
    assert three["itl_p50_s"].value == pytest.approx(0.01)
    best = figures_of(events, "")
    assert (best["best_parallel"].value, best["best_tps"].value) == (3, three["output_tps"].value)


def test_a_saturating_server_stops_the_sweep() -> None:
    server = QueueServer(n_slots=2)
    _, events = told_by(server, plan("c1", "c2", "c4", "c8", "c16"))
    measured = [event.stage for event in events if isinstance(event, StageEvent)]
    assert measured == ["", "c1", "c2", "c4", ""]
    assert figures_of(events, "c4")["saturated"].value == 1
    assert figures_of(events, "")["best_parallel"].value in (2, 4)
    assert "At 4 concurrent requests the server is over-saturated" in notes_of(events)
    assert server.peak == 4


def test_a_server_that_refuses_more_stops_the_sweep_and_says_so() -> None:
    server = QueueServer(n_slots=8, most_at_once=3)
    _, events = told_by(server, plan("c1", "c2", "c4", "c8"))
    assert figures_of(events, "c4")["failed"].value == 1
    assert len(requests_of(events, "c4")) == 19
    assert figures_of(events, "c8") == {}
    assert "1 of 20 requests failed, the first with this: The server has too much to do" in notes_of(events)


def test_a_server_that_answers_nothing_is_an_error() -> None:
    with pytest.raises(EngineError, match="too much to do"):
        told_by(QueueServer(most_at_once=0), plan("c1"))


def test_arrivals_are_those_of_the_seed_and_as_many_as_the_rate_says() -> None:
    moments = list(arrivals(5, 200, 3))
    assert moments == list(arrivals(5, 200, 3))
    assert moments != list(arrivals(5, 200, 4))
    assert len(moments) == pytest.approx(1_000, abs=100)  # three deviations of a Poisson count
    gaps = [after - before for before, after in pairwise(moments)]
    assert sum(gaps) / len(gaps) == pytest.approx(0.2, rel=0.1)


def test_a_rate_that_the_server_bears_has_its_goodput() -> None:
    server = QueueServer(n_slots=16)
    _, events = told_by(server, plan("r5", for_s=60.0, slo=parsed_slo("ttft<150ms,itl<20ms"), n_slots=16))
    found = figures_of(events, "r5")
    assert found["requests"].value == len(list(arrivals(5, 60, 0)))
    assert "unanswered" not in found
    assert "saturated" not in found
    assert found["goodput_share"].value == 1.0
    assert found["goodput_per_s"].value == pytest.approx(found["requests"].value / 60, rel=0.02)
    assert found["ttft_p99_s"].value < 0.15


def test_limits_that_only_some_keep() -> None:
    """One slot that takes 0.312 s a request, asked twice a second: those who come into a busy server wait."""
    server = QueueServer(n_slots=1)
    _, events = told_by(server, plan("r2", for_s=120.0, slo=parsed_slo("ttft<200ms"), n_slots=1))
    waits = [one.ttft_s for one in requests_of(events, "r2")]
    expected = sum(wait < 0.2 for wait in waits) / len(waits)
    found = figures_of(events, "r2")
    assert 0.2 < expected < 0.9
    assert found["goodput_share"].value == expected


def test_a_backlog_that_grows_without_bound_is_stopped_and_said() -> None:
    server = QueueServer(n_slots=1)
    _, events = told_by(server, plan("r20", "r40", for_s=600.0, n_slots=1))
    found = figures_of(events, "r20")
    assert found["saturated"].value == 1
    assert found["unanswered"].value > 8
    assert found["requests"].value < 300  # of 12,000 that would have come
    assert figures_of(events, "r40") == {}
    assert "over-saturated" in notes_of(events)
    assert server.n_running == 0


def test_what_is_measured_already_is_not_measured_again() -> None:
    server = QueueServer(n_slots=2)
    earlier = {"": {"round_trip_s": 0.5}, "c1": {"output_tps": 67.0, "ttft_p90_s": 0.11},
               "c2": {"output_tps": 134.0, "ttft_p90_s": 0.11}}  # fmt: skip
    _, events = told_by(server, plan("c1", "c2", "c4", "c8"), earlier=earlier)
    assert requests_of(events, "c1") == []
    assert figures_of(events, "c4")["saturated"].value == 1  # compared with what was known
    assert figures_of(events, "c8") == {}
    assert figures_of(events, "")["round_trip_s"].value == 0.5


def test_a_sweep_that_had_ended_is_not_taken_up_again() -> None:
    server = QueueServer()
    earlier = {"": {"round_trip_s": 0.1}, "c4": {"output_tps": 9.0, "saturated": 1.0}}
    done, events = told_by(server, plan("c4", "c8"), earlier=earlier)
    assert done
    assert requests_of(events, "c8") == []


@pytest.mark.parametrize("stage", ["d16384", "c4", "r5"])
def test_stopped_in_the_middle_it_leaves_nothing_running(stage: str) -> None:
    server = QueueServer()
    seen: list[Event] = []

    def should_stop() -> bool:
        return server.n_running > 0 and len(server.asked) > 3

    done = run_virtually(measure(server, plan(stage), seen.append, should_stop=should_stop))
    assert not done
    assert server.n_running == 0
    assert figures_of(seen, stage) == {}


def test_progress_never_falls_and_ends_at_all() -> None:
    _, events = told_by(QueueServer(), plan("d0", "c2", "r5", for_s=10.0))
    shown = [event.fraction for event in events if isinstance(event, ProgressEvent)]
    assert shown == sorted(shown)
    assert shown[-1] == 1.0


@pytest.mark.parametrize(("broken", "is_gone"), [(2, False), (8, True)])
@pytest.mark.parametrize("stage", ["c2", "r5"])
def test_a_server_that_breaks_off_again_and_again_is_gone(stage: str, broken: int, *, is_gone: bool) -> None:
    class Breaking(QueueServer):
        n_left = broken

        async def ask(self, question: Question) -> Answer:
            if self.n_left and question.n_gen == 21 and len(self.asked) > 6:
                self.n_left -= 1
                raise EngineError("The connection broke off.")
            return await super().ask(question)

    if is_gone:
        with pytest.raises(EngineError, match="broke off"):
            told_by(Breaking(), plan(stage))
    else:
        _, events = told_by(Breaking(), plan(stage))
        assert figures_of(events, stage)["failed"].value == broken
