"""What the leaderboard lists: a question to the catalog, and its answer with pages of rows. No widgets here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf
from typing import TYPE_CHECKING, Any

from aa_tui.analysis.classes import PRICE_CLASSES, SIZE_CLASSES
from aa_tui.catalog import models
from aa_tui.catalog.rows import ModelFilter, ModelRow

if TYPE_CHECKING:
    import sqlite3

    from aa_tui.tui.store import Store

PAGE_ROWS = 200
"""Rows read at a time."""


@dataclass(frozen=True, slots=True)
class Tab:
    """A class of models to list."""

    label: str
    where: ModelFilter


def _bound(value: float) -> float | None:
    return None if value == inf else value


TABS: tuple[Tab, ...] = (
    *(
        Tab(
            size.tab,
            ModelFilter(open_weights=True, params_b_above=size.above, params_b_at_most=_bound(size.at_most)),
        )
        for size in SIZE_CLASSES
    ),
    *(
        Tab(price.tab, ModelFilter(price_above=price.above, price_at_most=_bound(price.at_most)))
        for price in PRICE_CLASSES
    ),
    Tab("All", ModelFilter()),
)


@dataclass(frozen=True, slots=True)
class Query:
    """The whole question. `None` in a facet means that it does not matter."""

    tab: int = len(TABS) - 1
    text: str = ""
    reasoning: bool | None = None
    open_weights: bool | None = None
    measured_here: bool | None = None
    sort: str = "intelligence_index"
    descending: bool = True

    @property
    def where(self) -> ModelFilter:
        """As the catalog understands it. A tab's own demand for open weights is not lifted by the facet."""
        base = TABS[self.tab].where
        wants_open = self.open_weights if base.open_weights is None else base.open_weights
        return base._replace(
            text=self.text,
            reasoning=self.reasoning,
            open_weights=wants_open,
            measured_here=self.measured_here,
        )

    @property
    def is_impossible(self) -> bool:
        """Proprietary models are asked for among open-weights ones."""
        return TABS[self.tab].where.open_weights is True and self.open_weights is False

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the tab leaves models out."""
        return bool(self.text.strip()) or any(
            facet is not None for facet in (self.reasoning, self.open_weights, self.measured_here)
        )

    def cycled(self, facet: str) -> Query:
        """The next value of a facet: does not matter, yes, no; a measured figure is only ever asked for."""
        now: bool | None = getattr(self, facet)
        if now is None:
            following: bool | None = True
        else:
            following = False if now and facet != "measured_here" else None
        changed: dict[str, Any] = {facet: following}
        return replace(self, **changed)

    def sorted_by(self, column: str) -> Query:
        """Sorted by this column, its natural way up first; the same column again turns the order round."""
        if column == self.sort:
            return replace(self, descending=not self.descending)
        return replace(self, sort=column, descending=column not in _ASCENDING)


_ASCENDING = frozenset(
    {
        *models.TEXT_COLUMNS,
        "price_in_usd_per_m",
        "price_out_usd_per_m",
        "blended_price_usd_per_m",
        "ttft_s",
        "ttfat_s",
        "e2e_s",
        "cost_to_run_usd",
    }
)
"""Columns whose small or early values one wants to see first."""


class ModelList:
    """The answer: ids in order, with the rows read in pages when they are looked at."""

    def __init__(self, store: Store) -> None:
        self.query = Query()
        self.best_index = 0.0
        self.in_tab = 0
        self._store = store
        self._ids: list[int] = []
        self._rows: dict[int, ModelRow | None] = {}
        self._places: dict[int, int] | None = None
        self._facts: dict[int, tuple[int, float]] = {}

    def __len__(self) -> int:
        return len(self._ids)

    def ask(self, query: Query, *, fresh: bool = False) -> None:
        """Ask the catalog anew; `fresh` when it has changed."""
        if fresh:
            self._facts.clear()
        self.query = query
        self._rows.clear()
        self._places = None
        if query.is_impossible:
            self._ids = []
        else:
            self._ids = self._store.read(
                lambda conn: models.sorted_ids(conn, query.where, query.sort, query.descending), self._ids
            )
        if query.tab not in self._facts:
            self._facts[query.tab] = self._store.read(self._tab_facts, (self.in_tab, self.best_index))
        self.in_tab, self.best_index = self._facts[query.tab]

    def row(self, index: int) -> ModelRow | None:
        """The model at a place in the list."""
        model_id = self._ids[index]
        if model_id not in self._rows:
            start = index - index % PAGE_ROWS
            wanted = self._ids[start : start + PAGE_ROWS]
            nothing: list[ModelRow] = []
            found = self._store.read(lambda conn: models.rows_by_id(conn, wanted), nothing)
            by_id = {row.id: row for row in found}
            self._rows.update((key, by_id.get(key)) for key in wanted)
        return self._rows[model_id]

    def id_at(self, index: int) -> int | None:
        """The model's id at a place in the list."""
        return self._ids[index] if 0 <= index < len(self._ids) else None

    def index_of(self, model_id: int | None) -> int | None:
        """Where a model is in the list now."""
        if self._places is None:
            self._places = {key: place for place, key in enumerate(self._ids)}
        return None if model_id is None else self._places.get(model_id)

    def tab_counts(self) -> list[int]:
        """How many models each tab has, whatever else is asked for."""
        return self._store.read(lambda conn: [models.count(conn, tab.where) for tab in TABS], [0] * len(TABS))

    def _tab_facts(self, conn: sqlite3.Connection) -> tuple[int, float]:
        """How many models the tab has and the best index among them: what the bars are measured against."""
        where = TABS[self.query.tab].where
        ids = models.sorted_ids(conn, where)
        best = models.rows_by_id(conn, ids[:1])
        return len(ids), (best[0].intelligence_index or 0.0) if best else 0.0
