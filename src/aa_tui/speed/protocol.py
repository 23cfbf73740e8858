"""The speed protocol for one request at a time: llama-bench's pp and tg, and requests with their clocks.

pp and tg follow llama-bench (tools/llama-bench/llama-bench.cpp, test_prompt and test_gen) of the llama.cpp
that llama-cpp-python ships: warm-ups, then the repetitions, each on a context brought outside the clock to the
test's depth: empty, or holding as many random tokens as the test asks for. A prompt of random tokens goes in
batches of n_batch with one wait at the end; generation decodes one random token at a time and waits for each.
Loading, tokenising and sampling are not part of pp and tg.

Where llama-bench warms up once, this does so until two neighbours agree within 3 %, at most 6 times: the first runs
of a GPU or of a file that is still on the disk can be slower by half (llama.cpp, pull request 21282).

A sample leaves as an event as soon as it is measured. While the caller holds an event the clock stands still.
Still, hold a ProgressEvent only for microseconds: after a pause of milliseconds the compute threads sleep, and
the next token pays for waking them. A SampleEvent may be held for long, as each repetition starts by waking them
outside the clock (llama-bench, which journals nothing, has them awake).
"""

from __future__ import annotations

import random
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from time import perf_counter
from typing import TYPE_CHECKING, Protocol

from aa_tui.engine.errors import EngineError
from aa_tui.engine.llama import Token
from aa_tui.engine.settings import GREEDY
from aa_tui.speed.errors import SpeedError
from aa_tui.speed.names import CACHED
from aa_tui.speed.progress import ProgressEvent, Ticker

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from aa_tui.engine.llama import Prefill
    from aa_tui.engine.sampling import Sampler
    from aa_tui.engine.settings import EngineSettings, SamplerSettings
    from aa_tui.speed.plan import Test

__all__ = ["Engine", "ProgressEvent", "SampleEvent", "run", "unique_prompt"]

WARMUP_AGREEMENT = 0.03
WARMUPS_AT_MOST = 6

_WARMUP_PROMPT = 512  # a request's warm-up is no longer than this: very long prompts take minutes
_WARMUP_GEN = 16  # tokens: enough for a rate, and quick on slow machines
_NONCE = 8  # tokens


class Engine(Protocol):
    """What the protocol needs of an engine; `aa_tui.engine.llama.LlamaEngine` is one."""

    @property
    def settings(self) -> EngineSettings: ...
    @property
    def n_ctx(self) -> int: ...
    def clear(self) -> None: ...
    def rewind(self, n_tokens: int) -> None: ...
    def decode(self, tokens: Sequence[int]) -> None: ...
    def step(self, token: int) -> None: ...
    def synchronize(self) -> None: ...
    def random_prompt(self, n_tokens: int, source: random.Random, *, plain: bool = False) -> list[int]: ...
    def sampler(self, settings: SamplerSettings) -> Sampler: ...
    def sample(self, sampler: Sampler) -> int: ...
    def generate(
        self,
        tokens: Sequence[int],
        max_tokens: int,
        sampler: SamplerSettings = ...,
        *,
        ignore_eos: bool = False,
    ) -> Generator[Prefill | Token, None, None]: ...


@dataclass(frozen=True, slots=True)
class SampleEvent:
    """One repetition, measured. Those of `warmup` count in no figure; they are numbered from 0, the others from 1.

    `n_prompt` and `n_gen` are the tokens processed and generated in `seconds`. `tokens_per_s` is
    (n_prompt + n_gen) / seconds for pp and tg, and for a request its output speed, `output_tps`:
    (n_gen - 1) / (time of the last token - time of the first). `ttft_s` is the time from submitting the
    request until its first token was chosen, `e2e_s` until its last. A time to first token has the rate of its prompt;
    with a cached prompt `n_prompt` is the one token that was processed. `started_at` is wall-clock time, UTC,
    ISO 8601. `joules` is what the machine's counters say was used meanwhile, None where there are none.
    """

    test: str
    repetition: int
    warmup: bool
    n_prompt: int
    n_gen: int
    seconds: float
    tokens_per_s: float
    ttft_s: float | None
    e2e_s: float | None
    output_tps: float | None
    started_at: str
    joules: float | None = None


@dataclass(frozen=True, slots=True)
class _Measured:
    """A repetition's clocks, in seconds; `cached_s` of the same prompt again."""

    seconds: float
    ttft_s: float | None = None
    cached_s: float | None = None


def _no_joules() -> None:
    return None


