"""Runs: what was and is measured on this machine."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Container, VerticalScroll
from textual.message import Message

from aa_tui.tui.parts import Fitted
from aa_tui.tui.run_detail import run_detail
from aa_tui.tui.run_list import FIXED, MOVING, Entry, RunList
from aa_tui.tui.table import Table

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from aa_tui.catalog.rows import RunRow
    from aa_tui.tui.store import Store

EMPTY = "Nothing was measured yet: open a model and press b."


class RunsView(Container):
    """The newest run first; below or beside it all about the one under the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,backspace", "back", "Back"),
        Binding("x", "stop", "Stop"),
    ]

    class Left(Message):
        """Back to where it was opened from."""

    class Chosen(Message):
        """The page of the run's model is wanted."""

        def __init__(self, slug: str) -> None:
            super().__init__()
            self.slug = slug

    class StopWanted(Message):
        """A live run is to be stopped."""

        def __init__(self, run: RunRow) -> None:
            super().__init__()
            self.run = run

    def __init__(self, store: Store) -> None:
        super().__init__(id="runs")
        self.runs = RunList(store)
        self.runs.refresh()
        self._selected: int | None = None

    def compose(self) -> ComposeResult:
        """The table and the details."""
        yield Table(self.runs, EMPTY, id="runs-table")
        with VerticalScroll(id="run-detail"):
            yield Fitted(id="run-text")

    def on_mount(self) -> None:
        """Show the newest run."""
        self.table.set_columns(FIXED, MOVING)
        self._show_detail()

    @property
    def table(self) -> Table[Entry]:
        """The runs."""
        return self.query_one("#runs-table", Table)

    @property
    def current(self) -> RunRow | None:
        """The run under the cursor."""
        entry = self.runs.row(self.table.cursor) if len(self.runs) else None
        return entry.run if entry else None

    def take_focus(self) -> None:
        """The table gets the keys."""
        self.table.focus()

    def refresh_rows(self) -> None:
        """The catalog has changed; the cursor stays on its run."""
        before = len(self.runs)
        changed = self.runs.refresh()
        if not changed:
            return
        place = self.runs.index_of(self._selected)
        if before != len(self.runs) or place != self.table.cursor:
            self.table.reload(place or 0)
        else:
            for index in changed:
                self.table.refresh_row(index)
        self._show_detail()

    def select(self, run_id: int) -> None:
        """Put the cursor on a run."""
        place = self.runs.index_of(run_id)
        if place is not None:
            self.table.move_to(place)

    def _show_detail(self) -> None:
        run = self.current
        self._selected = run.id if run else None
        text = self.query_one("#run-text", Fitted)
        self.query_one("#run-detail").display = run is not None
        if run is not None:
            result, samples = self.runs.details(run)
            text.show(partial(run_detail, run, result, samples))

    def on_table_moved(self, message: Table.Moved) -> None:
        """Another run under the cursor."""
        message.stop()
        self._show_detail()

    def on_table_opened(self, message: Table.Opened) -> None:
        """Open the model's page."""
        message.stop()
        run = self.current
        if run and run.slug:
            self.post_message(self.Chosen(run.slug))

    def action_back(self) -> None:
        """One step back."""
        self.post_message(self.Left())

    def action_stop(self) -> None:
        """Stop the run under the cursor, if it goes on."""
        run = self.current
        if run is not None and run.is_live:
            self.post_message(self.StopWanted(run))
        else:
            self.app.bell()
