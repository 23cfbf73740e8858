"""The protocol on the bundled model with the real llama.cpp: that it measures what it says."""

from __future__ import annotations

import random
import statistics
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from aa_tui.engine import native
from aa_tui.engine.llama import EngineSettings, LlamaEngine, open_model
from aa_tui.gguf.bundled import bundled_model
from aa_tui.speed.plan import SpeedError, load_pack, required_context, select_tests
from aa_tui.speed.protocol import ProgressEvent, SampleEvent, run, unique_prompt
from aa_tui.speed.summary import summarise

if TYPE_CHECKING:
    from collections.abc import Iterator

PACK = load_pack()


@pytest.fixture(scope="module")
def engine() -> Iterator[LlamaEngine]:
    with open_model(bundled_model(), EngineSettings(n_ctx=2048, n_batch=128, n_threads=1)) as opened:
        yield opened


def samples(events: list[SampleEvent | ProgressEvent]) -> list[SampleEvent]:
    return [event for event in events if isinstance(event, SampleEvent)]


def by_test(events: Iterator[SampleEvent | ProgressEvent]) -> dict[str, list[SampleEvent]]:
    found: dict[str, list[SampleEvent]] = {}
    for sample in samples(list(events)):
        found.setdefault(sample.test, []).append(sample)
    return found


def position_of(engine: LlamaEngine) -> int:
    """The last position in the context."""
    return int(native.library().llama_memory_seq_pos_max(engine.memory, 0))


@pytest.mark.long
def test_the_default_tests_on_the_bundled_model() -> None:
    tests = select_tests(PACK)
    before = datetime.now(UTC)
    with open_model(bundled_model(), EngineSettings(n_ctx=required_context(tests, 4096), n_threads=1)) as engine:
        assert engine.n_ctx == 512
        events = list(run(engine, tests))
    taken = samples(events)
    timed = [sample for sample in taken if not sample.warmup]
    assert Counter(sample.test for sample in timed) == {"pp512": 5, "tg128": 5, "short": 3}
    assert [sample.repetition for sample in timed] == [*range(1, 6), *range(1, 6), *range(1, 4)]
    lengths = {(sample.test, sample.warmup): (sample.n_prompt, sample.n_gen) for sample in taken}
    assert lengths == {
        ("pp512", True): (512, 0),
        ("pp512", False): (512, 0),
        ("tg128", True): (0, 16),
        ("tg128", False): (0, 128),
        ("short", True): (100, 16),
        ("short", False): (100, 300),
    }
    started = [datetime.fromisoformat(sample.started_at) for sample in taken]
    assert started == sorted(started)
    assert before - timedelta(milliseconds=1) <= started[0] <= started[-1] <= datetime.now(UTC)


def test_it_warms_up_until_two_neighbours_agree(engine: LlamaEngine) -> None:
    for name, taken in by_test(run(engine, select_tests(PACK, ["pp64", "tg32", "short"], repetitions=1))).items():
        rates = [sample.tokens_per_s for sample in taken if sample.warmup]
        assert [sample.repetition for sample in taken if sample.warmup] == list(range(len(rates))), name
        assert 2 <= len(rates) <= 6
        pairs = [abs(one - other) <= 0.03 * max(one, other) for one, other in pairwise(rates)]
        assert not any(pairs[:-1])
        assert pairs[-1] or len(rates) == 6


