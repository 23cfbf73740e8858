"""What a worker tells of itself and hears from others, from a thread of its own with a connection of its own.

Twice a second it publishes the live row and looks for what is asked, so that nothing of that happens while a test is
being clocked. A catalog that is locked or a disk that is full only delays it, and whatever else fails in it is said
in the log: a worker whose reporter had died would be deaf.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

from aa_tui.catalog import life, telemetry
from aa_tui.catalog.db import open_catalog, set_patience
from aa_tui.catalog.rows import LiveSlot
from aa_tui.catalog.telemetry import MachineState
from aa_tui.runs.log import say

PUBLISH_EVERY_S = 0.5
LOOK_AT_MACHINE_EVERY_S = 5.0
BEAT_EVERY_S = 5.0
"""Said again after so long even when there is nothing new: a sign of life."""

PATIENCE_MS = 1_000
"""Waits no longer for a writer: what is asked of the worker is to be heard meanwhile."""


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
    ) -> None:
        self._path = catalog_path
        self._run_id = run_id
        self._look = look_at_machine
        self._latest: Callable[[], News] | News = News(0.0, "starting")
        self._done = threading.Event()
        self._stopped = False  # no Event: a signal's handler that sets one may wait for itself
        self._failures: set[str] = set()
        self.control: str | None = None
        self.skip: str | None = None
        self.machine: MachineState | None = None
        self.stop_reason = "stopped by the user"
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

    def should_stop(self) -> bool:
        """Whether to stop as soon as possible."""
        return self._stopped

    def loading(self, part: float) -> bool:
        """How far a file is loaded (0 to 1). False when that is to be given up."""
        self.tell(0.0, f"loading {part:.0%}")
        return not self._stopped

    def stop(self, reason: str) -> None:
        """Stop for a reason of our own. May be called from a signal's handler."""
        self.stop_reason = reason
        self._stopped = True

    def _loop(self) -> None:
        while not self._done.is_set():
            with self._surviving(), closing(open_catalog(self._path)) as conn:
                set_patience(conn, PATIENCE_MS)
                conn.execute("PRAGMA synchronous = NORMAL")  # the live row need not survive a power cut
                self._report(conn)
            self._done.wait(PUBLISH_EVERY_S)

    def _report(self, conn: sqlite3.Connection) -> None:
        while not self._done.wait(PUBLISH_EVERY_S):
            for part in (self._hear, self._publish, self._look_at_machine):
                with self._surviving():
                    part(conn)

    @contextmanager
    def _surviving(self) -> Iterator[None]:
        """What fails is tried again in the next round. A full disk and a lock are nothing special."""
        try:
            yield
        except sqlite3.OperationalError:
            self._published = None
        except Exception as error:  # noqa: BLE001  # nobody else would see it, and the worker must go on being told
            words = f"the reporter met {type(error).__name__}: {error}"
            if words not in self._failures:
                self._failures.add(words)
                say(words)

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
        telemetry.add(conn, self._run_id, self.machine)
