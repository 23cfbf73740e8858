"""What dialogs that start a run have in common: a file is read and hashed in a thread while the last line tells."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from textual.worker import get_current_worker

from aa_tui.errors import AATuiError
from aa_tui.tui.widgets.dialog import Dialog
from aa_tui.tui.widgets.parts import Fitted, styled, wrapped

if TYPE_CHECKING:
    from aa_tui.tui.core.store import Store

T = TypeVar("T")
Progress = Callable[[int, int], None]
Prepare = Callable[[sqlite3.Connection, Progress], int]
"""Queues a run and starts its worker; gives the run's number. Calls the second argument with bytes done and in all."""


class _Closed(Exception):  # noqa: N818
    """The dialog was closed while a file was being read."""


class StartDialog(Dialog[T | int]):
    """A form with a line `#trouble`. Closes with the run's number once its worker was started, else with None."""

    DOING = "Reading the file…"

    def __init__(self, store: Store) -> None:
        super().__init__()
        self._store = store
        self._busy = False

    def action_close(self) -> None:
        """Nothing is started."""
        self.workers.cancel_node(self)
        self.dismiss(None)

    def _start(self, prepare: Prepare) -> None:
        """Do it, unless it is being done."""
        if self._busy:
            return
        self._busy = True
        self._say(self.DOING, "dim")
        work = partial(self._work, prepare)
        self.run_worker(work, thread=True, exclusive=True, exit_on_error=False, group="prepare")

    def _work(self, prepare: Prepare) -> None:
        """In a thread."""
        worker = get_current_worker()
        shown = -1

        def progress(done: int, total: int) -> None:
            nonlocal shown
            if worker.is_cancelled:
                raise _Closed
            percent = 100 * done // total if total else 100
            if percent >= shown + 5:  # a word for every twentieth is enough
                shown = percent
                self.app.call_from_thread(self._say, f"Reading the file… {percent} %", "dim")

        try:
            run_id = self._store.in_thread(lambda conn: prepare(conn, progress))
        except _Closed:
            return
        except (AATuiError, OSError) as error:
            self.app.call_from_thread(self._failed, str(error))
            return
        if not worker.is_cancelled:
            self.app.call_from_thread(self.dismiss, run_id)

    def _warn(self, settings: Mapping[str, Any]) -> None:
        """Say what one should know before a run starts."""
        from aa_tui.actions.start import cautions

        for words in cautions(self._store.path, rpc=settings.get("rpc", ())):
            self.app.notify(words, severity="warning", timeout=10)

    def _failed(self, words: str) -> None:
        self._busy = False
        self._say(words, "bad")

    def _say(self, words: str, kind: str) -> None:
        self.query_one("#trouble", Fitted).show(lambda width: wrapped(styled((words, kind)), width))
