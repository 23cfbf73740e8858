"""What the leaderboard lists and in which columns, as it was left last time. No widgets here."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from aa_tui.tui.board import saved
from aa_tui.tui.board.model_columns import DEFAULTS, RANK_CELLS, fixed_columns, moving_columns, width_class
from aa_tui.tui.board.query import FITS, TAB_OF_CLASS, ModelList, Query

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from aa_tui.catalog.rows import ModelRow
    from aa_tui.tui.core.memory import Memory
    from aa_tui.tui.core.store import Store
    from aa_tui.tui.widgets.columns import Column, Part


class Board:
    """A question with its answer, and the columns for the width there is. Who shows it is told of every change.

    The leaderboard and its dialogs change it and know nothing of each other.
    """

    def __init__(
        self,
        store: Store,
        memory: Memory,
        *,
        first_class: str = "",
        listed: Callable[[bool], None],
        columns_changed: Callable[[], None],
        best_quant: Callable[[ModelRow], Sequence[Part]],
    ) -> None:
        """As it was left last time.

        Args:
            store: the catalog.
            memory: what is kept from one time to the next.
            first_class: the class to begin with; without one, the class of last time.
            listed: called when other models are listed; True where the catalog has changed.
            columns_changed: called when other columns are to be shown.
            best_quant: the cell of the column that is worked out when it is shown.
        """
        self._memory = memory
        self._listed = listed
        self._columns_changed = columns_changed
        self.models = ModelList(store, memory.get("leaderboard.fitting_b", 0.0))
        kept: dict[str, object] = memory.get("leaderboard.query", {})
        query = Query.from_state(kept)
        self.is_new = memory.is_empty
        """Whether nobody has been told yet what this is for: the models that fit this machine come first then."""
        if self.is_new:
            query = replace(query, tab=FITS)
        self.models.ask(replace(query, tab=TAB_OF_CLASS.get(first_class, query.tab)))
        self.columns, self._narrow_columns = (
            moving_columns(lambda: self.models.best_index, wide_bars=wide, best_quant=best_quant)
            for wide in (True, False)
        )
        self.fixed = self._fixed(RANK_CELLS)
        self.shown: tuple[str, ...] = ()
        """The keys of the columns that are shown, in order."""
        self.width_class = ""

    def note_welcome(self) -> None:
        """The next start is not the first one. It lists what is listed now."""
        self._memory.put("leaderboard.query", self.query.state())

    # -- the question

    @property
    def query(self) -> Query:
        """What is asked for."""
        return self.models.query

    def ask(self, query: Query, *, fresh: bool = False) -> None:
        """List what another question gives; `fresh` where the catalog has changed."""
        self.models.ask(query, fresh=fresh)
        self._memory.put("leaderboard.query", query.state())
        if query.fits or query.tab == FITS:
            self._memory.put("leaderboard.fitting_b", self.models.fitting_b())
        self.fit_rank()
        self._listed(fresh)

    def cycle(self, facet: str) -> None:
        """The next value of a facet."""
        if facet == "fits":
            self.models.forget_machine()
        self.ask(self.query.cycled(facet))

    # -- views under names

    @property
    def view_names(self) -> list[str]:
        """The names of the views that were saved."""
        return saved.names(self._memory)

    def save_view(self, name: str) -> None:
        """Keep what is listed, and in which columns, under a name. Raises UsageError for one that is none."""
        columns = () if self.shown == self.defaults else self.shown
        saved.save(self._memory, saved.SavedView(saved.checked(name), self.query, columns))

    def show_view(self, name: str) -> None:
        """List what was kept under a name. Raises UnknownViewError."""
        view = saved.find(self._memory, name)
        self.show_columns([key for key in view.columns if key in self.columns] or self.defaults)
        self.ask(view.query)

    def delete_view(self, name: str) -> None:
        """Forget a view."""
        saved.delete(self._memory, name)

    def clear(self) -> None:
        """Clear all filters."""
        if self.query.is_narrowed:
            self.ask(self.query.cleared())

    # -- the columns

    @property
    def every_column(self) -> tuple[Column[ModelRow], ...]:
        """All that could be shown."""
        return (*self.fixed, *self.columns.values())

    @property
    def moving(self) -> list[Column[ModelRow]]:
        """The columns that are shown beside the fixed ones."""
        columns = self._narrow_columns if self.width_class == "narrow" else self.columns
        return [columns[key] for key in self.shown]

    @property
    def defaults(self) -> tuple[str, ...]:
        """The columns that are shown at this width until others are chosen."""
        return DEFAULTS[self.width_class]

    def fit(self, width: int) -> None:
        """Other columns come first at another width."""
        name = width_class(width)
        if name != self.width_class:
            self.width_class = name
            nothing: list[object] = []
            kept = [key for key in self._memory.get(f"columns.{name}", nothing) if isinstance(key, str)]
            kept = [key for key in kept if key in self.columns]
            self.show_columns(kept or DEFAULTS[name])

    def show_columns(self, keys: Iterable[str]) -> None:
        """Show these columns, in this order, from now on at this width class."""
        self.shown = tuple(dict.fromkeys(keys))
        key, nothing = f"columns.{self.width_class}", list[str]()
        kept = nothing if self.shown == self.defaults else list(self.shown)
        if kept != self._memory.get(key, nothing):
            self._memory.put(key, kept)
        self._columns_changed()

    def fit_rank(self) -> None:
        """A list of 100,000 needs wider numbers."""
        cells = max(RANK_CELLS, len(str(len(self.models))))
        if cells != self.fixed[0].width:
            self.fixed = self._fixed(cells)
            if self.width_class:
                self.show_columns(self.shown)

    def _fixed(self, rank_cells: int) -> tuple[Column[ModelRow], ...]:
        return fixed_columns(
            self.models.rank,
            lambda row: self.models.folded_under(row.id),
            lambda row: self.models.is_behind(row.id),
            rank_cells,
        )
