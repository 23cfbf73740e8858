"""How many slots a file is fastest with, measured: the gain depends on machine, kernels and file, so nobody can guess.

On two AVX2 cores 8 slots hardly beat 4 while 16 are 1.8 times as fast as 8, where the matrix kernels change: so two
counts in a row have to bring nothing before the search ends.
"""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any

from aa_tui.engine import phases
from aa_tui.engine.errors import EngineError
from aa_tui.engine.llama import LlamaEngine, open_model
from aa_tui.engine.requests import Finished, Request
from aa_tui.engine.settings import MAX_PARALLEL, EngineSettings
from aa_tui.engine.slots import SlotEngine
from aa_tui.gguf import fit
from aa_tui.gguf.errors import GGUFError
from aa_tui.gguf.files import state_of
from aa_tui.gguf.parts import read_parts
from aa_tui.gguf.shape import shape_of

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence

    Progress = Callable[[float, str], object]

CANDIDATES = (1, 2, 4, 8, 16, 32, 64, 128)

SECONDS_EACH = 5.0
"""Measured for so long at each count, and for `LEAST_STEPS` steps at least."""

LEAST_STEPS = 4
MOST_STEPS = 200
PROMPT_TOKENS = 8

GAIN = 1.03
"""What a count has to bring over fewer slots: less is noise, and more slots take more memory."""

FRUITLESS = 2
"""So many counts in a row without gain end the search."""


@dataclass(frozen=True, slots=True)
class SlotProbe:
    """What was found: total decode rates in tokens/s by count of slots, and the count to use.

    `settings` are the resolved ones of the probe; with machine and file they tell what the rates hold for.
    """

    best: int
    rates: tuple[tuple[int, float], ...]
    settings: EngineSettings

    @property
    def key(self) -> dict[str, Any]:
        """What the result depends on beside machine and file: the settings without the number of slots."""
        return {name: value for name, value in self.settings.to_dict().items() if name != "n_parallel"}

    def to_dict(self) -> dict[str, Any]:
        """As plain values, for JSON."""
        return {"best": self.best, "rates": [list(rate) for rate in self.rates], "settings": asdict(self.settings)}


def probe_slots(
    path: str | os.PathLike[str],
    settings: EngineSettings,
    *,
    most: int = MAX_PARALLEL,
    candidates: Sequence[int] = CANDIDATES,
    seconds_each: float = SECONDS_EACH,
    memory_limit_bytes: int | None = None,
    on_progress: Progress | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> SlotProbe:
    """Measure the total decode rate at rising counts of slots, up to `most` and what fits the memory.

    `settings` are a run's; a context of 1,024 tokens is enough. The model is loaded once, with the largest context;
    fewer sequences of it are as fast as a context of their own. `on_progress` is told the part done (0 to 1) and what
    is measured. Where `should_stop` says so the best so far is given, or GivenUpError raised if it is still being
    loaded. Raises EngineError where the file cannot be loaded.
    """
    counts = sorted({count for count in candidates if count <= most} | {1})
    if memory_limit_bytes is not None:
        counts = [one for one in counts if one == 1 or _memory(Path(path), settings, one) <= memory_limit_bytes]
    tell = on_progress or (lambda _part, _text: None)
    tell(0.0, "loading")
    rates: list[tuple[int, float]] = []
    with phases.during("probing"), _largest(path, settings, counts, should_stop) as engine:
        counts = [count for count in counts if count <= engine.settings.n_parallel]
        fruitless, best = 0, 0.0
        for index, count in enumerate(counts):
            if should_stop is not None and should_stop():
                break
            tell(index / len(counts), f"{count} {'slot' if count == 1 else 'slots'}")
            rate = measure(engine, count, seconds_each, should_stop)
            rates.append((count, rate))
            fruitless = 0 if rate > GAIN * best else fruitless + 1
            best = max(best, rate)
            if fruitless == FRUITLESS:
                break
        tell(1.0, "done")
        return SlotProbe(choose(rates), tuple(rates), engine.settings)


def choose(rates: Sequence[tuple[int, float]]) -> int:
    """The fewest slots that are within `GAIN` of the highest rate; 1 where nothing was measured."""
    highest = max((rate for _, rate in rates), default=0.0)
    return min((count for count, rate in rates if rate * GAIN >= highest), default=1)


def measure(engine: LlamaEngine, n_slots: int, seconds: float, should_stop: Callable[[], bool] | None = None) -> float:
    """Total tokens/s that so many slots write, greedily and from an almost empty context; prompts do not count."""
    source = random.Random(engine.settings.seed)
    room = min(MOST_STEPS + 1, engine.settings.n_ctx - PROMPT_TOKENS)
    times: list[float] = []
    with SlotEngine(engine, loop_guard=False, n_slots=n_slots) as slots:
        for number in range(n_slots):
            prompt = tuple(engine.random_prompt(PROMPT_TOKENS, source, plain=True))
            slots.submit(Request(str(number), prompt, room, ignore_eos=True))
        slots.step()
        while slots.n_decoded < n_slots * PROMPT_TOKENS:  # more prompts than a batch holds
            slots.step()
        slots.step()  # the first of this width is slower: memory is touched for the first time
        while len(times) < LEAST_STEPS or (sum(times) < seconds and len(times) < MOST_STEPS):
            if should_stop is not None and should_stop():
                break
            start = perf_counter()
            events = slots.step()
            times.append(perf_counter() - start)
            if any(isinstance(event, Finished) for event in events):
                break
    engine.clear()
    return n_slots / median(times) if times else 0.0


def compare(
    path: str | os.PathLike[str], variants: Sequence[EngineSettings], seconds_each: float = SECONDS_EACH
) -> tuple[tuple[EngineSettings, float], ...]:
    """The total rate of each of several settings (KV layout and types, flash attention), best first.

    Each is loaded on its own; its `n_parallel` slots are all used. One that cannot be loaded is left out.
    """
    found = []
    for settings in variants:
        try:
            with open_model(path, settings) as engine:
                found.append((engine.settings, measure(engine, engine.settings.n_parallel, seconds_each)))
        except EngineError:
            continue
    return tuple(sorted(found, key=lambda one: -one[1]))


def _largest(
    path: str | os.PathLike[str],
    settings: EngineSettings,
    counts: Sequence[int],
    should_stop: Callable[[], bool] | None,
) -> LlamaEngine:
    """The model with a context for the largest count that llama.cpp finds memory for."""
    for count in reversed(counts):
        try:
            wanted = replace(settings, n_parallel=count)
            return open_model(path, wanted, lambda _part: should_stop is None or not should_stop())
        except EngineError as error:
            if count == 1 or "context" not in str(error):
                raise
    raise AssertionError("unreachable: there is always a count of 1")


def _memory(path: Path, settings: EngineSettings, n_slots: int) -> int:
    """What so many slots take at most, in bytes."""
    try:
        header, parts = read_parts(path)
        size_bytes = state_of(parts).size_bytes
    except GGUFError as error:
        raise EngineError(str(error)) from error
    weights = fit.Weights(size_bytes, 0, 0, 0)
    plan = fit.Plan(settings.n_ctx, n_slots, settings.type_k, settings.type_v, settings.n_ubatch)
    return fit.memory_of(weights, shape_of(header), plan).total
