"""A whole speed run: for each kind of test the engine that it needs, its samples, and the figures of all of them.

Tests of one request at a time share an engine with one slot; another number of threads, and requests at once, have an
engine of their own each. Samples leave as they are made, a test's figures when it is done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import groupby

from aa_tui.engine.errors import EngineError
from aa_tui.engine.llama import LlamaEngine
from aa_tui.speed import protocol
from aa_tui.speed.errors import SpeedError
from aa_tui.speed.figures import FigureEvent, best_threads, of_load, of_samples
from aa_tui.speed.names import CACHED, REQUEST, level_name
from aa_tui.speed.parallel import at_once
from aa_tui.speed.plan import Test
from aa_tui.speed.progress import ProgressEvent
from aa_tui.speed.protocol import SampleEvent
from aa_tui.speed.summary import Sample
from aa_tui.speed.sustained import sustain

GROWTH = 1.03
"""A level of the load sweep that brings less than this over the best one before does not grow."""

FLAT_LEVELS = 2
"""So many levels in a row without growth end the sweep: llama.cpp's kernels for wide batches make steps."""

DONE = ProgressEvent(1.0, "done")
"""The last event, when nothing was cut short."""

Event = SampleEvent | ProgressEvent | FigureEvent


@dataclass(frozen=True, slots=True)
class Setup:
    """What an engine is opened with: tokens of context for each of the slots, and threads (None: the run's)."""

    n_ctx: int
    n_parallel: int = 1
    n_threads: int | None = None


@dataclass(frozen=True, slots=True)
class Bench:
    """How to measure: `open_engine` loads the model, `joules` reads the machine's energy counters, `fits` says whether
    so many slots of so many tokens have room, and `should_stop` whether the user has had enough."""

    open_engine: Callable[[Setup], AbstractContextManager[LlamaEngine]]
    should_stop: Callable[[], bool] = lambda: False
    joules: Callable[[], float | None] = lambda: None
    fits: Callable[[int, int], bool] = lambda _n_ctx, _n_slots: True


@dataclass(slots=True)
class _Measured:
    """What a session has measured until now."""

    samples: dict[str, list[SampleEvent]] = field(default_factory=dict)
    rates: dict[str, list[float]] = field(default_factory=dict)

    def add(self, sample: SampleEvent) -> None:
        if not sample.warmup:
            self.samples.setdefault(sample.test, []).append(sample)
            self.rates.setdefault(sample.test, []).append(sample.tokens_per_s)


def measure(bench: Bench, tests: Sequence[Test], earlier: Iterable[Sample] = ()) -> Iterator[Event]:
    """Measure the tests in their order. Ends early, without DONE and the last test's figures, when the caller wants to
    stop. `earlier` are samples of tests that were made before, for comparing numbers of threads.

    Raises SpeedError or EngineError for what cannot be measured.
    """
    n_ctx = max((test.n_ctx for test in tests if _is_single(test)), default=1)
    costs = [_cost(test) for test in tests]
    total, done, measured = sum(costs), 0.0, _Measured()
    for sample in earlier:
        if not sample.warmup:
            measured.rates.setdefault(sample.test, []).append(sample.tokens_per_s)
    for setup, group in groupby(zip(tests, costs, strict=True), key=lambda pair: _setup(pair[0], n_ctx)):
        stages = list(group)
        if setup is None:
            events = _sweep(bench, stages[0][0], measured)
        else:
            events = _with_engine(bench, setup, stages, measured)
        share = sum(cost for _, cost in stages) / total
        for event in events:
            if isinstance(event, ProgressEvent):
                yield ProgressEvent(min(1.0, done + share * event.fraction), event.text)
            else:
                yield event
        done += share
        if bench.should_stop():
            return
    yield from best_threads(measured.rates)
    yield DONE


def _is_single(test: Test) -> bool:
    return test.kind not in ("parallel", "load")


