"""What a sync costs, and how long it holds up whoever reads or writes the catalog meanwhile.

Usage: python -m tests.bench.sync FOLDER [--rounds 5]
The folder has recorded answers: `aa_api_llms.json` and `models_dev_api.json`. They are served on the loopback; each
round is the program itself on a fresh catalog, beside one who reads the leaderboard and one who writes as workers do.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.source_server import Reply, SourceServer

from aa_tui.catalog import db, models
from aa_tui.catalog.transaction import transaction


@dataclass
class Waits:
    """The longest that one of many takes, in seconds."""

    longest_s: float = 0.0
    n: int = 0
    failed: list[str] = field(default_factory=list)

    def clock(self, work: Callable[[], object]) -> None:
        """Do it once."""
        began = time.perf_counter()
        work()
        self.longest_s, self.n = max(self.longest_s, time.perf_counter() - began), self.n + 1


@dataclass
class Round:
    """One round: seconds on the clock and of a core, peak memory, and the waits."""

    wall_s: float
    cpu_s: float
    peak_bytes: int
    reads: Waits
    writes: Waits


def one_round(url: str) -> Round:
    """A fresh catalog, and the program in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "catalog.db"
        db.open_catalog(path).close()
        done = threading.Event()
        reads, writes = Waits(), Waits()

        def read() -> None:
            with closing(db.open_readonly(path)) as conn:
                while not done.wait(0.01):
                    reads.clock(lambda: models.list_models(conn, limit=40))

        def write() -> None:
            with closing(db.open_catalog(path)) as conn:
                while not done.wait(0.02):
                    writes.clock(lambda: _note(conn))

        threads = [threading.Thread(target=work) for work in (read, write)]
        for one in threads:
            one.start()
        environment = {
            **os.environ,
            "AA_TUI_HOME": folder,
            "AA_API_KEY": "none",
            "AA_TUI_SOURCE_ARTIFICIAL_ANALYSIS": url,
            "AA_TUI_SOURCE_MODELS_DEV": url,
        }
        command = [sys.executable, "-m", "aa_tui", "sync", "artificial-analysis", "models.dev", "--json"]
        with Path(os.devnull).open("w") as null:
            began = time.perf_counter()
            to_null = [(os.POSIX_SPAWN_DUP2, null.fileno(), 1)]
            child = os.posix_spawn(sys.executable, command, environment, file_actions=to_null)
            _, status, used = os.wait4(child, 0)
            wall_s = time.perf_counter() - began
        done.set()
        for one in threads:
            one.join()
        if status:
            raise SystemExit(f"the sync failed: {os.waitstatus_to_exitcode(status)}")
        return Round(wall_s, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024, reads, writes)


def _note(conn: sqlite3.Connection) -> None:
    with transaction(conn):
        conn.execute("INSERT INTO meta VALUES ('bench', '1') ON CONFLICT (key) DO UPDATE SET value = value + 1")


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    server = SourceServer()
    answers = {"/api/v2/data/llms/models": "aa_api_llms.json", "/api.json": "models_dev_api.json"}
    for path, name in answers.items():
        server.replies[path] = Reply((options.folder / name).read_bytes())
    rounds = [one_round(server.url) for _ in range(options.rounds)]
    server.close()
    print("| measure | median | by round |\n|---|---:|---|")
    table: list[tuple[str, Callable[[Round], float], str]] = [
        ("seconds", lambda one: one.wall_s, "{:.2f}"),
        ("of a core, s", lambda one: one.cpu_s, "{:.2f}"),
        ("peak memory, MB", lambda one: one.peak_bytes / 1e6, "{:.0f}"),
        ("longest read of the leaderboard meanwhile, ms", lambda one: 1e3 * one.reads.longest_s, "{:.0f}"),
        ("longest write meanwhile, ms", lambda one: 1e3 * one.writes.longest_s, "{:.0f}"),
    ]
    for name, of, shown in table:
        values = [of(one) for one in rounds]
        print(f"| {name} | {shown.format(statistics.median(values))} | {', '.join(map(shown.format, values))} |")


if __name__ == "__main__":
    main()
