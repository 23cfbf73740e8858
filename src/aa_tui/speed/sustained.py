"""Generation without a break: what heat and power limits leave of the speed after some minutes.

As for tg, one random token after the other is decoded from an empty context, over and over: the depth never grows, so
that a slope is the machine's. There is one short warm-up and then no rest; a sample is taken every few seconds.
"""

from __future__ import annotations

import random
from time import perf_counter
from typing import TYPE_CHECKING

from aa_tui.speed.progress import INTERVAL_S, ProgressEvent
from aa_tui.speed.protocol import SampleEvent, utc_now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from aa_tui.speed.plan import Test
    from aa_tui.speed.protocol import Engine

BURST_S = 30.0
"""The first so many seconds are the burst; the last third of the time is sustained."""

SAMPLES = 60
"""So many samples are taken of the whole: one in 5 s of 5 minutes."""

_WARMUP = 16  # tokens


def sustain(
    engine: Engine, test: Test, should_stop: Callable[[], bool], joules: Callable[[], float | None]
) -> Iterator[SampleEvent | ProgressEvent]:
    """Generate for the test's seconds, a sample for each part of them.

    `should_stop` is asked 4 times a second; the iterator ends without the unfinished sample when it says yes. What is
    told of a sample while the caller holds it is not clocked, so hold it for milliseconds only, or the machine cools.
    """
    total_s = test.seconds or 0.0
    every_s = total_s / SAMPLES
    tokens = engine.random_prompt(test.n_gen, random.Random(engine.settings.seed))
    engine.clear()
    for token in tokens[:_WARMUP]:
        engine.step(token)
    engine.clear()
    done_s, number, index = 0.0, 0, 0
    yield ProgressEvent(0.0, test.name)
    while done_s < total_s and not should_stop():
        number += 1
        started_at, energy = utc_now(), joules()
        seconds, count = 0.0, 0
        while seconds < min(every_s, total_s - done_s):
            burst_s = min(INTERVAL_S, every_s)
            steps, took = _generate(engine, tokens, index, burst_s)
            index, count, seconds = (index + steps) % len(tokens), count + steps, seconds + took
            yield ProgressEvent(min(1.0, (done_s + seconds) / total_s), f"{test.name}: {done_s + seconds:.0f} s")
            if should_stop():
                return
        done_s += seconds
        used = None if (after := joules()) is None or energy is None else after - energy
        yield SampleEvent(
            test.name, number, False, 0, count, seconds, count / seconds, None, None, None, started_at, used
        )


def _generate(engine: Engine, tokens: Sequence[int], index: int, seconds: float) -> tuple[int, float]:
    """Decode tokens from the index on for about so long. Returns how many, and the seconds they took."""
    count = 0
    start = perf_counter()
    while True:
        if index == len(tokens):
            index = 0
        if index == 0:
            engine.clear()
        engine.step(tokens[index])
        index, count = index + 1, count + 1
        took = perf_counter() - start
        if took >= seconds:
            return count, took


def burst_and_sustained(samples: Sequence[SampleEvent], total_s: float) -> tuple[float | None, float | None]:
    """Tokens/s in the first 30 s and in the last third of the time, by the samples that lie within.

    A run shorter than 90 s has no part that is one and not the other: its burst is its first third. None where no
    sample lies within.
    """
    burst_s = min(BURST_S, total_s / 3)
    end, first, last = 0.0, [], []
    for sample in samples:
        start, end = end, end + sample.seconds
        if (start + end) / 2 <= burst_s:
            first.append(sample)
        if (start + end) / 2 >= total_s * 2 / 3:
            last.append(sample)
    return _rate(first), _rate(last)


def _rate(samples: Sequence[SampleEvent]) -> float | None:
    return sum(one.n_gen for one in samples) / sum(one.seconds for one in samples) if samples else None
