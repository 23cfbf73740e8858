"""Runs: what was and is measured on this machine, and what can be asked of each run."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import VerticalScroll

from aa_tui.tui import run_requests
from aa_tui.tui.parts import Fitted
from aa_tui.tui.run_detail import run_detail
from aa_tui.tui.run_keys import RunKeys
from aa_tui.tui.run_list import FIXED, MOVING, Entry, RunList
from aa_tui.tui.table import Table

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from aa_tui.catalog.rows import RunRow
    from aa_tui.tui.app import AATuiApp

EMPTY = "Nothing was measured yet: open a model and press b."
MARK = "•"
INSET = 2
"""A margin for the mark."""


class RunsView(RunKeys):
    """The runs, newest first; below or beside it, all about the one under the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("S", "start_waiting", "Start what waits"),
        Binding("space", "mark", "Mark"),
        Binding("u", "unmark", "Unmark"),
        Binding("c", "compare", "Compare"),
        Binding("v", "pairs", "Where two differ"),
    ]

    def __init__(self, app: AATuiApp) -> None:
        super().__init__(app, "runs")
        self.runs = RunList(app.store)
        self.runs.refresh()
        self.marked: list[int] = []
        self._selected: int | None = None

    def compose(self) -> ComposeResult:
        """The table and the details."""
        yield Table(self.runs, EMPTY, inset=INSET, mark=self._mark_of, id="runs-table")
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
    def run_row(self) -> RunRow | None:
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
        self.marked = [run_id for run_id in self.marked if self.runs.index_of(run_id) is not None]
        place = self.runs.index_of(self._selected)
        if before != len(self.runs) or place != self.table.cursor:
            self.table.reload(self.table.cursor if place is None else place)
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
        run = self.run_row
        self._selected = run.id if run else None
        text = self.query_one("#run-text", Fitted)
        self.query_one("#run-detail").display = run is not None
        if run is not None:
            result, samples = self.runs.details(run)
            text.show(partial(run_detail, run, result, samples))

    def _mark_of(self, entry: Entry) -> str:
        return MARK if entry.run.id in self.marked else ""

    def on_table_moved(self, message: Table.Moved) -> None:
        """Another run under the cursor."""
        message.stop()
        self._show_detail()

    async def on_table_opened(self, message: Table.Opened) -> None:
        """Open the run; one whose pilot is done, at its plan."""
        message.stop()
        if run := self.run_row:
            await self._host.views.open_run(run)

    # -- actions

    def action_start_waiting(self) -> None:
        """Start what is planned."""
        run_requests.start_waiting(self._host)

    def action_mark(self) -> None:
        """Mark the run under the cursor, or take its mark away; go on to the next."""
        run = self.run_row
        if run is None:
            self._host.toast(run_requests.NO_RUN)
            return
        self.marked = [one for one in self.marked if one != run.id] if run.id in self.marked else [*self.marked, run.id]
        self.table.refresh_row(self.table.cursor)

    def action_unmark(self) -> None:
        """Take all marks away."""
        self.marked = []
        self.table.refresh()

    async def action_compare(self) -> None:
        """Compare the marked runs."""
        from aa_tui.pages.compare import LEAST, MOST, RUN

        if len(self.marked) < LEAST:
            self._host.toast(f"Mark {LEAST} to {MOST} runs with Space, then c compares them.")
            return
        await self._host.views.compare([f"{RUN}{run_id}" for run_id in self.marked])

    async def action_pairs(self) -> None:
        """The items on which two marked evaluations differ."""
        chosen = [entry.run for run_id in self.marked if (entry := self._entry(run_id)) is not None]
        if len(chosen) != 2:
            self._host.toast("Mark two evaluations with Space; v then shows the items on which they differ.")
        elif not all(run.kind == "eval" for run in chosen):
            self._host.toast("Only evaluations have items; c compares other runs.")
        elif chosen[0].pack != chosen[1].pack:
            self._host.toast(f"They met different items: {chosen[0].pack} and {chosen[1].pack}.")
        else:
            await self._host.views.show_run("pairs", chosen[0].id, other=chosen[1].id)

    def _entry(self, run_id: int) -> Entry | None:
        place = self.runs.index_of(run_id)
        return None if place is None else self.runs.row(place)
