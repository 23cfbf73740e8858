"""What each way to run llama.cpp costs here, in our engine and beside llama-bench of the same libraries.

Usage: python -m tests.bench.ways FILE.gguf ... [--build NAME=FOLDER] ... [--tests pp256,tg32] [--repetitions 5]
A FOLDER has the shared libraries of one build, and llama-bench where that is to be measured beside it; without any, the
build that is installed is measured. Each way and each llama-bench is a process of its own. Prints a table.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
from pathlib import Path
from time import perf_counter

from aa_tui.engine.ways import WAYS, way_of
from aa_tui.host import machine, signals

INSTALLED = "installed"


def main() -> None:
    """Print the table, or with --child measure one way in this process."""
    if sys.argv[1:2] == ["--child"]:
        child(**json.loads(sys.argv[2]))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--build", action="append", default=[], metavar="NAME=FOLDER")
    parser.add_argument("--ways", default=",".join(way.mode for way in WAYS[:3]))
    parser.add_argument("--tests", default="pp256,tg32")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--threads", type=int, default=machine.default_threads())
    options = parser.parse_args()
    builds = dict(one.split("=", 1) for one in options.build) or {INSTALLED: ""}
    tests = options.tests.split(",")
    for file in options.files:
        print(
            f"\n{file.name}, {options.threads} threads, tokens/s (mean ± standard deviation of {options.repetitions})\n"
        )
        print(f"| build | way | {' | '.join(tests)} |\n|---|---|{'---:|' * len(tests)}")
        for name, folder in builds.items():
            for mode in options.ways.split(","):
                print(
                    f"| {name} | {way_of(mode).words} | {' | '.join(ours(folder, mode, file, tests, options))} |",
                    flush=True,
                )
            if (Path(folder) / "llama-bench").is_file():
                print(f"| {name} | llama-bench | {' | '.join(theirs(folder, file, tests, options))} |", flush=True)


def ours(folder: str, mode: str, file: Path, tests: list[str], options: argparse.Namespace) -> list[str]:
    """The cells of one way."""
    asked = {"mode": mode, "file": str(file), "tests": tests, "n": options.repetitions, "threads": options.threads}
    command = [sys.executable, "-m", "tests.bench.ways", "--child", json.dumps(asked)]
    where = {"LLAMA_CPP_LIB_PATH": folder, "LD_LIBRARY_PATH": folder} if folder else {}
    environment = {**os.environ, "GGML_NO_BACKTRACE": "1", **where}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        return [died(done)] * len(tests)
    found = json.loads(done.stdout.splitlines()[-1])
    return [cell(found[test]) for test in tests]


def theirs(folder: str, file: Path, tests: list[str], options: argparse.Namespace) -> list[str]:
    """The cells of the build's llama-bench."""
    cells = []
    for test in tests:
        which = ["-p", test[2:], "-n", "0"] if test.startswith("pp") else ["-p", "0", "-n", test[2:]]
        command = [str(Path(folder) / "llama-bench"), "-m", str(file), *which, "-t", str(options.threads)]
        command += ["-r", str(options.repetitions), "-ngl", "0", "-o", "json"]
        environment = {**os.environ, "GGML_NO_BACKTRACE": "1", "LD_LIBRARY_PATH": folder}
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
        cells.append(died(done) if done.returncode else cell(json.loads(done.stdout)[0]["samples_ts"]))
    return cells


def cell(rates: list[float]) -> str:
    """A rate with its spread."""
    spread = f" ± {statistics.stdev(rates):,.1f}" if len(rates) > 1 else ""
    return f"{statistics.fmean(rates):,.1f}{spread}"


def died(done: subprocess.CompletedProcess[str]) -> str:
    """What a process died of."""
    return signals.name(-done.returncode) if done.returncode < 0 else f"exit code {done.returncode}"


def child(mode: str, file: str, tests: list[str], n: int, threads: int) -> None:
    """Measure one way as llama-bench does: a warm-up, then repetitions with an empty cache."""
    from aa_tui.engine import native
    from aa_tui.engine.llama import open_model
    from aa_tui.engine.settings import EngineSettings

    native.adopt(way_of(mode))
    found: dict[str, list[float]] = {}
    source = random.Random(0)
    with open_model(file, EngineSettings(n_ctx=max(int(one[2:]) for one in tests) + 8, n_threads=threads)) as engine:
        for test in tests:
            count = int(test[2:])
            rates = []
            for _ in range(n + 1):
                tokens = engine.random_prompt(count, source)
                engine.clear()
                start = perf_counter()
                if test.startswith("pp"):
                    engine.decode(tokens)
                    engine.synchronize()
                else:
                    for token in tokens:
                        engine.step(token)
                rates.append(count / (perf_counter() - start))
            found[test] = rates[1:]
    print(json.dumps(found))


if __name__ == "__main__":
    main()
