"""The plan of an evaluation: from its pilot, what more items would take and give. Enter goes on to so many."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding
from textual.containers import Container
from textual.content import Content

from aa_tui.analysis import MISSING, display
from aa_tui.catalog import runs
from aa_tui.catalog.db import CatalogError
from aa_tui.tui import run_requests
from aa_tui.tui.columns import Column
from aa_tui.tui.dialog import ask
from aa_tui.tui.live import STATE_MARKS
from aa_tui.tui.parts import Fitted, styled
from aa_tui.tui.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from aa_tui.analysis.planning import PlanRow
    from aa_tui.catalog.rows import RunRow
    from aa_tui.pages.plan import RunPlan
    from aa_tui.tui.app import AATuiApp
    from aa_tui.tui.columns import Part

EMPTY = "Too few samples are done to plan by: two are needed, and the speed with all slots. Enter goes on."


class Rows:
    """The plan's rows as a source."""

    def __init__(self) -> None:
        self.rows: Sequence[PlanRow] = ()

    def __len__(self) -> int:
        return len(self.rows)

    def row(self, index: int) -> PlanRow | None:
        """A number of items with what it takes."""
        return self.rows[index] if index < len(self.rows) else None


def _time(row: PlanRow, _: int) -> Sequence[Part]:
    from aa_tui.pages.plan import time_words

    return ((time_words(row.seconds), "strong"),)


def _span(row: PlanRow, _: int) -> Sequence[Part]:
    from aa_tui.pages.plan import time_words

    return ((f"{time_words(row.seconds_low)} – {time_words(row.seconds_high)}", "dim"),)


def _energy(row: PlanRow, _: int) -> Sequence[Part]:
    return ((MISSING, "faint"),) if row.energy_j is None else ((f"{row.energy_j / 3600:,.1f} Wh", ""),)


COLUMNS: tuple[Column[PlanRow], ...] = (
    Column("n", "Items", 7, lambda row, _: ((f"{row.n:,}", "strong"),)),
    Column("time", "Time to go", 10, _time),
    Column("span", "95 % range", 20, _span),
    Column("energy", "Energy", 9, _energy),
    Column("width", "Interval at 0.7", 15, lambda row, _: ((f"± {100 * row.half_width:.1f} %", "here"),)),
)


