"""What merging two large catalogs takes, and how long a worker that journals meanwhile waits.

Usage: python -m tests.bench.merge [--samples 100000] [--runs 100]
Each catalog has so many samples in so many runs, with texts as a small model writes them; the first merge brings all of
them, the second finds nothing new, the third the verdicts of a second grader. The worker writes a sample every 20 ms.
"""

from __future__ import annotations

import argparse
import random
import sqlite3
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tests.support.merging import BOX, HERE, Run, add, make, moment

from aa_tui.catalog import db, samples
from aa_tui.catalog.merging.merge import Merger
from aa_tui.catalog.rows import EvalSample
from aa_tui.catalog.texts import packed

WORDS = [f"word{number}" for number in range(5_000)]
TEXTS = 400
"""Different texts, packed once: making them is no part of what is measured."""

_SAMPLE = """INSERT INTO eval_samples (run_id, item_id, epoch, position, category, finish_reason, prompt, thinking,
  answer, n_prompt, n_cached, n_thinking, n_answer, n_thinking_chars, n_answer_chars, queued_s, ttft_s, ttfat_s, e2e_s,
  output_tps, seed, ended_at)
  VALUES (?, ?, 1, ?, 'sums', 'stop', ?, ?, ?, 100, 0, 400, 50, 2500, 300, 0, 0.1, 2, 4, 20, 1, ?)"""
_SCORE = """INSERT INTO sample_scores (sample_id, grader, outcome, extracted, graded_at)
  SELECT id, ?, 'correct', '4', ? FROM eval_samples"""


def fill(path: Path, name: str, n_samples: int, n_runs: int) -> Path:
    """A catalog with so many samples, each with a verdict."""
    dice = random.Random(name)
    texts = [[packed(" ".join(dice.choices(WORDS, k=k))) for _ in range(TEXTS)] for k in (30, 350, 40)]
    make(path, ())
    with closing(sqlite3.connect(path, isolation_level=None)) as conn:
        conn.row_factory = sqlite3.Row
        conn.execute("PRAGMA synchronous = OFF")
        conn.execute("BEGIN")
        for number in range(n_runs):
            run_id = add(conn, Run(f"{name}{number}", machine=BOX, created=number))
            rows = (
                (run_id, f"item{at}", at, *(dice.choice(one) for one in texts), moment(at % 3600))
                for at in range(n_samples // n_runs)
            )
            conn.executemany(_SAMPLE, rows)
        conn.execute(_SCORE, ("exact/1", moment(0)))
        conn.execute("COMMIT")
    return path


@contextmanager
def worker(path: Path, waits: list[float]) -> Iterator[None]:
    """Somebody who journals meanwhile; how long each sample took is noted."""
    with closing(db.open_catalog(path)) as conn:
        run_id = add(conn, Run("mine", state="running", machine=HERE))
    over = threading.Event()

    def work() -> None:
        with closing(db.open_catalog(path)) as conn:
            while not over.wait(0.02):
                began = time.perf_counter()
                samples.add(conn, run_id, sample(len(waits)))
                waits.append(time.perf_counter() - began)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def sample(number: int) -> EvalSample:
    """A short one."""
    texts = {"prompt": "What?", "thinking": "", "answer": "4", "message": ""}
    counts = dict.fromkeys(("n_prompt", "n_cached", "n_thinking", "n_answer", "n_thinking_chars", "n_answer_chars"), 1)
    clocks = dict.fromkeys(("queued_s", "ttft_s", "ttfat_s", "e2e_s", "output_tps"))
    named = {"item_id": f"i{number}", "epoch": 1, "position": number, "category": "sums", "level": None}
    return EvalSample(**named, finish_reason="stop", **texts, **counts, **clocks, seed=1, ended_at=moment(0))  # type: ignore[arg-type]


def measured(what: str, mine: Path, other: Path) -> None:
    """Merge, and print a line of the table."""
    waits: list[float] = []
    with worker(mine, waits), closing(db.open_catalog(mine)) as conn:
        wall, cpu = time.perf_counter(), time.process_time()
        found = Merger(conn, HERE).merge(other)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    waits.sort()
    middle, longest = (waits[len(waits) // 2], waits[-1]) if waits else (0.0, 0.0)
    came = f"{found.n_samples:,} samples, {found.n_scores:,} verdicts"
    print(f"| {what} | {came} | {wall:.1f} | {cpu:.1f} | {1000 * middle:.1f} | {1000 * longest:.0f} |", flush=True)
    with closing(sqlite3.connect(mine)) as conn:
        conn.execute("DELETE FROM runs WHERE uid = 'mine'")
        conn.commit()


def main() -> None:
    """Fill both, merge three times."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--samples", type=int, default=100_000)
    options.add_argument("--runs", type=int, default=100)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        mine = fill(Path(folder) / "mine.db", "mine", given.samples, given.runs)
        other = fill(Path(folder) / "other.db", "other", given.samples, given.runs)
        db.open_catalog(mine).close()
        print(f"each {mine.stat().st_size / 1e6:,.0f} MB")
        print("| merge | came | wall s | CPU s, worker included | a sample of the worker, median ms | longest ms |")
        print("|---|---|---:|---:|---:|---:|")
        measured("all new", mine, other)
        measured("nothing new", mine, other)
        with closing(sqlite3.connect(other, isolation_level=None)) as conn:
            conn.execute(_SCORE, ("exact/2", moment(60)))
        measured("graded again there", mine, other)


if __name__ == "__main__":
    main()
