"""Start a probe of a file: against its baseline, against another probe, or as a new baseline."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from typing import TYPE_CHECKING

from aa_tui.tui.start.dialog import Progress
from aa_tui.tui.start.form_dialog import FramedDialog
from aa_tui.tui.widgets.dialogs import LABEL, NOTE, Option
from aa_tui.tui.widgets.listing import Listing, ListTable
from aa_tui.tui.widgets.parts import Fitted, Line, styled, wrapped
from aa_tui.tui.widgets.rows import ListRows
from aa_tui.tui.widgets.table import Table

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from aa_tui.tui.core.store import Store

_USUAL, _PIN = "usual", "pin"
_HOW_LONG = "It takes 4 to 15 minutes of a model of 3B; the finding is on the run's page."
_MOST = 8
"""Rows that are shown at once."""
_NOTE_CELLS = 34
"""Of what is said of a choice: in 80 columns all of it, behind the choice."""


class WatchDialog(FramedDialog):
    """What a probe of the file is compared with."""

    def __init__(self, store: Store, path: str, name: str, model: str | None) -> None:
        super().__init__(store)
        self._path, self._file_name, self._model = path, name, model
        nothing: list[Option] = []
        probes = store.read(_probes, nothing)
        self._options = [
            Option(_USUAL, "Compare with its baseline", "the first probe is pinned as that"),
            Option(_PIN, "Pin a new baseline", "later probes are compared with it"),
            *probes,
        ]

    def body(self) -> ComposeResult:
        """The choices."""
        yield Line(styled("Has ", (self._file_name, "strong"), " become slower, or does it answer otherwise?"))
        yield Listing(ListTable(ListRows(self._options), "", inset=0, id="files"))
        yield Fitted(lambda width: wrapped(styled((_HOW_LONG, "dim")), width))

    def on_mount(self) -> None:
        """Stand on the usual one."""
        table = self.query_one("#files", ListTable)
        table.styles.height = min(len(self._options) + 1, _MOST)
        table.set_columns(LABEL, tuple(replace(column, width=_NOTE_CELLS) for column in NOTE))
        table.focus()

    def on_table_opened(self, message: Table.Opened) -> None:
        """Begin."""
        message.stop()
        index = self.query_one("#files", ListTable).index
        if index is None:
            return
        chosen = self._options[index].key

        def prepare(conn: sqlite3.Connection, progress: Progress) -> int:
            from aa_tui.actions import studies
            from aa_tui.runs.studies.probe_plan import WatchOptions

            baseline = None if chosen in (_USUAL, _PIN) else int(chosen)
            options = WatchOptions(baseline=baseline, pin=chosen == _PIN)
            return studies.watch(conn, self._path, model=self._model, options=options, on_progress=progress)

        self.begin(prepare)


def _probes(conn: sqlite3.Connection) -> list[Option]:
    """The finished probes of this machine to compare with, the newest first."""
    from aa_tui.runs.studies.probe_plan import finished_here

    found = reversed(finished_here(conn))
    return [
        Option(str(run.id), f"Compare with run {run.id}", f"{run.file.shown_name}, {(run.ended_at or '')[:10]}")
        for run in found
    ]
