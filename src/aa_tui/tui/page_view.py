"""A model's page: headline figures, summary, facts, chart, what was measured here, questions, sources."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.message import Message

from aa_tui.tui import page_text
from aa_tui.tui.chart_view import ChartView
from aa_tui.tui.live import live_line
from aa_tui.tui.parts import Fitted, Line, Link, LinkLine, styled, wrapped
from aa_tui.tui.tiles import CLASS_BOX_FROM, class_words, tiles_content

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from aa_tui.catalog.rows import RunRow
    from aa_tui.charts.spec import BarChart
    from aa_tui.pages.page import Page

SECTIONS = (
    ("index", "Index of the class"),
    ("measured", "Measured here"),
    ("faq", "Questions and answers"),
    ("sources", "Sources"),
)
WIDE = 140
MARGIN_CELLS = 5
FACTS_CELLS = 48
ROWS_AROUND = 15
"""Rows of a wide page that neither summary and facts nor the chart take: bars, title, tiles, tabs, spaces."""


class PageView(VerticalScroll, can_focus=True):
    """One model. Narrow: one long page. Wide: sections as tabs below summary and facts."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,backspace", "back", "Back"),
        Binding("b", "measure", "Measure"),
        Binding("left_square_bracket,h,left", "neighbour(-1)", "Previous model"),
        Binding("right_square_bracket,l,right", "neighbour(1)", "Next model"),
        Binding("j", "scroll_down", show=False),
        Binding("k", "scroll_up", show=False),
        Binding("g", "scroll_home", show=False),
        Binding("G", "scroll_end", show=False),
        Binding("space", "page_down", show=False),
        *(Binding(str(number), f"section({number - 1})", show=False) for number in range(1, len(SECTIONS) + 1)),
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

    def __init__(self) -> None:
        super().__init__(id="page")
        self.page: Page | None = None
        self.live: RunRow | None = None
        self._chart: BarChart | None = None
        self._section = 0

    def compose(self) -> ComposeResult:
        """Every part at its place; texts come with the page."""
        with Vertical(id="page-body"):
            yield LinkLine(gap=3, id="page-title")
            yield Line(id="page-facts")
            yield Fitted(id="tiles")
            yield Fitted(id="class-words")
            yield Line(id="page-live")
            with Horizontal(id="overview"):
                yield Fitted(id="summary")
                yield Fitted(id="facts")
            yield LinkLine(gap=1, id="section-tabs")
            for number, (key, title) in enumerate(SECTIONS, start=1):
                yield Fitted(partial(page_text.heading, number, title), id=f"{key}-heading").add_class("heading")
                if key == "index":
                    yield ChartView(id="index").add_class("section")
                else:
                    yield Fitted(id=key).add_class("section")

    def show(self, page: Page, chart: BarChart) -> None:
        """Show a page. The same model again keeps the place and the chosen section."""
        same = self.page is not None and self.page.model.slug == page.model.slug
        self.page, self._chart = page, chart
        if not same:
            self._section = 0
            self.scroll_home(animate=False)
        self._head(page)
        self.query_one("#tiles", Fitted).show(partial(tiles_content, page))
        self.query_one("#class-words", Fitted).show(
            lambda width: wrapped(styled((class_words(page), "dim")), min(width, page_text.PROSE_CELLS))
        )
        self.query_one("#summary", Fitted).show(partial(page_text.summary_text, page))
        self.query_one("#facts", Fitted).show(partial(page_text.facts_text, page))
        self.query_one("#measured", Fitted).show(partial(page_text.measured_text, page))
        self.query_one("#faq", Fitted).show(partial(page_text.faq_text, page))
        self.query_one("#sources", Fitted).show(partial(page_text.sources_text, page))
        self._fit()

    def show_live(self, run: RunRow | None) -> None:
        """Show how far a run of this model is, or that there is none."""
        self.live = run
        line = self.query_one("#page-live", Line)
        if run is not None:
            line.show(live_line(run, max(20, self.app.size.width - MARGIN_CELLS)))
        line.display = run is not None

    def _head(self, page: Page) -> None:
        model = page.model
        left = [Link(((model.name, "title"),))]
        left.append(Link((("◆ reasoning", "accent"),) if model.reasoning else (("◇ non-reasoning", "dim"),)))
        left.append(Link(((("○ open weights" if model.open_weights else "● proprietary"), "dim"),)))
        words = [
            model.creator,
            f"released {model.release_date}" if model.release_date else "",
            model.license or "",
        ]
        facts = " · ".join(word for word in words if word)
        room = self.app.size.width - 4 - sum(link.width + 3 for link in left)
        fits = len(facts) <= room
        if left[0].width > self.app.size.width - 40:
            from rich.cells import set_cell_size

            name = set_cell_size(model.name, max(10, self.app.size.width - 41)).rstrip() + "…"
            left[0] = Link(((name, "title"),))
        self.query_one("#page-title", LinkLine).show(tuple(left), (Link(((facts, "dim"),)),) if fits else ())
        line = self.query_one("#page-facts", Line)
        line.show(styled((facts, "dim")))
        line.display = not fits

    # -- layout

    @property
    def is_wide(self) -> bool:
        """Whether sections are tabs."""
        return self.app.size.width >= WIDE

    def on_resize(self) -> None:
        """Another width, another layout."""
        if self.page is not None:
            self._head(self.page)
            self._fit()

    def _fit(self) -> None:
        """Show the parts that belong to this width."""
        wide = self.is_wide
        self.set_class(wide, "-tabs")
        self.query_one("#class-words", Fitted).display = self.app.size.width - MARGIN_CELLS < CLASS_BOX_FROM
        self.query_one("#section-tabs", LinkLine).display = wide
        for number, (key, _) in enumerate(SECTIONS):
            self.query_one(f"#{key}-heading").display = not wide
            self.query_one(f"#{key}").display = not wide or number == self._section
        self._tabs()
        if self.page is not None and self._chart is not None:
            rows = self._rows_left(self.page) if wide else self.app.size.height - 6
            self.query_one("#index", ChartView).show(self._chart, rows)

    def _rows_left(self, page: Page) -> int:
        """Rows below summary, facts and tabs on a wide screen: the chart's."""
        width = self.app.size.width - MARGIN_CELLS
        summary = page_text.summary_text(page, width - FACTS_CELLS - 3).plain.count("\n") + 1
        facts = page_text.facts_text(page, FACTS_CELLS).plain.count("\n") + 1
        return self.app.size.height - max(summary, facts) - ROWS_AROUND

    def _tabs(self) -> None:
        links = []
        for number, (_, title) in enumerate(SECTIONS):
            chosen = number == self._section
            parts = (
                (f" {number + 1} ", "tab" if chosen else "accent"),
                (f"{title} ", "tab" if chosen else "dim"),
            )
            links.append(Link(parts, str(number)))
        self.query_one("#section-tabs", LinkLine).show(tuple(links))

    # -- events and actions

    def on_link_line_clicked(self, message: LinkLine.Clicked) -> None:
        """A section's tab was clicked."""
        message.stop()
        self.action_section(int(message.target))

    def action_section(self, number: int) -> None:
        """Go to a section."""
        self._section = number
        if self.is_wide:
            self._fit()
        else:
            self.query_one(f"#{SECTIONS[number][0]}-heading").scroll_visible(animate=False, top=True)

    def action_back(self) -> None:
        """One step back."""
        self.post_message(self.Left())

    def action_measure(self) -> None:
        """Measure a file of this model."""
        self.post_message(self.MeasureWanted())

    def action_neighbour(self, step: int) -> None:
        """The next page of the list that the leaderboard shows."""
        self.post_message(self.NeighbourWanted(step))
