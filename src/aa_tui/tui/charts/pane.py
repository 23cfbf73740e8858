"""Charts with a line of their titles above and a line on the value under the cursor below.

What a chart needs is read and built in a thread, and only when it is shown; until then its place is kept.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.content import Content
from textual.message import Message

from aa_tui.charts.spec import BarChart, ScatterChart
from aa_tui.errors import AATuiError
from aa_tui.tui.charts import choosing as chart_choosing
from aa_tui.tui.charts import words as chart_words
from aa_tui.tui.charts.bars import ChartView
from aa_tui.tui.charts.scatter import ScatterView
from aa_tui.tui.core import heap
from aa_tui.tui.widgets.parts import Fitted, Link, LinkLine, wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from aa_tui.charts.book.kind import Kind
    from aa_tui.charts.draw.drawing import Drawing
    from aa_tui.charts.scene import Scene, Selection
    from aa_tui.charts.spec import Chart
    from aa_tui.tui.core.host import Host

TWO_LINES_BELOW = 150
"""Columns of a screen on which both figures of a dot and their source do not fit on one line."""

NOTHING_DRAWN = "Nothing to draw · f chooses which models, [ and ] go to another chart"

TABLE = ""
"""Stands among the names of charts for the words that come before them."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a thread has made ready. `read` is what was wanted, `scene` what is drawn, of other models if need be."""

    slug: str | None
    name: str
    scene: Scene
    chart: Chart
    read: Scene


