"""Our sides of `engine_batch.py`: each runs in a process of its own and prints one JSON object.

Usage: python -m tests.bench.engine_children PART JSON
"""

from __future__ import annotations

import itertools
import json
import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from statistics import fmean
from time import perf_counter
from typing import Any

import psutil

from aa_tui.engine.batcher import open_batcher
from aa_tui.engine.chat import Message
from aa_tui.engine.llama import LlamaEngine, open_model
from aa_tui.engine.probe import probe_slots
from aa_tui.engine.requests import Finished, Piece, Request
from aa_tui.engine.settings import GREEDY, EngineSettings, SamplerSettings
from aa_tui.engine.slots import SlotEngine

CARD = SamplerSettings(temperature=0.6, top_p=0.95)
WORDS = ("sum", "area", "path", "tree", "stone", "river", "prime", "graph", "light", "angle", "speed", "table")


def settings(asked: dict[str, Any], **more: Any) -> EngineSettings:
    """With the settings that both sides share."""
    return EngineSettings(n_threads=asked["threads"], n_batch=2048, n_ubatch=512, **more)


@contextmanager
def slots_of(asked: dict[str, Any], **more: Any) -> Iterator[tuple[LlamaEngine, SlotEngine]]:
    """A file with slots, warmed up as llama.cpp's tools warm up."""
    with open_model(asked["file"], settings(asked, **more)) as engine, SlotEngine(engine, loop_guard=False) as slots:
        warm_up(engine, slots)
        yield engine, slots


def warm_up(engine: LlamaEngine, slots: SlotEngine) -> None:
    """A short prompt and two tokens, so that memory has been touched."""
    prompt = tuple(engine.random_prompt(16, random.Random(0), plain=True))
    for _ in slots.run([Request("warm-up", prompt, 2, CARD, ignore_eos=True)]):
        pass


