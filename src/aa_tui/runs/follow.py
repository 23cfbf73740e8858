"""Watch a run from anywhere: the catalog is looked at a few times a second, the worker is never asked."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator

from aa_tui.catalog import runs
from aa_tui.catalog.db import check_there, reads_only
from aa_tui.catalog.rows import RunRow
from aa_tui.runs.launch import settle_orphans

LOOK_EVERY_S = 0.2
CHECK_WORKER_EVERY_S = 2.0


def follow(conn: sqlite3.Connection, run_id: int, every_s: float = LOOK_EVERY_S) -> Iterator[RunRow]:
    """The run now, after each change and every two seconds, until it has ended; looked at every so many seconds.

    Raises `UnknownRunError`, and CatalogGoneError where the catalog is deleted or replaced meanwhile.
    """
    run = runs.get(conn, run_id)
    yield run
    version, checked_at = runs.data_version(conn), time.monotonic()
    while run.is_live:
        time.sleep(every_s)
        now = time.monotonic()
        if now - checked_at >= CHECK_WORKER_EVERY_S:
            checked_at = now
            if run_id in settle_orphans(conn) and reads_only(conn):
                return
            due = True  # a worker that says nothing is news too
        else:
            due = False
        seen = runs.data_version(conn)
        if seen != version or due:
            version = seen
            check_there(conn)  # its worker may have noted its end in a file that is deleted
            run = runs.get(conn, run_id)
            yield run
