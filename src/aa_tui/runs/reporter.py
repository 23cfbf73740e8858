"""What a worker tells of itself and hears from others, from a thread of its own with a connection of its own.

Twice a second it publishes the live row and looks for what is asked, so that nothing of that happens while a test is
being clocked. A catalog that is locked or a disk that is full only delays it.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

from aa_tui.catalog import life, telemetry
from aa_tui.catalog.db import open_catalog
from aa_tui.catalog.rows import LiveSlot
from aa_tui.catalog.telemetry import MachineState

PUBLISH_EVERY_S = 0.5
LOOK_AT_MACHINE_EVERY_S = 5.0


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
        self._stop = threading.Event()
        self.control: str | None = None
        self.skip: str | None = None
        self.machine: MachineState | None = None
        self.stop_reason = "stopped by the user"
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
        return self._stop.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait so long at most; whether to stop as soon as possible."""
        return self._stop.wait(seconds)

    def stop(self, reason: str) -> None:
        """Stop for a reason of our own."""
        self.stop_reason = reason
        self._stop.set()

    def _loop(self) -> None:
        looked_at = float("-inf")
        with closing(open_catalog(self._path)) as conn:
            published: object = None
            while not self._done.wait(PUBLISH_EVERY_S):
                try:
                    self._hear(conn)
                    published = self._publish(conn, published)
                    if self._look is not None and monotonic() - looked_at >= LOOK_AT_MACHINE_EVERY_S:
                        looked_at = monotonic()
                        self.machine = self._look()
                        telemetry.add(conn, self._run_id, self.machine)
                except sqlite3.OperationalError:  # locked or the disk is full: the next round tries again
                    published = None

    def _hear(self, conn: sqlite3.Connection) -> None:
        self.control, self.skip = life.control_of(conn, self._run_id)
        if self.control == "stop":
            self._stop.set()

    def _publish(self, conn: sqlite3.Connection, published: object) -> object:
        latest = self._latest
        news = latest if isinstance(latest, News) else latest()
        if news != published:
            life.set_progress(conn, self._run_id, news.fraction, news.text, live=news.live or None, slots=news.slots)
        return news
