"""A model's page: who it is and its headline figures, then one section at a time, words or charts."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar, cast

from rich.cells import set_cell_size
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.message import Message

from aa_tui.tui import page_text
from aa_tui.tui.chart_pane import TABLE, ChartPane
from aa_tui.tui.chart_selection import remembered
from aa_tui.tui.live import live_line
from aa_tui.tui.parts import Fitted, Line, Link, LinkLine, styled, wrapped
from aa_tui.tui.section_tabs import SectionTabs
from aa_tui.tui.sections import BY_NAME, OVERVIEW, SECTIONS, Section
from aa_tui.tui.tiles import CLASS_BOX_FROM, ROW_TILES_BELOW, class_words, tiles_content

if TYPE_CHECKING:
    from collections.abc import Collection

    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.content import Content

    from aa_tui.catalog.rows import RunRow
    from aa_tui.pages.page import Page
    from aa_tui.tui.app import AATuiApp
    from aa_tui.tui.page_data import PageData
    from aa_tui.tui.store import Store

WIDE = 140
SIDE_CELLS = 4
"""Columns that the page leaves free at its sides."""
TILES_FROM_ROWS = 32
"""On a lower screen the headline figures are in the overview and leave their rows to the section."""
LEAST_CHART_ROWS = 18
"""With fewer rows below it, the overview becomes a tab."""
HEAD_ROWS = 13
"""Rows of a wide page beside overview and section: bars, title, tiles, tabs, spaces."""


class Reading(VerticalScroll, can_focus=True):
    """Words that scroll, by arrows and by vi's keys."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "scroll_down", show=False),
        Binding("k", "scroll_up", show=False),
        Binding("g", "scroll_home", show=False),
        Binding("G", "scroll_end", show=False),
        Binding("space", "page_down", show=False),
    ]


class PageView(Vertical):
    """One model. Sections are tabs at every width; on wide screens the overview stays above them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,backspace", "back", "Back"),
        Binding("b", "measure", "Measure"),
        Binding("left_square_bracket,h,left", "neighbour(-1)", "Previous model"),
        Binding("right_square_bracket,l,right", "neighbour(1)", "Next model"),
        Binding("n,tab", "step(1)", "Next chart"),
        Binding("N,shift+tab", "step(-1)", "Previous chart"),
        *(Binding(section.key, f"section('{section.name}')", show=False) for section in SECTIONS),
    ]

    class Left(Message):
        """Back to where the page was opened from."""

    class MeasureWanted(Message):
        """A file of this model is to be measured."""

    class NeighbourWanted(Message):
        """The page of the model above or below in the leaderboard."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    def __init__(self, store: Store) -> None:
        super().__init__(id="page")
        self.live: RunRow | None = None
        self._store = store
        self._data: PageData | None = None
        self._section = OVERVIEW.name

    @property
    def page(self) -> Page | None:
        """What is shown."""
        return self._data.page if self._data else None

    @property
    def section(self) -> str:
        """The name of the section that is shown."""
        return "index" if self._section == OVERVIEW.name and self._overview_above else self._section

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
        yield Line(id="page-live")
        yield Fitted(id="overview")
        yield SectionTabs()
        with Reading(id="reading"):
            yield Fitted(id="reading-text")
        yield ChartPane(self._store)

    def show(self, data: PageData, *, section: str | None = None, chart: str | None = None) -> None:
        """Show a page, in a section and at a chart of it; without one the same section stays."""
        same = self.page is not None and self.page.model.slug == data.page.model.slug
        self._data = data
        if section is not None:
            self._section = section
        self._fill(chart=chart, fresh=not same or section is not None)
        if not same:
            self.query_one("#reading", Reading).scroll_home(animate=False)

    def show_live(self, run: RunRow | None) -> None:
        """Show how far a run of this model is, or that there is none."""
        self.live = run
        line = self.query_one("#page-live", Line)
        if run is not None:
            line.show(live_line(run, max(20, self.app.size.width - SIDE_CELLS)))
        line.display = run is not None

    def take_focus(self) -> None:
        """The section gets the keys."""
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
        words.display = tiles_above and self._width < CLASS_BOX_FROM and self.section != OVERVIEW.name
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
            pane.show(page.model.slug, names, wanted, selection=remembered(cast("AATuiApp", self.app)))
        text = not section.has_charts or pane.is_at_text
        pane.display = section.has_charts and not pane.is_at_text
        reading = self.query_one("#reading", Reading)
        reading.display = text
        if text:
            self.query_one("#reading-text", Fitted).show(partial(self._text, page, section.name))

    def _text(self, page: Page, section: str, width: int) -> Content:
        gone = self._data.gone if self._data else frozenset()
        if section == "measured":
            return page_text.measured_text(page, width)
        if section == "faq":
            return page_text.faq_text(page, width)
        if section == "files":
            return page_text.files_text(page, gone, width)
        if section == "sources":
            return page_text.sources_text(page, width)
        return page_text.overview_text(page, width, with_tiles=not self._tiles_above)

    def _head(self, page: Page) -> None:
        model = page.model
        left = [Link(((model.name, "title"),))]
        left.append(Link((("◆ reasoning", "accent"),) if model.reasoning else (("◇ non-reasoning", "dim"),)))
        weights = "⌂ a file here" if model.is_local else "○ open weights" if model.open_weights else "● proprietary"
        left.append(Link(((weights, "dim"),)))
        words = [
            model.creator,
            f"released {model.release_date}" if model.release_date else "",
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
        """Go to a section; the keys go with it."""
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

    def action_back(self) -> None:
        """One step back."""
        self.post_message(self.Left())

    def action_measure(self) -> None:
        """Measure a file of this model."""
        self.post_message(self.MeasureWanted())

    def action_neighbour(self, step: int) -> None:
        """The next page of the list that the leaderboard shows."""
        self.post_message(self.NeighbourWanted(step))


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
