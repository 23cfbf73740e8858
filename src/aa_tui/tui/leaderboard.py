"""The leaderboard: class tabs, search, facets and the table."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical
from textual.message import Message

from aa_tui.tui.detail import model_line
from aa_tui.tui.filter_bar import ClassTabs, FilterBar
from aa_tui.tui.model_columns import NARROW, NORMAL, WIDE, WIDE_REST, fixed_columns, moving_columns
from aa_tui.tui.parts import Line
from aa_tui.tui.query import TABS, ModelList, Query
from aa_tui.tui.table import Sorting, Table

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.events import Resize

    from aa_tui.catalog.rows import ModelRow
    from aa_tui.tui.store import Store

EMPTY = "No model passes these filters: Esc clears them."
EMPTY_CATALOG = "The catalog holds no models yet."


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
        *(Binding(str(number), f"tab({number - 1})", show=False) for number in range(1, len(TABS) + 1)),
    ]

    class Chosen(Message):
        """A model's page is wanted."""

        def __init__(self, model: ModelRow) -> None:
            super().__init__()
            self.model = model

    class SortWanted(Message):
        """The sort picker is wanted."""

    class MeasureWanted(Message):
        """The model under the cursor is to be measured."""

        def __init__(self, model: ModelRow) -> None:
            super().__init__()
            self.model = model

    def __init__(self, store: Store) -> None:
        super().__init__(id="leaderboard")
        self.models = ModelList(store)
        self.models.ask(Query())
        self.columns = moving_columns(lambda: self.models.best_index, wide_bars=True)
        self._narrow_columns = moving_columns(lambda: self.models.best_index, wide_bars=False)
        self.fixed = fixed_columns(lambda row: (self.models.index_of(row.id) or 0) + 1)
        self._keys: tuple[str, ...] = ()
        self._selected: int | None = self.models.id_at(0)

    def compose(self) -> ComposeResult:
        """Tabs and search, the table, and a line on the model under the cursor."""
        yield ClassTabs(self.models.tab_counts(), self.models.query.tab)
        yield FilterBar()
        yield Table(self.models, EMPTY if self.models.in_tab else EMPTY_CATALOG, id="models")
        yield Line(id="detail")

    def on_mount(self) -> None:
        """Show the list as it was asked for."""
        self.table.sorting = Sorting(self.models.query.sort, self.models.query.descending)
        self._fit(self.app.size.width)
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
        self.bar.show(self.models.query, len(self.models), self.models.in_tab)
        model = self.current
        self.query_one("#detail", Line).show(model_line(model) if model else "")

    def _fit(self, width: int) -> None:
        keys = NARROW if width < 100 else NORMAL if width < 140 else (*WIDE, *WIDE_REST)
        columns = self._narrow_columns if width < 100 else self.columns
        if keys != self._keys:
            self._keys = keys
            self.table.set_columns(self.fixed, [columns[key] for key in keys])

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
        """A click on a facet."""
        message.stop()
        self.action_facet(message.facet)

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
        query = self.models.query
        if query.is_narrowed:
            self.ask(Query(tab=query.tab, sort=query.sort, descending=query.descending))

    def action_measure(self) -> None:
        """Measure a file of the model under the cursor."""
        if model := self.current:
            self.post_message(self.MeasureWanted(model))
