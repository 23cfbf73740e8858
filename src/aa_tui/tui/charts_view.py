"""All charts, one after the other, each on the whole screen: with the page's model, without one, or those of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical
from textual.message import Message

from aa_tui.tui.chart_pane import ChartPane

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from aa_tui.catalog.rows import RunRow
    from aa_tui.charts.scene import Selection
    from aa_tui.tui.store import Store


class ChartsView(Vertical):
    """Charts on the whole screen. `slug` is the model's or "run:3"; None where they are of all models."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,backspace,x", "back", "Back"),
        Binding("left,h,left_square_bracket,N,shift+tab", "step(-1)", "Previous chart"),
        Binding("right,l,right_square_bracket,n,tab", "step(1)", "Next chart"),
    ]

    class Left(Message):
        """Back to where the charts were opened from."""

    def __init__(self, store: Store) -> None:
        super().__init__(id="charts")
        self._store = store
        self.slug: str | None = None

    def compose(self) -> ComposeResult:
        """One pane."""
        yield ChartPane(self._store)

    @property
    def pane(self) -> ChartPane:
        """The chart on screen."""
        return self.query_one(ChartPane)

    def show(self, slug: str | None, name: str | None, selection: Selection) -> None:
        """Show a chart, by default the one shown last."""
        self.slug = slug
        self.pane.show(slug, self._names(slug), name, selection=selection)

    def _names(self, slug: str | None) -> list[str]:
        """Every chart of the book; of a run those that its kind of run has figures for."""
        from aa_tui.catalog import runs
        from aa_tui.charts import book
        from aa_tui.pages.scene import MEASURED, run_of

        run_id = run_of(slug)
        if run_id is None:
            return [kind.name for kind in book.ALL]
        nothing: list[RunRow] = []
        found = {run.id: run.kind for run in self._store.read(runs.list_runs, nothing)}
        measured = [kind.name for kind in book.ALL if kind.section == MEASURED]
        return [name for name in measured if (name in book.EVALUATIONS) == (found.get(run_id) == "eval")]

    def take_focus(self) -> None:
        """The chart gets the keys."""
        self.pane.take_focus()

    def on_chart_pane_turned(self, message: ChartPane.Turned) -> None:
        """A chart's title was clicked."""
        message.stop()
        self.pane.turn(message.place)
        self.take_focus()

    def action_step(self, step: int) -> None:
        """The next chart."""
        self.pane.step(step)
        self.take_focus()

    def action_back(self) -> None:
        """One step back."""
        self.post_message(self.Left())
