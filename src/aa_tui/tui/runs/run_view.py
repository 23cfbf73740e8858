"""One run on the whole screen: while it is running what each slot writes, below it and afterwards all about it."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING

from textual.containers import VerticalScroll
from textual.content import Content

from aa_tui.catalog import labels, life, runs, telemetry
from aa_tui.catalog.db import CatalogError
from aa_tui.errors import AATuiError
from aa_tui.tui.core.command import BACK, ENDS, ROWS, Command
from aa_tui.tui.core.places import Place
from aa_tui.tui.core.view import Copied
from aa_tui.tui.runs import requests as run_requests
from aa_tui.tui.runs.detail import eval_detail, run_detail, study_detail
from aa_tui.tui.runs.gauges import KEPT
from aa_tui.tui.runs.head import Now, run_head
from aa_tui.tui.runs.keys import DELETE, LOG, PAGE, PAUSE, REGRADE, SAMPLES, SAVE, STOP, RunKeys
from aa_tui.tui.runs.lanes import Lanes
from aa_tui.tui.samples.sharing import NOTHING_YET, TEXT_CELLS, run_offers
from aa_tui.tui.widgets.parts import Fitted
from aa_tui.tui.widgets.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from aa_tui.catalog.rows import LocalResult, RunEvent, RunRow, SampleRow
    from aa_tui.pages.evaluation import EvalReport
    from aa_tui.pages.lost import Known, LostReport
    from aa_tui.pages.studies.report import StudyReport
    from aa_tui.tui.core.host import Host
    from aa_tui.tui.core.news import News
    from aa_tui.tui.core.offer import Offer

ABOUT_EVERY_S = 5.0
"""While samples come quickly, all of them are counted again and drawn so often: each time is 4 kB on the line."""

MOST_NAMED = 4
"""Keys in the last line beside the way back and the help."""

LEAST_REST = 4
"""Lines left to what stands below the slots."""


@dataclass(frozen=True, slots=True)
class About:
    """All that is known of a run beside what it does now; `report` is of an evaluation, and `lost` of one that has
    ended."""

    run: RunRow
    result: LocalResult
    samples: list[SampleRow]
    events: list[RunEvent]
    report: EvalReport | None
    found: StudyReport | None = None
    lost: LostReport | None = None


def _read_now(conn: sqlite3.Connection, run_id: int) -> Now:
    run, told = runs.get(conn, run_id), labels.mark(conn, run_id)
    if run.is_live:
        history = tuple(telemetry.recent(conn, run_id, KEPT))
        return Now(run, tuple(life.live_slots(conn, run_id)), history, labels=told)
    result = runs.result_of(conn, run)
    return Now(run, figures=result.measurements, noted_no_headline=result.no_headline, labels=told)


def _read_about(conn: sqlite3.Connection, run: RunRow, these_items: bool | None) -> About:
    from aa_tui.pages import evaluation
    from aa_tui.pages.studies.report import study_report

    report = evaluation.load(conn, run, these_items=these_items) if run.kind == "eval" else None
    samples = runs.samples(conn, run.id) if report is None else []
    found = study_report(conn, run)
    return About(run, runs.result_of(conn, run), samples, life.events(conn, run.id), report, found)


class RunView(RunKeys):
    """Head, slots, and below them outcomes and facts. All is read from the catalog; the worker is never asked."""

    NAME = "run"
    TITLE = "Run"
    STEPPED_INTO = True
    COMMANDS = (
        ROWS._replace(help="choose a slot"),
        ENDS,
        PAUSE._replace(help="pause; resume what is paused, planned or ended early"),
        Command("K", "skip", "Skip", "leave out the sample that the chosen slot is writing", bar="skip"),
        STOP._replace(help="stop, now or after those samples; what is measured stays"),
        SAMPLES._replace(
            help="the samples that are finished",
            also=(Command("enter", "samples", "Open"),),
            bar="samples",
        ),
        Command("plus", "plan", "Plan", "what more items would take and give"),
        Command("C", "charts", "Charts", "the charts of the run"),
        Command("I", "whose", "Interval", "intervals for this pack only, or for similar items"),
        REGRADE._replace(help="grade again; delete", also=(DELETE,)),
        LOG,
        PAGE._replace(help="the model's page"),
        Command("tab", "other_part", "Details", "from the slots to what is below them, and back"),
        SAVE._replace(help="save or copy the run", also=(Command("y", "app.copy(False)", "Copy"),)),
        BACK,
    )

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self.now: Now | None = None
        self.about: About | None = None
        self._run_id = 0
        self._these_items: bool | None = None
        self._read_run: RunRow | None = None
        self._read_at = 0.0
        self._known: Known = {}

    def compose(self) -> ComposeResult:
        """The head, the slots and what scrolls."""
        yield Fitted(id="run-head")
        yield Lanes()
        with VerticalScroll(id="run-more"):
            yield Fitted(id="run-about")

    def on_mount(self) -> None:
        """No slot writes yet."""
        self.lanes.display = False

    @property
    def lanes(self) -> Lanes:
        """The slots."""
        return self.query_one(Lanes)

    @property
    def run_row(self) -> RunRow | None:
        """The run on screen."""
        return self.now.run if self.now is not None else None

    @property
    def bar(self) -> Sequence[tuple[Command, str]]:
        """What is worth naming for a run that is running, one that has ended, and one that measures speed."""
        run = self.run_row
        if run is None:
            return [(BACK, BACK.bar)]
        if run.is_live:
            words = run_requests.words_of(run, "pause", "skip", "stop", "samples")
        else:
            words = run_requests.words_of(run, "samples", "pause")
            words |= {"charts": "charts"} if run.n_done or run.kind == "speed" else {}
            words |= run_requests.words_of(run, "plan", "delete")
        return [(BACK, BACK.bar), *self._named(dict([*words.items()][:MOST_NAMED]))]

    def show(self, place: Place) -> None:
        """Show a run."""
        if place.run_id is not None and place.run_id != self._run_id:
            self._run_id = place.run_id
            self.now = self.about = self._these_items = self._read_run = None
            self.lanes.clear()
            self.query_one("#run-about", Fitted).show(lambda _: Content(""))
            self.query_one("#run-more").scroll_home(animate=False)
        self.reload()

    @property
    def place(self) -> Place:
        """The run."""
        return Place(self.NAME, run_id=self._run_id)

    def hear(self, news: News) -> None:
        """The run may be further."""
        if self.is_shown:
            self.reload()

    def reload(self) -> None:
        """Show what has changed."""
        before = self.now
        now = self.host.store.read(self._read, before)
        if now is None or now == before:
            return
        self.now = now
        self._show_head(now)
        if self.is_shown:
            self.post_message(self.KeysChanged())
        self._show_lanes(now)
        if before is None or before.labels != now.labels or before.figures != now.figures or self._is_due(now.run):
            self._read_soon(now.run)

    def _show_head(self, now: Now) -> None:
        report = self.about.report if self.about is not None else None
        self.query_one("#run-head", Fitted).show(partial(run_head, now, report=report))

    def _read(self, conn: sqlite3.Connection) -> Now | None:
        try:
            return _read_now(conn, self._run_id)
        except runs.UnknownRunError:  # deleted by another program
            return self.now

    def _show_lanes(self, now: Now) -> None:
        lanes = self.lanes
        wanted = now.run.kind == "eval" and now.run.is_live
        if lanes.display != wanted:
            lanes.display = wanted
            if self.is_shown:
                self.take_focus()
        if not wanted:
            lanes.clear()
            return
        lanes.show(now.slots, now.run.setup.n_parallel or 0)
        self._fit()

    def _fit(self) -> None:
        """As high as the slots, if that leaves room for what is below them."""
        head = self.query_one("#run-head", Fitted).size.height or 4
        room = self.size.height - head - LEAST_REST - 2 if self.size.height else 12
        height = max(3, min(len(self.lanes.slots) + 1, room))
        if self.lanes.styles.height is None or self.lanes.styles.height.value != height:
            self.lanes.styles.height = height

    def on_resize(self) -> None:
        """Another height, another number of slots on screen."""
        self._fit()

    def _is_due(self, run: RunRow) -> bool:
        """Whether there is more to tell than when it was last read, and it is time to."""
        read = self._read_run
        if read is None or not _has_turned(read, run):
            return read is None
        only_more = run.kind == "eval" and not _has_turned(read._replace(n_done=run.n_done), run)
        return not only_more or monotonic() - self._read_at >= ABOUT_EVERY_S

    def _read_soon(self, run: RunRow) -> None:
        self._read_run, self._read_at = run, monotonic()
        self.run_worker(partial(self._read_all, run), thread=True, exclusive=True, group="about", exit_on_error=False)

    def _read_all(self, run: RunRow) -> None:
        """In a thread: what takes longer to read and to add up."""
        try:
            about = self.host.store.in_thread(lambda conn: _read_about(conn, run, self._these_items))
        except CatalogError:
            return
        self.app.call_from_thread(self._show_about, about)
        if about.report is None or run.is_live:
            return
        from aa_tui.pages import lost

        known = self._known
        try:
            found = self.host.store.in_thread(lambda conn: lost.load(conn, run, known=known))
        except AATuiError:
            return
        self.app.call_from_thread(self._show_about, replace(about, lost=found))

    def _show_about(self, about: About) -> None:
        if about.run.id != self._run_id:
            return
        self.about = about
        if self.now is not None and about.report is not None:
            self._show_head(self.now)
        self.query_one("#run-about", Fitted).show(partial(_about_text, about))

    # -- the keys

    def take_focus(self) -> None:
        """The slots get the focus, else what scrolls."""
        self.lanes.focus() if self.lanes.display else self.query_one("#run-more").focus()

    def action_other_part(self) -> None:
        """From the slots to what is below them, and back."""
        if self.lanes.has_focus or not self.lanes.display:
            self.query_one("#run-more").focus()
        else:
            self.lanes.focus()

    def on_table_moved(self, message: Table.Moved) -> None:
        """Another slot."""
        message.stop()

    async def on_table_opened(self, message: Table.Opened) -> None:
        """Enter on a slot."""
        message.stop()
        await self.action_samples()

    def action_skip(self) -> None:
        """Leave out the sample under the cursor."""
        if (run := self._for("skip")) is not None:
            run_requests.skip(self.host, run, self.lanes.item)

    def action_whose(self) -> None:
        """Intervals for the score on just the pack's items, or for similar ones."""
        if (run := self._for("samples")) is None:
            return
        if not run.setup.n_items_by_category:
            self.host.toast("It is not known how many items the pack has: its worker has not loaded it yet.")
            return
        now = run.setup.these_items if self._these_items is None else self._these_items
        self._these_items = not now
        self._read_soon(run)

    def _deleted(self) -> None:
        """There is nothing to see here any more."""
        self.call_later(self.action_back)

    def copied(self, *, whole: bool) -> Copied:
        """All that is shown."""
        text = self.plain(TEXT_CELLS)
        return Copied(text, "the run" if text else NOTHING_YET)

    def offers(self) -> Sequence[Offer]:
        """All of the run."""
        return run_offers(self.host, self.run_row)

    def plain(self, width: int) -> str:
        """All that is shown, as text."""
        if self.now is None:
            return ""
        parts = [run_head(self.now, width, self.about.report if self.about is not None else None)]
        if self.about is not None:
            parts.append(_about_text(self.about, width))
        return "\n".join(line.rstrip() for line in Content("\n\n").join(parts).plain.splitlines())


def _has_turned(before: RunRow, now: RunRow) -> bool:
    """Whether more has changed than what it does now."""
    return (before.id, before.n_done, before.state, before.engine, before.ended_at) != (
        now.id,
        now.n_done,
        now.state,
        now.engine,
        now.ended_at,
    ) or (now.kind != "eval" and before.progress != now.progress)


def _about_text(about: About, width: int) -> Content:
    if about.run.kind == "study":
        return study_detail(about.run, about.found, about.events, width)
    if about.report is None:
        return run_detail(about.run, about.result, about.samples, width)
    return eval_detail(about.run, about.report, about.events, width, about.lost)
