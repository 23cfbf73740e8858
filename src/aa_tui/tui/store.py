"""The app's way to the catalog: one connection for the event loop's small reads, fresh ones for threads."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, TypeVar

from aa_tui.catalog import db, models, runs
from aa_tui.catalog.db import CatalogError
from aa_tui.tui import heap

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

T = TypeVar("T")

PATIENCE_MS = 100
"""How long the event loop waits for a writer before it goes on with what it has."""

CACHE_KIB = 256
"""What the system has of the file in its cache is as good, and is nobody's memory."""

RECENT_RUNS = 200
"""How many of the newest runs are shown."""


class Store:
    """Reads that never raise for a catalog in trouble: they give a default, and `trouble` says what is wrong."""

    def __init__(self, path: Path) -> None:
        """Open the catalog. Raises `CatalogError`."""
        self.path = path
        self.trouble: str | None = None
        self._conn = self._open()
        db.set_patience(self._conn, PATIENCE_MS)

    def _open(self) -> sqlite3.Connection:
        conn = db.open_best(self.path)
        db.set_cache(conn, CACHE_KIB)
        return conn

    def close(self) -> None:
        """Let go of the catalog."""
        self._conn.close()

    def read(self, query: Callable[[sqlite3.Connection], T], default: T) -> T:
        """The query's answer, or the default when the catalog cannot be read just now."""
        try:
            answer = query(self._conn)
        except sqlite3.Error as error:
            self.trouble = f"The catalog cannot be read just now ({error}); what is shown may be old."
            return default
        self.trouble = None
        return answer

    def in_thread(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """For worker threads: the same on a connection of its own, for reading and writing.

        Raises:
            CatalogError: the catalog cannot be opened, or not be read or written.
        """
        try:
            with closing(self._open()) as conn:
                return work(conn)
        except sqlite3.Error as error:
            raise CatalogError(f"The catalog cannot be used just now ({error}); try again.") from error
        finally:
            heap.forget_lines()
            heap.give_back()

    def data_version(self) -> int:
        """A number that changes when another process has changed the catalog; -1 when it cannot be read."""
        return self.read(runs.data_version, -1)

    def content_mark(self) -> tuple[object, ...]:
        """Changes when the leaderboard may read differently: a figure has landed, or facts were loaded."""
        return self.read(models.change_token, ())