class ChartPane(Vertical):
    """One chart of several, its cursor, and which models are drawn."""

    class Opened(Message):
        """What the bar or dot under the cursor stands for is wanted: a model by its slug, or a run by its number."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    class Chosen(Message):
        """Other models are drawn."""

    class Turned(Message):
        """A chart was chosen by its title."""

        def __init__(self, place: int) -> None:
            super().__init__()
            self.place = place

    def __init__(self, host: Host) -> None:
        super().__init__(classes="chart-pane")
        self._host = host
        self._slug: str | None = None
        self._names: tuple[str, ...] = ()
        self._place = 0
        self._wanted: Selection | None = None
        self._shown: Shown | None = None
        self._scene_for: Selection | None = None

    def compose(self) -> ComposeResult:
        """Titles, the two ways to draw, the line on the cursor."""
        yield LinkLine(gap=2, id="chart-steps")
        yield ChartView()
        yield ScatterView(ascii=self._host.draws_ascii)
        yield Fitted(id="chart-cursor")

    # -- what is shown

    @property
    def chart_name(self) -> str:
        """The chart's name, `TABLE` where words are meant."""
        return self._names[self._place] if self._names else TABLE

    @property
    def names(self) -> tuple[str, ...]:
        """The charts that one can step through."""
        return self._names

    @property
    def is_at_text(self) -> bool:
        """Whether it is the turn of the words before the charts."""
        return self.chart_name == TABLE

    @property
    def chart(self) -> Chart | None:
        """The chart on screen."""
        shown = self._shown
        return shown.chart if shown is not None and shown.name == self.chart_name else None

    @property
    def drawing(self) -> Drawing | None:
        """It as it is drawn."""
        return self._scatter.drawing if isinstance(self.chart, ScatterChart) else self._bars.drawing

    @property
    def scene(self) -> Scene | None:
        """What it was built from."""
        return self._shown.scene if self._shown else None

    @property
    def selection(self) -> Selection | None:
        """Which models it draws."""
        return self._scene_for if self._shown else None

    @property
    def _bars(self) -> ChartView:
        return self.query_one(ChartView)

    @property
    def _scatter(self) -> ScatterView:
        return self.query_one(ScatterView)

    @property
    def cursor_words(self) -> str:
        """The value under the cursor in words; empty where there is none."""
        if self.chart is None or self.scene is None:
            return ""
        if isinstance(self.chart, ScatterChart):
            dot = self._scatter.current
            return chart_words.of_dot(self.chart, dot, self.scene) if dot else ""
        found = self._bars.current
        return chart_words.of_bar(*found, self.scene) if found else ""

    def show(self, slug: str | None, names: Sequence[str], name: str | None) -> None:
        """Show one of these charts of a model, or of a run as "run:3"; without a name the one shown, else the first."""
        names, selection = tuple(names), chart_choosing.remembered(self._host.memory)
        wanted = name if name in names else self.chart_name if names == self._names else None
        changed = (slug, names, selection) != (self._slug, self._names, self._wanted)
        self._slug, self._names, self._wanted = slug, names, selection
        place = names.index(wanted) if wanted is not None and wanted in names else 0
        if changed or place != self._place or self._shown is None:
            self._place = place
            self._load()

    def select(self, selection: Selection) -> None:
        """Draw other models."""
        if self._wanted is not None and selection != self._wanted:
            self._wanted = selection
            self._load()
            self.post_message(self.Chosen())

    @property
    def wanted(self) -> Selection:
        """Which models are to be drawn."""
        return self._wanted or chart_choosing.remembered(self._host.memory)

    def put_in_order(self, names: Sequence[str]) -> None:
        """Step through the same charts in another order; the one on screen stays."""
        shown = self.chart_name
        if set(names) == set(self._names):
            self._names = tuple(names)
            self._place = self._names.index(shown)
            self._tell_steps()

    def reload(self) -> None:
        """The catalog has changed: read again."""
        self._shown = None
        self._load()

    def step(self, by: int) -> None:
        """The next chart, round and round."""
        if self._names:
            self.turn((self._place + by) % len(self._names))

    def turn(self, place: int) -> None:
        """The chart at a place."""
        if 0 <= place < len(self._names) and place != self._place:
            self._place = place
            self._load()

    def take_focus(self) -> None:
        """The chart gets the focus."""
        (self._scatter if self._scatter.display else self._bars).focus()

    # -- reading and building

    def _load(self) -> None:
        self._tell_steps()
        if self.is_at_text or self._wanted is None:
            return
        before = self._shown
        if before is not None and before.name != self.chart_name:
            self._bars.wait(self._title(self.chart_name))
            self._scatter.display, self._bars.display = False, True
            self._tell_cursor()
        slug, name, selection = self._slug, self.chart_name, self._wanted
        scene = before.read if before is not None and before.slug == slug and self._scene_for == selection else None
        read_for = before.name if before is not None else name
        self.run_worker(
            lambda: self._build(slug, name, selection, scene, read_for),
            thread=True,
            exclusive=True,
            group="chart",
            exit_on_error=False,
        )

    def _build(self, slug: str | None, name: str, selection: Selection, scene: Scene | None, read_for: str) -> None:
        """In a thread: read the models, unless what another chart was built from will do, and build the chart."""
        from aa_tui.charts import book
        from aa_tui.pages import wider
        from aa_tui.pages.scene import serves

        kind = book.kind(name)
        if scene is not None and not serves(scene, book.kind(read_for), kind):
            scene = None
        try:
            read = scene or self._host.store.in_thread(lambda conn: _read(conn, slug, selection, kind))
            drawn, chart = self._host.store.in_thread(lambda conn: wider.chart_of(conn, read, selection, kind))
        except AATuiError as error:
            self.app.call_from_thread(self._bars.fail, str(error))
            return
        if not isinstance(chart, ScatterChart):
            from aa_tui.charts.draw.render import warm_up

            if warm_up():
                heap.keep_loaded()
        self.app.call_from_thread(self._built, Shown(slug, name, drawn, chart, read), selection)

    def _built(self, shown: Shown, selection: Selection) -> None:
        if (shown.slug, shown.name, selection) != (self._slug, self.chart_name, self._wanted):
            return
        before = self._shown
        self._shown, self._scene_for = shown, selection
        fresh = before is None or (before.slug, before.name) != (shown.slug, shown.name)
        had_focus = self._bars.has_focus or self._scatter.has_focus
        is_scatter = isinstance(shown.chart, ScatterChart)
        self._scatter.display, self._bars.display = is_scatter, not is_scatter
        if isinstance(shown.chart, ScatterChart):
            self._scatter.show(shown.chart, fresh=fresh)
        else:
            self._bars.show(shown.chart, fresh=fresh)
        if had_focus:
            self.take_focus()
        self._tell_cursor()

    # -- words around it

    def _tell_steps(self) -> None:
        line = self.query_one("#chart-steps", LinkLine)
        line.display = len(self._names) > 1
        links = []
        for place, name in enumerate(self._names):
            chosen = place == self._place
            links.append(Link(((self._title(name), "accent-strong" if chosen else "dim"),), str(place)))
        count = f"{self._place + 1} of {len(self._names)}"
        # The chosen one first to stay: pieces that do not fit are left out from the end.
        around = links[max(0, self._place - 1) :] if len(links) > 4 else links
        line.show((Link(((count, "accent"),)), *around), (Link((("n", "key"), (" next", "dim"))),))

    def _title(self, name: str) -> str:
        if name == TABLE:
            return "Table"
        from aa_tui.charts import book

        return book.kind(name).title

    def _tell_cursor(self) -> None:
        """One line; two on a narrow screen where there are several figures, so that they and their source fit."""
        several = isinstance(self.chart, ScatterChart) or (isinstance(self.chart, BarChart) and bool(self.chart.parts))
        rows = 2 if several and self.app.size.width < TWO_LINES_BELOW else 1
        words = self.cursor_words or ("" if self.chart is None else NOTHING_DRAWN)

        def text(width: int) -> Content:
            lines = wrapped(chart_words.line(words), width).split("\n")
            if len(lines) > rows:
                rest = " ".join(line.plain for line in lines[rows - 1 :])
                lines = [*lines[: rows - 1], Content(rest).truncate(width, ellipsis=True)]
            return Content("\n").join(lines)

        line = self.query_one("#chart-cursor", Fitted)
        line.styles.height = rows
        line.show(text)

    # -- events and actions

    def on_link_line_clicked(self, message: LinkLine.Clicked) -> None:
        """A title was clicked."""
        message.stop()
        if message.target.isdecimal():
            self.post_message(self.Turned(int(message.target)))

    def on_chart_view_moved(self, message: ChartView.Moved) -> None:
        """Name what is under the cursor."""
        message.stop()
        self._tell_cursor()

    def on_scatter_view_moved(self, message: ScatterView.Moved) -> None:
        """Name what is under the cursor."""
        message.stop()
        self._tell_cursor()

    def on_chart_view_opened(self, message: ChartView.Opened) -> None:
        """Open the model's page."""
        message.stop()
        self.post_message(self.Opened(message.key.partition(":")[0]))  # a model can have two bars

    def on_scatter_view_opened(self, message: ScatterView.Opened) -> None:
        """Open the model's page."""
        message.stop()
        self.post_message(self.Opened(message.key))

    def pin(self) -> None:
        """Keep the model under the cursor in every chart."""
        found = self._scatter.current if isinstance(self.chart, ScatterChart) else None
        bar = self._bars.current if found is None else None
        key = found.key if found is not None else bar[1].key if bar is not None else None
        if key is not None and self.scene is not None and chart_words.model_of(self.scene, key) is not None:
            self.select(chart_choosing.pin(self._host, key))

    def choose_models(self) -> None:
        """Choose which models are drawn."""
        chart_choosing.choose(self._host, self.select)


def _read(conn: sqlite3.Connection, target: str | None, selection: Selection, kind: Kind) -> Scene:
    """What to draw; a choice of last time that names what is gone is left out of account."""
    from aa_tui.charts.scene import Selection
    from aa_tui.pages.scene import scene_of

    try:
        return scene_of(conn, target, selection, kind)
    except AATuiError:
        return scene_of(conn, target, Selection(), kind)
