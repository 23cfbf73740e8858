"""The app's way to the catalog: one connection for the event loop's small reads, fresh ones for threads."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, TypeVar

from aa_tui.catalog import db, models, runs
from aa_tui.catalog.db import CatalogError
from aa_tui.tui.core import heap

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
        self._gone: str | None = None
        self._failed: tuple[str, str] | None = None
        self._conn = self._open()
        db.set_patience(self._conn, PATIENCE_MS)

    def _open(self) -> sqlite3.Connection:
        conn = db.open_best(self.path)
        db.set_cache(conn, CACHE_KIB)
        return conn

    def close(self) -> None:
        """Let go of the catalog."""
        self._conn.close()

    @property
    def trouble(self) -> str | None:
        """What is wrong with the catalog just now, in a sentence."""
        return self._gone or (self._failed[1] if self._failed else None)

    @property
    def reads_only(self) -> bool:
        """Whether nothing can be noted here."""
        return db.reads_only(self._conn)

    def look_after(self) -> bool:
        """See whether the catalog still lies where it was opened. True where another, in its place, is open now."""
        file = db.file_of(self._conn)
        fate = None if file is None else file.fate()
        if fate is None:
            self._gone = None
            return False
        self._gone = f"The catalog {self.path} was {fate}: what is shown is what it held."
        if not self.path.exists():
            return False
        try:
            anew = self._open()
        except CatalogError as error:
            self._gone = str(error)
            return False
        db.set_patience(anew, PATIENCE_MS)
        self._conn.close()
        self._conn, self._gone = anew, None
        return True

    def read(self, query: Callable[[sqlite3.Connection], T], default: T) -> T:
        """The query's answer, or the default when the catalog cannot be read just now."""
        try:
            answer = query(self._conn)
        except Exception as error:
            words = self.blame(error)
            if words is None:
                raise
            self._failed = (repr(error), words)
            return default
        self._failed = None
        return answer

    def blame(self, error: Exception) -> str | None:
        """The sentence for an error that the catalog is to blame for; None for a fault of ours."""
        if self._failed and self._failed[0] == repr(error):  # looked at already
            return self._failed[1]
        return db.blame(self.path, error)

    def in_thread(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """For worker threads: the same on a connection of its own, for reading and writing.

        Raises:
            CatalogError: the catalog cannot be opened, or not be read or written.
        """
        if self._gone:  # a new one is made by whoever starts again, not by the way
            raise CatalogError(self._gone)
        try:
            with db.telling(self.path), closing(self._open()) as conn:
                return work(conn)
        finally:
            heap.forget_lines()
            heap.give_back()

    def data_version(self) -> int:
        """A number that changes when another process has changed the catalog; -1 when it cannot be read."""
        return self.read(runs.data_version, -1)

    def content_mark(self) -> tuple[object, ...]:
        """Changes when the leaderboard may read differently: a figure has landed, or facts were loaded."""
        return self.read(models.change_token, ())
