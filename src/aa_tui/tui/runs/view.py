"""Runs: what was and is measured on this machine, and what can be asked of each run."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual.containers import VerticalScroll

from aa_tui.tui.core.command import BACK, DETAILS, ENDS, ROWS, SEARCH, SIDES, SORT, Command
from aa_tui.tui.core.places import Place
from aa_tui.tui.core.view import Copied
from aa_tui.tui.runs import merging
from aa_tui.tui.runs import requests as run_requests
from aa_tui.tui.runs import sharing as run_sharing
from aa_tui.tui.runs.detail import run_detail
from aa_tui.tui.runs.keys import DELETE, LOG, PAGE, PAUSE, REGRADE, SAMPLES, SAVE, STOP, RunKeys
from aa_tui.tui.runs.rows import Entry, RunList, columns_of
from aa_tui.tui.samples.sharing import run_offers
from aa_tui.tui.start.asking import model_of
from aa_tui.tui.widgets.listing import Listing, ListTable
from aa_tui.tui.widgets.parts import Fitted
from aa_tui.tui.widgets.sorting import Sorts
from aa_tui.tui.widgets.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from aa_tui.catalog.rows import ModelRow, RunRow
    from aa_tui.tui.core.host import Host
    from aa_tui.tui.core.news import News
    from aa_tui.tui.core.offer import Offer

EMPTY = "Nothing was measured yet: open a model and press <measure:b>."
MARK = "•"
MOST_NAMED = 2
"""Keys in the last line that are of the run itself, beside those of the list."""

INSET = 2
"""A margin for the mark."""


class RunsView(Sorts, RunKeys):
    """The runs, newest first; below or beside it, all about the one under the cursor."""

    NAME = "runs"
    TITLE = "Runs"
    COMMANDS = (
        ROWS,
        ENDS,
        Command(
            "enter",
            "",
            "Open",
            "open the run: what it writes now, what came of it; one that is planned at its plan",
            bar="open",
        ),
        PAUSE,
        STOP,
        DELETE,
        Command("P", "start_waiting", "Start", "start every planned run and those whose worker was lost"),
        SAMPLES,
        REGRADE,
        Command(
            "space",
            "mark",
            "Mark",
            "mark for comparing, clear marks",
            bar="mark",
            also=(Command("u", "unmark", "Clear marks"),),
        ),
        Command(
            "c",
            "compare",
            "Compare",
            "compare the marked runs, 2 to 6; the items on which two marked evaluations differ",
            bar="compare",
            also=(Command("D", "pairs", "Where two differ"),),
        ),
        LOG,
        PAGE,
        SAVE,
        Command(
            "", "merge", "Merge another catalog", "let runs of another machine come in, from a file or through ssh"
        ),
        Command("", "import_bundle", "Import a bundle", "let the runs of a bundle come in"),
        Command(
            "", "export_runs", "Export runs", "write the marked runs, the one under the cursor, or all into a bundle"
        ),
        SEARCH._replace(bar=""),
        SORT,
        SIDES,
        DETAILS,
        BACK._replace(bar=""),
    )

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self.runs = RunList(host.store)
        self.runs.refresh()
        self.marked: list[int] = []
        self._selected: int | None = None
        self._widths: list[int] = []

    def compose(self) -> ComposeResult:
        """The table and the details."""
        yield Listing(
            ListTable(self.runs, self.host.keymap.told(EMPTY), inset=INSET, mark=self._mark_of, id="runs-table")
        )
        with VerticalScroll(id="run-detail"):
            yield Fitted(id="run-text")

    def on_mount(self) -> None:
        """Show the newest run."""
        self._set_columns()
        self._show_detail()

    def _set_columns(self) -> None:
        """As wide as what is listed; nothing is drawn again where that is as it was."""
        wanted = columns_of(self.runs)
        widths = [column.most or column.width for column in (*wanted.fixed, *wanted.moving)]
        if widths != self._widths:
            self._widths = widths
            self.table.set_columns(*wanted)

    @property
    def table(self) -> ListTable[Entry]:
        """The runs."""
        return self.query_one("#runs-table", ListTable)

    @property
    def run_row(self) -> RunRow | None:
        """The run under the cursor."""
        entry = self.table.current
        return entry.run if entry else None

    @property
    def bar(self) -> Sequence[tuple[Command, str]]:
        """What can be done with the run under the cursor, and with the marked ones."""
        return [*self._named(self._worth_naming()), *self._named({"mark": "mark", "compare": "compare"})]

    def _worth_naming(self) -> dict[str, str]:
        run = self.run_row
        found = {"": "open"}
        if run is None:
            return {}
        if run.is_live:
            words = run_requests.words_of(run, "pause", "stop")
        else:
            words = run_requests.words_of(run, "samples", "pause", "delete")
        return found | dict([*words.items()][:MOST_NAMED])

    def take_focus(self) -> None:
        """The table gets the focus."""
        self.table.focus()

    def refresh_rows(self) -> None:
        """The catalog has changed; the cursor stays on its run."""
        before = len(self.runs)
        changed = self.runs.refresh()
        if not changed:
            return
        self.marked = [run_id for run_id in self.marked if self.runs.index_of(run_id) is not None]
        self._set_columns()
        place = self.runs.index_of(self._selected)
        if before != len(self.runs) or place != self.table.index:
            self.table.reload(place)
        else:
            for index in changed:
                self.table.row_changed(index)
        self._show_detail()

    def show(self, place: Place) -> None:
        """Show the runs as they are now, with the cursor on one of them."""
        self.refresh_rows()
        index = self.runs.index_of(place.run_id)
        if index is not None:
            self.table.go_to(index)

    def hear(self, news: News) -> None:
        """The runs read differently; those that have ended only where figures are other ones, as after grading."""
        if news.models_changed:
            self.runs.forget()
        if self.is_shown:
            self.refresh_rows()

    @property
    def model(self) -> ModelRow | None:
        """The model of the run under the cursor."""
        return model_of(self.host, self.run_row.slug if self.run_row is not None else None)

    def copied(self, *, whole: bool) -> Copied:
        """All about the run under the cursor, or the table."""
        if self.run_row is None:
            return super().copied(whole=whole)
        return run_sharing.table_copied(self.runs) if whole else run_sharing.run_copied(self.runs, self.run_row)

    def offers(self) -> Sequence[Offer]:
        """The table, and all of the run under the cursor."""
        from aa_tui.tui.core.offer import Offer, csv_offer

        if not len(self.runs):
            return ()
        table = Offer("Table of runs", ("runs",), partial(run_sharing.document, self.runs))
        rows = csv_offer("Table of runs", ("runs",), self.table.words)
        return (table, rows, *run_offers(self.host, self.run_row))

    def _show_detail(self) -> None:
        run = self.run_row
        self._selected = run.id if run else None
        text = self.query_one("#run-text", Fitted)
        self.query_one("#run-detail").display = run is not None
        if run is not None:
            result, samples = self.runs.details(run)
            text.show(partial(run_detail, run, result, samples, found=self.runs.found(run)))
        if self.is_shown:
            self.post_message(self.KeysChanged())

    def _mark_of(self, entry: Entry) -> str:
        return MARK if entry.run.id in self.marked else ""

    def on_table_moved(self, message: Table.Moved) -> None:
        """Another run under the cursor."""
        message.stop()
        self._show_detail()

    async def on_table_opened(self, message: Table.Opened) -> None:
        """Open the run; one that is planned, at its plan."""
        message.stop()
        if run := self.run_row:
            is_to_plan = run.kind == "eval" and run.state == "planned"
            view = "ask" if run.kind == "ask" else "plan" if is_to_plan else "run"
            await self.host.go(Place(view, run_id=run.id))

    # -- actions

    def action_start_waiting(self) -> None:
        """Start what is planned."""
        run_requests.start_waiting(self.host)

    def action_mark(self) -> None:
        """Mark the run under the cursor, or take its mark away; go on to the next."""
        run = self.run_row
        if run is None:
            self.host.toast(self.host.keymap.told(run_requests.NO_RUN))
            return
        self.marked = [one for one in self.marked if one != run.id] if run.id in self.marked else [*self.marked, run.id]
        self.table.refresh_row(self.table.cursor)

    def action_unmark(self) -> None:
        """Clear all marks."""
        self.marked = []
        self.table.refresh()

    def unmark(self, target: str) -> None:
        """Take the mark of a run away, named as a comparison names it."""
        from aa_tui.pages.compare import RUN

        self.marked = [run_id for run_id in self.marked if f"{RUN}{run_id}" != target]
        self.table.refresh()

    async def action_compare(self) -> None:
        """Compare the marked runs."""
        from aa_tui.pages.compare import LEAST, MOST, RUN

        if len(self.marked) < LEAST:
            how = f"Mark {LEAST} to {MOST} runs with <mark:Space>, then <compare:c> compares them."
            self.host.toast(self.host.keymap.told(how))
            return
        await self.host.go(Place("compare", slugs=tuple(f"{RUN}{run_id}" for run_id in self.marked)))

    async def action_pairs(self) -> None:
        """The items on which two marked evaluations differ."""
        chosen = [entry.run for run_id in self.marked if (entry := self._entry(run_id)) is not None]
        if len(chosen) != 2:
            how = "Mark two evaluations with <mark:Space>; <where-two-differ:D> then shows where they differ."
            self.host.toast(self.host.keymap.told(how))
        elif not all(run.kind == "eval" for run in chosen):
            self.host.toast(self.host.keymap.told("Only evaluations have items; <compare:c> compares other runs."))
        elif chosen[0].pack != chosen[1].pack:
            self.host.toast(f"They met different items: {chosen[0].pack} and {chosen[1].pack}.")
        else:
            await self.host.go(Place("pairs", run_id=chosen[0].id, other=chosen[1].id))

    def action_merge(self) -> None:
        """Let another catalog's runs come in."""
        merging.merge(self.host, merging.MERGE)

    def action_import_bundle(self) -> None:
        """Let a bundle's runs come in."""
        merging.merge(self.host, merging.IMPORT)

    def action_export_runs(self) -> None:
        """Write runs into a bundle."""
        run = self.run_row
        merging.export(self.host, self.marked or ([run.id] if run is not None else []))

    def _entry(self, run_id: int) -> Entry | None:
        place = self.runs.index_of(run_id)
        return None if place is None else self.runs.row(place)
