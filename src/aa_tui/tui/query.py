"""What the leaderboard lists: a question to the catalog, and its answer with pages of rows. No widgets here."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, replace
from math import inf
from typing import TYPE_CHECKING, Any, TypeVar, cast

from aa_tui.analysis.classes import PRICE_CLASSES, SIZE_CLASSES
from aa_tui.catalog import models
from aa_tui.catalog.rows import ModelFilter, ModelRow
from aa_tui.tui.facets import FACETS, is_value

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from aa_tui.pages.listing import Commercial
    from aa_tui.tui.store import Store

T = TypeVar("T")

PAGE_ROWS = 200
"""Rows read at a time."""

MOST_ROWS = 5 * PAGE_ROWS
"""Rows kept: who goes through a hundred thousand models does not want them all in memory."""


@dataclass(frozen=True, slots=True)
class Tab:
    """A class of models to list."""

    label: str
    where: ModelFilter


def _bound(value: float) -> float | None:
    return None if value == inf else value


def _least(*bounds: float | None) -> float | None:
    return min((bound for bound in bounds if bound is not None), default=None)


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
ALL = len(TABS) - 1


@dataclass(frozen=True, slots=True)
class Query:
    """The whole question. `None` in a facet means that it does not matter.

    Prices are blended USD per million tokens, parameters in billions. `fits` and `commercial` are made into
    conditions by the list, which can look into the catalog and at the machine.
    """

    tab: int = ALL
    text: str = ""
    reasoning: bool | None = None
    open_weights: bool | None = None
    measured_here: bool | None = None
    fits: bool | None = None
    image: bool | None = None
    creator: str | None = None
    license: str | None = None
    commercial: Commercial | None = None
    context_at_least: int | None = None
    price_at_most: float | None = None
    params_b_at_most: float | None = None
    index_at_least: float | None = None
    sort: str = "intelligence_index"
    descending: bool = True
    grouped: bool = False

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
            input_modality="image" if self.image else None,
            creator=self.creator,
            licenses=None if self.license is None else (self.license,),
            context_at_least=self.context_at_least,
            index_at_least=self.index_at_least,
            price_at_most=_least(base.price_at_most, self.price_at_most),
            params_b_at_most=_least(base.params_b_at_most, self.params_b_at_most),
        )

    @property
    def is_impossible(self) -> bool:
        """Proprietary models are asked for among open-weights ones."""
        return TABS[self.tab].where.open_weights is True and self.open_weights is False

    @property
    def active(self) -> tuple[str, ...]:
        """The facets that leave models out, by key."""
        return tuple(facet.key for facet in FACETS if getattr(self, facet.key) is not None)

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the tab leaves models out."""
        return bool(self.text.strip()) or bool(self.active)

    def with_facet(self, facet: str, value: object) -> Query:
        """The same question with another value of a facet."""
        changed: dict[str, Any] = {facet: value}
        return replace(self, **changed)

    def cycled(self, facet: str) -> Query:
        """The next value of a facet: does not matter, then each of its values in turn."""
        values = (None, *next(one.values for one in FACETS if one.key == facet))
        now = getattr(self, facet)
        return self.with_facet(facet, values[(values.index(now) + 1) % len(values)] if now in values else None)

    def cleared(self) -> Query:
        """The same class in the same order with nothing left out."""
        return Query(tab=self.tab, sort=self.sort, descending=self.descending, grouped=self.grouped)

    def sorted_by(self, column: str) -> Query:
        """Sorted by this column, its natural way up first; the same column again turns the order round."""
        if column == self.sort:
            return replace(self, descending=not self.descending)
        return replace(self, sort=column, descending=column not in models.LOWER_FIRST)

    def state(self) -> dict[str, object]:
        """What is worth remembering: all but the text that was searched for."""
        return {
            "tab": TABS[self.tab].label,
            "sort": self.sort,
            "descending": self.descending,
            "grouped": self.grouped,
            **{key: getattr(self, key) for key in self.active},
        }

    @classmethod
    def from_state(cls, state: dict[str, object]) -> Query:
        """The question that was remembered; what makes no sense (any more) is left out."""
        query = cls()
        labels = [tab.label for tab in TABS]
        if state.get("tab") in labels:
            query = replace(query, tab=labels.index(cast("str", state["tab"])))
        sort = state.get("sort")
        if isinstance(sort, str) and (sort in models.SORTABLE or sort == models.BY_CLASS):
            query = replace(query, sort=sort, descending=state.get("descending") is not False)
        query = replace(query, grouped=state.get("grouped") is True)
        for facet in FACETS:
            if is_value(facet, value := state.get(facet.key)):
                query = query.with_facet(facet.key, value)
        return query


