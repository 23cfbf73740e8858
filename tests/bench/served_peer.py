"""One llama-server asked by us and by evalscope, in turn first and second, with the same requests.

Usage: uv run python -m tests.bench.served_peer --evalscope PATH --llama-server PATH [--rounds 3] [--at-once 8]
evalscope (`pip install 'evalscope[perf]'`) lives in an environment of its own. The server has the bundled model and one
core, whoever asks has the other. Output tokens a second by either side's own clock, from first question to last answer.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import psutil
from tests.support.real_servers import llama_server

from aa_tui.engine.chat import Message
from aa_tui.engine.requests import Finished, Request
from aa_tui.engine.served.batcher import open_served
from aa_tui.engine.served.bodies import CHAT, Chat, body_of
from aa_tui.engine.served.probing import probe
from aa_tui.engine.served.values import Target
from aa_tui.engine.settings import EngineSettings
from aa_tui.gguf.bundled import bundled_model

WORDS = ["apple", "pear", "plum", "grape", "lemon", "melon", "cherry", "peach", "fig", "date"]


def prompts(n: int, n_words: int) -> list[str]:
    """Lists of words, none like another from its first word on."""
    source = random.Random(7)
    return [f"{number}: {' '.join(source.choices(WORDS, k=n_words))}" for number in range(n)]


def ours(url: str, asked: Sequence[str], n_tokens: int, at_once: int) -> float:
    """Output tokens a second through our engine."""
    target = Target(url)
    settings = EngineSettings(n_ctx=4_096, n_parallel=at_once)
    n_output = 0
    with open_served([(target, probe(target))], settings, loop_guard=False, caches_prompts=False) as batcher:
        requests = [
            Request(str(number), (), n_tokens, ignore_eos=True, messages=(Message("user", text),), counted=1)
            for number, text in enumerate(asked)
        ]
        began = time.perf_counter()
        for event in batcher.run(requests):
            if isinstance(event, Finished):
                assert event.reason == "length", event
                n_output += event.n_output
        seconds = time.perf_counter() - began
    assert n_output == n_tokens * len(asked), n_output
    return n_output / seconds


def theirs(program: str, url: str, asked: Sequence[str], n_tokens: int, at_once: int) -> float:
    """The same through evalscope: the bodies that we send, but for the clocks that only we want of the server."""
    served = probe(Target(url))
    with tempfile.TemporaryDirectory() as folder:
        bodies = []
        for text in asked:
            chat = Chat((Message("user", text),), n_tokens, ignore_eos=True, caches_prompt=False)
            bodies.append({**body_of(served, chat), "timings_per_token": False})
        file = Path(folder) / "requests.jsonl"
        file.write_text("".join(f"{json.dumps(body)}\n" for body in bodies))
        command = [
            program, "perf", "--url", f"{url}{CHAT}", "--api", "openai", "--model", served.model, "--stream",
            "--dataset", "line_by_line", "--dataset-path", str(file), "--number", str(len(asked)),
            "--parallel", str(at_once), "--max-tokens", str(n_tokens), "--no-test-connection",
            "--outputs-dir", folder, "--no-timestamp",
        ]  # fmt: skip
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600, check=False)
        found = sorted(Path(folder).rglob("benchmark_summary.json"))
        assert found, (done.stdout + done.stderr)[-3_000:]
        summary = json.loads(found[0].read_text())
    assert summary["Success Requests"] == len(asked)
    assert summary["Avg Output Tokens"] == n_tokens
    return float(summary["Output Throughput (tok/s)"])


def main() -> None:
    """Ask by turns, and tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--evalscope", required=True, help="the program")
    parser.add_argument("--llama-server", required=True, help="the program")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--requests", type=int, default=100)
    parser.add_argument("--prompt-words", type=int, default=12)
    parser.add_argument("--output-tokens", type=int, default=128)
    parser.add_argument("--at-once", type=int, default=8)
    given = parser.parse_args()
    os.environ["AA_TUI_LLAMA_SERVER"] = given.llama_server
    asked = prompts(given.requests, given.prompt_words)
    ratios: list[float] = []
    print("| round | ours, tokens/s | evalscope, tokens/s | ratio |\n|---|---:|---:|---:|", flush=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        llama_server(bundled_model(), Path(folder) / "log", slots=given.at_once, n_ctx=1_024, core=0) as server,
    ):
        psutil.Process().cpu_affinity([1])
        rest = (asked, given.output_tokens, given.at_once)
        ours(server.url, *rest)  # to warm it up
        for number in range(given.rounds):
            rates: dict[str, float] = {}
            for name in ("ours", "theirs") if number % 2 else ("theirs", "ours"):
                rate = ours(server.url, *rest) if name == "ours" else theirs(given.evalscope, server.url, *rest)
                rates[name] = rate
            ratios.append(rates["ours"] / rates["theirs"])
            print(f"| {number + 1} | {rates['ours']:,.0f} | {rates['theirs']:,.0f} | {ratios[-1]:.3f} |", flush=True)
    print(f"mean ratio {statistics.mean(ratios):.3f}, least {min(ratios):.3f}")


if __name__ == "__main__":
    main()