def requests(engine: LlamaEngine, asked: dict[str, Any], count: int, sampler: SamplerSettings) -> list[Request]:
    """Prompts of random tokens and lengths of output that are the same for every side."""
    source = random.Random(7)
    found = []
    for number in range(count):
        prompt = tuple(engine.random_prompt(asked["n_prompt"], source, plain=True))
        n_output = source.randint(asked["n_output"] // 2, asked["n_output"] * 3 // 2)
        found.append(Request(str(number), prompt, n_output, replace(sampler, seed=number), ignore_eos=True))
    return found


def single(asked: dict[str, Any]) -> dict[str, Any]:
    """tg128 of one slot with all that a request takes: sampling, text, splitting, events."""
    rates: dict[str, list[float]] = {"greedy": [], "card": []}
    n_gen = asked["n_gen"]
    with slots_of(asked, n_ctx=n_gen + 64) as (engine, slots):
        prompt = tuple(engine.random_prompt(1, random.Random(1), plain=True))
        for repetition in range(asked["repetitions"] + 1):
            for name, sampler in (("greedy", GREEDY), ("card", CARD)):
                start = perf_counter()
                done = list(slots.run([Request("a", prompt, n_gen, sampler, ignore_eos=True)]))
                assert len(done) == n_gen + 1
                if repetition:  # the first warms up
                    rates[name].append(n_gen / (perf_counter() - start))
    return rates


def batched(asked: dict[str, Any]) -> dict[str, Any]:
    """Total decode rates at several counts of slots: prompts, then `n_gen` steps, as llama-batched-bench."""
    found: dict[str, Any] = {}
    n_pp, n_gen, counts = asked["n_pp"], asked["n_gen"], asked["counts"]
    with open_model(asked["file"], settings(asked, n_ctx=asked["n_ctx"], n_parallel=max(counts))) as engine:
        for name, sampler in (("greedy", GREEDY), ("card", CARD)):
            for count in counts:
                found[f"{name} {count}"] = decode_rate(engine, count, n_pp, n_gen, sampler)
    return found


def decode_rate(engine: LlamaEngine, count: int, n_pp: int, n_gen: int, sampler: SamplerSettings) -> float:
    """Tokens/s of all slots together."""
    source = random.Random(count)
    with SlotEngine(engine, loop_guard=False, n_slots=count) as slots:
        for number in range(count):
            prompt = tuple(engine.random_prompt(n_pp, source, plain=True))
            slots.submit(Request(str(number), prompt, n_gen * 2 + 8, replace(sampler, seed=number), ignore_eos=True))
        while slots.n_decoded < count * n_pp:
            slots.step()
        start, before = perf_counter(), slots.n_decoded
        for _ in range(n_gen):
            slots.step()
        return (slots.n_decoded - before) / (perf_counter() - start)


def share(asked: dict[str, Any]) -> dict[str, Any]:
    """The part of a step that is not llama.cpp's decoding, with every slot running."""
    found = {}
    with open_model(asked["file"], settings(asked, n_ctx=asked["n_ctx"], n_parallel=asked["slots"])) as engine:
        for name, sampler in (("greedy", GREEDY), ("card", CARD)):
            with SlotEngine(engine, loop_guard=False) as slots:
                decoding: list[float] = []
                slots._decode = timed(slots._decode, engine.synchronize, decoding)  # type: ignore[method-assign, assignment]
                for number in range(asked["slots"]):
                    prompt = tuple(engine.random_prompt(8, random.Random(number), plain=True))
                    slots.submit(Request(str(number), prompt, asked["n_ctx"] - 8, replace(sampler, seed=number)))
                while slots.n_decoded < asked["slots"] * 8:
                    slots.step()
                decoding.clear()
                start = perf_counter()
                for _ in range(asked["n_gen"]):
                    slots.step()
                found[name] = 1 - sum(decoding) / (perf_counter() - start)
    return found


def timed(decode: Callable[[int], None], wait: Callable[[], None], times: list[float]) -> Callable[[int], None]:
    """The same call with its time noted, waiting included."""

    def call(count: int) -> None:
        start = perf_counter()
        decode(count)
        wait()
        times.append(perf_counter() - start)

    return call


def probe(asked: dict[str, Any]) -> dict[str, Any]:
    """The number of slots that the probe chooses, and its rates."""
    probed = probe_slots(asked["file"], settings(asked, n_ctx=256), most=asked["most"], seconds_each=asked["seconds"])
    return {"best": probed.best, "rates": probed.rates}


def steady(asked: dict[str, Any]) -> dict[str, Any]:
    """Output tokens/s of all slots in the middle of a long evaluation, the prompts of the items that follow included.

    The first item of each slot is given what a slot found at work has left to write, so that slots end one by one;
    the clock starts when all of them write.
    """
    n_slots, n_written = asked["slots"], 0
    with slots_of(asked, n_ctx=asked["n_ctx"], n_parallel=n_slots) as (engine, slots):
        items = requests(engine, asked, 100 + n_slots, CARD)
        left = random.Random(11)
        for one in items[:n_slots]:
            slots.submit(replace(one, max_tokens=left.randint(asked["n_output"] // 4, one.max_tokens)))
        more = (replace(one, id=f"{lap}.{one.id}") for lap in itertools.count(1) for one in items)
        writing: set[str] = set()
        start = 0.0
        while not start or perf_counter() - start < asked["seconds"]:
            events = slots.step()
            for event in events:
                if isinstance(event, Finished):
                    slots.submit(next(more))
            if start:
                n_written += sum(isinstance(event, Piece) for event in events)
                continue
            writing.update(event.id for event in events if isinstance(event, Piece))
            start = perf_counter() if len(writing) >= n_slots else 0.0
        return {"rate": n_written / (perf_counter() - start)}


def prompts(asked: dict[str, Any]) -> dict[str, Any]:
    """Prompts end to end with so many slots; the same requests as tokens for others, with `only_requests`."""
    with slots_of(asked, n_ctx=asked["n_ctx"], n_parallel=asked["slots"]) as (engine, slots):
        wanted = requests(engine, asked, asked["n_prompts"], CARD)
        if asked.get("only_requests"):
            return {"requests": [{"prompt": one.prompt, "n_output": one.max_tokens} for one in wanted]}
        start = perf_counter()
        n_output = sum(event.n_output for event in slots.run(wanted) if isinstance(event, Finished))
        return {"seconds": perf_counter() - start, "n_output": n_output}


def conversations(count: int) -> list[str]:
    """Users' messages: some 80 tokens, as most questions have, where a token is a letter (the Nanbeige shape's)."""
    source = random.Random(3)
    return [" ".join(source.choices(WORDS, k=10)) + f" number {number}?" for number in range(count)]


def chats(asked: dict[str, Any]) -> dict[str, Any]:
    """Conversations end to end through the file's template."""
    with open_batcher(
        asked["file"], settings(asked, n_ctx=asked["n_ctx"], n_parallel=asked["slots"]), loop_guard=False
    ) as batcher:
        warm_up(batcher.engine, batcher)
        start, n_output = perf_counter(), 0
        for number, text in enumerate(conversations(asked["n_prompts"])):
            prompt = batcher.prompt([Message("user", text)])
            batcher.submit(
                Request(str(number), prompt.tokens, asked["n_output"], replace(CARD, seed=number), ignore_eos=True)
            )
        for event in batcher.run():
            n_output += event.n_output if isinstance(event, Finished) else 0
        return {"seconds": perf_counter() - start, "n_output": n_output}


def high_level(asked: dict[str, Any]) -> dict[str, Any]:
    """The same in a plain loop over llama-cpp-python's Llama.create_chat_completion."""
    from llama_cpp import Llama

    model = Llama(
        asked["file"],
        n_ctx=asked["n_ctx"],
        n_threads=asked["threads"],
        n_threads_batch=asked["threads"],
        n_batch=2048,
        n_ubatch=512,
        verbose=False,
    )
    model.create_completion([1, 2, 3], max_tokens=2)  # warm-up
    start, n_output = perf_counter(), 0
    for number, text in enumerate(conversations(asked["n_prompts"])):
        answer: Any = model.create_chat_completion(
            [{"role": "user", "content": text}],
            temperature=0.6,
            top_p=0.95,
            top_k=0,
            min_p=0.0,
            repeat_penalty=1.0,
            max_tokens=asked["n_output"],
            seed=number,
        )
        n_output += answer["usage"]["completion_tokens"]
    return {"seconds": perf_counter() - start, "n_output": n_output}


def prefix(asked: dict[str, Any]) -> dict[str, Any]:
    """Tokens processed for requests that begin with the same 1,000 tokens."""
    count, length = 32, 1_000
    with slots_of(asked, n_ctx=1_280, n_parallel=4, shares_prefix=True) as (engine, slots):
        source, before = random.Random(5), slots.n_decoded
        common = tuple(engine.random_prompt(length, source, plain=True))
        own = [tuple(engine.random_prompt(20, source, plain=True)) for _ in range(count)]
        wanted = [Request(str(number), common + tail, 4, n_shared=length) for number, tail in enumerate(own)]
        done = [event for event in slots.run(wanted) if isinstance(event, Finished)]
        others = sum(20 + max(one.n_output - 1, 0) for one in done)
        return {"saved": 1 - (slots.n_decoded - before - others) / (count * length), "copied": slots.n_copied}


def memory(asked: dict[str, Any]) -> dict[str, Any]:
    """Resident memory (bytes) while requests come and go."""
    process, sizes = psutil.Process(), []
    with slots_of(asked, n_ctx=256, n_parallel=8, shares_prefix=True, forks=True) as (engine, slots):
        source = random.Random(9)
        common = tuple(engine.random_prompt(30, source, plain=True))
        for number in range(asked["n_requests"]):
            tail = tuple(engine.random_prompt(source.randint(2, 40), source, plain=True))
            sampler = replace(CARD, seed=number, top_k=20 * (number % 2))
            slots.submit(Request(str(number), common + tail, 12, sampler, n_shared=30, stop=("zzz",)))
            if number % 16 == 15:
                for _ in slots.run():
                    pass
            if number % 100 == 99:
                sizes.append(process.memory_info().rss)
    quarter = len(sizes) // 4
    early, late = fmean(sizes[quarter : 2 * quarter]), fmean(sizes[-quarter:])
    return {"early_bytes": early, "late_bytes": late, "growth": late / early - 1}


PARTS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    one.__name__: one for one in (single, batched, share, probe, steady, prompts, chats, high_level, prefix, memory)
}

if __name__ == "__main__":
    print(json.dumps(PARTS[sys.argv[1]](json.loads(sys.argv[2]))))
