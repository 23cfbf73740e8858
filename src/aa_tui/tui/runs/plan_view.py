"""The plan of an evaluation: from its pilot, what more items would take and give. Enter resumes, up to so many."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from textual.content import Content

from aa_tui.analysis import MISSING, display
from aa_tui.catalog import runs
from aa_tui.errors import AATuiError
from aa_tui.tui.core.command import BACK, ENDS, ROWS, Command
from aa_tui.tui.core.places import Place
from aa_tui.tui.core.view import Copied, View
from aa_tui.tui.runs import requests as run_requests
from aa_tui.tui.samples.sharing import NOTHING_YET, TEXT_CELLS, run_offers, text_document
from aa_tui.tui.widgets.columns import Column
from aa_tui.tui.widgets.parts import Fitted, styled
from aa_tui.tui.widgets.rows import ListRows
from aa_tui.tui.widgets.running import STATE_MARKS
from aa_tui.tui.widgets.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from aa_tui.analysis.planning import PlanRow
    from aa_tui.catalog.rows import RunRow
    from aa_tui.pages.plan import RunPlan
    from aa_tui.tui.core.host import Host
    from aa_tui.tui.core.news import News
    from aa_tui.tui.core.offer import Offer
    from aa_tui.tui.widgets.columns import Part

PILOT_RUNS = "The pilot is running; what more items take appears here."
EMPTY = "Too few samples are done to plan by: two are needed, and the speed with all slots. Enter resumes."


def _time(row: PlanRow, _: int) -> Sequence[Part]:
    from aa_tui.pages.text.plan import time_words

    return ((time_words(row.seconds), "strong"),)


def _span(row: PlanRow, _: int) -> Sequence[Part]:
    from aa_tui.pages.text.plan import time_words

    return ((f"{time_words(row.seconds_low)} – {time_words(row.seconds_high)}", "dim"),)


def _energy(row: PlanRow, _: int) -> Sequence[Part]:
    return ((MISSING, "faint"),) if row.energy_j is None else ((f"{row.energy_j / 3600:,.1f} Wh", ""),)


COLUMNS: tuple[Column[PlanRow], ...] = (
    Column("n", "Items", 7, lambda row, _: ((f"{row.n:,}", "strong"),)),
    Column("time", "Time to go", 10, _time),
    Column("span", "95 % range", 20, _span),
    Column("energy", "Energy", 9, _energy),
    Column("width", "± at 70 %", 11, lambda row, _: ((f"{100 * row.half_width:.1f} points", "here"),)),
)


class PlanView(View):
    """What was found by the pilot, and a row for each number of items."""

    NAME = "plan"
    TITLE = "Plan"
    STEPPED_INTO = True

    COMMANDS = (
        ROWS._replace(help="choose how many items"),
        ENDS,
        Command("enter", "start", "Start", "start now, up to so many", bar="start now", priority=True),
        Command(
            "u",
            "until",
            "Until",
            "until when and how far: tonight, for a time, to an interval, and how warm it may get",
            bar="tonight, budget…",
        ),
        Command("a", "samples", "Samples", "the samples of the pilot", bar="samples"),
        Command("o", "page", "Model's page", "open the model's page"),
        BACK,
    )

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self.plan: RunPlan | None = None
        self._rows: ListRows[PlanRow] = ListRows()
        self._run_id = 0

    def compose(self) -> ComposeResult:
        """The head and the rows."""
        yield Fitted(self._head, id="plan-head")
        yield Table(self._rows, "", id="plan-table")

    def on_mount(self) -> None:
        """Know the columns."""
        self.table.set_columns(COLUMNS, ())

    @property
    def table(self) -> Table[PlanRow]:
        """The rows."""
        return self.query_one("#plan-table", Table)

    @property
    def run_row(self) -> RunRow | None:
        """The run that is planned."""
        return self.plan.run if self.plan is not None else None

    def show(self, place: Place) -> None:
        """Show a run's plan."""
        if place.run_id is not None and place.run_id != self._run_id:
            self._run_id = place.run_id
            self.plan = None
            self._rows.rows = []
            self.table.empty = ""
            self.table.reload(0)
        self._read_soon()

    def _read_soon(self) -> None:
        work = partial(self._read, self._run_id)
        self.run_worker(work, thread=True, exclusive=True, group="plan", exit_on_error=False)

    @property
    def place(self) -> Place:
        """The run that is planned."""
        return Place(self.NAME, run_id=self._run_id)

    def hear(self, news: News) -> None:
        """More samples may have come, or the run is running."""
        if not self.is_shown:
            return
        before = self.run_row
        now = self.host.store.read(self._get, before)
        if before is not None and now is not None and _told(before) != _told(now):
            self._read_soon()

    def _get(self, conn: Any) -> RunRow | None:
        try:
            return runs.get(conn, self._run_id)
        except runs.UnknownRunError:
            return None

    def _read(self, run_id: int) -> None:
        from aa_tui.pages import plan

        try:
            found = self.host.store.in_thread(lambda conn: plan.of_run(conn, runs.get(conn, run_id)))
        except AATuiError as error:
            self.app.call_from_thread(self.host.toast, str(error), bad=True)
            return
        self.app.call_from_thread(self._show, found)

    def _show(self, found: RunPlan) -> None:
        if found.run.id != self._run_id:
            return
        chosen = self._rows.row(self.table.cursor)
        self.plan = found
        self._rows.rows = list(found.rows)
        self.table.empty = PILOT_RUNS if found.run.is_live else EMPTY
        self.query_one("#plan-head", Fitted).show(self._head)
        wanted = chosen.n if chosen else found.run.setup.limit or found.n_items
        place = next((n for n, row in enumerate(found.rows) if row.n == wanted), 0)
        self.table.reload(place)

    def _head(self, width: int) -> Content:
        from aa_tui.pages.text.evaluation import too_long
        from aa_tui.pages.text.plan import control_words

        if self.plan is None:
            return styled(("working it out…", "dim"), "\n\n")
        run, fit = self.plan.run, self.plan.fit
        mark, kind = STATE_MARKS[run.state]
        size = display.size_bytes(run.file.size_bytes) if run.file.size_bytes else run.made_on
        file = " · ".join(filter(None, (run.target, run.file.quant, size)))
        title = styled((f"{mark} run {run.id}  ", kind), (file, "strong"))
        what = styled((f"pack {run.pack} {run.pack_version or ''} · {self.plan.n_items:,} items", ""))
        if fit is None:
            now = f" · {run.progress_text}" if run.is_live and run.progress_text else ""
            words = styled((f"pilot: {self.plan.n_done} done{now}", "dim"))
        else:
            least = "at least " if fit.is_lower_bound else ""
            earlier = self.plan.earlier
            told = f"as in run {earlier.run.id}" if earlier is not None else f"pilot: {self.plan.n_done} done"
            words = styled(
                (f"{told}, {least}", "dim"),
                (f"{fit.mean:,.0f} tokens per question", "here"),
                (f" ({fit.low:,.0f}–{fit.high:,.0f})", "dim"),
            )
        facts = styled((" · ".join(self._facts(run)), "dim"))
        lines = [title, what, words, facts, *([styled((out, "warn"))] if (out := too_long(run)) else [])]
        lines += [styled((saved, "here")) for saved in control_words(self.plan)]
        return Content("\n").join(line.truncate(width, ellipsis=True) for line in lines)

    def _facts(self, run: RunRow) -> list[str]:
        plan = self.plan
        slots = f"slots {plan.slots}" if plan is not None and plan.slots else "slots auto"
        from aa_tui.pages.text.plan import memory_words

        cap = run.setup.max_output_tokens
        watts = plan.watts if plan is not None else None
        return [
            slots,
            f"at most {cap:,} output tokens" if cap is not None else "output cap of the pack",
            f"sampling of the {run.setup.sampling}",
            *([f"{watts:.0f} W"] if watts is not None else []),
            *([f"{display.size_bytes(run.peak_memory_bytes)} of memory"] if run.peak_memory_bytes else []),
            *([memory_words(plan.memory)] if plan is not None and plan.memory else []),
        ]

    # -- the keys

    def take_focus(self) -> None:
        """The rows get the focus."""
        self.table.focus()

    def on_table_moved(self, message: Table.Moved) -> None:
        """Another number of items."""
        message.stop()

    async def on_table_opened(self, message: Table.Opened) -> None:
        """A click on the chosen row."""
        message.stop()
        await self.action_start()

    async def action_start(self) -> None:
        """Go on to so many; without rows as far as was asked for."""
        run = self.run_row
        if run is not None and run.is_live:
            self.host.toast(f"Run {run.id} is still doing its pilot; Enter starts when the figures are here.")
            return
        if run is None or run_requests.refused(self.host, "plan", run):
            return
        row = self._rows.row(self.table.cursor)
        run_requests.resume(self.host, run, {"limit": row.n} if row is not None else {})
        await self.host.go(Place("run", run_id=run.id))

    async def action_back(self) -> None:
        """One step back."""
        await self.host.back()

    async def action_samples(self) -> None:
        """The pilot's samples."""
        if self.run_row is not None:
            await self.host.go(Place("samples", run_id=self.run_row.id))

    async def action_page(self) -> None:
        """The page of the run's model."""
        if self.run_row is not None and self.run_row.slug is not None:
            await self.host.go(Place("page", self.run_row.slug))

    def action_until(self) -> None:
        """Go on at night, for a time, or to an interval."""
        from aa_tui.tui.start.go_on_dialog import GoOn, GoOnDialog

        run = self.run_row
        if run is None or run_requests.refused(self.host, "plan", run):
            return
        row = self._rows.row(self.table.cursor)

        def answered(answer: GoOn | None) -> None:
            if answer is not None:
                run_requests.resume(self.host, run, answer.changes, answer.conditions)
                self.host.call_later(self.host.go, Place("run", run_id=run.id))

        self.host.ask(GoOnDialog(run, row.n if row is not None else None), answered)

    def copied(self, *, whole: bool) -> Copied:
        """The plan."""
        text = self.plain(TEXT_CELLS)
        return Copied(text, "the plan" if text else NOTHING_YET)

    def offers(self) -> Sequence[Offer]:
        """The plan, and all of the run."""
        from aa_tui.tui.core.offer import Offer

        if self.run_row is None:
            return ()
        plan = Offer("Plan", ("plan",), lambda: text_document("Plan", self.plain(TEXT_CELLS)))
        return (plan, *run_offers(self.host, self.run_row))

    def plain(self, width: int) -> str:
        """The plan as text."""
        from aa_tui.pages.text import plan as plan_text

        if self.plan is None:
            return ""
        return "\n".join([self._head(width).plain, *plan_text.lines(self.plan)])


def _told(run: RunRow) -> tuple[object, ...]:
    """What of a run the plan shows."""
    return run.n_done, run.state, run.progress_text
