"""A model's page: who it is and its headline figures, then one section at a time, words or charts."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from rich.cells import set_cell_size
from textual.message import Message

from aa_tui.analysis import display, untold
from aa_tui.catalog import runs
from aa_tui.errors import AATuiError
from aa_tui.pages import local
from aa_tui.tui.charts import sharing as chart_sharing
from aa_tui.tui.charts.choosing import open_from, remembered
from aa_tui.tui.charts.pane import TABLE, ChartPane
from aa_tui.tui.core.command import BACK, ENDS, ROWS, Command
from aa_tui.tui.core.news import Pulled
from aa_tui.tui.core.places import Place
from aa_tui.tui.core.sections import BY_NAME, OVERVIEW, SECTIONS, Section
from aa_tui.tui.core.view import Copied
from aa_tui.tui.page import text as page_text
from aa_tui.tui.page.acting import ACTS, PageActs
from aa_tui.tui.page.reading import PageReader
from aa_tui.tui.page.standing import StandingLine
from aa_tui.tui.page.tabs import SectionTabs
from aa_tui.tui.page.tiles import ROW_TILES_BELOW, class_words, has_class_box, tiles_content
from aa_tui.tui.widgets.parts import Fitted, Line, Link, LinkLine, styled, wrapped
from aa_tui.tui.widgets.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from textual.app import ComposeResult
    from textual.content import Content

    from aa_tui.catalog.rows import ModelRow
    from aa_tui.export.document import Document
    from aa_tui.pages.page import Page
    from aa_tui.tui.core.host import Host
    from aa_tui.tui.core.news import News
    from aa_tui.tui.core.offer import Offer
    from aa_tui.tui.core.view import Arrive
    from aa_tui.tui.page.data import PageData

MEASURED_HERE = "measured"
"""The section that a page opens on where nothing else is known of its model."""

WIDE = 140
SIDE_CELLS = 4
"""Columns that the page leaves free at its sides."""
TILES_FROM_ROWS = 32
"""On a lower screen the headline figures are in the overview and leave their rows to the section."""
LEAST_CHART_ROWS = 18
"""With fewer rows below it, the overview becomes a tab."""
HEAD_ROWS = 13
"""Rows of a wide page beside overview and section: bars, title, tiles, tabs, spaces."""


class PageView(PageActs):
    """One model. Sections are tabs at every width; on wide screens the overview stays above them."""

    NAME = "page"
    TITLE = "Model page"
    SHOWS_PUBLISHED = True
    STEPPED_INTO = True
    STEPS_WITHIN = True

    COMMANDS = (
        Command(
            "1",
            "section('index')",
            "Index",
            "charts: index, evals, openness, price, tokens, cost, context, speed, latency, size",
            bar="charts",
            label="1 … 9  0",
            bar_label="0–9",
            also=tuple(
                Command(one.key, f"section('{one.name}')", one.title) for one in SECTIONS if one.key in "234567890"
            ),
        ),
        Command(
            "i",
            "section('overview')",
            "Overview",
            "overview, measured here, questions and answers",
            also=(
                Command("m", "section('measured')", "Measured here"),
                Command("a", "section('faq')", "FAQ"),
            ),
        ),
        Command(
            "w",
            "section('files')",
            "Weights",
            "the weights' files, sources",
            also=(Command("O", "section('sources')", "Sources"),),
        ),
        Command(
            "n,tab",
            "step(1)",
            "Next",
            "the next chart of the section, the one before",
            label="n N  Tab",
            also=(Command("N,shift+tab", "step(-1)", "Before"),),
        ),
        ROWS._replace(help="scroll; in a chart the next value, named below it"),
        Command(
            "left,h",
            "neighbour(-1)",
            "Model above",
            "the model above or below in the leaderboard; in a scatter chart the next dot",
            bar="next model",
            label="← →  h l",
            bar_label="← →",
            also=(Command("right,l", "neighbour(1)", "Model below"),),
        ),
        Command(
            "left_square_bracket",
            "neighbour(-1)",
            "Model above",
            "the model above or below, anywhere",
            label="[ ]",
            also=(Command("right_square_bracket", "neighbour(1)", "Model below"),),
        ),
        ENDS._replace(keys=f"space,{ENDS.keys}", label="Space  PgUp PgDn  g G"),
        Command("enter", "", "Open", "in a chart: open the page of the model under the cursor"),
        Command("f", "select", "Filter", "in a chart: which models are drawn"),
        Command("asterisk", "pin", "Pin", "in a chart: keep the model under the cursor in every chart"),
        Command("C", "app.charts", "Charts", "the chart on the whole screen, and all others"),
        *ACTS,
        BACK,
    )

    class NeighbourWanted(Message):
        """The page of the model above or below in the leaderboard, at the same section."""

        def __init__(self, model_id: int, section: str, step: int) -> None:
            super().__init__()
            self.model_id = model_id
            self.section = section
            self.step = step

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self._reader = PageReader(host)
        self._figures: tuple[object, ...] = ()
        self._data: PageData | None = None
        self._section = OVERVIEW.name

    @property
    def page(self) -> Page | None:
        """What is shown."""
        return self._data.page if self._data else None

    @property
    def section(self) -> str:
        """The name of the section that is shown."""
        if self._section != OVERVIEW.name or not self._overview_above:
            return self._section
        return "measured" if self.page is not None and self.page.model.is_local else "index"

    @property
    def chart_pane(self) -> ChartPane:
        """The charts."""
        return self.query_one(ChartPane)

    @property
    def shows_chart(self) -> bool:
        """Whether the section on screen is a chart."""
        return bool(self.chart_pane.display)

    def compose(self) -> ComposeResult:
        """Every part at its place; texts come with the page."""
        yield LinkLine(gap=3, id="page-title")
        yield Line(id="page-facts")
        yield Fitted(id="tiles")
        yield Fitted(id="class-words")
        yield StandingLine(self.host)
        yield Fitted(id="overview")
        yield SectionTabs()
        with Reading(id="reading"):
            yield Fitted(id="reading-text")
        yield ChartPane(self.host)

    # -- what is read, in threads

    async def open(self, place: Place, arrive: Arrive) -> None:
        """Put the page together, then show it; an unknown model is said to be so."""
        name = place.slug or ""

        async def shown(data: PageData) -> None:
            only_here = data.page.model.is_local and (data.page.measured_here or data.page.measured_on_others)
            section = place.section or (MEASURED_HERE if only_here else OVERVIEW.name)
            self._figures = self._figures_of(data.page.model.model_id)
            # filled before it is seen: one drawing instead of two
            await arrive(lambda: self.fill(data, section=section, chart=place.chart))
            self.host.look(force=True)

        def work() -> None:
            try:
                data = self._reader.read(name)
            except AATuiError as error:
                self.host.call_from_thread(self.host.toast, str(error), bad=True)
            else:
                self.host.call_from_thread(self.host.call_later, shown, data)

        self.run_worker(work, thread=True, exclusive=True, group="page", exit_on_error=False)

    def hear(self, news: News) -> None:
        """Show how far a run of the model is, and read the page again when a figure of it has landed."""
        if self.page is None:
            return
        model = self.page.model
        self.standing.show_run(next((run for run in news.live if run.file.model_id == model.model_id), None))
        figures = self._figures_of(model.model_id)
        if figures != self._figures or news.models_changed:
            self._figures = figures
            work = partial(self._read_again, model.slug)
            self.run_worker(work, thread=True, exclusive=True, group="reload", exit_on_error=False)

    def _figures_of(self, model_id: int) -> tuple[object, ...]:
        """Changes when a figure of the model has landed: only then is its page put together again."""
        return self.host.store.read(
            lambda conn: (
                *(
                    (result.run.id, result.run.state, len(result.measurements))
                    for result in runs.results_of_model(conn, model_id, everywhere=True)
                ),
                *((run.id, run.state, run.n_done) for run in runs.studies_of_model(conn, model_id)),
            ),
            self._figures,
        )

    def _read_again(self, slug: str) -> None:
        """In a thread."""
        try:
            data = self._reader.read(slug)
        except AATuiError:
            return
        self.host.call_from_thread(self._update, data)

    def _update(self, data: PageData) -> None:
        now = self.page
        if now is not None and now.model.slug == data.page.model.slug and now != data.page:
            self.fill(data)
            self.chart_pane.reload()

    # -- what is shown

    @property
    def place(self) -> Place:
        """The page and its section."""
        return Place(self.NAME, self.page.model.slug if self.page is not None else None, self.section)

    @property
    def model(self) -> ModelRow | None:
        """Whose page it is."""
        return self.page.model if self.page is not None else None

    def fill(self, data: PageData, *, section: str | None = None, chart: str | None = None) -> None:
        """Show a page, in a section and at a chart of it; without one the same section stays."""
        same = self.page is not None and self.page.model.slug == data.page.model.slug
        self._data = data
        if section is not None:
            self._section = section
        if not same:
            self.standing.show_of(data.page.model)
            self.post_message(self.KeysChanged())
        self._fill(chart=chart, fresh=not same or section is not None)
        if not same:
            self.query_one("#reading", Reading).scroll_home(animate=False)

    def hear_pull(self, pulled: Pulled) -> None:
        """Show how far a download is; the page is read again once the file is here."""
        if self.go_on(pulled) and self.page is not None:
            work = partial(self._read_again, self.page.model.slug)
            self.run_worker(work, thread=True, group="reload", exit_on_error=False)

    def take_focus(self) -> None:
        """The section gets the focus."""
        if self.shows_chart:
            self.chart_pane.take_focus()
        else:
            self.query_one("#reading", Reading).focus()

    # -- layout

    @property
    def _width(self) -> int:
        return max(20, self.app.size.width - SIDE_CELLS)

    @property
    def _overview_above(self) -> bool:
        """Whether there is room for summary and facts above the section."""
        if self.page is None or self.app.size.width < WIDE:
            return False
        rows = page_text.overview_text(self.page, self._width, with_tiles=False).plain.count("\n") + 1
        return self.app.size.height - rows - HEAD_ROWS >= LEAST_CHART_ROWS

    @property
    def _tiles_above(self) -> bool:
        return self.app.size.height >= TILES_FROM_ROWS and self._width >= ROW_TILES_BELOW

    def on_resize(self) -> None:
        """Another size, another layout."""
        if self.page is not None:
            self._fill(chart=None, fresh=False)

    def _fill(self, *, chart: str | None, fresh: bool) -> None:
        page = self.page
        if page is None:
            return
        self._head(page)
        above, tiles_above = self._overview_above, self._tiles_above
        tiles, words = self.query_one("#tiles", Fitted), self.query_one("#class-words", Fitted)
        tiles.display = tiles_above
        words.display = tiles_above and not has_class_box(page, self._width) and self.section != OVERVIEW.name
        if tiles_above:
            tiles.show(partial(tiles_content, page))
            words.show(lambda width: wrapped(styled((class_words(page), "dim")), min(width, page_text.PROSE_CELLS)))
        overview = self.query_one("#overview", Fitted)
        overview.display = above
        if above:
            overview.show(partial(page_text.overview_text, page, with_tiles=False))
        self.query_one(SectionTabs).show(self.section, self._width, with_overview=not above)
        self._fill_section(page, chart=chart, fresh=fresh)

    def _fill_section(self, page: Page, *, chart: str | None, fresh: bool) -> None:
        """The section itself: words, or charts with the one asked for in front."""
        section = BY_NAME[self.section]
        pane = self.chart_pane
        if section.has_charts:
            names = chart_names(section, {result.run.kind for result in page.measured_here})
            same = pane.chart_name if pane.chart_name in names else None
            wanted = chart or (names[0] if fresh else same)
            pane.show(page.model.slug, names, wanted)
        text = not section.has_charts or pane.is_at_text
        pane.display = section.has_charts and not pane.is_at_text
        reading = self.query_one("#reading", Reading)
        reading.display = text
        if text:
            self.query_one("#reading-text", Fitted).show(partial(self._text, page, section.name))

    def _text(self, page: Page, section: str, width: int) -> Content:
        gone = self._data.gone if self._data else frozenset()
        if section == "measured":
            return page_text.measured_text(page, width, self.host.keymap)
        if section == "faq":
            return page_text.faq_text(page, width)
        if section == "files":
            return page_text.files_text(page, gone, width, self.host.keymap)
        if section == "sources":
            return page_text.sources_text(page, width)
        return page_text.overview_text(page, width, with_tiles=not self._tiles_above)

    def _head(self, page: Page) -> None:
        model = page.model
        left = [Link(((model.name, "title"),))]
        left.append(Link(((untold.reasoning_mark(model), "accent" if untold.reasoning(model) else "dim"),)))
        weights = local.mark(model)
        left.append(Link(((weights, "dim"),)))
        words = [
            model.creator,
            f"released {display.long_date(model.release_date)}" if model.release_date else "",
            model.license or "",
        ]
        facts = " · ".join(word for word in words if word)
        width = self._width
        fits = len(facts) <= width - sum(link.width + 3 for link in left)
        if left[0].width > width - 36:
            name = set_cell_size(model.name, max(10, width - 37)).rstrip() + "…"
            left[0] = Link(((name, "title"),))
        self.query_one("#page-title", LinkLine).show(tuple(left), (Link(((facts, "dim"),)),) if fits else ())
        line = self.query_one("#page-facts", Line)
        line.show(styled((facts, "dim")))
        line.display = not fits

    # -- events and actions

    def on_link_line_clicked(self, message: LinkLine.Clicked) -> None:
        """A section's tab was clicked."""
        if message.target in BY_NAME:
            message.stop()
            self.action_section(message.target)

    def on_chart_pane_turned(self, message: ChartPane.Turned) -> None:
        """A chart's title was clicked."""
        message.stop()
        self.chart_pane.turn(message.place)
        if self.page is not None:
            self._fill_section(self.page, chart=None, fresh=False)
        self.take_focus()

    def action_section(self, name: str) -> None:
        """Go to a section; the focus goes with it."""
        if self.page is None:
            return
        self._section = name
        self.query_one("#reading", Reading).scroll_home(animate=False)
        self._fill(chart=None, fresh=True)
        self.take_focus()

    def action_step(self, step: int) -> None:
        """The next chart of the section."""
        if self.page is not None and BY_NAME[self.section].has_charts:
            self.chart_pane.step(step)
            self._fill_section(self.page, chart=None, fresh=False)
            self.take_focus()

    async def on_chart_pane_opened(self, message: ChartPane.Opened) -> None:
        """Open what a bar or dot stands for: from page to page one stays in the section, to compare."""
        message.stop()
        if self.page is not None and self.page.model.slug == message.key:
            self.host.toast("This is the page of that model already.")
        else:
            await open_from(self.host, self.chart_pane.scene, message.key, self.section)

    async def action_back(self) -> None:
        """One step back."""
        await self.host.back()

    @property
    def has_file(self) -> bool:
        """Whether a file of the model is here."""
        gone = self._data.gone if self._data else frozenset()
        return self.page is not None and any(file.path not in gone for file in self.page.files)

    def action_neighbour(self, step: int) -> None:
        """The next page of the list that the leaderboard shows."""
        if self.page is not None:
            self.post_message(self.NeighbourWanted(self.page.model.id, self._section, step))

    # -- what leaves it

    def charts(self, name: str | None) -> Place:
        """All charts, with the page's model in them, beginning with the one that is shown here."""
        if name is None and self.shows_chart:
            name = self.chart_pane.chart_name or None
        return Place("charts", self.page.model.slug if self.page is not None else None, chart=name)

    def copied(self, *, whole: bool) -> Copied:
        """The chart on screen, or the value under its cursor; without one the page."""
        chart = chart_sharing.copied(self.chart_pane, whole=whole) if self.shows_chart else None
        if chart is not None or self.page is None:
            return chart or super().copied(whole=whole)
        from aa_tui.export import markdown
        from aa_tui.export.content import page_document

        return Copied(markdown.render(page_document(self.page)), f"the page of {self.page.model.name} as Markdown")

    def offers(self) -> Sequence[Offer]:
        """The page, which is too long for a picture, and the chart on screen, if there is one."""
        from aa_tui.export.files import READING_FORMATS
        from aa_tui.tui.core.offer import Offer

        charts = chart_sharing.offers(self.host, self.chart_pane) if self.shows_chart else ()
        page = self.page
        if page is None:
            return charts
        whole = Offer(f"Page of {page.model.name}", (page.model.slug,), lambda: self._whole(page), READING_FORMATS)
        return (whole, *charts)

    def _whole(self, page: Page) -> Document:
        """The page with the charts of all its sections, for the models that are drawn now."""
        from aa_tui.export.page import whole_page

        selection = remembered(self.host.memory)
        return self.host.store.in_thread(lambda conn: whole_page(conn, page, selection))

    def action_select(self) -> None:
        """Choose which models the chart draws."""
        if self.shows_chart:
            self.chart_pane.choose_models()

    def action_pin(self) -> None:
        """Keep the model under the chart's cursor in every chart."""
        if self.shows_chart:
            self.chart_pane.pin()


def chart_names(section: Section, measured: Collection[str] = ()) -> tuple[str, ...]:
    """The charts of a section, in the book's order; what was measured here begins with its table.

    `measured` are the kinds of runs that there are: where they are evaluations alone, these come first.
    """
    from aa_tui.charts import book

    names = [kind.name for kind in book.ALL if kind.section == section.chart_section]
    if section.name != "measured":
        return tuple(names)
    if "eval" in measured and "speed" not in measured:
        names.sort(key=lambda name: name not in book.EVALUATIONS)
    return (TABLE, *names)
