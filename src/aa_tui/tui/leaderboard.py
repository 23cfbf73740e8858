"""The leaderboard: class tabs, search, facets and the table."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical
from textual.message import Message

from aa_tui.tui.detail import model_line
from aa_tui.tui.dialog import ask
from aa_tui.tui.filter_bar import ClassTabs, FilterBar
from aa_tui.tui.model_columns import DEFAULTS, RANK_CELLS, fixed_columns, moving_columns, width_class
from aa_tui.tui.parts import Line
from aa_tui.tui.query import TABS, ModelList, Query
from aa_tui.tui.table import Sorting, Table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.events import Resize

    from aa_tui.catalog.rows import ModelRow
    from aa_tui.tui.columns import Column
    from aa_tui.tui.memory import Memory
    from aa_tui.tui.store import Store

EMPTY = "No model passes these filters: Esc clears them."
EMPTY_CATALOG = "The catalog holds no models yet."
MARK = "•"
COMPARED = (2, 6)
"""How many models can be compared: at least and at most."""


class Leaderboard(Vertical):
    """Which models there are and how they compare."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "search", "Search"),
        Binding("s", "sort", "Sort by"),
        Binding("S", "reverse", "Reverse"),
        Binding("t", "facet('reasoning')", "Reasoning"),
        Binding("o", "facet('open_weights')", "Open weights"),
        Binding("m", "facet('measured_here')", "Measured here"),
        Binding("left_square_bracket", "step_tab(-1)", "Previous class"),
        Binding("right_square_bracket", "step_tab(1)", "Next class"),
        Binding("escape", "clear", "Clear filters"),
        Binding("b", "measure", "Measure"),
        Binding("f", "filters", "Filters"),
        Binding("C", "columns", "Columns"),
        Binding("v", "group", "Fold variants"),
        Binding("z", "unfold", "Unfold this model"),
        Binding("space", "mark", "Mark"),
        Binding("u", "unmark", "Unmark all"),
        Binding("c", "compare", "Compare"),
        *(Binding(str(number), f"tab({number - 1})", show=False) for number in range(1, len(TABS) + 1)),
    ]

    class Chosen(Message):
        """A model's page is wanted."""

        def __init__(self, model: ModelRow) -> None:
            super().__init__()
            self.model = model

    class CompareWanted(Message):
        """The marked models are to be compared."""

        def __init__(self, slugs: tuple[str, ...]) -> None:
            super().__init__()
            self.slugs = slugs

    class SortWanted(Message):
        """The sort picker is wanted."""

    class MeasureWanted(Message):
        """The model under the cursor is to be measured."""

        def __init__(self, model: ModelRow) -> None:
            super().__init__()
            self.model = model

    def __init__(self, store: Store, memory: Memory) -> None:
        """As it was left last time."""
        super().__init__(id="leaderboard")
        self.memory = memory
        none_marked: list[object] = []
        self.marked = [slug for slug in memory.get("marked", none_marked) if isinstance(slug, str)]
        self.models = ModelList(store, memory.get("leaderboard.fitting_b", 0.0))
        self.models.ask(Query.from_state(memory.get("leaderboard.query", {})))
        self.columns = moving_columns(lambda: self.models.best_index, wide_bars=True)
        self._narrow_columns = moving_columns(lambda: self.models.best_index, wide_bars=False)
        self.fixed = self._fixed(RANK_CELLS)
        self.shown: tuple[str, ...] = ()
        """The keys of the columns that are shown, in order."""
        self.width_class = ""
        self._selected: int | None = self.models.id_at(0)

    def compose(self) -> ComposeResult:
        """Tabs and search, the table, and a line on the model under the cursor."""
        yield ClassTabs(self.models.tab_counts(), self.models.query.tab)
        yield FilterBar()
        yield Table(self.models, EMPTY if self.models.in_tab else EMPTY_CATALOG, mark=self._mark_of, id="models")
        yield Line(id="detail")

    def on_mount(self) -> None:
        """Show the list as it was asked for."""
        self.table.sorting = Sorting(self.models.query.sort, self.models.query.descending)
        self._fit_rank()
        self._fit(self.app.size.width)
        self.table.show_column(self.models.query.sort)
        self._tell()

    @property
    def table(self) -> Table[ModelRow]:
        """The models."""
        return self.query_one("#models", Table)

    @property
    def bar(self) -> FilterBar:
        """Search and facets."""
        return self.query_one(FilterBar)

    @property
    def current(self) -> ModelRow | None:
        """The model under the cursor."""
        return self.models.row(self.table.cursor) if len(self.models) else None

    def take_focus(self) -> None:
        """The table gets the keys."""
        self.table.focus()

    def ask(self, query: Query, *, fresh: bool = False) -> None:
        """List what another question gives; the cursor stays on its model where that is still listed."""
        self.models.ask(query, fresh=fresh)
        self._remember()
        self._fit_rank()
        self.table.sorting = Sorting(query.sort, query.descending)
        self.table.empty = EMPTY if query.is_narrowed or self.models.in_tab else EMPTY_CATALOG
        place = self.models.index_of(self._selected)
        self.table.reload(0 if place is None else place)
        self.table.show_column(query.sort)
        tabs = self.query_one(ClassTabs)
        if fresh:
            tabs.counts = self.models.tab_counts()
        tabs.chosen = query.tab
        tabs.refresh()
        self._tell()

    def refresh_rows(self) -> None:
        """The catalog has changed: the same question again."""
        self.ask(self.models.query, fresh=True)

    def _tell(self) -> None:
        self.bar.show(self.models.query, self.models.passing, self.models.in_tab, len(self.marked))
        model = self.current
        self.query_one("#detail", Line).show(model_line(model) if model else "")

    def _remember(self) -> None:
        self.memory.put("leaderboard.query", self.models.query.state())
        if self.models.query.fits:
            self.memory.put("leaderboard.fitting_b", self.models.fitting_b())

    # -- columns

    def _fit(self, width: int) -> None:
        name = width_class(width)
        if name != self.width_class:
            self.width_class = name
            nothing: list[object] = []
            kept = [key for key in self.memory.get(f"columns.{name}", nothing) if isinstance(key, str)]
            kept = [key for key in kept if key in self.columns]
            self.show_columns(kept or DEFAULTS[name])

    def show_columns(self, keys: Iterable[str]) -> None:
        """Show these columns, in this order, from now on at this width class."""
        self.shown = tuple(dict.fromkeys(keys))
        key, nothing = f"columns.{self.width_class}", list[str]()
        kept = nothing if self.shown == DEFAULTS[self.width_class] else list(self.shown)
        if kept != self.memory.get(key, nothing):
            self.memory.put(key, kept)
        columns = self._narrow_columns if self.width_class == "narrow" else self.columns
        self.table.set_columns(self.fixed, [columns[key] for key in self.shown])

    def _fixed(self, rank_cells: int) -> tuple[Column[ModelRow], ...]:
        return fixed_columns(
            lambda row: (self.models.index_of(row.id) or 0) + 1,
            lambda row: self.models.folded_under(row.id),
            lambda row: self.models.is_behind(row.id),
            rank_cells,
        )

    def _fit_rank(self) -> None:
        """A list of 100,000 needs wider numbers."""
        cells = max(RANK_CELLS, len(str(len(self.models))))
        if cells != self.fixed[0].width:
            self.fixed = self._fixed(cells)
            if self.width_class:
                self.show_columns(self.shown)

    def _mark_of(self, row: ModelRow) -> str:
        return MARK if row.slug in self.marked else ""

    # -- events

    def on_resize(self, event: Resize) -> None:
        """Other columns come first at another width. Without one this view is only being hidden."""
        if not event.size.width:
            return
        self._fit(event.size.width)

    def on_table_moved(self, message: Table.Moved) -> None:
        """Remember the model, not the row."""
        message.stop()
        if len(self.models):
            self._selected = self.models.id_at(self.table.cursor)
        model = self.current
        self.query_one("#detail", Line).show(model_line(model) if model else "")

    def on_table_opened(self, message: Table.Opened) -> None:
        """Open the page."""
        message.stop()
        if model := self.current:
            self.post_message(self.Chosen(model))

    def on_table_header_clicked(self, message: Table.HeaderClicked) -> None:
        """Sort by the column that was clicked."""
        message.stop()
        self.ask(self.models.query.sorted_by(message.sort))

    def on_class_tabs_chosen(self, message: ClassTabs.Chosen) -> None:
        """Another class."""
        message.stop()
        self.action_tab(message.index)

    def on_filter_bar_searched(self, message: FilterBar.Searched) -> None:
        """Every keystroke filters."""
        message.stop()
        if message.text != self.models.query.text:
            self.ask(replace(self.models.query, text=message.text))

    def on_filter_bar_facet_clicked(self, message: FilterBar.FacetClicked) -> None:
        """A click on a facet: its next value; on a chip of one without an order: away with it."""
        message.stop()
        match message.facet:
            case "filters":
                self.action_filters()
            case "grouped":
                self.action_group()
            case "marked":
                self.action_compare()
            case "reasoning" | "open_weights" | "measured_here":
                self.action_facet(message.facet)
            case _:
                self.ask(self.models.query.with_facet(message.facet, None))

    def on_filter_bar_left(self, message: FilterBar.Left) -> None:
        """Back from the search box to the table."""
        message.stop()
        self._tell()
        self.table.focus()
        if message.step:
            self.table.action_move(message.step)

    # -- actions

    def action_search(self) -> None:
        """Type to filter."""
        self.bar.open(self.models.query.text)

    def action_sort(self) -> None:
        """Choose the column to sort by."""
        self.post_message(self.SortWanted())

    def action_reverse(self) -> None:
        """Turn the order round."""
        self.ask(replace(self.models.query, descending=not self.models.query.descending))

    def action_facet(self, facet: str) -> None:
        """The next value of a facet."""
        if facet == "fits":
            self.models.forget_machine()
        self.ask(self.models.query.cycled(facet))

    def action_tab(self, index: int) -> None:
        """Show a class."""
        if index != self.models.query.tab:
            self.ask(replace(self.models.query, tab=index))

    def action_step_tab(self, step: int) -> None:
        """Show the class beside this one."""
        self.action_tab((self.models.query.tab + step) % len(TABS))

    def action_clear(self) -> None:
        """Take filters away: one press, all of them."""
        if self.models.query.is_narrowed:
            self.ask(self.models.query.cleared())

    def action_filters(self) -> None:
        """All facets in a dialog."""
        from aa_tui.tui.filter_dialog import FilterDialog

        ask(self.app, FilterDialog(self))

    def action_columns(self) -> None:
        """Choose the columns and their order."""
        from aa_tui.tui.column_chooser import ColumnChooser

        ask(self.app, ColumnChooser(self))

    def action_group(self) -> None:
        """Fold the variants of each model under the best one, or list them all again."""
        self.models.unfolded.clear()
        self.ask(replace(self.models.query, grouped=not self.models.query.grouped))

    def action_unfold(self) -> None:
        """List the variants of the model under the cursor, or fold them again."""
        model = self.current
        if model is None or not self.models.query.grouped:
            return
        self.models.unfolded ^= {model.model_id}
        self.ask(self.models.query)

    def action_mark(self) -> None:
        """Mark the model under the cursor for comparing, or take its mark away."""
        model = self.current
        if model is None:
            return
        marked = [slug for slug in self.marked if slug != model.slug]
        self.mark(marked if len(marked) < len(self.marked) else [*self.marked, model.slug])
        self.table.refresh_row(self.table.cursor)

    def action_unmark(self) -> None:
        """Take all marks away."""
        if self.marked:
            self.mark([])
            self.table.refresh()

    def mark(self, slugs: Iterable[str]) -> None:
        """These models are marked, and no others."""
        self.marked = list(slugs)
        self.memory.put("marked", self.marked)
        self._tell()

    def action_compare(self) -> None:
        """Compare the marked models."""
        self.post_message(self.CompareWanted(tuple(self.marked)))

    def action_measure(self) -> None:
        """Measure a file of the model under the cursor."""
        if model := self.current:
            self.post_message(self.MeasureWanted(model))
