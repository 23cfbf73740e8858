"""What keeping a run costs: the journal's and the reporter's work beside the loop's, on the bundled model.

Usage: python tests/bench/journal.py [--slots 16] [--items 280] [--epochs 1] [--rate 60] [--tokens 3000]
The second table is computed: the same cost of a sample and of a second, for a model that writes --rate tokens/s in all
and --tokens a sample, as a 3B model's file does on two cores at 16 slots.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aa_tui.catalog import db, life, runs, samples, telemetry
from aa_tui.evals.grading import Grading
from aa_tui.gguf.bundled import bundled_model
from aa_tui.runs import locks
from aa_tui.runs.evaluation.journal import Journal
from aa_tui.runs.evaluation.keeper import Keeper
from aa_tui.runs.evaluation.loop import Loop
from aa_tui.runs.evaluation.options import EvalOptions
from aa_tui.runs.evaluation.plan import prepare_eval
from aa_tui.runs.evaluation.work import evaluate
from aa_tui.runs.machine_state import observer
from aa_tui.runs.reporter import Reporter

ADDING = "  adding up, figures, leaderboard"
ADDED = "    of it whenever there was something to add up"
THREADS = ("the journal's thread, all of it", "the reporter's thread, all of it")
GRADING = "of it grading, which is no journalling"


@dataclass(slots=True)
class Spent:
    """Calls of something, and what they took: seconds on the clock (waiting for the disk too) and of a core."""

    calls: int = 0
    wall_s: float = 0.0
    cpu_s: float = 0.0


def clocked(owner: Any, name: str, spent: Spent) -> None:
    """Clock every call of a function in whatever thread."""
    inner: Callable[..., Any] = getattr(owner, name)

    def outer(*args: Any, **options: Any) -> Any:
        wall, cpu = time.perf_counter(), time.thread_time()
        try:
            return inner(*args, **options)
        finally:
            spent.calls += 1
            spent.wall_s += time.perf_counter() - wall
            spent.cpu_s += time.thread_time() - cpu

    setattr(owner, name, outer)


def watched() -> dict[str, Spent]:
    """Clock all that keeps a run; by name."""
    told: dict[str, Spent] = {}
    for name, owner, function in (
        (THREADS[0], Journal, "_run"),
        ("  a sample with its texts", samples, "add"),
        ("  its verdict", samples, "add_score"),
        (ADDING, Keeper, "on_graded"),
        (ADDED, Keeper, "_stand"),
        (f"  {GRADING}", Grading, "grade"),
        (THREADS[1], Reporter, "_loop"),
        ("  the live row", life, "set_progress"),
        ("  what is asked", life, "control_of"),
        ("  the machine's state", telemetry, "add"),
        ("handing a sample to the journal, in the loop", Journal, "put"),
    ):
        told[name] = Spent()
        clocked(owner, function, told[name])
    return told


def main() -> None:
    """One run, and the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--slots", type=int, default=16)
    parser.add_argument("--items", type=int, default=280)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--rate", type=float, default=60.0, help="tokens/s in all, of the model computed for")
    parser.add_argument("--tokens", type=float, default=3_000.0, help="tokens a sample, of the model computed for")
    given = parser.parse_args()
    told = watched()
    loops: list[Loop] = []
    clocked_init = Loop.__init__

    def remember(self: Loop, *args: Any) -> None:
        loops.append(self)
        clocked_init(self, *args)

    Loop.__init__ = remember  # type: ignore[method-assign, assignment]
    with tempfile.TemporaryDirectory() as folder:
        os.environ["AA_TUI_HOME"] = folder
        path = Path(folder) / "catalog.db"
        with closing(db.open_catalog(path)) as conn:
            conn.execute("PRAGMA synchronous = FULL")
            options = EvalOptions(
                limit=given.items, epochs=given.epochs, n_parallel=given.slots, n_threads=given.threads, budgets=()
            )
            run_id = prepare_eval(conn, str(bundled_model()), "nano", options=options)
            assert life.claim(conn, run_id, os.getpid(), 0.0)
            assert life.begin(conn, run_id)
            with Reporter(path, run_id, observer()) as reporter:
                ending = evaluate(conn, runs.get(conn, run_id), reporter, locks.turn_lock(path))
            life.end(conn, run_id, ending.state, ending.reason, by=ending.by)
            n_done = runs.get(conn, run_id).n_done
    (loop,) = loops
    show(told, loop, n_done, given)


def show(told: dict[str, Spent], loop: Loop, n_done: int, given: argparse.Namespace) -> None:
    """Both tables, as Markdown."""
    lived_s = told[THREADS[1]].wall_s
    rate = loop.n_output / loop.worked_s
    print(
        f"{n_done} samples, {loop.n_output:,} tokens in {loop.worked_s:.1f} s of steps at {given.slots} slots "
        f"({rate:,.0f} tokens/s), load {os.getloadavg()[0]:.1f}\n"
    )
    print("| what | calls | ms of a core each | ms on the clock each | share of the loop's time |")
    print("|---|---:|---:|---:|---:|")
    for name, spent in told.items():
        each, wall = spent.cpu_s / max(spent.calls, 1) * 1e3, spent.wall_s / max(spent.calls, 1) * 1e3
        if name in THREADS:
            print(f"| {name} | | | | {spent.cpu_s / loop.worked_s:.2%} |")
        else:
            print(f"| {name} | {spent.calls} | {each:.2f} | {wall:.2f} | {spent.cpu_s / loop.worked_s:.2%} |")
    journal, reporter = (told[name].cpu_s for name in THREADS)
    grading = told[f"  {GRADING}"].cpu_s
    adding = told[ADDING].cpu_s
    put = told["handing a sample to the journal, in the loop"].cpu_s
    share = (journal - grading + reporter + put) / loop.worked_s
    # With few samples a second each is added up when it comes, with figures for the leaderboard.
    a_sample_s = (journal - grading - adding + put) / n_done + adding / max(told[ADDED].calls, 1)
    a_second = reporter / lived_s
    print(f"\nJournalling takes {share:.2%} of the loop's time here, as of one core.\n")
    per_s = given.rate / given.tokens
    print("| computed for | samples/s | of samples | of the live row | together |")
    print("|---|---:|---:|---:|---:|")
    print(
        f"| {given.rate:g} tokens/s, {given.tokens:g} a sample | {per_s:.3f} | {a_sample_s * per_s:.3%} | "
        f"{a_second:.2%} | {a_sample_s * per_s + a_second:.2%} |"
    )


if __name__ == "__main__":
    main()
