"""Compare batching, sampling and whole evaluations with llama.cpp's own tools on the same file and threads.

Usage: python -m tests.bench.engine_batch FILE.gguf [--quick] [--parts single,batched,...] [--rounds 3] [--threads N]
Each side runs in a process of its own (`engine_children.py`), in turn first and second, the file already read once.
Prints a table for tests/bench/RESULTS.md. Needs a quiet machine; the parts and what they are compared with:

single    tg128 of one slot, greedy and at the card's sampling     llama-bench tg128 (pp512: see engine.py)
batched   total decode rate at 4, 8, 16, 32 slots                  llama-batched-bench
share     Python's and sampling's share of a step at 16 slots      (itself)
auto      output rate amid a long evaluation, at the probed slots  one slot
server    prompts end to end                                       llama-server with as many slots, over HTTP
loop      conversations end to end                                 a loop over Llama.create_chat_completion
prefix    prefill saved by a shared prefix of 1,000 tokens         (itself, on the bundled model)
memory    growth over 2,000 requests                               (itself, on the bundled model)
"""

from __future__ import annotations

import argparse
import http.client
import json
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aa_tui.gguf.bundled import bundled_model
from aa_tui.host import machine

TOOLS = Path.home() / ".cache/llama-tools/build/bin"
N_PP = 16


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is run; `quick` only to see that it runs."""

    quick: bool
    rounds: int
    n_gen: int
    n_gen_batched: int
    counts: tuple[int, ...]
    n_prompts: int
    n_loop_prompts: int
    n_loop_output: int
    n_prompt: int
    n_output: int
    n_answer: int
    steady_s: float
    n_requests: int


FULL = Sizes(False, 3, 128, 32, (4, 8, 16, 32), 64, 4, 128, 64, 64, 512, 240.0, 2_000)
QUICK = Sizes(True, 1, 16, 6, (4, 16), 16, 2, 12, 16, 12, 24, 5.0, 400)


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table. `ratios` are ours by theirs, or the figures themselves where there is no other side."""

    measure: str
    ours: str
    theirs: str
    ratios: tuple[float, ...]
    aim: str


