"""Compare our speed protocol with llama-bench on the same file, threads and batch sizes, runs interleaved.

Usage: uv run python tests/bench/engine.py FILE.gguf [--llama-bench PATH] [--threads N] [--rounds 3] ...
Every round starts one process of ours and one llama-bench, in turn first and second, so that both pay the
same load and the same cold start. Prints a table for tests/bench/RESULTS.md. Needs a quiet machine.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aa_tui.host import machine

N_BATCH, N_UBATCH = 2048, 512


@dataclass(frozen=True, slots=True)
class Options:
    """What is compared."""

    file: Path
    llama_bench: Path
    threads: int
    tests: tuple[str, ...]
    repetitions: int
    rounds: int


@dataclass(frozen=True, slots=True)
class Round:
    """One process: the build of llama.cpp and the rates by test, in tokens/s."""

    build: str
    rates: dict[str, list[float]]


@dataclass(frozen=True, slots=True)
class Side:
    """All rounds of one of the two."""

    rounds: list[Round] = field(default_factory=list)

    def rates(self, name: str) -> list[float]:
        """Every sample of a test."""
        return [rate for one in self.rounds for rate in one.rates[name]]


def main() -> None:
    """Run the comparison, or with --child one round of ours."""
    if sys.argv[1:2] == ["--child"]:
        child(json.loads(sys.argv[2]))
        return
    options = parse()
    ours, theirs = Side(), Side()
    loads = [machine.load_1m()]
    for index in range(options.rounds):
        sides = [(ours, run_ours), (theirs, run_llama_bench)]
        for side, measure in sides if index % 2 == 0 else reversed(sides):
            side.rounds.append(measure(options))
        for name in options.tests:
            print(
                f"round {index + 1}: {name} {ratio(ours, theirs, name, index):.4f}",
                file=sys.stderr,
                flush=True,
            )
    loads.append(machine.load_1m())
    print(report(options, ours, theirs, loads))


def parse() -> Options:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, help="a GGUF file")
    parser.add_argument("--llama-bench", type=Path, help="default: on PATH, or build_llama_tools.sh's place")
    parser.add_argument("--threads", type=int, default=machine.default_threads())
    parser.add_argument("--tests", default="pp512,tg128", help="names such as pp512,tg128")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    found = given.llama_bench or shutil.which("llama-bench")
    bench = Path(found) if found else Path.home() / ".cache/llama-tools/build/bin/llama-bench"
    if not bench.is_file():
        parser.error(f"there is no llama-bench at {bench}: build it, or name it with --llama-bench")
    return Options(
        file=given.file,
        llama_bench=bench,
        threads=given.threads,
        tests=tuple(given.tests.split(",")),
        repetitions=given.repetitions,
        rounds=given.rounds,
    )


def run_ours(options: Options) -> Round:
    """One process of ours."""
    request = {
        "file": str(options.file),
        "threads": options.threads,
        "tests": options.tests,
        "repetitions": options.repetitions,
    }
    command = [sys.executable, __file__, "--child", json.dumps(request)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"our own round failed:\n{done.stderr}")
    answer = json.loads(done.stdout)
    return Round(answer["build"]["llama_cpp"], answer["rates"])


def child(request: dict[str, Any]) -> None:
    """One round of the real thing: aa_tui.speed over aa_tui.engine."""
    from dataclasses import replace

    from aa_tui.engine.build import describe_build
    from aa_tui.engine.llama import EngineSettings, open_model
    from aa_tui.speed.plan import load_pack, parse_test, required_context
    from aa_tui.speed.protocol import SampleEvent, run
    from aa_tui.speed.summary import summarise

    pack = load_pack()
    tests = [replace(parse_test(name, pack), repetitions=request["repetitions"]) for name in request["tests"]]
    settings = EngineSettings(
        n_ctx=required_context(tests, None), n_batch=N_BATCH, n_ubatch=N_UBATCH, n_threads=request["threads"]
    )
    with open_model(request["file"], settings) as engine:
        samples = [event for event in run(engine, tests) if isinstance(event, SampleEvent)]
    rates = {summary.name: list(summary.samples) for summary in summarise(samples)}
    print(json.dumps({"rates": rates, "build": describe_build().to_dict()}))


def run_llama_bench(options: Options) -> Round:
    """One llama-bench."""
    prompts = ",".join(name[2:] for name in options.tests if name.startswith("pp")) or "0"
    generations = ",".join(name[2:] for name in options.tests if name.startswith("tg")) or "0"
    command = [str(options.llama_bench), "-m", str(options.file), "-t", str(options.threads), "-o", "json"]
    command += ["-p", prompts, "-n", generations, "-r", str(options.repetitions)]
    command += ["-b", str(N_BATCH), "-ub", str(N_UBATCH)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"llama-bench failed:\n{done.stderr}")
    rows = json.loads(done.stdout)
    rates = {}
    for row in rows:
        name = f"pp{row['n_prompt']}" if row["n_prompt"] else f"tg{row['n_gen']}"
        rates[name] = [float(rate) for rate in row["samples_ts"]]
    return Round(str(rows[0]["build_commit"]), rates)


def ratio(ours: Side, theirs: Side, name: str, index: int) -> float:
    """Our mean rate over llama-bench's in one round."""
    return statistics.fmean(ours.rounds[index].rates[name]) / statistics.fmean(theirs.rounds[index].rates[name])


def report(options: Options, ours: Side, theirs: Side, loads: list[float]) -> str:
    """The table in Markdown."""
    here = machine.describe()
    lines = [
        f"- date: {datetime.now(UTC).isoformat(timespec='minutes')}",
        f"- machine: {here.cpu}, {here.cores_physical} cores, {here.memory_bytes / 2**30:.0f} GiB, "
        f"{here.os}; load average {loads[0]:.2f} before, {loads[-1]:.2f} after",
        f"- file: {options.file.name}, {options.file.stat().st_size / 1e9:.2f} GB",
        f"- settings: {options.threads} threads, n_batch {N_BATCH}, n_ubatch {N_UBATCH}, "
        f"{options.rounds} rounds of {options.repetitions} repetitions",
        f"- llama.cpp: ours {ours.rounds[0].build}, llama-bench {theirs.rounds[0].build}",
        "",
        "| test | ours, tokens/s | llama-bench, tokens/s | ratio of means | ratio of bests | ratio by round (median) |",
        "|---|---|---|---|---|---|",
    ]
    for name in options.tests:
        by_round = [ratio(ours, theirs, name, index) for index in range(options.rounds)]
        means = statistics.fmean(ours.rates(name)) / statistics.fmean(theirs.rates(name))
        # what else the machine does only ever slows a sample down: the best ones are the least disturbed
        bests = max(ours.rates(name)) / max(theirs.rates(name))
        listed = ", ".join(f"{one:.3f}" for one in by_round)
        lines.append(
            f"| {name} | {spread(ours.rates(name))} | {spread(theirs.rates(name))} "
            f"| {means:.3f} | {bests:.3f} | {listed} ({statistics.median(by_round):.3f}) |"
        )
    return "\n".join(lines)


def spread(rates: list[float]) -> str:
    """Mean and standard deviation."""
    return f"{statistics.fmean(rates):.2f} ± {statistics.stdev(rates) if len(rates) > 1 else 0.0:.2f}"


if __name__ == "__main__":
    main()
