"""Start a probe of a file: against its baseline, against another probe, or as a new baseline."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical

from aa_tui.tui.start.dialog import Progress, StartDialog
from aa_tui.tui.widgets.dialogs import LABEL, NOTE, Option
from aa_tui.tui.widgets.listing import Listing, ListTable
from aa_tui.tui.widgets.parts import Fitted, Line, styled
from aa_tui.tui.widgets.rows import ListRows
from aa_tui.tui.widgets.table import Table

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from aa_tui.tui.core.store import Store

_USUAL, _PIN = "usual", "pin"
_MOST = 8
"""Rows that are shown at once."""


class WatchDialog(StartDialog[int]):
    """What a probe of the file is compared with. Closes with the run's number once its worker has been started."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "close", "Close")]

    def __init__(self, store: Store, path: str, name: str, model: str | None) -> None:
        super().__init__(store)
        self._path, self._file_name, self._model = path, name, model
        nothing: list[Option] = []
        probes = store.read(_probes, nothing)
        self._options = [
            Option(_USUAL, "Compare with its baseline", "the first probe of a file is pinned as that"),
            Option(_PIN, "Pin a new baseline", "later probes are compared with this one"),
            *probes,
        ]

    def compose(self) -> ComposeResult:
        """The choices, and a line for what is wrong."""
        with Vertical(classes="dialog"):
            yield Line(styled("Has ", (self._file_name, "strong"), " become slower, or does it answer otherwise?"))
            yield Listing(ListTable(ListRows(self._options), "", inset=0, id="files"))
            yield Line(styled(("It takes up to 5 minutes or so; the finding is on the run's page.", "dim")))
            yield Fitted(id="trouble")
            yield Line(styled(("Enter", "key"), " start   ", ("Esc", "key"), " close"))

    def on_mount(self) -> None:
        """Stand on the usual one."""
        table = self.query_one("#files", ListTable)
        table.styles.height = min(len(self._options) + 1, _MOST)
        table.set_columns(LABEL, NOTE)
        table.focus()

    def on_table_opened(self, message: Table.Opened) -> None:
        """Begin."""
        message.stop()
        index = self.query_one("#files", ListTable).index
        if index is None:
            return
        chosen = self._options[index].key
        self._warn({})

        def prepare(conn: sqlite3.Connection, progress: Progress) -> int:
            from aa_tui.actions import studies

            return studies.watch(
                conn,
                self._path,
                model=self._model,
                baseline=None if chosen in (_USUAL, _PIN) else int(chosen),
                pin=chosen == _PIN,
                on_progress=progress,
            )

        self._start(prepare)


def _probes(conn: sqlite3.Connection) -> list[Option]:
    """The finished probes of this machine to compare with, the newest first."""
    from aa_tui.runs.studies.probe_plan import finished_here

    found = reversed(finished_here(conn))
    return [
        Option(str(run.id), f"Compare with run {run.id}", f"{run.file.shown_name}, {(run.ended_at or '')[:10]}")
        for run in found
    ]
