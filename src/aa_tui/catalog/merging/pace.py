"""Short transactions with pauses between them, so that others get their turn."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager

from aa_tui.catalog.transaction import transaction

PAUSE_SHARE, LEAST_PAUSE_S = 0.2, 0.001
"""SQLite has no queue: who waits looks again every 100 ms, and would find a merge at work each time for as long as it
takes. With a pause of a fifth nobody waits for 150 looks, after which he gives up, but once in 10^12."""


@contextmanager
def brief(conn: sqlite3.Connection) -> Iterator[None]:
    """A transaction, and a pause behind it."""
    began = time.monotonic()
    with transaction(conn):
        yield
    time.sleep(max(LEAST_PAUSE_S, PAUSE_SHARE * (time.monotonic() - began)))