class Bench:
    """The file, the tools and the sizes."""

    def __init__(self, file: Path, tools: Path, threads: int, sizes: Sizes, slots: int) -> None:
        self.file, self.tools, self.threads, self.sizes, self.slots = file, tools, threads, sizes, slots

    def child(self, part: str, file: Path | None = None, **asked: Any) -> Any:
        """One of our sides, in a process of its own."""
        request = {"file": str(file or self.file), "threads": self.threads, **asked}
        command = [sys.executable, "-m", "tests.bench.engine_children", part, json.dumps(request)]
        return json.loads(output(command).splitlines()[-1])

    def both(self, ours: Callable[[], Any], theirs: Callable[[], Any]) -> list[tuple[Any, Any]]:
        """Both sides of every round, in turn first and second."""
        found = []
        for index in range(self.sizes.rounds):
            if index % 2 == 0:
                mine = ours()
                found.append((mine, theirs()))
            else:
                other = theirs()
                found.append((ours(), other))
        return found

    # -- the parts

    def single(self) -> Iterator[Row]:
        """One slot."""
        n_gen = self.sizes.n_gen
        pairs = self.both(
            lambda: self.child("single", n_gen=n_gen, repetitions=2),
            lambda: self.llama_bench(n_gen),
        )
        for name, aim in (("greedy", "0.98"), ("card", "0.95")):
            yield rates(f"tg{n_gen}, one slot, {name}", [(fmean(mine[name]), other) for mine, other in pairs], aim)

    def llama_bench(self, n_gen: int) -> float:
        """Its mean rate."""
        command = [str(self.tools / "llama-bench"), "-m", str(self.file), "-t", str(self.threads), "-o", "json"]
        command += ["-p", "0", "-n", str(n_gen), "-r", "2", "-b", "2048", "-ub", "512"]
        return float(json.loads(output(command))[0]["avg_ts"])

    def batched(self) -> Iterator[Row]:
        """Many slots."""
        counts, n_gen = self.sizes.counts, self.sizes.n_gen_batched
        # both divide their context among the sequences, which each get a whole multiple of 256 cells
        pairs = self.both(
            lambda: self.child("batched", n_pp=N_PP, n_gen=n_gen, n_ctx=256, counts=counts),
            lambda: self.batched_bench(counts, n_gen),
        )
        for name in ("greedy", "card"):
            for count in counts:
                values = [(mine[f"{name} {count}"], other[count]) for mine, other in pairs]
                yield rates(f"decode, {count} slots, {name}", values, "0.97" if name == "greedy" else "")

    def batched_bench(self, counts: tuple[int, ...], n_gen: int) -> dict[int, float]:
        """Its decode rates by number of sequences."""
        command = [str(self.tools / "llama-batched-bench"), "-m", str(self.file), "-c", str(256 * max(counts))]
        command += ["-b", "2048", "-ub", "512", "-t", str(self.threads), "-tb", str(self.threads)]
        command += ["-npp", str(N_PP), "-ntg", str(n_gen), "-npl", ",".join(map(str, counts))]
        command += ["--output-format", "jsonl"]
        rows = [json.loads(line) for line in output(command).splitlines() if line.startswith("{")]
        return {int(row["pl"]): float(row["speed_tg"]) for row in rows}

    def share(self) -> Iterator[Row]:
        """What is not decoding."""
        n_gen = self.sizes.n_gen_batched
        found = [self.child("share", slots=16, n_gen=n_gen, n_ctx=256) for _ in range(self.sizes.rounds)]
        for name in ("greedy", "card"):
            shares = tuple(one[name] for one in found)
            yield Row(f"Python's and sampling's share, 16 slots, {name}", percent(fmean(shares)), "", shares, "< 0.03")

    def auto(self) -> Iterator[Row]:
        """Probed slots against one."""
        sizes = self.sizes
        found = self.child("probe", most=16 if sizes.quick else 32, seconds=1.0 if sizes.quick else 5.0)
        asked: dict[str, Any] = {
            "n_prompt": sizes.n_prompt,
            "n_output": sizes.n_answer,
            "n_ctx": -(-(sizes.n_prompt + 2 * sizes.n_answer) // 256) * 256,
            "seconds": sizes.steady_s,
        }
        pairs = self.both(
            lambda: self.child("steady", slots=found["best"], **asked),
            lambda: self.child("steady", slots=1, **asked),
        )
        listed = ", ".join(f"{count}: {rate:.1f}" for count, rate in found["rates"])
        measure = f"evaluation at auto ({found['best']} slots; probe {listed}) against one slot"
        yield rates(measure, [(mine["rate"], other["rate"]) for mine, other in pairs], "2.4")

    def server(self) -> Iterator[Row]:
        """Against llama-server."""
        sizes = self.sizes
        asked: dict[str, Any] = {
            "slots": self.slots,
            "n_ctx": context(sizes),
            "n_prompts": sizes.n_prompts,
            "n_prompt": sizes.n_prompt,
            "n_output": sizes.n_output,
        }
        wanted = self.child("prompts", only_requests=True, **asked)["requests"]
        pairs = self.both(lambda: self.child("prompts", **asked), lambda: self.llama_server(wanted))
        values = [(mine["n_output"] / mine["seconds"], other) for mine, other in pairs]
        yield rates(f"{sizes.n_prompts} prompts end to end, {self.slots} slots, llama-server", values, "1.0")

    def llama_server(self, wanted: list[dict[str, Any]]) -> float:
        """Output tokens/s of the same requests, asked by as many clients as it has slots."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = [str(self.tools / "llama-server"), "-m", str(self.file), "--host", "127.0.0.1", "--port", str(port)]
        command += ["-np", str(self.slots), "-c", str(context(self.sizes) * self.slots), "--no-kv-unified"]
        command += ["-t", str(self.threads), "-tb", str(self.threads), "-b", "2048", "-ub", "512", "--cache-ram", "0"]
        with started(command, port), ThreadPoolExecutor(self.slots) as clients:
            start = time.perf_counter()
            n_output = sum(clients.map(lambda one: ask_server(port, *one), enumerate(wanted)))
            return n_output / (time.perf_counter() - start)

    def loop(self) -> Iterator[Row]:
        """Against the high-level API."""
        sizes = self.sizes
        asked: dict[str, Any] = {"slots": self.slots, "n_ctx": 512, "n_output": sizes.n_loop_output}
        pairs = self.both(
            lambda: self.child("chats", n_prompts=sizes.n_prompts, **asked),
            lambda: self.child("high_level", n_prompts=sizes.n_loop_prompts, **asked),
        )
        values = [(mine["n_output"] / mine["seconds"], other["n_output"] / other["seconds"]) for mine, other in pairs]
        yield rates(f"conversations, {self.slots} slots, against a loop over create_chat_completion", values, "3")

    def prefix(self) -> Iterator[Row]:
        """A shared prefix, on the bundled model: tokens are counted, not timed."""
        saved = self.child("prefix", bundled_model())["saved"]
        yield Row("prefill saved, 32 requests with 1,000 tokens in common", percent(saved), "", (saved,), "0.95")

    def memory(self) -> Iterator[Row]:
        """Growth, on the bundled model."""
        count = self.sizes.n_requests
        found = self.child("memory", bundled_model(), n_requests=count)
        sizes = f"{found['early_bytes'] / 1e6:.1f} MB, then {found['late_bytes'] / 1e6:.1f} MB"
        yield Row(f"memory growth, second to last quarter of {count:,} requests", sizes, "", (found["growth"],), "0")


PARTS = ("single", "batched", "share", "auto", "server", "loop", "prefix", "memory")


def context(sizes: Sizes) -> int:
    """Tokens of a slot's context: a whole multiple of what llama.cpp rounds to."""
    return -(-(sizes.n_prompt + 2 * sizes.n_output) // 256) * 256


def main() -> None:
    """Run the parts and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, help="a GGUF file")
    parser.add_argument("--tools", type=Path, default=TOOLS, help="the folder of llama-bench and its siblings")
    parser.add_argument("--threads", type=int, default=machine.default_threads())
    parser.add_argument("--parts", default=",".join(PARTS))
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--slots", type=int, default=16, help="of the parts server and loop")
    parser.add_argument("--counts", help="slots of the part batched, such as 16,32")
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that all parts work")
    given = parser.parse_args()
    base = QUICK if given.quick else FULL
    counts = tuple(map(int, given.counts.split(","))) if given.counts else base.counts
    sizes = replace(base, rounds=given.rounds or base.rounds, counts=counts)
    bench = Bench(given.file, given.tools, given.threads, sizes, given.slots)
    load = machine.load_1m()
    rows = []
    for name in given.parts.split(","):
        for row in getattr(bench, name)():
            rows.append(row)
            print(line(row), file=sys.stderr, flush=True)
    print(report(bench, rows, (load, machine.load_1m())))


def report(bench: Bench, rows: list[Row], loads: tuple[float, float]) -> str:
    """The table in Markdown."""
    here = machine.describe()
    build = output([sys.executable, "-c", BUILD]).strip()
    lines = [
        f"- date: {datetime.now(UTC).isoformat(timespec='minutes')}",
        f"- machine: {here.cpu}, {here.cores_physical} cores, {here.memory_bytes / 2**30:.0f} GiB, {here.os}; "
        f"load average {loads[0]:.2f} before, {loads[1]:.2f} after",
        f"- file: {bench.file.name}, {bench.file.stat().st_size / 1e9:.2f} GB; {bench.threads} threads",
        f"- llama.cpp: {build}",
        "",
        "| measure | ours | theirs | by round (median) | aim |",
        "|---|---:|---:|---|---:|",
    ]
    return "\n".join([*lines, *map(line, rows)])


BUILD = "from aa_tui.engine.build import describe_build; print(describe_build().llama_cpp)"


def line(row: Row) -> str:
    """A row of the table."""
    listed = ", ".join(f"{one:.3f}" for one in row.ratios)
    return f"| {row.measure} | {row.ours} | {row.theirs} | {listed} ({statistics.median(row.ratios):.3f}) | {row.aim} |"


def rates(measure: str, values: list[tuple[float, float]], aim: str) -> Row:
    """A row of rates in tokens/s."""
    ours, theirs = zip(*values, strict=True)
    return Row(measure, f"{fmean(ours):.2f}", f"{fmean(theirs):.2f}", tuple(a / b for a, b in values), aim)


def fmean(values: Any) -> float:
    """The mean."""
    return statistics.fmean(values)


def percent(value: float) -> str:
    """As a percentage."""
    return f"{value:.1%}"


def output(command: list[str]) -> str:
    """What a program prints; its failure ends ours."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command[:4])} failed:\n{done.stderr[-2000:]}")
    return done.stdout


@contextmanager
def started(command: list[str], port: int) -> Iterator[None]:
    """A server that answers, ended afterwards."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            while not is_ready(port):
                if server.poll() is not None:
                    sys.exit(f"{command[0]} ended with {server.returncode}: run it by hand to see why")
                time.sleep(0.2)
            yield
        finally:
            server.terminate()


def is_ready(port: int) -> bool:
    """Whether the model is loaded."""
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/health")
        return connection.getresponse().status == http.client.OK
    except OSError:
        return False


def ask_server(port: int, number: int, wanted: dict[str, Any]) -> int:
    """One completion with the card's sampling, every field sent; its tokens."""
    body = {
        "prompt": wanted["prompt"],
        "n_predict": wanted["n_output"],
        "temperature": 0.6,
        "top_p": 0.95,
        "top_k": 0,
        "min_p": 0.0,
        "repeat_penalty": 1.0,
        "seed": number,
        "ignore_eos": True,
        "cache_prompt": False,
    }
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("POST", "/completion", json.dumps(body), {"Content-Type": "application/json"})
    answer = json.loads(connection.getresponse().read())
    n_output = int(answer["tokens_predicted"])
    assert n_output == wanted["n_output"], f"llama-server wrote {n_output} tokens in place of {wanted['n_output']}"
    return n_output


if __name__ == "__main__":
    main()