class PlanView(Container):
    """What was found by the pilot, and a row for each number of items."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,backspace", "back", "Back"),
        Binding("n", "tonight", "Tonight"),
        Binding("b", "budget", "Budget"),
        Binding("s", "samples", "Samples"),
        Binding("o", "page", "The model's page"),
    ]

    def __init__(self, app: AATuiApp) -> None:
        super().__init__(id="plan")
        self._host = app
        self.plan: RunPlan | None = None
        self._rows = Rows()
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

    def show_run(self, run_id: int) -> None:
        """Show a run's plan. Worked out in a thread."""
        if run_id != self._run_id:
            self._run_id = run_id
            self.plan = None
            self._rows.rows = ()
            self.table.empty = ""
            self.table.reload(0)
        self.run_worker(partial(self._read, run_id), thread=True, exclusive=True, group="plan", exit_on_error=False)

    def reload(self) -> None:
        """More samples may have come, or the run goes on."""
        before = self.run_row
        now = self._host.store.read(self._get, before)
        if before is not None and now is not None and (before.n_done, before.state) != (now.n_done, now.state):
            self.show_run(self._run_id)

    def _get(self, conn: Any) -> RunRow | None:
        try:
            return runs.get(conn, self._run_id)
        except runs.UnknownRunError:
            return None

    def _read(self, run_id: int) -> None:
        from aa_tui.pages import plan

        try:
            found = self._host.store.in_thread(lambda conn: plan.of_run(conn, runs.get(conn, run_id)))
        except (CatalogError, runs.UnknownRunError) as error:
            self.app.call_from_thread(self._host.toast, str(error), bad=True)
            return
        self.app.call_from_thread(self._show, found)

    def _show(self, found: RunPlan) -> None:
        if found.run.id != self._run_id:
            return
        chosen = self._rows.row(self.table.cursor)
        self.plan = found
        self._rows.rows = found.rows
        self.table.empty = EMPTY
        self.query_one("#plan-head", Fitted).show(self._head)
        place = next((n for n, row in enumerate(found.rows) if chosen and row.n == chosen.n), 0)
        self.table.reload(place)

    def _head(self, width: int) -> Content:
        if self.plan is None:
            return styled(("working it out…", "dim"), "\n\n")
        run, fit = self.plan.run, self.plan.fit
        mark, kind = STATE_MARKS[run.state]
        file = " · ".join(filter(None, (run.target, run.file.quant, display.size_bytes(run.file.size_bytes))))
        title = styled((f"{mark} run {run.id}  ", kind), (file, "strong"))
        what = styled((f"pack {run.pack} {run.pack_version or ''} · {self.plan.n_items:,} items", ""))
        if fit is None:
            words = styled((f"pilot: {self.plan.n_done} done", "dim"))
        else:
            least = "at least " if fit.is_lower_bound else ""
            words = styled(
                (f"pilot: {self.plan.n_done} done, {least}", "dim"),
                (f"{fit.mean:,.0f} tokens a question", "here"),
                (f" ({fit.low:,.0f}–{fit.high:,.0f})", "dim"),
            )
        facts = styled((" · ".join(self._facts(run)), "dim"))
        return Content("\n").join(line.truncate(width, ellipsis=True) for line in (title, what, words, facts))

    def _facts(self, run: RunRow) -> list[str]:
        plan = self.plan
        slots = f"slots {plan.slots}" if plan is not None and plan.slots else "slots auto"
        cap = run.settings.get("max_output_tokens")
        watts = plan.watts if plan is not None else None
        return [
            slots,
            f"at most {cap:,} output tokens" if isinstance(cap, int) else "output cap of the pack",
            f"sampling of the {run.settings.get('sampling') or 'pack'}",
            *([f"{watts:.0f} W"] if watts is not None else []),
            *([f"{display.size_bytes(run.peak_memory_bytes)} of memory"] if run.peak_memory_bytes else []),
        ]

    # -- the keys

    def take_focus(self) -> None:
        """The rows get the keys."""
        self.table.focus()

    def on_table_moved(self, message: Table.Moved) -> None:
        """Another number of items."""
        message.stop()

    async def on_table_opened(self, message: Table.Opened) -> None:
        """Go on to so many."""
        message.stop()
        await self._go({})

    async def action_back(self) -> None:
        """One step back."""
        await self._host.views.back()

    async def action_samples(self) -> None:
        """The pilot's samples."""
        if self.run_row is not None:
            await self._host.views.show_run("samples", self.run_row.id)

    def action_page(self) -> None:
        """The page of the run's model."""
        if self.run_row is not None and self.run_row.slug is not None:
            self._host.views.open_page(self.run_row.slug)

    def action_tonight(self) -> None:
        """Go on to so many, at night."""
        self._ask(tonight=True)

    def action_budget(self) -> None:
        """Go on by a time or an interval instead of a number."""
        self._ask(tonight=False)

    def _ask(self, *, tonight: bool) -> None:
        from aa_tui.tui.go_on_dialog import GoOn, GoOnDialog

        run = self.run_row
        if run is None or run_requests.refused(self._host, "plan", run):
            return
        row = self._rows.row(self.table.cursor)

        def answered(answer: GoOn | None) -> None:
            if answer is not None:
                run_requests.go_on(self._host, run, answer.changes, answer.conditions)
                self.app.call_later(self._host.views.show_run, "run", run.id)

        ask(self.app, GoOnDialog(run, row.n if row is not None else None, tonight=tonight), answered)

    async def _go(self, changes: dict[str, Any]) -> None:
        run = self.run_row
        if run is None or run_requests.refused(self._host, "plan", run):
            return
        row = self._rows.row(self.table.cursor)
        if row is not None:
            changes = {"limit": row.n, **changes}
        run_requests.go_on(self._host, run, changes)
        await self._host.views.show_run("run", run.id)

    def plain(self, width: int) -> str:
        """The plan as text."""
        from aa_tui.pages import plan

        if self.plan is None:
            return ""
        return "\n".join([self._head(width).plain, *plan.lines(self.plan)])
