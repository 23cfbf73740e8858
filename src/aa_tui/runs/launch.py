"""Start a run's worker, and find runs whose worker is gone."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

from aa_tui.catalog import runs
from aa_tui.catalog.clock import seconds_since
from aa_tui.catalog.rows import RunRow
from aa_tui.textsafe import clean

START_GRACE_S = 60.0
"""How long a queued run may be without a worker before it counts as never started."""

LOG_TAIL_LINES = 3


def start(catalog_path: Path, conn: sqlite3.Connection, run_id: int) -> None:
    """Start the worker of a queued run, in a session of its own: it outlives this process and its terminal.

    What the worker and llama.cpp say goes to a log beside the catalog.
    """
    log_path = catalog_path.absolute().parent / "logs" / f"run-{run_id}.log"
    log_path.parent.mkdir(parents=True, exist_ok=True)
    runs.set_log_path(conn, run_id, str(log_path))
    command = [sys.executable, "-m", "aa_tui.runs.worker", str(catalog_path.absolute()), str(run_id)]
    with log_path.open("ab") as log:
        # The worker forks once and its first process ends at once, so nothing is left to wait for.
        subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            check=False,
            timeout=60,
        )


def settle_orphans(conn: sqlite3.Connection) -> list[int]:
    """End the runs whose worker died without a word, naming its last ones. Returns their numbers."""
    gone = [run for run in runs.live_runs(conn) if not _has_worker(run)]
    for run in gone:
        runs.end(conn, run.id, "failed", _last_words(run))
    return [run.id for run in gone]


def _has_worker(run: RunRow) -> bool:
    if run.pid is None:
        return abs(seconds_since(run.created_at)) < START_GRACE_S
    import psutil

    try:
        process = psutil.Process(run.pid)
        same = run.pid_started_at is None or abs(process.create_time() - run.pid_started_at) < 1.0
        return same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True


def _last_words(run: RunRow) -> str:
    """Why a worker may have gone, from the end of its log."""
    tail = ""
    if run.log_path and Path(run.log_path).exists():
        lines = Path(run.log_path).read_bytes()[-4096:].decode("utf-8", "replace").splitlines()
        tail = " / ".join(line for line in map(str.strip, map(clean, lines)) if line)
        tail = " / ".join(tail.split(" / ")[-LOG_TAIL_LINES:])
    if run.pid is None:
        return f"Its worker never started{f': {tail}' if tail else ''}."
    said = f" Its last words: {tail}" if tail else " It may have been killed, or llama.cpp may have aborted."
    return f"The worker ended without finishing; what was measured until then is kept.{said}"
