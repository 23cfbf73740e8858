"""Watch a run from anywhere: the catalog is looked at a few times a second, the worker is never asked."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator

from aa_tui.catalog import runs
from aa_tui.catalog.rows import RunRow
from aa_tui.runs.launch import settle_orphans

LOOK_EVERY_S = 0.2
CHECK_WORKER_EVERY_S = 2.0


def follow(conn: sqlite3.Connection, run_id: int) -> Iterator[RunRow]:
    """The run now, after each change and every two seconds, until it has ended. Raises `UnknownRunError`."""
    run = runs.get(conn, run_id)
    yield run
    version, checked_at = runs.data_version(conn), time.monotonic()
    while run.is_live:
        time.sleep(LOOK_EVERY_S)
        now = time.monotonic()
        if now - checked_at >= CHECK_WORKER_EVERY_S:
            checked_at = now
            settle_orphans(conn)
            due = True  # a worker that says nothing is news too
        else:
            due = False
        seen = runs.data_version(conn)
        if seen != version or due:
            version = seen
            run = runs.get(conn, run_id)
            yield run
