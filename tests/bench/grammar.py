"""What holding answers to a grammar costs: tokens/s with and without it in turn, and the sampling alone.

Usage: python -m tests.bench.grammar [FILE.gguf] [--slots 16] [--tokens 64] [--rounds 3] [--forced 8.0]
Without FILE the bundled model. The grammar is JSON with texts of any length, so that every answer runs to its length.
Random weights write what no grammar allows, a trained model mostly what it does: with --forced the logit of a token
that the grammar allows is raised by so much in the sampling alone, so that it is the likeliest in most rows.
"""

from __future__ import annotations

import argparse
import random
import statistics
from pathlib import Path
from time import perf_counter

import numpy as np

from aa_tui.engine.calling import Grammar
from aa_tui.engine.grammars import check_grammar
from aa_tui.engine.llama import EngineSettings, LlamaEngine, SamplerSettings, open_model
from aa_tui.engine.output import Output
from aa_tui.engine.requests import Finished, Request
from aa_tui.engine.sampling import Sampler
from aa_tui.engine.settings import GREEDY
from aa_tui.engine.slots import SlotEngine
from aa_tui.engine.thinking import Marks
from aa_tui.gguf.bundled import bundled_model

GRAMMAR = Grammar(schema={"type": "array", "items": {"type": "string"}, "minItems": 4})
SAMPLERS = {"greedy": GREEDY, "card (0.6, top_p 0.95)": SamplerSettings(temperature=0.6, top_p=0.95)}
SAMPLERS["top_k 20"] = SamplerSettings(temperature=0.6, top_p=0.95, top_k=20)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", type=Path, default=None, metavar="FILE")
    parser.add_argument("--slots", type=int, default=16)
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--forced", type=float, default=8.0)
    options = parser.parse_args()
    settings = EngineSettings(n_ctx=options.tokens + 64, n_parallel=options.slots)
    gbnf = check_grammar(GRAMMAR)
    with open_model(options.file or bundled_model(), settings) as engine:
        print(f"{engine.path.name}, {engine.n_vocab:,} tokens, {options.slots} slots\n")
        start = perf_counter()
        engine._words.sieve()
        print(f"sieve of the vocabulary, once: {perf_counter() - start:.2f} s\n")
        print("| sampling | free, us/token | held, us/token | refused first |\n|---|---:|---:|---:|")
        for name, sampler in SAMPLERS.items():
            free, held, refused = alone(engine, sampler, gbnf, options.forced)
            print(f"| {name} | {free * 1e6:,.0f} | {held * 1e6:,.0f} | {refused:.0%} |", flush=True)
        if not options.rounds:
            return
        print("\n| sampling | free, tokens/s | held, tokens/s | held / free by round |\n|---|---:|---:|---|")
        for name, sampler in SAMPLERS.items():
            pairs = []
            for turn in range(options.rounds):
                order = (False, True) if turn % 2 else (True, False)
                found = {held: rate(engine, sampler, options, held=held) for held in order}
                pairs.append((found[False], found[True]))
            ratios = ", ".join(f"{held / free:.3f}" for free, held in pairs)
            mean = statistics.fmean(held / free for free, held in pairs)
            frees, helds = (statistics.fmean(one) for one in zip(*pairs, strict=True))
            print(f"| {name} | {frees:,.1f} | {helds:,.1f} | {ratios} ({mean:.3f}) |", flush=True)


def alone(engine: LlamaEngine, settings: SamplerSettings, gbnf: str, forced: float) -> tuple[float, float, float]:
    """Seconds a token of the sampling alone, over rows of made-up logits: free, held, and how often the likeliest token
    was refused."""
    source, marks, n_rows = np.random.default_rng(0), Marks(), 200
    engine.clear()
    engine.decode(engine.random_prompt(4, random.Random(0), plain=True))
    row = engine.row(-1)
    output = Output(Request("a", (1,), 5), marks, queued_s=0.0, started=0.0, loop_guard=False)
    held = engine.constrained(settings, output, gbnf, GRAMMAR)
    gate, spent, refused = held._gate, {"free": 0.0, "held": 0.0}, 0  # type: ignore[attr-defined]
    free = engine.sampler(settings)
    # as a trained model's: a few likely tokens, a long tail
    shape = -3.0 * np.log1p(np.arange(engine.n_vocab, dtype=np.float32))

    def timed(which: str, sampler: Sampler, values: np.ndarray) -> int:
        row[:] = values
        start = perf_counter()
        token = sampler.choose(-1)
        spent[which] += perf_counter() - start
        return token

    text = engine.tokenize('["some words of a text, as they come", "and others"', add_special=False)
    for at in range(n_rows):
        values = source.permutation(shape)
        wanted = text[at] if at < len(text) else int(source.choice(gate.all_allowed()))
        values[wanted] = values.max() + forced * (source.random() < 0.95)  # one in twenty is another one's
        refused += not gate.allows(int(values.argmax()))
        timed("free", free, values)
        token = timed("held", held, values)
        if engine.is_eog(token):
            break
    free.close()
    held.close()
    return spent["free"] / (at + 1), spent["held"] / (at + 1), refused / (at + 1)


def rate(engine: LlamaEngine, settings: SamplerSettings, options: argparse.Namespace, *, held: bool) -> float:
    """Tokens/s of answers of one length, from the first token on."""
    source = random.Random(1)
    with SlotEngine(engine, loop_guard=False) as slots:
        grammar = Grammar(gbnf='root ::= "[" item ("," item)*\nitem ::= "\\"" [^"\\\\\\n]* "\\""') if held else None
        if grammar is not None:
            slots.grammars.check([grammar])
        for number in range(options.slots):
            prompt = tuple(engine.random_prompt(16, source, plain=True))
            one = Request(str(number), prompt, options.tokens, settings, grammar=grammar, ignore_eos=True)
            slots.submit(one)
        slots.step()
        start = perf_counter()
        ends = [event for event in slots.run() if isinstance(event, Finished)]
        took = perf_counter() - start
    return sum(one.n_output for one in ends) / took


if __name__ == "__main__":
    main()