def run(
    engine: Engine,
    tests: Sequence[Test],
    should_stop: Callable[[], bool] = lambda: False,
    joules: Callable[[], float | None] = _no_joules,
) -> Iterator[SampleEvent | ProgressEvent]:
    """Measure the tests one after the other, giving each sample as it is made.

    `joules` reads the machine's energy counters; it is asked before and after each repetition. `should_stop` is asked
    before each repetition and at most 4 times a second within it (between two tokens, or between two batches of a
    prompt); when it says yes the iterator ends without the unfinished sample.
    Raises SpeedError at once when a test does not fit the engine's context.
    """
    for test in tests:
        if test.n_ctx > engine.n_ctx:
            raise SpeedError(
                f"The test {test.name} needs a context of {test.n_ctx:,} tokens but the model was loaded "
                f"with {engine.n_ctx:,}: load it with a longer one or leave the test out."
            )
    return _run(engine, tests, should_stop, joules)


def _run(
    engine: Engine, tests: Sequence[Test], should_stop: Callable[[], bool], joules: Callable[[], float | None]
) -> Iterator[SampleEvent | ProgressEvent]:
    source = random.Random(engine.settings.seed)
    ticker = Ticker([_lengths(test, warmup=number < 2) for test, number in _planned(tests)], should_stop)
    for test in tests:
        warmups: list[float] = []
        repetition = 0
        while repetition < test.repetitions:
            warmup = not _is_warm(warmups)
            repetition += not warmup
            words = "warm-up" if warmup else f"repetition {repetition} of {test.repetitions}"
            ticker.begin(f"{test.name}: {words}")
            stop = (yield from ticker.tick(0, 0)) if ticker.is_due() else ticker.stopped()
            if stop or (yield from _prepare(engine, test, source, ticker, anew=not warmups)):
                return
            started_at, energy = utc_now(), joules()
            measured = yield from _measure(engine, test, source, ticker, warmup=warmup)
            if measured is None:
                return
            number = len(warmups) if warmup else repetition
            used = None if (after := joules()) is None or energy is None else after - energy
            sample = _sample(test, number, measured, started_at, warmup=warmup, joules=used)
            if warmup:
                warmups.append(sample.tokens_per_s)
            if not warmup or len(warmups) <= 2:  # what was planned: the warm-ups beyond that are nobody's share
                ticker.end()
            yield sample
            if measured.cached_s is not None:
                yield _cached_sample(sample, measured.cached_s)
    yield ProgressEvent(1.0, "done")


def utc_now() -> str:
    """The wall clock, for a sample's start."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _planned(tests: Sequence[Test]) -> list[tuple[Test, int]]:
    """Two warm-ups and the repetitions of each test: a third warm-up is the exception."""
    return [(test, number) for test in tests for number in range(test.repetitions + 2)]


def _is_warm(rates: list[float]) -> bool:
    """Whether the last two warm-ups agree, or there were enough of them."""
    if len(rates) >= WARMUPS_AT_MOST:
        return True
    return len(rates) >= 2 and abs(rates[-1] - rates[-2]) <= WARMUP_AGREEMENT * max(rates[-2:])


def _prepare(
    engine: Engine, test: Test, source: random.Random, ticker: Ticker, *, anew: bool
) -> Generator[ProgressEvent, None, bool]:
    """Bring the context to the test's depth, outside the clock; whether the caller wants to stop meanwhile."""
    if anew:
        engine.clear()
        before = engine.random_prompt(test.depth, source) if test.depth else []
        n_batch = engine.settings.n_batch
        for at in range(0, len(before), n_batch):
            engine.decode(before[at : at + n_batch])
            engine.synchronize()
            if ticker.is_due() and (yield from ticker.tick(0, 0)):
                return True
        return False
    # let the compute threads run once: they fell asleep while the caller held the last sample
    engine.rewind(test.depth)
    engine.step(engine.random_prompt(1, random.Random(0))[0])
    engine.rewind(test.depth)
    return False


def _measure(
    engine: Engine, test: Test, source: random.Random, ticker: Ticker, *, warmup: bool
) -> Generator[ProgressEvent, None, _Measured | None]:
    n_prompt, n_gen = _lengths(test, warmup=warmup)
    if test.kind == "pp":
        return (yield from _prompt(engine, engine.random_prompt(n_prompt, source), ticker))
    if test.kind == "tg":
        return (yield from _generation(engine, engine.random_prompt(n_gen, source), ticker))
    prompt = unique_prompt(engine, n_prompt, source)
    if test.kind == "ttft":
        return (yield from _first_token(engine, prompt, ticker))
    return (yield from _request(engine, prompt, n_gen, ticker))