def _setup(test: Test, n_ctx: int) -> Setup | None:
    """The engine that a test needs; None for the load sweep, which opens several."""
    if test.kind == "load":
        return None
    if test.kind == "parallel":
        return Setup(test.n_ctx, test.n_parallel, test.n_threads)
    return Setup(n_ctx, 1, test.n_threads)


def _with_engine(
    bench: Bench, setup: Setup, stages: Sequence[tuple[Test, float]], measured: _Measured
) -> Iterator[Event]:
    """Tests that share an engine, one after the other, each with its share of the progress."""
    total, done = sum(cost for _, cost in stages), 0.0
    with bench.open_engine(setup) as engine:
        for test, cost in stages:
            for event in _one(bench, engine, test):
                if isinstance(event, SampleEvent):
                    measured.add(event)
                    yield event
                elif event != DONE:  # a test's end is not the session's
                    yield ProgressEvent(done + event.fraction * cost / total, event.text)
            if not _is_done(test, measured):
                return
            done += cost / total
            for name in (test.name, f"{test.name}{REQUEST}", f"{test.name}{CACHED}"):
                yield from of_samples(name, test, measured.samples.get(name, []))


def _one(bench: Bench, engine: LlamaEngine, test: Test) -> Iterator[SampleEvent | ProgressEvent]:
    if test.kind == "sustained":
        return sustain(engine, test, bench.should_stop, bench.joules)
    if test.kind == "parallel":
        return at_once(engine, test, test.name, bench.should_stop, bench.joules)
    return protocol.run(engine, [test], bench.should_stop, bench.joules)


def _is_done(test: Test, measured: _Measured) -> bool:
    """Whether nothing was cut short."""
    found = measured.samples.get(test.name, [])
    if test.kind == "sustained":
        return sum(one.seconds for one in found) >= (test.seconds or 0.0) * 0.999
    return len(found) == test.repetitions


def _sweep(bench: Bench, test: Test, measured: _Measured) -> Iterator[Event]:
    """1, 2, 4 ... requests at once, until the total rate has stopped growing or memory is full."""
    if not bench.fits(test.n_ctx, 1):
        raise SpeedError(f"Too little memory is free for a request of {test.n_ctx:,} tokens: close other programs.")
    rates: dict[int, float] = {}
    flat, level = 0, 1
    while level <= test.n_parallel and flat < FLAT_LEVELS and bench.fits(test.n_ctx, level):
        name = level_name(test, level)
        try:
            with bench.open_engine(Setup(test.n_ctx, level, test.n_threads)) as engine:
                for event in at_once(engine, test, name, bench.should_stop, bench.joules):
                    if isinstance(event, ProgressEvent):
                        yield ProgressEvent(_sweep_fraction(level, test.n_parallel, event.fraction), event.text)
                        continue
                    measured.add(event)
                    yield event
        except EngineError:
            if not rates:
                raise
            break  # llama.cpp has no room for so many: the levels before are the answer
        found = measured.samples.get(name, [])
        if len(found) < test.repetitions:
            return
        for one in (name, f"{name}{REQUEST}"):
            yield from of_samples(one, test, measured.samples.get(one, []))
        rate = sum(sample.tokens_per_s for sample in found) / len(found)
        flat = 0 if rate > max(rates.values(), default=0.0) * GROWTH else flat + 1
        rates[level] = rate
        level *= 2
    yield from of_load(test.name, rates)


def _sweep_fraction(level: int, most: int, fraction: float) -> float:
    """How far a sweep is: a level takes about half as long again as the one before."""
    levels = max(1, most.bit_length())
    costs = [1.5**number for number in range(levels)]
    number = level.bit_length() - 1
    return (sum(costs[:number]) + costs[min(number, levels - 1)] * fraction) / sum(costs)


def _cost(test: Test) -> float:
    """About how long a test takes, in generated tokens; only the bar's evenness hangs on it."""
    if test.kind == "sustained":
        return 20.0 * (test.seconds or 0.0)
    one = (test.n_prompt * 0.25 + test.n_gen) * (test.repetitions + 1)
    return one * (1 + test.n_parallel) / 2
