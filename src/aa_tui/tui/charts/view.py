"""All charts, one after the other, each on the whole screen: with the page's model, without one, or those of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Horizontal

from aa_tui.analysis import MISSING
from aa_tui.errors import AATuiError
from aa_tui.tui.charts import sharing as chart_sharing
from aa_tui.tui.charts.choosing import open_from
from aa_tui.tui.charts.pane import ChartPane
from aa_tui.tui.core.command import BACK, ENDS, ROWS, Command
from aa_tui.tui.core.places import Place
from aa_tui.tui.core.view import Copied, View
from aa_tui.tui.widgets.columns import Column, Part
from aa_tui.tui.widgets.dialogs import Choice, Option
from aa_tui.tui.widgets.listing import Listing, ListTable
from aa_tui.tui.widgets.rows import ListRows
from aa_tui.tui.widgets.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from aa_tui.catalog.rows import RunRow
    from aa_tui.pages.chart_list import ChartEntry
    from aa_tui.tui.core.host import Host
    from aa_tui.tui.core.offer import Offer


LIST_FROM = 140
"""Columns of a screen on which the list stands beside the chart."""


def _title(one: ChartEntry, _: int) -> Sequence[Part]:
    return ((one.title, "" if one.has_model else "dim"),)


def _count(one: ChartEntry, _: int) -> Sequence[Part]:
    return ((str(one.count) if one.count else MISSING, "here" if one.has_model else "faint"),)


COLUMNS: tuple[Column[ChartEntry], ...] = (
    Column("title", "Chart", 30, _title, right=False),
    Column("count", "Figures", 7, _count),
)


class ChartsView(View):
    """Charts on the whole screen. `slug` is the model's or "run:3"; None where they are of all models."""

    NAME = "charts"
    TITLE = "Charts"
    SHOWS_PUBLISHED = True
    STEPPED_INTO = True

    COMMANDS = (
        Command(
            "n",
            "step(1)",
            "Next",
            "the next chart, the one before; in a scatter chart ← → go to the next dot",
            bar="other chart",
            label="← →  h l  n N",
            bar_label="n N",
            also=(
                Command("N", "step(-1)", "Before"),
                Command("right,l", "step(1)", "Next chart"),
                Command("left,h", "step(-1)", "Chart before"),
            ),
        ),
        Command(
            "right_square_bracket,tab",
            "step(1)",
            "Next chart",
            "the next chart, the one before, anywhere",
            label="[ ]  Tab",
            also=(Command("left_square_bracket,shift+tab", "step(-1)", "Chart before"),),
        ),
        Command("slash", "list", "List of charts", "all charts, searched as you type; Enter shows one", bar="list"),
        ROWS._replace(help="the next value; it is named below the chart"),
        ENDS._replace(keys=f"space,{ENDS.keys}", help="ten values on, to the ends", label="PgUp PgDn  Space  g G"),
        Command("enter", "", "Open", "open the page of the model under the cursor", bar="page"),
        Command(
            "f",
            "select",
            "Filter",
            "what is drawn: class, all, open or proprietary, reasoning, creator; the pack of those made here",
            bar="models",
        ),
        Command("asterisk", "pin", "Pin", "keep the model under the cursor in every chart"),
        Command("C", "back", "Charts", "back from the charts"),
        BACK,
    )

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self.slug: str | None = None
        self._charts: ListRows[ChartEntry] = ListRows()

    def compose(self) -> ComposeResult:
        """The list, where there is room beside it, and the chart."""
        with Horizontal():
            yield Listing(ListTable(self._charts, "Counting…", inset=0, id="chart-list"), classes="chart-list")
            yield ChartPane(self.host)

    def on_mount(self) -> None:
        """Columns of the list."""
        self.table.set_columns(COLUMNS, ())

    @property
    def table(self) -> ListTable[ChartEntry]:
        """The list of charts."""
        return self.query_one("#chart-list", ListTable)

    @property
    def pane(self) -> ChartPane:
        """The chart on screen."""
        return self.query_one(ChartPane)

    def show(self, place: Place) -> None:
        """Show a chart, by default the one shown last."""
        self.slug = f"run:{place.run_id}" if place.run_id is not None else place.slug
        names = self._names(self.slug)
        known = [one.name for one in self._charts.rows]
        self.pane.show(self.slug, known if set(known) == set(names) else names, place.chart)
        self._count()

    def _count(self) -> None:
        """In a thread: how many models each chart has figures of."""
        from aa_tui.pages import chart_list

        slug, names, selection = self.slug, self._names(self.slug), self.pane.wanted

        def work() -> None:
            try:
                found = self.host.store.in_thread(lambda conn: chart_list.entries(conn, slug, selection, names))
            except AATuiError:  # the chart itself says what is wrong
                return
            self.host.call_from_thread(self._show_list, slug, found)

        self.run_worker(work, thread=True, exclusive=True, group="counts", exit_on_error=False)

    def _show_list(self, slug: str | None, found: list[ChartEntry]) -> None:
        if slug == self.slug:
            self._charts.rows = found
            self.pane.put_in_order([one.name for one in found])
            self._point()

    def _point(self) -> None:
        """Put the list's cursor on the chart that is shown."""
        place = next((n for n, one in enumerate(self._charts.rows) if one.name == self.pane.chart_name), None)
        self.table.reload(place)

    def on_chart_pane_chosen(self, message: ChartPane.Chosen) -> None:
        """Other models: other counts."""
        message.stop()
        self._count()

    def action_list(self) -> None:
        """To the list beside the chart, searching in it; where there is no room for it, in a dialog."""
        if self.app.size.width >= LIST_FROM:
            self.query_one(Listing).action_search()
            return
        options = [Option(one.name, one.title, one.words) for one in self._charts.rows]
        if options:
            self.host.ask(Choice("Charts, / searches", options, self.pane.chart_name), self._show_chart)

    def on_table_opened(self, message: Table.Opened) -> None:
        """A chart of the list."""
        message.stop()
        entry = self.table.current
        self._show_chart(entry.name if entry is not None else None)

    def _show_chart(self, name: str | None) -> None:
        if name in self.pane.names:
            self.table.search("")
            self.pane.turn(self.pane.names.index(name))
            self._point()
            self.take_focus()

    @property
    def place(self) -> Place:
        """The chart that is shown."""
        return Place(self.NAME, self.slug, chart=self.pane.chart_name)

    def charts(self, name: str | None) -> Place:
        """Another chart of the same."""
        return Place(self.NAME, self.slug, chart=name)

    def copied(self, *, whole: bool) -> Copied:
        """The chart, or the value under the cursor."""
        return chart_sharing.copied(self.pane, whole=whole) or super().copied(whole=whole)

    def offers(self) -> Sequence[Offer]:
        """The chart."""
        return chart_sharing.offers(self.host, self.pane)

    def _names(self, slug: str | None) -> list[str]:
        """Every chart of the book; of a run those that its kind of run has figures for."""
        from aa_tui.catalog import runs
        from aa_tui.charts import book
        from aa_tui.pages.scene import run_of

        run_id = run_of(slug)
        if run_id is None:
            return [kind.name for kind in book.ALL]
        nothing: list[RunRow] = []
        run = next((one for one in self.host.store.read(runs.list_runs, nothing) if one.id == run_id), None)
        return book.of_run(run) if run is not None else []

    def take_focus(self) -> None:
        """The chart gets the focus."""
        self.pane.take_focus()

    def on_chart_pane_turned(self, message: ChartPane.Turned) -> None:
        """A chart's title was clicked."""
        message.stop()
        self.pane.turn(message.place)
        self._point()
        self.take_focus()

    def action_step(self, step: int) -> None:
        """The next chart."""
        self.pane.step(step)
        self._point()
        self.take_focus()

    async def on_chart_pane_opened(self, message: ChartPane.Opened) -> None:
        """Open what a bar or dot stands for."""
        message.stop()
        await open_from(self.host, self.pane.scene, message.key)

    async def action_back(self) -> None:
        """One step back."""
        await self.host.back()

    def action_select(self) -> None:
        """Choose which models the chart draws."""
        self.pane.choose_models()

    def action_pin(self) -> None:
        """Keep the model under the chart's cursor in every chart."""
        self.pane.pin()