def _lengths(test: Test, *, warmup: bool) -> tuple[int, int]:
    """Tokens in and out of a repetition."""
    if not warmup or test.kind in ("pp", "ttft"):
        return test.n_prompt, test.n_gen
    if test.kind == "tg":
        return 0, min(test.n_gen, _WARMUP_GEN)
    return min(test.n_prompt, _WARMUP_PROMPT), min(test.n_gen, _WARMUP_GEN)


def _prompt(engine: Engine, tokens: list[int], ticker: Ticker) -> Generator[ProgressEvent, None, _Measured | None]:
    n_batch = engine.settings.n_batch
    batches = [tokens[at : at + n_batch] for at in range(0, len(tokens), n_batch)]
    start = perf_counter()
    for index, batch in enumerate(batches):
        if index and ticker.is_due():
            engine.synchronize()  # or a GPU would go on computing while the clock stands still
            held = perf_counter()
            if (yield from ticker.tick(index * n_batch, 0)):
                return None
            start += perf_counter() - held
        engine.decode(batch)
    engine.synchronize()
    return _Measured(perf_counter() - start)


def _generation(engine: Engine, tokens: list[int], ticker: Ticker) -> Generator[ProgressEvent, None, _Measured | None]:
    step, due = engine.step, ticker.due
    start = perf_counter()
    for index, token in enumerate(tokens):
        step(token)
        now = perf_counter()
        if now >= due:
            if (yield from ticker.tick(0, index + 1)):
                return None
            due = ticker.due
            start += perf_counter() - now
    return _Measured(perf_counter() - start)


def _request(
    engine: Engine, tokens: list[int], n_gen: int, ticker: Ticker
) -> Generator[ProgressEvent, None, _Measured | None]:
    ttft_s = last_s = 0.0
    n_done, n_out = 0, 0
    with closing(engine.generate(tokens, n_gen, GREEDY, ignore_eos=True)) as events:
        for event in events:
            if isinstance(event, Token):
                n_done, n_out, last_s = len(tokens), event.index + 1, event.at_s
                if event.index == 0:
                    ttft_s = last_s
            else:
                n_done = event.n_done
            # the engine's clock stands still while we hold its event
            if ticker.is_due() and (yield from ticker.tick(n_done, n_out)):
                return None
    return _Measured(last_s, ttft_s)


def _first_token(engine: Engine, tokens: list[int], ticker: Ticker) -> Generator[ProgressEvent, None, _Measured | None]:
    """The time to the first token of a new prompt, and of the same one while the cache holds it.

    As servers do it, the prompt's last token is computed again, since its result is what is sampled from.
    """
    first = yield from _request(engine, tokens, 1, ticker)
    if first is None:
        return None
    try:
        engine.rewind(len(tokens) - 1)
    except EngineError:  # a memory that cannot forget a part has no use for a cached prompt either
        return first
    with closing(engine.sampler(GREEDY)) as chain:
        start = perf_counter()
        engine.step(tokens[-1])
        engine.sample(chain)
        return _Measured(first.seconds, first.ttft_s, perf_counter() - start)


def unique_prompt(engine: Engine, n_tokens: int, source: random.Random) -> list[int]:
    """A prompt that no cache has seen: a nonce at its start, then tokens from the run's seed."""
    start = engine.random_prompt(min(n_tokens, 1 + _NONCE), random.SystemRandom(), plain=True)
    rest = engine.random_prompt(n_tokens - len(start) + 1, source, plain=True)[1:]  # less its BOS
    return start + rest


def _sample(
    test: Test, number: int, measured: _Measured, started_at: str, *, warmup: bool, joules: float | None
) -> SampleEvent:
    n_prompt, n_gen = _lengths(test, warmup=warmup)
    output_tps, n_tokens = None, n_prompt + n_gen
    if test.kind == "ttft":
        n_tokens = n_prompt
    elif measured.ttft_s is not None:
        output_tps = (n_gen - 1) / (measured.seconds - measured.ttft_s)
    return SampleEvent(
        test=test.name,
        repetition=number,
        warmup=warmup,
        n_prompt=n_prompt,
        n_gen=n_gen,
        seconds=measured.seconds,
        tokens_per_s=n_tokens / measured.seconds if output_tps is None else output_tps,
        ttft_s=measured.ttft_s,
        e2e_s=None if output_tps is None else measured.seconds,
        output_tps=output_tps,
        started_at=started_at,
        joules=joules,
    )


def _cached_sample(sample: SampleEvent, cached_s: float) -> SampleEvent:
    return replace(
        sample,
        test=f"{sample.test}{CACHED}",
        n_prompt=1,
        seconds=cached_s,
        tokens_per_s=1 / cached_s,
        ttft_s=cached_s,
        joules=None,
    )
