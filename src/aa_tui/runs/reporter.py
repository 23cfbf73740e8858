"""What a worker tells of itself and hears from others, from a thread of its own with a connection of its own.

Twice a second it publishes the live row and looks for what is asked, so that nothing of that happens while a test is
being clocked. A catalog that is locked or a disk that is full only delays it, and whatever else fails in it is said
in the log: a worker whose reporter had died would be deaf.

A catalog that is no longer at its path is seen here as well: the worker stops, saves what it has, and ends, so that it
holds up nobody who works with the new one.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

from aa_tui.catalog import life, rescue, telemetry
from aa_tui.catalog.connection import file_at
from aa_tui.catalog.db import CatalogFile, CatalogGoneError, open_again, set_patience, set_synchronous
from aa_tui.catalog.rows import EndedBy, LiveSlot
from aa_tui.catalog.telemetry import MachineState
from aa_tui.runs.log import say

PUBLISH_EVERY_S = 0.5
LOOK_AT_MACHINE_EVERY_S = 5.0
ASKED_EVERY_S = 0.1
"""While somebody waits for an answer, and for what it is."""

BEAT_EVERY_S = 5.0
"""Said again after so long even when there is nothing new: a sign of life."""

PATIENCE_MS = 1_000
"""Waits no longer for a writer: what is asked of the worker is to be heard meanwhile."""

GONE_S = 1.5
"""A catalog that is missed for so long is gone: a copy that is put in its place is not there for a moment."""

END_WITHIN_S = 15.0
"""A worker without a catalog that has not ended by itself by then, since it loads or clocks, say, is ended."""


@dataclass(frozen=True, slots=True)
class News:
    """The live row: how far (0 to 1), what goes on, figures of now, what each slot writes."""

    fraction: float
    text: str
    live: dict[str, Any] = field(default_factory=dict)
    slots: tuple[LiveSlot, ...] | None = None


class Reporter:
    """Publishes the live row, notes the machine's state and watches for what is asked of the worker."""

    def __init__(
        self,
        catalog_path: Path,
        run_id: int,
        look_at_machine: Callable[[], MachineState] | None = None,
        file: CatalogFile | None = None,
        *,
        every_s: float = PUBLISH_EVERY_S,
        notes_machine: bool = True,
    ) -> None:
        """Without `notes_machine` the machine's state is looked at for the run's conditions, and is no figure of it."""
        self._file = file or file_at(catalog_path) or CatalogFile(catalog_path, 0, 0)
        self._run_id = run_id
        self._look = look_at_machine
        self._every_s = every_s
        self._latest: Callable[[], News] | News = News(0.0, "starting")
        self._done = threading.Event()
        self._notes_machine = notes_machine
        self._stopped = False  # no Event: a signal's handler that sets one may wait for itself
        self._failures: set[str] = set()
        self._n_missed = 0
        self._lost_at: float | None = None
        self.control: str | None = None
        self.skip: str | None = None
        self.machine: MachineState | None = None
        self._look_at_file: Callable[[], str | None] = lambda: None
        self.stop_reason = "stopped by the user"
        self.stopped_by: EndedBy = "user"
        self._published: News | None = None
        self._published_at = self._looked_at = float("-inf")
        self._thread = threading.Thread(target=self._loop, name="reporter", daemon=True)

    def __enter__(self) -> Reporter:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def tell(self, fraction: float, text: str) -> None:
        """What to publish next. Costs one assignment."""
        self._latest = News(fraction, text)

    def tell_from(self, news: Callable[[], News]) -> None:
        """Ask here, from the reporter's thread, whenever something is to be published."""
        self._latest = news

    def guard(self, look: Callable[[], str | None]) -> None:
        """Look here, too, whether the file that is measured is still what it was; stop where it says why not."""
        self._look_at_file = look

    def should_stop(self) -> bool:
        """Whether to stop as soon as possible."""
        return self._stopped

    @property
    def is_lost(self) -> bool:
        """Whether the catalog is gone: nobody will ever look at what is written into it."""
        return self._lost_at is not None

    def loading(self, part: float) -> bool:
        """How far a file is loaded (0 to 1). False when that is to be given up."""
        self.tell(0.0, f"loading {part:.0%}")
        return not self._stopped

    def stop(self, reason: str, by: EndedBy) -> None:
        """Stop for a reason of our own. May be called from a signal's handler."""
        self.stop_reason, self.stopped_by = reason, by
        self._stopped = True

    def _loop(self) -> None:
        while not self._done.is_set():
            with self._surviving(), closing(open_again(self._file)) as conn:
                set_patience(conn, PATIENCE_MS)
                set_synchronous(conn, "NORMAL")  # the live row need not survive a power cut
                self._report(conn)
            self._see_whether_it_is_there(None)
            self._done.wait(self._every_s)

    def _report(self, conn: sqlite3.Connection) -> None:
        while not self._done.wait(self._every_s):
            self._see_whether_it_is_there(conn)
            for part in (self._guard, self._hear, self._publish, self._look_at_machine):
                with self._surviving():
                    part(conn)

    @contextmanager
    def _surviving(self) -> Iterator[None]:
        """What fails is tried again in the next round. A full disk and a lock are nothing special."""
        try:
            yield
        except (sqlite3.OperationalError, CatalogGoneError):
            self._published = None
        except Exception as error:  # noqa: BLE001  # nobody else would see it, and the worker must go on being told
            words = f"the reporter met {type(error).__name__}: {error}"
            if words not in self._failures:
                self._failures.add(words)
                say(words)

    def _guard(self, _conn: sqlite3.Connection) -> None:
        why = self._look_at_file()
        if why is not None and not self._stopped:
            self.stop(why, "failure")

    def _see_whether_it_is_there(self, conn: sqlite3.Connection | None) -> None:
        fate = self._file.fate()
        self._n_missed = 0 if fate is None else self._n_missed + 1
        if self._n_missed * self._every_s >= GONE_S and self._lost_at is None:
            self._lost_at = monotonic()
            self.stop(f"its catalog {self._file.path} was {fate}", "system")
            say(f"The catalog {self._file.path} was {fate} while run {self._run_id} was at work: it stops.")
        if self._lost_at is not None and monotonic() - self._lost_at > END_WITHIN_S:
            if conn is not None:
                save(conn)
            os._exit(1)

    def _hear(self, conn: sqlite3.Connection) -> None:
        self.control, self.skip = life.control_of(conn, self._run_id)
        if self.control == "stop":
            self._stopped = True

    def _publish(self, conn: sqlite3.Connection) -> None:
        latest, now = self._latest, monotonic()
        news = latest if isinstance(latest, News) else latest()
        if news != self._published or now - self._published_at >= BEAT_EVERY_S:
            life.set_progress(conn, self._run_id, news.fraction, news.text, live=news.live or None, slots=news.slots)
            self._published, self._published_at = news, now

    def _look_at_machine(self, conn: sqlite3.Connection) -> None:
        if self._look is None or monotonic() - self._looked_at < LOOK_AT_MACHINE_EVERY_S:
            return
        self._looked_at = monotonic()
        self.machine = self._look()
        if self._notes_machine:
            telemetry.add(conn, self._run_id, self.machine)


def save(conn: sqlite3.Connection) -> None:
    """Keep a copy of a catalog that is gone from its path but still open here, and say where."""
    kept = rescue.keep_copy(conn)
    say(f"What it held until then is in {kept}." if kept else "There is no folder left to keep what it held in.")
