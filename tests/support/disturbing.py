"""Runs disturbed in every way there is, and what must be true of them afterwards."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from aa_tui import runs
from aa_tui.catalog import runs as catalog_runs
from aa_tui.catalog import samples
from aa_tui.catalog.rows import RunRow
from aa_tui.gguf.bundled import bundled_model
from aa_tui.runs.evaluation.options import EvalOptions
from aa_tui.runs.evaluation.plan import prepare_eval
from aa_tui.runs.follow import follow

DEADLINE_S = 180.0
Answers = dict[str, tuple[str, str, str | None]]


@dataclass(slots=True)
class Disturbed:
    """What was done to a run, and how often."""

    n_kills: int = 0
    n_kept: list[int] = field(default_factory=list)


def plan(conn: sqlite3.Connection, limit: int, pack: str = "nano") -> int:
    """One slot, greedy: what such a run writes does not depend on what happens to it."""
    options = EvalOptions(limit=limit, n_parallel=1, n_threads=1, budgets=(), conditions={"nice": 0})
    return prepare_eval(conn, str(bundled_model()), pack, options=options)


def ended(conn: sqlite3.Connection, run_id: int) -> RunRow:
    """Wait for the run's end."""
    return list(follow(conn, run_id))[-1]


def until(conn: sqlite3.Connection, run_id: int, condition: Callable[[RunRow], bool]) -> RunRow:
    """Wait for something to be true of the run."""
    deadline = time.monotonic() + DEADLINE_S
    while not condition(run := catalog_runs.get(conn, run_id)):
        assert time.monotonic() < deadline, run
        time.sleep(0.01)
    return run


def undisturbed(conn: sqlite3.Connection, path: Path, limit: int) -> Answers:
    """What the same run comes to when nothing happens to it."""
    run_id = plan(conn, limit)
    runs.start(path, conn, run_id)
    assert ended(conn, run_id).state == "finished"
    return answers(conn, run_id)


def answers(conn: sqlite3.Connection, run_id: int) -> Answers:
    """Texts and outcome by item; each item once."""
    rows = samples.scored(conn, run_id)
    counts = Counter((row.item_id, row.epoch) for row in rows)
    assert max(counts.values(), default=1) == 1
    found: Answers = {}
    for row in rows:
        whole = samples.get(conn, row.id)
        found[row.item_id] = (whole.thinking, whole.answer, row.outcome)
    return found


def kill_at_random(
    conn: sqlite3.Connection,
    path: Path,
    run_id: int,
    *,
    n_kills: int,
    seed: int,
    most_s: float = 1.5,
    number: int = signal.SIGKILL,
    is_ripe: Callable[[], bool] = lambda: True,
    after_kill: Callable[[Answers], object] = lambda _kept: None,
) -> Disturbed:
    """End the worker by a signal at seeded random moments, resume, and so on; then let it come to its end.

    After each kill every sample that was reported as finished before must still be there, unchanged. The moments
    count from when the worker is there and `is_ripe` says so; `after_kill` is told what is kept, before it goes on.
    """
    source = random.Random(seed)
    told = Disturbed()
    runs.start(path, conn, run_id)
    while told.n_kills < n_kills:
        run = until(conn, run_id, lambda run: (run.pid is not None and is_ripe()) or not run.is_live)
        if not run.is_live:
            break
        time.sleep(source.uniform(0.0, most_s))
        before = answers(conn, run_id)
        if not kill(run, number):
            break
        told.n_kills += 1
        run = ended(conn, run_id)
        assert run.state in ("failed", "stopped", "finished", "planned"), run
        assert conn.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        after = answers(conn, run_id)
        told.n_kept.append(len(after))
        for item_id, (thinking, answer, outcome) in before.items():
            assert after[item_id][:2] == (thinking, answer)
            assert outcome is None or after[item_id][2] == outcome
        after_kill(after)
        if run.state == "finished":
            break
        runs.resume(path, conn, run_id)
    assert ended(conn, run_id).state == "finished"
    return told


def kill(run: RunRow, number: int = signal.SIGKILL) -> bool:
    """Send a signal to the worker and wait until it is gone; False when it was gone already."""
    try:
        process = psutil.Process(run.pid or 0)
        os.kill(process.pid, number)
        process.wait(30)
    except (psutil.NoSuchProcess, ProcessLookupError):
        return False
    return True


def fill(path: Path) -> None:
    """Write until there is no room."""
    with path.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"\0" * 4096)
