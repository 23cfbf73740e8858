"""Disturb runs on the real model, many times, and print what was lost: nothing.

Usage: uv run python -m tests.bench.never_lost [--kills 100] [--terms 20] [--app-kills 20] [--limit 60] [--seed 7]
One slot, greedy, one thread, so that the result must equal that of an undisturbed run.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sqlite3
import sys
import tempfile
import time
from pathlib import Path

from tests.support import disturbing
from tests.support.terminal import Terminal

from aa_tui import runs
from aa_tui.catalog import db
from aa_tui.catalog import runs as catalog_runs


def main() -> None:
    """All disturbances, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100, help="of the worker")
    parser.add_argument("--terms", type=int, default=20, help="SIGTERM to the worker")
    parser.add_argument("--app-kills", type=int, default=20)
    parser.add_argument("--limit", type=int, default=60, help="items of a run")
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["AA_TUI_HOME"] = folder
        path = Path(folder) / "catalog.db"
        conn = db.open_catalog(path)
        started = time.monotonic()
        expected = disturbing.undisturbed(conn, path, given.limit)
        print(f"undisturbed: {len(expected)} samples in {time.monotonic() - started:.0f} s", flush=True)
        for number, times in ((signal.SIGKILL, given.kills), (signal.SIGTERM, given.terms)):
            signal_worker(conn, path, expected, number=number, times=times, seed=given.seed)
        kill_apps(conn, path, given.limit, given.app_kills, given.seed)
        conn.close()


def signal_worker(
    conn: sqlite3.Connection,
    path: Path,
    expected: disturbing.Answers,
    *,
    number: signal.Signals,
    times: int,
    seed: int,
) -> None:
    """End the worker so often by a signal, over as many runs as that takes."""
    done, n_runs = 0, 0
    while done < times:
        run_id = disturbing.plan(conn, len(expected))
        told = disturbing.kill_at_random(
            conn, path, run_id, n_kills=times - done, seed=seed + n_runs, most_s=2.5, number=number
        )
        check(conn, run_id, expected)
        done, n_runs = done + told.n_kills, n_runs + 1
        print(f"{number.name} to the worker: {done} in {n_runs} runs", flush=True)
    print(f"{number.name} to the worker: {done} times in {n_runs} runs, every sample once, results as undisturbed")


def kill_apps(conn: sqlite3.Connection, path: Path, limit: int, n_kills: int, seed: int) -> None:
    """Kill the app that looks on, and close its terminal."""
    source = random.Random(seed)
    run_id = disturbing.plan(conn, limit)
    runs.start(path, conn, run_id)
    for number in range(n_kills):
        argv = [sys.executable, "-m", "aa_tui", "--catalog", str(path), "open", f"runs/{run_id}"]
        with Terminal(argv) as app:
            end = time.monotonic() + source.uniform(0.3, 1.5)
            while time.monotonic() < end:
                app.pump(0.05)
            os.kill(app.pid, signal.SIGKILL if number % 2 else signal.SIGHUP)
        if not catalog_runs.get(conn, run_id).is_live:
            assert catalog_runs.get(conn, run_id).state == "finished"
            run_id = disturbing.plan(conn, limit)
            runs.start(path, conn, run_id)
    assert disturbing.ended(conn, run_id).state == "finished"
    print(f"SIGKILL and SIGHUP of the app: {n_kills} times, the run finished with {limit} of {limit} samples")


def check(conn: sqlite3.Connection, run_id: int, expected: disturbing.Answers) -> None:
    """Every item exactly once, as undisturbed, in a sound file."""
    assert disturbing.answers(conn, run_id) == expected
    assert catalog_runs.get(conn, run_id).n_done == len(expected)
    assert conn.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


if __name__ == "__main__":
    main()
