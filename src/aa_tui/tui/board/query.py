"""What the leaderboard lists: a question to the catalog, and its answer with pages of rows. No widgets here."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from dataclasses import dataclass, replace
from math import inf
from typing import TYPE_CHECKING, Any, TypeVar, cast

from aa_tui.analysis.classes import PRICE_CLASSES, SIZE_CLASSES
from aa_tui.catalog import models
from aa_tui.catalog.rows import ModelFilter, ModelRow
from aa_tui.tui.board.facets import FACETS, is_value

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from aa_tui.pages.listing import Commercial
    from aa_tui.tui.core.store import Store

T = TypeVar("T")

PAGE_ROWS = 200
"""Rows read at a time."""

MOST_PLACES = 3
"""So many classes are named in which a search would find something."""

MOST_ROWS = 5 * PAGE_ROWS
"""Rows kept: who goes through a hundred thousand models does not want them all in memory."""


@dataclass(frozen=True, slots=True)
class Tab:
    """A class of models to list. What `fits` is known of the machine only, by the list."""

    label: str
    where: ModelFilter
    fits: bool = False


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
    Tab("Fits", ModelFilter(open_weights=True), fits=True),
)
ALL, FITS = len(TABS) - 2, len(TABS) - 1
TAB_OF_CLASS = {
    key: tab
    for tab, key in enumerate(
        (*(size.key for size in SIZE_CLASSES), *(price.key for price in PRICE_CLASSES), "all", "fits")
    )
}
"""By the names that `models --class` and `config.toml` have for the classes."""


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
        text = state.get("text")
        if isinstance(text, str):  # kept in named views only
            query = replace(query, text=text)
        for facet in FACETS:
            if is_value(facet, value := state.get(facet.key)):
                query = query.with_facet(facet.key, value)
        return query


def conditions(conn: sqlite3.Connection, query: Query, fitting_b: Callable[[], float]) -> ModelFilter:
    """The question as the catalog understands it, with what needs a look at licences or at this machine."""
    where = query.where
    if query.commercial is not None:
        from aa_tui.pages.listing import licenses_that_allow

        allowed = licenses_that_allow(conn, query.commercial)
        if where.licenses is not None:
            allowed = tuple(name for name in where.licenses if name in allowed)
        where = where._replace(licenses=allowed)
    if query.fits or TABS[query.tab].fits:
        where = where._replace(open_params_b_at_most=fitting_b())
    return where


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What a search finds in other classes: how many in each, and the question that lists the first of them.

    `is_wider` says that the filters stand in the way, and are cleared.
    """

    query: Query
    found: tuple[tuple[str, int], ...]
    is_wider: bool = False

    @property
    def words(self) -> str:
        """A sentence for the empty list."""
        places = ", ".join(f"{number:,} in {label}" for label, number in self.found[:MOST_PLACES])
        without = " without the filters" if self.is_wider else ""
        goes = "there" if len(self.found) == 1 else f"to {self.found[0][0]}"
        return f"None here; {places}{without}: Enter goes {goes}."


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
        self._facts: dict[int, tuple[int, array[float]]] = {}
        self._scores = array("d")
        self._fitting_b = fitting_b

    def __len__(self) -> int:
        return len(self._ids)

    def ask(self, query: Query, *, fresh: bool = False) -> None:
        """Ask the catalog again; `fresh` when it has changed."""
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
            self._facts[query.tab] = self._store.read(self._tab_facts, (self.in_tab, self._scores))
        self.in_tab, self._scores = self._facts[query.tab]
        self.best_index = self._scores[-1] if self._scores else 0.0

    def rank(self, row: ModelRow) -> int | None:
        """The model's rank by the index in the class that is listed, whatever is searched, filtered or sorted by.

        Models alike share the better rank, as on their pages.
        """
        if row.intelligence_index is None:
            return None
        return len(self._scores) - bisect_right(self._scores, row.intelligence_index) + 1

    def elsewhere(self) -> Elsewhere | None:
        """Where a search that finds nothing here would find something; None where nowhere, or nothing is searched."""
        query = self.query
        if not query.text.strip() or len(self):
            return None
        nothing: Elsewhere | None = None
        return self._store.read(self._found_elsewhere, nothing)

    def _found_elsewhere(self, conn: sqlite3.Connection) -> Elsewhere | None:
        """In the other classes, else without the filters in all of them; "All" holds what is in no class."""
        for kept in (self.query, replace(self.query.cleared(), text=self.query.text)):
            tries = [replace(kept, tab=tab) for tab in range(len(TABS)) if replace(kept, tab=tab) != self.query]
            tries = [one for one in tries if not one.is_impossible]
            numbers = models.counts(conn, [self.where(conn, one) for one in tries])
            found = [(one, number) for one, number in zip(tries, numbers, strict=True) if number]
            if found:
                classes = [(TABS[one.tab].label, number) for one, number in found if one.tab not in (ALL, FITS)]
                return Elsewhere(
                    found[0][0], tuple(classes or [(TABS[ALL].label, found[0][1])]), is_wider=kept is not self.query
                )
        return None

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
        return self._store.read(
            lambda conn: models.counts(conn, list(map(self.tab_where, range(len(TABS))))), [0] * len(TABS)
        )

    def tab_where(self, tab: int) -> ModelFilter:
        """The models of a tab, as the catalog understands it."""
        where = TABS[tab].where
        return where._replace(open_params_b_at_most=self.fitting_b()) if TABS[tab].fits else where

    def read(self, query: Callable[[sqlite3.Connection], T], default: T) -> T:
        """Ask the catalog something else about the list."""
        return self._store.read(query, default)

    def where(self, conn: sqlite3.Connection, query: Query) -> ModelFilter:
        """The question as the catalog understands it."""
        return conditions(conn, query, self.fitting_b)

    def fitting_b(self) -> float:
        """Billions of parameters that would fit this machine; the machine is asked once."""
        if not self._fitting_b > 0:
            from aa_tui.pages.listing import fitting_here_b

            self._fitting_b = fitting_here_b()
        return self._fitting_b

    def forget_machine(self) -> None:
        """Ask the machine again the next time: its memory may be another since it was remembered."""
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

    def _tab_facts(self, conn: sqlite3.Connection) -> tuple[int, array[float]]:
        """How many models the tab has, and their scores: what bars are measured against and ranks come from."""
        where = self.tab_where(self.query.tab)
        return models.count(conn, where), models.indexes(conn, where)
