"""Whole speed runs on the bundled model with the real llama.cpp: heat, first tokens, requests at once, threads."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

import pytest

from aa_tui.engine.errors import EngineError
from aa_tui.engine.llama import EngineSettings, LlamaEngine, open_model
from aa_tui.gguf.bundled import bundled_model
from aa_tui.speed.errors import SpeedError
from aa_tui.speed.figures import FigureEvent, best_threads, of_load
from aa_tui.speed.plan import Test, load_pack, select_tests
from aa_tui.speed.progress import ProgressEvent
from aa_tui.speed.protocol import SampleEvent
from aa_tui.speed.session import DONE, Bench, Event, Setup, measure
from aa_tui.speed.sustained import burst_and_sustained

PACK = load_pack()


class Engines:
    """Opens the bundled model and remembers with what."""

    def __init__(self, most_slots: int = 64) -> None:
        self.setups: list[Setup] = []
        self._most = most_slots

    @contextmanager
    def open(self, setup: Setup) -> Iterator[LlamaEngine]:
        self.setups.append(setup)
        if setup.n_parallel > self._most:
            raise EngineError("Too little memory.")
        settings = EngineSettings(n_ctx=setup.n_ctx, n_parallel=setup.n_parallel, n_threads=setup.n_threads or 1)
        with open_model(bundled_model(), settings) as engine:
            yield engine


def samples(events: list[Event], name: str, *, warmup: bool = False) -> list[SampleEvent]:
    return [one for one in events if isinstance(one, SampleEvent) and one.test == name and one.warmup is warmup]


def figures(events: list[Event]) -> dict[str, FigureEvent]:
    return {one.metric: one for one in events if isinstance(one, FigureEvent)}


def test_tests_share_an_engine_and_figures_follow_each() -> None:
    engines = Engines()
    tests = select_tests(PACK, ["pp64", "tg8@d100", "short", "ttft64"], repetitions=3)
    events = list(measure(Bench(engines.open), tests))
    assert engines.setups == [Setup(400)]
    found = figures(events)
    assert list(found) == [
        *("pp64", "tg8@d100", "short.output_tps", "short.ttft_s", "short.e2e_s"),
        *("ttft64.ttft_s", "ttft64/cached.ttft_s"),
    ]
    rates = [one.tokens_per_s for one in samples(events, "tg8@d100")]
    assert found["tg8@d100"].value == pytest.approx(statistics.mean(rates))
    assert found["tg8@d100"].stdev == pytest.approx(statistics.stdev(rates))
    fractions = [one.fraction for one in events if isinstance(one, ProgressEvent)]
    assert fractions == sorted(fractions)
    assert fractions[0] == 0.0
    assert fractions.index(1.0) == len(fractions) - 1
    assert events[-1] is DONE


def test_a_prompt_in_the_cache_has_its_first_token_sooner() -> None:
    events = list(measure(Bench(Engines().open), select_tests(PACK, ["ttft256"], repetitions=5)))
    new, again = samples(events, "ttft256"), samples(events, "ttft256/cached")
    assert [(one.n_prompt, one.n_gen, one.output_tps) for one in new] == [(256, 1, None)] * 5
    assert [(one.n_prompt, one.repetition) for one in again] == [(1, number) for number in range(1, 6)]
    assert all(one.ttft_s == one.seconds for one in (*new, *again))
    assert all(one.tokens_per_s == 256 / one.seconds for one in new)
    assert statistics.median(one.seconds for one in again) < statistics.median(one.seconds for one in new)


def test_sustained_generation_is_cut_into_parts() -> None:
    test = Test("sustained", "sustained", 0, 32, 1, seconds=1.5)
    events = list(measure(Bench(Engines().open), [test]))
    taken = samples(events, "sustained")
    share, longest, tokens = 1.5 / 60, max(one.seconds for one in taken), sum(one.n_gen for one in taken)
    # Each part ends with the first token after its share of the time; a busy machine makes some of them longer.
    assert len(taken) <= 61
    assert len(taken) >= 40 or longest > 1.5 / 40
    assert max(one.n_gen for one in taken) < tokens / 2
    assert all(one.seconds >= share for one in taken[:-1])
    assert [one.repetition for one in taken] == list(range(1, len(taken) + 1))
    assert 1.4 <= sum(one.seconds for one in taken) <= 1.5 + longest
    assert all(one.tokens_per_s == one.n_gen / one.seconds for one in taken)
    found = figures(events)
    low, high = min(one.tokens_per_s for one in taken), max(one.tokens_per_s for one in taken)
    assert low <= found["sustained.sustained_tps"].value <= high
    assert low <= found["sustained.burst_tps"].value <= high


def part(seconds: float, tokens: int) -> SampleEvent:
    return SampleEvent("sustained", 1, False, 0, tokens, seconds, tokens / seconds, None, None, None, "")


def test_burst_is_the_first_half_minute_and_sustained_the_last_third() -> None:
    cooling = [part(5, 100)] * 6 + [part(5, 60)] * 34 + [part(5, 50)] * 20
    assert burst_and_sustained(cooling, 300) == (20, 10)
    assert burst_and_sustained(cooling[:5], 300) == (20, None)
    assert burst_and_sustained([], 300) == (None, None)


def test_requests_at_once_have_a_total_and_their_own_clocks() -> None:
    engines = Engines()
    test = Test("parallel", "parallel", 40, 20, 2, n_parallel=4)
    events = list(measure(Bench(engines.open), [test]))
    assert engines.setups == [Setup(60, 4)]
    total, each = samples(events, "parallel"), samples(events, "parallel/request")
    assert [(one.n_prompt, one.n_gen) for one in total] == [(160, 80)] * 2
    assert all(one.tokens_per_s == 80 / one.seconds for one in total)
    assert [one.repetition for one in each] == list(range(1, 9))
    for number, one in enumerate(each):
        assert (one.n_prompt, one.n_gen) == (40, 20)
        assert one.ttft_s is not None
        assert one.e2e_s is not None
        assert 0 < one.ttft_s < one.e2e_s <= total[number // 4].seconds
        assert one.output_tps == pytest.approx(19 / (one.e2e_s - one.ttft_s), rel=0.01)
    found = figures(events)
    assert found["parallel"].value == pytest.approx(statistics.mean(one.tokens_per_s for one in total))
    assert found["parallel/request.e2e_s"].value == statistics.median(one.seconds for one in each)
    assert found["parallel/request.e2e_s"].n == 8


def test_a_load_sweep_ends_where_it_grows_no_more() -> None:
    engines = Engines()
    test = Test("load-sweep", "load", 16, 24, 1, n_parallel=8)
    events = list(measure(Bench(engines.open), [test]))
    levels = [setup.n_parallel for setup in engines.setups]
    assert levels == [1, 2, 4, 8][: len(levels)]
    rates = {level: samples(events, f"load-sweep@{level}")[0].tokens_per_s for level in levels}
    assert [len(samples(events, f"load-sweep@{level}/request")) for level in levels] == levels
    found = figures(events)
    assert found["load-sweep.best_tps"].value == max(rates.values())
    assert rates[int(found["load-sweep.best_at_once"].value)] == max(rates.values())
    if levels[-1] < 8:
        assert max(rates[level] for level in levels[-2:]) <= 1.03 * max(rates.values())


def test_a_load_sweep_ends_where_memory_does() -> None:
    test = Test("load-sweep", "load", 16, 8, 1, n_parallel=64)
    engines = Engines(most_slots=2)
    list(measure(Bench(engines.open), [test]))
    assert [setup.n_parallel for setup in engines.setups][:3] in ([1, 2, 4], [1, 2])
    asked = Engines()
    list(measure(Bench(asked.open, fits=lambda n_ctx, n_slots: n_ctx * n_slots <= 24), [test]))
    assert [setup.n_parallel for setup in asked.setups] == [1]
    with pytest.raises(EngineError):
        list(measure(Bench(Engines(most_slots=0).open), [test]))
    with pytest.raises(SpeedError, match="Too little memory"):
        list(measure(Bench(Engines().open, fits=lambda _n_ctx, _n_slots: False), [test]))


def test_a_thread_sweep_names_the_fastest() -> None:
    engines = Engines()
    events = list(measure(Bench(engines.open), select_tests(PACK, ["tg8@t1", "pp16@t1", "tg8@t2"], repetitions=1)))
    assert [setup.n_threads for setup in engines.setups] == [1, 2]
    assert figures(events)["tg8.best_threads"].value in (1, 2)
    assert "pp16.best_threads" not in figures(events)
    timed = {"tg8@t1": [10.0], "tg8@t4": [30.0, 31.0], "tg8@t8": [20.0, 50.0, 2.0], "tg8": [99.0]}
    assert best_threads(timed) == [FigureEvent("tg8.best_threads", 4, "threads", n=3)]
    assert [one.value for one in of_load("load", {1: 5.0, 2: 9.0, 4: 8.0})] == [2, 9.0]


def test_energy_is_joules_over_output_tokens() -> None:
    counter = count(step=10)
    test = Test("tg8", "tg", 0, 8, 3)
    events = list(measure(Bench(Engines().open, joules=lambda: float(next(counter))), [test]))
    found = figures(events)["tg8.joules_per_token"]
    assert (found.value, found.unit, found.stdev, found.n) == (10 / 8, "J/token", 0, 3)
    assert "pp8.joules_per_token" not in figures(
        list(measure(Bench(Engines().open, joules=lambda: float(next(counter))), [Test("pp8", "pp", 8, 0, 1)]))
    )
    assert not any("joules" in name for name in figures(list(measure(Bench(Engines().open), [test]))))


@pytest.mark.long
@pytest.mark.parametrize("name", ["sustained", "parallel", "load-sweep", "ttft900"])
def test_stops_when_asked_and_keeps_what_is_done(name: str) -> None:
    tests = select_tests(PACK, ["tg4", name, "tg5"], repetitions=1)
    asked: list[SampleEvent] = []
    events: list[Event] = []
    for event in measure(Bench(Engines().open, should_stop=lambda: bool(asked)), tests):
        events.append(event)
        if isinstance(event, SampleEvent) and event.test.startswith(name):
            asked.append(event)
    assert "tg4" in figures(events)
    assert "tg5" not in figures(events)
    assert not any(metric.startswith(name) for metric in figures(events))
    assert DONE not in events
