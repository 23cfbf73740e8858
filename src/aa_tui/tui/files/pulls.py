"""Downloads that are running while one looks at something else: one at a time, on a thread of the app."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aa_tui.analysis import display
from aa_tui.errors import AATuiError
from aa_tui.tui.core.news import Pulled
from aa_tui.tui.widgets.parts import styled
from aa_tui.tui.widgets.running import progress_bar

if TYPE_CHECKING:
    import sqlite3

    from textual.content import Content

    from aa_tui.gguf.hub import HubFile
    from aa_tui.library.pulling import Offers
    from aa_tui.tui.core.view import View

SHOW_EVERY_S = 0.5
POINTS = 20


@dataclass(frozen=True, slots=True)
class Transfer:
    """How far a download is; `per_s` is None until that is known."""

    name: str
    what: str = "asking the Hub"
    done: int = 0
    total: int = 0
    per_s: float | None = None

    def line(self, width: int) -> Content:
        """It in one line."""
        fraction = self.done / self.total if self.total else 0.0
        rate = ""
        if self.per_s and self.what == "downloading":
            left = round((self.total - self.done) / self.per_s)
            rate = f"  {display.size_bytes(round(self.per_s))}/s, {left // 60}:{left % 60:02d} left"
        sizes = f"  {display.size_bytes(self.done)} of {display.size_bytes(self.total)}" if self.total else ""
        shown = styled(
            ("▶ ", "accent"), f"{self.name}  ", *progress_bar(fraction, 16), (f"  {self.what}{sizes}{rate}", "dim")
        )
        return shown.truncate(max(1, width), ellipsis=True)


class Pulls:
    """The download that is running. `changed` is called on the app's own thread."""

    def __init__(self, view: View, changed: Callable[[], None], ended: Callable[[Pulled], None]) -> None:
        self._view = view
        self._changed = changed
        self._ended = ended
        self._model_id: int | None = None
        self._stop = threading.Event()
        self._points: list[tuple[float, int]] = []
        self.now: Transfer | None = None

    def begin(self, offered: Offers, file: HubFile) -> bool:
        """Start one. False when another is running."""
        if self.now is not None:
            return False
        self.now = Transfer(file.file.rpartition("/")[2])
        self._model_id = offered.model_id
        self._stop.clear()
        self._points = []
        self._changed()
        self._view.run_worker(lambda: self._work(offered, file), thread=True, group="pull", exit_on_error=False)
        return True

    @property
    def moved(self) -> Pulled:
        """How far it is, for other screens."""
        return Pulled(self.now.line if self.now is not None else None, self._model_id)

    def stop(self) -> None:
        """Stop it; what was downloaded is kept."""
        self._stop.set()

    def _work(self, offered: Offers, file: HubFile) -> None:
        """In a thread: download, check, note in the catalog."""
        from aa_tui.gguf.download import CancelledError
        from aa_tui.gguf.hub import hub_here
        from aa_tui.library import pulling

        words, bad = f"{file.file.rpartition('/')[2]} is here, complete and checked.", False
        arrived = True
        try:
            got = pulling.fetch(hub_here(), file, on_progress=self._told, is_cancelled=self._stop.is_set)

            def note(conn: sqlite3.Connection) -> None:
                pulling.note(conn, offered, file, got)

            self._view.host.store.in_thread(note)
        except CancelledError:
            arrived = False
            words = "The download was stopped; what came is kept, and p resumes it."
        except (AATuiError, OSError) as error:
            words, bad, arrived = str(error), True, False
        if self._view.app.is_running:
            self._view.app.call_from_thread(self._end, words, bad, arrived)

    def _told(self, done: int, total: int, what: str) -> None:
        now = time.monotonic()
        if self.now is None or (self._points and now - self._points[-1][0] < SHOW_EVERY_S and done < total):
            return
        if what != self.now.what:
            self._points = []
        self._points = [*self._points[-POINTS:], (now, done)]
        seconds, n_bytes = now - self._points[0][0], done - self._points[0][1]
        per_s = n_bytes / seconds if seconds > 0 and n_bytes > 0 else None
        self.now = Transfer(self.now.name, what, done, total, per_s)
        if self._view.app.is_running and not self._stop.is_set():
            self._view.app.call_from_thread(self._changed)

    def _end(self, words: str, bad: bool, arrived: bool) -> None:
        self.now = None
        self._view.host.toast(words, bad=bad)
        self._ended(Pulled(None, self._model_id, arrived))
