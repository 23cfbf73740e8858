"""How often a watch finds what is not there, and misses what is: probes of one file, replayed with injected faults.

Usage: python -m tests.bench.watch FILE.gguf [--probes 30] [--threads 1] [--catalog PATH]
       python -m tests.bench.watch --simulate
Probes the file again and again on this machine, nothing changed, then takes each later probe as it is (what is found
is a false alarm), 3 % slower, and with 2 % of its top tokens swapped. A probe knows only those before it, as in the
program. With --catalog the probes stay there, and are replayed without new ones when there are enough. --simulate draws
the probes instead, of machines whose runs differ by known amounts. Prints a table.
"""

from __future__ import annotations

import argparse
import random
import sqlite3
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from math import exp, log
from pathlib import Path

from tests.support.probing import probe

from aa_tui.analysis import watch
from aa_tui.analysis.next_tokens import NextTokens, drift, next_tokens_of
from aa_tui.catalog import db, studies
from aa_tui.catalog.rows import RunRow
from aa_tui.runs.studies.probe_facts import TESTS, speeds_of_run
from aa_tui.runs.studies.probe_plan import BLOCKS, finished_here

SLOWER, FLIPPED = 0.03, 0.02
FIRST = 1
"""The first probe that is compared: with one before it nothing has been learnt yet."""


def main() -> None:
    """Make the probes and print what the replay finds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", metavar="FILE")
    parser.add_argument("--simulate", action="store_true")
    parser.add_argument("--probes", type=int, default=30)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--catalog", type=Path)
    options = parser.parse_args()
    if options.simulate:
        simulate()
        return
    with tempfile.TemporaryDirectory() as folder:
        conn = db.open_catalog(options.catalog or Path(folder) / "catalog.db")
        while len(made := finished_here(conn)) < options.probes:
            probe(conn, options.file, n_threads=options.threads)
        replay([speeds_of_run(conn, one.id) for one in made], [_tokens(conn, one) for one in made])
        conn.close()


def simulate(n: int = 200) -> None:
    """Probes of machines that differ by known amounts from run to run, 0.5 % within a run."""
    print(
        "| runs differ by | probes before | false alarms | 3 % slower found | found from |\n|---:|---:|---:|---:|---:|"
    )
    for noise in (0.003, 0.005, 0.01, 0.02, 0.05):
        for before in (1, 4, 10):
            source = random.Random(1)
            alarms = hits = 0
            found_from = []
            for _ in range(n):
                probes = [_drawn(source, noise) for _ in range(before + 1)]
                told = _compared(probes, None, before, "none", source)
                alarms += told.is_regression or bool(told.faster)
                found_from.append(told.speeds[TESTS[0]].found_from)
                hits += bool(_compared(probes, None, before, "slower", source).slower)
            middle = sorted(found_from)[n // 2]
            print(f"| {noise:.1%} | {before} | {alarms / n:.1%} | {hits / n:.0%} | {middle:.1%} |", flush=True)


def _drawn(source: random.Random, noise: float) -> dict[str, watch.Speed]:
    found = {}
    for name in TESTS:
        run = source.gauss(0, noise)
        rounds = [[100 * exp(run + source.gauss(0, 0.005)) for _ in range(3)] for _ in range(3)]
        found[name] = watch.speed_of(rounds)
    return found


def replay(speeds: Sequence[dict[str, watch.Speed]], tokens: Sequence[list[NextTokens]]) -> None:
    """Each later probe against those before it, as it is and with each fault."""
    source = random.Random(0)
    counts: dict[str, int] = {}
    found_from: dict[str, list[float]] = {name: [] for name in TESTS}
    n = 0
    for at in range(FIRST, len(speeds)):
        n += 1
        for fault in ("none", "slower", "flips"):
            told = _compared(speeds, tokens, at, fault, source)
            hit = {
                "none": told.is_regression or bool(told.faster),
                "slower": bool(told.slower),
                "flips": "tokens" in told.flipped,
            }[fault]
            counts[fault] = counts.get(fault, 0) + hit
            if fault == "none":
                for name in TESTS:
                    found_from[name].append(told.speeds[name].found_from)
    print(f"| fault | found | of {n} |\n|---|---:|---:|")
    for fault, words in (("none", "none (false alarms)"), ("slower", "3 % slower"), ("flips", "2 % of tokens swapped")):
        print(f"| {words} | {counts[fault]} | {counts[fault] / n:.0%} |")
    for name in TESTS:
        last = found_from[name][-1]
        print(f"{name}: between-run sd and own noise find a slowdown from {last:.1%} at the last probe")


def _compared(
    speeds: Sequence[dict[str, watch.Speed]],
    tokens: Sequence[list[NextTokens]] | None,
    at: int,
    fault: str,
    source: random.Random,
) -> watch.Comparison:
    changes = {}
    for name in TESTS:
        now = speeds[at][name]
        if fault == "slower":
            now = replace(now, log_rate=now.log_rate + log(1 - SLOWER))
        before = [one[name] for one in speeds[:at]]
        changes[name] = watch.speed_change(before, now, watch.between_runs([before], [*before, now]))
    if tokens is None:
        return watch.compare(changes, {"tokens": watch.flips_of(0, 1_792), "answers": watch.flips_of(0, 40)})
    blocks = [_swapped(one, source) for one in tokens[at]] if fault == "flips" else tokens[at]
    found = drift(zip(tokens[0], blocks, strict=True))
    assert found is not None
    earlier = [(_n_flips(tokens[0], one), found.n) for one in tokens[1:at]]
    return watch.compare(changes, {"tokens": watch.flips_of(found.n_flips - found.n_close, found.n, earlier)})


def _n_flips(before: list[NextTokens], now: list[NextTokens]) -> int:
    found = drift(zip(before, now, strict=True))
    return 0 if found is None else found.n_flips - found.n_close


def _swapped(block: NextTokens, source: random.Random) -> NextTokens:
    ids = list(block.ids)
    for place in range(block.n):
        if source.random() < FLIPPED:
            first = place * block.k
            ids[first], ids[first + 1] = ids[first + 1], ids[first]
    return NextTokens(block.k, ids, block.logs)


def _tokens(conn: sqlite3.Connection, run: RunRow) -> list[NextTokens]:
    return [next_tokens_of(one.facts) for one in studies.points(conn, run.id, BLOCKS)]


if __name__ == "__main__":
    main()