def test_depth_is_in_the_context_before_each_repetition(engine: LlamaEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[int] = []
    rewind = engine.rewind

    def noted(count: int) -> None:
        kept.append(count)
        rewind(count)

    monkeypatch.setattr(engine, "rewind", noted)
    taken = by_test(run(engine, select_tests(PACK, ["tg8@d1000", "pp100@d500"], repetitions=2)))
    assert {name: [(one.n_prompt, one.n_gen) for one in found if not one.warmup] for name, found in taken.items()} == {
        "tg8@d1000": [(0, 8)] * 2,
        "pp100@d500": [(100, 0)] * 2,
    }
    assert set(kept) == {1000, 500}
    assert position_of(engine) == 600 - 1


def test_every_rate_is_tokens_over_seconds(engine: LlamaEngine) -> None:
    tests = select_tests(PACK, ["pp200", "tg20", "short"], repetitions=2)
    start = time.perf_counter()
    taken = samples(list(run(engine, tests)))
    elapsed = time.perf_counter() - start
    assert sum(sample.seconds for sample in taken) < elapsed
    assert sum(sample.seconds for sample in taken) > elapsed / 3
    for sample in taken:
        assert sample.seconds > 0
        if sample.test != "short":
            assert sample.tokens_per_s == (sample.n_prompt + sample.n_gen) / sample.seconds
            assert (sample.ttft_s, sample.e2e_s, sample.output_tps) == (None, None, None)
            continue
        assert sample.ttft_s is not None
        assert sample.e2e_s == sample.seconds
        assert 0 < sample.ttft_s < sample.e2e_s
        assert sample.output_tps == (sample.n_gen - 1) / (sample.e2e_s - sample.ttft_s)
        assert sample.tokens_per_s == sample.output_tps


def test_summary_recomputed_by_hand(engine: LlamaEngine) -> None:
    taken = samples(list(run(engine, select_tests(PACK, ["short", "tg16"], repetitions=3))))
    short, tg16 = summarise(taken)
    assert [short.name, tg16.name] == ["short", "tg16"]
    timed = [sample for sample in taken if sample.test == "tg16" and not sample.warmup]
    rates = [16 / sample.seconds for sample in timed]
    mean = sum(rates) / 3
    assert tg16.samples == tuple(rates)
    assert tg16.n == 3
    assert tg16.tokens_per_s_mean == pytest.approx(mean)
    assert tg16.tokens_per_s_stdev == pytest.approx((sum((rate - mean) ** 2 for rate in rates) / 2) ** 0.5)
    assert tg16.tokens_per_s_median == sorted(rates)[1]
    assert (tg16.ttft_s_median, tg16.e2e_s_median, tg16.output_tps_median) == (None, None, None)
    requests = [sample for sample in taken if sample.test == "short" and not sample.warmup]
    assert short.ttft_s_median == statistics.median(s.ttft_s for s in requests if s.ttft_s)
    assert short.e2e_s_median == statistics.median(s.e2e_s for s in requests if s.e2e_s)
    assert short.output_tps_median == statistics.median(s.output_tps for s in requests if s.output_tps)


@pytest.mark.long
def test_progress_rises_is_rare_and_ends_at_one(engine: LlamaEngine) -> None:
    start = time.perf_counter()
    events = list(run(engine, select_tests(PACK, ["tg1000"], repetitions=2)))
    elapsed = time.perf_counter() - start
    progress = [event for event in events if isinstance(event, ProgressEvent)]
    fractions = [event.fraction for event in progress]
    assert fractions == sorted(fractions)
    assert fractions[0] == 0.0
    assert events[-1] == ProgressEvent(1.0, "done")
    assert 2 <= len(progress) <= elapsed / 0.25 + 3
    assert any(0.0 < fraction < 0.5 for fraction in fractions)  # within the first repetition too
    assert {event.text for event in progress[:-1]} >= {"tg1000: warm-up", "tg1000: repetition 1 of 2"}


@pytest.mark.long
@pytest.mark.parametrize("name", ["tg900", "pp1500", "short"])
def test_the_clock_stands_still_while_the_caller_holds_an_event(
    engine: LlamaEngine, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr("aa_tui.speed.progress.INTERVAL_S", 0.03)
    held = measured = 0.0
    test = select_tests(PACK, [name], repetitions=1)[0]
    start = time.perf_counter()
    for event in run(engine, [test]):
        if isinstance(event, SampleEvent):
            measured += event.seconds
        else:
            pause = time.perf_counter()
            time.sleep(0.05)
            held += time.perf_counter() - pause
    elapsed = time.perf_counter() - start
    assert held > 0.1
    assert measured <= elapsed - held


def test_stops_between_repetitions(engine: LlamaEngine) -> None:
    taken: list[SampleEvent] = []
    events = run(engine, select_tests(PACK, ["tg8"]), lambda: len(taken) == 3)
    for event in events:
        if isinstance(event, SampleEvent):
            taken.append(event)
    assert len(taken) == 3
    assert list(run(engine, select_tests(PACK), lambda: True)) == [ProgressEvent(0.0, "pp512: warm-up")]


@pytest.mark.parametrize("name", ["tg2000", "pp2000", "medium"])
def test_stops_within_a_repetition(engine: LlamaEngine, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr("aa_tui.speed.progress.INTERVAL_S", 0.0)
    asked = 0

    def after_the_warmup_and_some() -> bool:
        nonlocal asked
        asked += 1
        return asked > 12

    test = select_tests(PACK, [name], repetitions=1)[0]
    events = list(run(engine, [test], after_the_warmup_and_some))
    assert len(samples(events)) <= 1
    last = events[-1]
    assert isinstance(last, ProgressEvent)
    assert last.fraction < 1.0
    engine.clear()
    engine.step(5)  # the engine is as good as before


def test_a_context_too_small_is_said_at_once(engine: LlamaEngine) -> None:
    with pytest.raises(SpeedError) as caught:
        run(engine, select_tests(PACK, ["short", "pp4096"]))
    assert str(caught.value) == (
        "The test pp4096 needs a context of 4,096 tokens but the model was loaded with 2,048: "
        "load it with a longer one or leave the test out."
    )


def test_prompts_of_requests_are_unique_from_their_start(engine: LlamaEngine) -> None:
    prompts = [unique_prompt(engine, 100, random.Random(0)) for _ in range(20)]
    assert {len(prompt) for prompt in prompts} == {100}
    assert {prompt[0] for prompt in prompts} == {engine.bos}
    assert len({tuple(prompt[1:9]) for prompt in prompts}) == 20
    assert len({tuple(prompt[9:]) for prompt in prompts}) == 1  # the rest comes from the seed
    assert not any(engine.is_eog(token) for prompt in prompts for token in prompt)
    assert len(unique_prompt(engine, 1, random.Random(0))) == 1
    assert len(unique_prompt(engine, 5, random.Random(0))) == 5