class ModelList:
    """The answer: ids in order, with the rows read in pages when they are looked at."""

    def __init__(self, store: Store, fitting_b: float = 0.0) -> None:
        """A list without an answer yet. `fitting_b` is what this machine was found to hold the last time."""
        self.query = Query()
        self.best_index = 0.0
        self.in_tab = 0
        self.passing = 0
        self.unfolded: set[int] = set()
        """Models (by `model_id`) whose variants are listed although the list is grouped."""
        self._store = store
        self._ids = array("q")
        self._folded: dict[int, list[int]] = {}
        self._behind: set[int] = set()
        self._rows: dict[int, ModelRow | None] = {}
        self._places: dict[int, int] = {}
        self._facts: dict[int, tuple[int, float]] = {}
        self._fitting_b = fitting_b

    def __len__(self) -> int:
        return len(self._ids)

    def ask(self, query: Query, *, fresh: bool = False) -> None:
        """Ask the catalog anew; `fresh` when it has changed."""
        if fresh:
            self._facts.clear()
        self.query = query
        self._rows.clear()
        self._places.clear()
        self._folded.clear()
        self._behind.clear()
        if query.is_impossible:
            self._ids = array("q")
            self.passing = 0
        elif query.grouped:
            nothing: dict[int, list[int]] = {}
            self._group(self._store.read(self._grouped_ids, nothing))
        else:
            self._ids = self._store.read(self._sorted_ids, self._ids)
            self.passing = len(self._ids)
        if query.tab not in self._facts:
            self._facts[query.tab] = self._store.read(self._tab_facts, (self.in_tab, self.best_index))
        self.in_tab, self.best_index = self._facts[query.tab]

    def row(self, index: int) -> ModelRow | None:
        """The model at a place in the list."""
        model_id = self._ids[index]
        if model_id not in self._rows:
            if len(self._rows) >= MOST_ROWS:
                self._rows.clear()
                self._places.clear()
            start = index - index % PAGE_ROWS
            wanted = self._ids[start : start + PAGE_ROWS]
            nothing: list[ModelRow] = []
            found = self._store.read(lambda conn: models.rows_by_id(conn, wanted), nothing)
            by_id = {row.id: row for row in found}
            self._rows.update((key, by_id.get(key)) for key in wanted)
            self._places.update((key, start + place) for place, key in enumerate(wanted))
        return self._rows[model_id]

    def id_at(self, index: int) -> int | None:
        """The model's id at a place in the list."""
        return self._ids[index] if 0 <= index < len(self._ids) else None

    def index_of(self, model_id: int | None) -> int | None:
        """Where a model is in the list now; a folded variant is where the one is that it is folded under."""
        if model_id is None:
            return None
        if model_id not in self._places:  # rows on screen are there: the list is searched for the cursor's model only
            first = next((first for first, others in self._folded.items() if model_id in others), model_id)
            try:
                self._places[model_id] = self._ids.index(first)
            except ValueError:
                return None
        return self._places[model_id]

    def folded_under(self, model_id: int) -> int:
        """How many variants are folded under this one."""
        return len(self._folded.get(model_id, ()))

    def is_behind(self, model_id: int) -> bool:
        """Whether this is a variant that was unfolded: it stands below the best one of its model."""
        return model_id in self._behind

    def tab_counts(self) -> list[int]:
        """How many models each tab has, whatever else is asked for."""
        return self._store.read(lambda conn: models.counts(conn, [tab.where for tab in TABS]), [0] * len(TABS))

    def read(self, query: Callable[[sqlite3.Connection], T], default: T) -> T:
        """Ask the catalog something else about the list."""
        return self._store.read(query, default)

    def where(self, conn: sqlite3.Connection, query: Query) -> ModelFilter:
        """The question as the catalog understands it, with what needs a look at licences or at this machine."""
        where = query.where
        if query.commercial is not None:
            from aa_tui.pages.listing import licenses_that_allow

            allowed = licenses_that_allow(conn, query.commercial)
            if where.licenses is not None:
                allowed = tuple(name for name in where.licenses if name in allowed)
            where = where._replace(licenses=allowed)
        if query.fits:
            where = where._replace(open_params_b_at_most=self.fitting_b())
        return where

    def fitting_b(self) -> float:
        """Billions of parameters that would fit this machine; the machine is asked once."""
        if not self._fitting_b > 0:
            from aa_tui.pages.listing import fitting_here_b

            self._fitting_b = fitting_here_b()
        return self._fitting_b

    def forget_machine(self) -> None:
        """Ask the machine anew the next time: its memory may be another since it was remembered."""
        self._fitting_b = 0.0

    def _sorted_ids(self, conn: sqlite3.Connection) -> array[int]:
        return models.sorted_ids(conn, self.where(conn, self.query), self.query.sort, self.query.descending)

    def _grouped_ids(self, conn: sqlite3.Connection) -> dict[int, list[int]]:
        return models.grouped_ids(conn, self.where(conn, self.query), self.query.sort, self.query.descending)

    def _group(self, groups: dict[int, list[int]]) -> None:
        self._ids = array("q")
        self.passing = 0
        for model_id, (first, *others) in groups.items():
            self.passing += 1 + len(others)
            self._ids.append(first)
            if others and model_id in self.unfolded:
                self._ids.extend(others)
                self._behind.update(others)
            elif others:
                self._folded[first] = others

    def _tab_facts(self, conn: sqlite3.Connection) -> tuple[int, float]:
        """How many models the tab has and the best index among them: what the bars are measured against."""
        where = TABS[self.query.tab].where
        return models.count(conn, where), models.best_index(conn, where) or 0.0
