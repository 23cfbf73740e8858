"""The leaderboard: class tabs, search, facets and the table."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from aa_tui.errors import AATuiError
from aa_tui.pages.classes import class_place
from aa_tui.textsafe import clean_line
from aa_tui.tui.board import best_quants
from aa_tui.tui.board.best_quants import BestQuants
from aa_tui.tui.board.board import Board
from aa_tui.tui.board.detail import model_line, welcome
from aa_tui.tui.board.filter_bar import ClassTabs, FilterBar
from aa_tui.tui.board.query import TABS, Elsewhere, ModelList, Query
from aa_tui.tui.core.command import ENDS, ROWS, SIDES, Command
from aa_tui.tui.core.places import Place
from aa_tui.tui.core.view import Copied, View
from aa_tui.tui.widgets.columns import Sorting
from aa_tui.tui.widgets.parts import Line
from aa_tui.tui.widgets.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.app import ComposeResult
    from textual.events import Resize

    from aa_tui.catalog.rows import ModelRow
    from aa_tui.library.best import BestOfEach
    from aa_tui.tui.core.host import Host
    from aa_tui.tui.core.news import News
    from aa_tui.tui.core.offer import Offer
    from aa_tui.tui.widgets.search_box import SearchBox

EMPTY = "No model passes these filters: Esc clears them."
NOWHERE = "No model has “{}”: Esc clears the search."
EMPTY_CATALOG = "The catalog holds no models yet."
MARK = "•"
LEAST, MOST = COMPARED = (2, 6)
"""How many models can be compared: at least and at most."""


class Leaderboard(View):
    """Which models there are and how they compare."""

    NAME = "leaderboard"
    TITLE = "Leaderboard"
    SHOWS_PUBLISHED = True

    COMMANDS = (
        ROWS,
        ENDS,
        SIDES._replace(help="other columns; the name stays"),
        Command("enter", "", "Open", "open the model's page", bar="open"),
        Command(
            "slash",
            "search",
            "Search",
            "search as you type; Enter keeps the search, or opens the only model found, Esc clears it",
            bar="search",
        ),
        Command(
            "1",
            "tab(0)",
            "Class 1",
            "class of models; the last one is what would fit this machine: open weights at 4.5 bits each (Q4_K_M) and "
            "a tenth more, within its whole memory",
            label=f"1 … {len(TABS)}  [ ]",
            also=(
                *(Command(str(number), f"tab({number - 1})", f"Class {number}") for number in range(2, len(TABS) + 1)),
                Command("left_square_bracket", "step_tab(-1)", "Class before"),
                Command("right_square_bracket", "step_tab(1)", "Next class"),
            ),
        ),
        Command(
            "s",
            "sort",
            "Sort",
            "sort by a column, reverse the order; so does a click on a title",
            bar="sort",
            also=(Command("S", "reverse", "Reverse the order"),),
        ),
        Command(
            "t",
            "facet('reasoning')",
            "Reasoning",
            "only reasoning, only open weights, only measured here; again for the opposite",
            also=(
                Command("w", "facet('open_weights')", "Open weights"),
                Command("m", "facet('measured_here')", "Measured here"),
            ),
        ),
        Command(
            "f",
            "filters",
            "Filter",
            "all filters: also creator, licence, commercial use, context, price, size, index, images; there e saves "
            "what is listed as a view, o shows the views",
            bar="filter",
            also=(Command("", "views", "Views"),),
        ),
        Command("escape", "clear", "Clear", "clear search and filters"),
        Command(
            "vertical_line",
            "columns",
            "Choose columns",
            "choose and order the columns; kept for each width of terminal",
        ),
        Command(
            "z",
            "group",
            "Fold variants",
            "fold the variants of each model under the best one, unfold the one under the cursor",
            also=(Command("Z", "unfold", "Unfold this model"),),
        ),
        Command(
            "space",
            "mark",
            "Mark",
            "mark for comparing, clear marks",
            bar="mark",
            also=(Command("u", "unmark", "Clear marks"),),
        ),
        Command(
            "",
            "index_version",
            "Index version",
            "of which version of the Intelligence Index scores, ranks and charts are",
            words="scale",
        ),
        Command("c", "compare", "Compare", f"compare the marked models, {LEAST} to {MOST}"),
        Command("b", "app.measure", "Measure", "measure a file of the model on this machine"),
    )

    def __init__(self, host: Host) -> None:
        """As it was left last time."""
        super().__init__(host)
        memory = host.memory
        none_marked: list[object] = []
        self.marked = [slug for slug in memory.get("marked", none_marked) if isinstance(slug, str)]
        self.best_quants = BestQuants(lambda: self.call_later(self._look_what_fits))
        self.board = Board(
            host.store,
            memory,
            first_class=host.config.first_class,
            listed=self._show_list,
            columns_changed=self._show_columns,
            best_quant=self.best_quants.cell,
        )
        self._selected: int | None = self.models.id_at(0)
        self._first = self._selected
        self._elsewhere: Elsewhere | None = None

    def compose(self) -> ComposeResult:
        """Tabs and search, the table, and a line on the model under the cursor."""
        yield ClassTabs(self.models.tab_counts(), self.models.query.tab)
        yield FilterBar(self.host.keymap)
        yield Table(self.models, EMPTY if self.models.in_tab else EMPTY_CATALOG, mark=self._mark_of, id="models")
        yield Line(id="detail")

    def on_mount(self) -> None:
        """Show the list as it was asked for."""
        self.table.sorting = Sorting(self.models.query.sort, self.models.query.descending)
        self.board.fit_rank()
        self.board.fit(self.app.size.width)
        self.table.show_column(self.models.query.sort)
        if self.board.is_new:
            self.board.note_welcome()
        self._tell()

    @property
    def table(self) -> Table[ModelRow]:
        """The models."""
        return self.query_one("#models", Table)

    @property
    def models(self) -> ModelList:
        """What is listed."""
        return self.board.models

    @property
    def filter_bar(self) -> FilterBar:
        """Search and facets."""
        return self.query_one(FilterBar)

    @property
    def model(self) -> ModelRow | None:
        """The model under the cursor."""
        return self.models.row(self.table.cursor) if len(self.models) else None

    def take_focus(self) -> None:
        """The table gets the focus."""
        self.table.focus()

    def on_hide(self) -> None:
        """Whoever has opened something knows his way."""
        if self.board.is_new:
            self.board.is_new = False
            self._tell_model()

    def ask(self, query: Query) -> None:
        """List what another question gives."""
        self.board.ask(query)

    def _show_list(self, fresh: bool) -> None:
        """Other models are listed; the cursor stays on its model where that is still one of them."""
        query = self.board.query
        self.table.sorting = Sorting(query.sort, query.descending)
        self._elsewhere = self.models.elsewhere()
        self.table.empty = self._empty_words()
        place = self.models.index_of(self._selected)
        self.table.reload(0 if place is None else place)
        self.table.show_column(query.sort)
        tabs = self.query_one(ClassTabs)
        if fresh:
            tabs.counts = self.models.tab_counts()
        tabs.chosen = query.tab
        tabs.refresh()
        self._tell()

    def _empty_words(self) -> str:
        """Why nothing is listed, and what to do."""
        if self._elsewhere is not None:
            return self._elsewhere.words
        query = self.models.query
        if query.text.strip():
            return NOWHERE.format(clean_line(query.text))
        return EMPTY if query.is_narrowed or self.models.in_tab else EMPTY_CATALOG

    def hear(self, news: News) -> None:
        """The catalog has changed: the same question again."""
        if news.models_changed:
            self.best_quants.forget()
            self.board.ask(self.models.query, fresh=True)

    def _look_what_fits(self) -> None:
        """In a thread: folders are looked through."""

        def work() -> None:
            try:
                found = self.host.store.in_thread(best_quants.read)
            except (AATuiError, OSError):
                return
            self.host.call_from_thread(show, found)

        def show(found: BestOfEach) -> None:
            self.best_quants.show(found)
            self.table.refresh()

        self.run_worker(work, thread=True, exclusive=True, group="fits", exit_on_error=False)

    def neighbour(self, model_id: int, step: int) -> str | None:
        """Put the cursor on the model above or below another one; its slug, None where the list ends."""
        place = self.models.index_of(model_id)
        row = self.models.row(place + step) if place is not None and 0 <= place + step < len(self.models) else None
        if place is None or row is None:
            return None
        self.table.move_to(place + step)
        return row.slug

    def meanings(self) -> Sequence[tuple[str, str]]:
        """What the columns mean."""
        return [(column.name or column.title, column.meaning or "as published") for column in self.board.every_column]

    def copied(self, *, whole: bool) -> Copied:
        """The row under the cursor, or the table."""
        from aa_tui.tui.board import sharing

        if self.model is None:
            return Copied("", "There is no model to copy.")
        if whole:
            return sharing.table_copied(self.models, self.table.columns)
        return sharing.row_copied(self.model, self.table.columns)

    def offers(self) -> Sequence[Offer]:
        """The table."""
        from aa_tui.tui.board import sharing
        from aa_tui.tui.core.offer import Offer, csv_offer

        make = partial(sharing.document, self.models, self.table.columns)
        if not len(self.models):
            return ()
        every = csv_offer("All figures of these models", ("models",), partial(sharing.figures, self.models))
        return (Offer("Table of models", ("models",), make), every)

    def _tell(self) -> None:
        self.filter_bar.show(self.models.query, self.models.passing, self.models.in_tab, len(self.marked))
        self._tell_model()

    def _tell_model(self) -> None:
        if self.board.is_new and self._selected == self.models.id_at(self.table.cursor) == self._first:
            self.query_one("#detail", Line).show(welcome())
            return
        self.board.is_new = False
        model = self.model
        if model is None:
            self.query_one("#detail", Line).show("")
            return
        nothing: tuple[int, int] | None = None
        place = self.host.store.read(lambda conn: class_place(conn, model), nothing)
        self.query_one("#detail", Line).show(model_line(model, place))

    def _show_columns(self) -> None:
        self.table.set_columns(self.board.fixed, self.board.moving)

    def _mark_of(self, row: ModelRow) -> str:
        return MARK if row.slug in self.marked else ""

    # -- events

    def on_resize(self, event: Resize) -> None:
        """Other columns come first at another width. Without one this view is only being hidden."""
        if not event.size.width:
            return
        self.board.fit(event.size.width)

    def on_table_moved(self, message: Table.Moved) -> None:
        """Remember the model, not the row."""
        message.stop()
        if len(self.models):
            self._selected = self.models.id_at(self.table.cursor)
        self._tell_model()

    async def on_table_opened(self, message: Table.Opened) -> None:
        """Open the page."""
        message.stop()
        if model := self.model:
            await self.host.go(Place("page", model.slug))

    def on_table_header_clicked(self, message: Table.HeaderClicked) -> None:
        """Sort by the column that was clicked."""
        message.stop()
        self.ask(self.models.query.sorted_by(message.sort))

    def on_class_tabs_chosen(self, message: ClassTabs.Chosen) -> None:
        """Another class."""
        message.stop()
        self.action_tab(message.index)

    def on_search_box_searched(self, message: SearchBox.Searched) -> None:
        """Every keystroke filters."""
        message.stop()
        if message.text != self.models.query.text:
            self.ask(replace(self.models.query, text=message.text))

    async def on_filter_bar_facet_clicked(self, message: FilterBar.FacetClicked) -> None:
        """A click on a facet: its next value; on a chip of one without an order: away with it."""
        message.stop()
        match message.facet:
            case "filters":
                self.action_filters()
            case "grouped":
                self.action_group()
            case "marked":
                await self.action_compare()
            case "reasoning" | "open_weights" | "measured_here":
                self.action_facet(message.facet)
            case _:
                self.ask(self.models.query.with_facet(message.facet, None))

    async def on_search_box_left(self, message: SearchBox.Left) -> None:
        """Back from the search box to the table, or on to the only model that was found."""
        message.stop()
        is_only = len(self.models) == 1 and bool(self.models.query.text.strip())
        if message.kept and self._elsewhere is not None:
            self.ask(self._elsewhere.query)
        self._tell()
        self.table.focus()
        if message.step:
            self.table.action_move(message.step)
        elif message.kept and is_only and self.model is not None:
            await self.host.go(Place("page", self.model.slug))

    # -- actions

    def action_search(self) -> None:
        """Type to filter."""
        self.filter_bar.open(self.models.query.text)

    def action_sort(self) -> None:
        """Choose the column to sort by; the one it is sorted by turns the order round."""
        from aa_tui.tui.widgets.dialogs import Choice, Option

        options = [
            Option(column.sort, column.name, column.title.strip() if column.title.strip() != column.name else "")
            for column in self.board.every_column
            if column.sort
        ]

        def chosen(sort: str | None) -> None:
            if sort is not None:
                self.ask(self.models.query.sorted_by(sort))

        self.host.ask(Choice("Sort by", options, self.models.query.sort), chosen)

    def action_reverse(self) -> None:
        """Reverse the order."""
        self.ask(replace(self.models.query, descending=not self.models.query.descending))

    def action_facet(self, facet: str) -> None:
        """The next value of a facet."""
        self.board.cycle(facet)

    def action_tab(self, index: int) -> None:
        """Show a class."""
        if index != self.models.query.tab:
            self.ask(replace(self.models.query, tab=index))

    def action_step_tab(self, step: int) -> None:
        """Show the class beside this one."""
        self.action_tab((self.models.query.tab + step) % len(TABS))

    def action_clear(self) -> None:
        """Take filters away: one press, all of them."""
        self.board.clear()

    def action_filters(self) -> None:
        """All facets in a dialog."""
        from aa_tui.tui.board.filter_dialog import FilterDialog

        self.host.ask(FilterDialog(self.board))

    def action_views(self) -> None:
        """The saved views."""
        from aa_tui.tui.board.views_dialog import ViewsDialog

        self.host.ask(ViewsDialog(self.board))

    def action_columns(self) -> None:
        """Choose the columns and their order."""
        from aa_tui.tui.board.column_chooser import ColumnChooser

        self.host.ask(ColumnChooser(self.board))

    def action_index_version(self) -> None:
        """Choose the version of the index."""
        from aa_tui.tui.board import version_choice

        version_choice.choose(self.host)

    def action_group(self) -> None:
        """Fold the variants of each model under the best one, or list them all again."""
        self.models.unfolded.clear()
        self.ask(replace(self.models.query, grouped=not self.models.query.grouped))

    def action_unfold(self) -> None:
        """List the variants of the model under the cursor, or fold them again."""
        model = self.model
        if model is None or not self.models.query.grouped:
            return
        self.models.unfolded ^= {model.model_id}
        self.ask(self.models.query)

    def action_mark(self) -> None:
        """Mark the model under the cursor for comparing, or take its mark away."""
        model = self.model
        if model is None:
            return
        marked = [slug for slug in self.marked if slug != model.slug]
        self.mark(marked if len(marked) < len(self.marked) else [*self.marked, model.slug])
        self.table.refresh_row(self.table.cursor)

    def action_unmark(self) -> None:
        """Clear all marks."""
        if self.marked:
            self.mark([])
            self.table.refresh()

    def mark(self, slugs: Iterable[str]) -> None:
        """These models are marked, and no others."""
        self.marked = list(slugs)
        self.host.memory.put("marked", self.marked)
        self._tell()

    async def action_compare(self) -> None:
        """Compare the marked models."""
        await self.host.go(Place("compare", slugs=tuple(self.marked)))
