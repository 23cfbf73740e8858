"""Requests at once, as a server has them: total and per-request rates, and how long each request takes.

As many slots as requests: all are submitted together, each with a prompt that no cache has seen. The total rate is
all output tokens over the time from submission to the last token, prompts included; a request's own clocks run from
the submission as well. Ends of text are ignored, so that every request has its full length.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING

from aa_tui.engine.requests import Finished, Request
from aa_tui.engine.slots import SlotEngine
from aa_tui.speed.errors import SpeedError
from aa_tui.speed.names import REQUEST
from aa_tui.speed.progress import INTERVAL_S, ProgressEvent
from aa_tui.speed.protocol import SampleEvent, unique_prompt, utc_now

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from aa_tui.engine.llama import LlamaEngine
    from aa_tui.speed.plan import Test

_WARMUP_PROMPT, _WARMUP_GEN = 64, 8  # tokens


@dataclass(frozen=True, slots=True)
class _Round:
    finished: tuple[Finished, ...]
    seconds: float


def at_once(
    engine: LlamaEngine,
    test: Test,
    name: str,
    should_stop: Callable[[], bool],
    joules: Callable[[], float | None],
) -> Iterator[SampleEvent | ProgressEvent]:
    """Run as many requests at once as the engine has slots, `test.repetitions` times after a short warm-up.

    Each round gives a sample called `name` with the total rate, and one for each request. `should_stop` is asked
    4 times a second; the iterator ends without the unfinished round when it says yes. Raises SpeedError when a
    request fails.
    """
    source = random.Random(engine.settings.seed)
    with SlotEngine(engine, loop_guard=False) as slots:
        for number in range(test.repetitions + 1):
            warmup = number == 0
            n_prompt = min(test.n_prompt, _WARMUP_PROMPT) if warmup else test.n_prompt
            n_gen = min(test.n_gen, _WARMUP_GEN) if warmup else test.n_gen
            requests = [
                Request(str(slot), tuple(unique_prompt(engine, n_prompt, source)), n_gen, ignore_eos=True)
                for slot in range(slots.n_slots)
            ]
            words = f"{name}: {'warm-up' if warmup else f'round {number} of {test.repetitions}'}"
            started_at, energy = utc_now(), joules()
            found = yield from _round(slots, requests, should_stop, (number, test.repetitions + 1, words))
            if found is None:
                return
            used = None if (after := joules()) is None or energy is None else after - energy
            yield _total(name, number, found, started_at, warmup=warmup, joules=used)
            if not warmup:
                yield from _each(name, (number - 1) * len(requests), found, started_at)


def _round(
    slots: SlotEngine, requests: Sequence[Request], should_stop: Callable[[], bool], place: tuple[int, int, str]
) -> Generator[ProgressEvent, None, _Round | None]:
    number, rounds, words = place
    n_total = sum(request.max_tokens for request in requests)
    finished: list[Finished] = []
    n_done, due = 0, 0.0
    start = perf_counter()
    for request in requests:
        slots.submit(request)
    while slots.is_busy:
        for event in slots.step():
            if isinstance(event, Finished):
                finished.append(event)
            else:
                n_done += 1
        now = perf_counter()
        if now >= due:
            yield ProgressEvent((number + n_done / n_total) / rounds, words)
            if should_stop():
                return None
            due = now + INTERVAL_S
    seconds = perf_counter() - start
    for one in finished:
        if one.reason != "length":
            raise SpeedError(f"A request of {words} ended early ({one.message or one.reason}): measure it again.")
    return _Round(tuple(finished), seconds)


def _total(
    name: str, number: int, found: _Round, started_at: str, *, warmup: bool, joules: float | None
) -> SampleEvent:
    n_prompt = sum(one.n_prompt for one in found.finished)
    n_gen = sum(one.n_output for one in found.finished)
    rate = n_gen / found.seconds
    return SampleEvent(name, number, warmup, n_prompt, n_gen, found.seconds, rate, None, None, None, started_at, joules)


def _each(name: str, before: int, found: _Round, started_at: str) -> Iterator[SampleEvent]:
    """The requests' own samples, numbered on through the rounds."""
    for number, one in enumerate(sorted(found.finished, key=lambda one: int(one.id)), start=before + 1):
        ttft_s = one.clocks.queued_s + (one.clocks.ttft_s or 0.0)
        e2e_s = one.clocks.queued_s + one.clocks.e2e_s
        rate = one.output_tps or one.n_output / e2e_s
        yield SampleEvent(
            f"{name}{REQUEST}", number, False, one.n_prompt, one.n_output, e2e_s, rate, ttft_s, e2e_s, rate, started_at
        )
