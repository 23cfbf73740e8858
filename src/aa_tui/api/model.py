"""A model and its page."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aa_tui.api.chart import Chart, chart_of

if TYPE_CHECKING:
    from aa_tui.catalog.rows import ModelRow
    from aa_tui.pages.page import Page as LoadedPage


@dataclass(frozen=True, slots=True)
class Model:
    """A model in one reasoning mode, with its headline figures; None where nobody published one.

    Tokens are in millions, prices in USD for a million tokens, parameters in billions. `data()` has all figures.

    >>> model = catalog.model("nanbeige4-1-3b")
    >>> model.name, model.open_weights, model.context_tokens
    ('Nanbeige4.1-3B', True, 256000)
    """

    slug: str
    name: str
    creator: str
    reasoning: bool
    open_weights: bool
    release_date: str | None
    total_params_b: float | None
    context_tokens: int | None
    license: str | None
    intelligence_index: float | None
    price_in_usd_per_m: float | None
    price_out_usd_per_m: float | None
    output_tps: float | None
    _conn: sqlite3.Connection = field(repr=False, compare=False)
    _row: ModelRow = field(repr=False, compare=False)

    def data(self) -> dict[str, Any]:
        """All figures, as `aa-tui models --json` prints them.

        >>> catalog.model("nanbeige4-1-3b").data()["index_version"]
        'v4.0'
        """
        from aa_tui.pages.json import model as as_json

        return as_json.model(self._row)

    def page(self) -> Page:
        """The model's page.

        >>> catalog.model("nanbeige4-1-3b").page().facts["Weights"]
        'open'
        """
        from aa_tui.pages.page import load

        return Page(self._conn, load(self._conn, self.slug))

    def chart(self, name: str, *, among: str | None = None) -> Chart:
        """A chart with this model highlighted, among those of its class or as `Catalog.chart` has it.

        >>> catalog.model("nanbeige4-1-3b").chart("size").title
        'Model size · Tiny (≤4B) open-weights models'
        """
        return chart_of(self._conn, name, self.slug, among)


@dataclass(frozen=True, slots=True)
class Standing:
    """A figure's place in the comparison class: `average` is the median, `rank` is of `of`; None where nobody knows.

    >>> place = catalog.model("nanbeige4-1-3b").page().standings["intelligence_index"]
    >>> place.rank <= place.of
    True
    """

    value: float | None
    average: float | None
    rank: int | None
    of: int
    phrase: str | None


class Page:
    """What a model's page says, as values, as text and as JSON.

    >>> page = catalog.model("nanbeige4-1-3b").page()
    >>> page.text(width=80).splitlines()[0]  # doctest: +ELLIPSIS
    'Nanbeige4.1-3B...'
    """

    def __init__(self, conn: sqlite3.Connection, loaded: LoadedPage) -> None:
        self._conn, self._loaded = conn, loaded

    def __repr__(self) -> str:
        return f"Page({self._loaded.model.slug!r})"

    @property
    def facts(self) -> dict[str, str]:
        """The table of facts, in its order.

        >>> catalog.model("nanbeige4-1-3b").page().facts["Reasoning"]
        'yes'
        """
        return dict(self._loaded.facts)

    @property
    def summary(self) -> list[str]:
        """The summary's sentences.

        >>> "Nanbeige" in catalog.model("nanbeige4-1-3b").page().summary[0]
        True
        """
        return list(self._loaded.summary)

    @property
    def questions(self) -> dict[str, str]:
        """The usual questions with their answers, in the page's order.

        >>> len(catalog.model("nanbeige4-1-3b").page().questions) > 10
        True
        """
        return {one.question: one.answer for one in self._loaded.faq}

    @property
    def standings(self) -> dict[str, Standing]:
        """Each metric's place in the class.

        >>> "output_tps" in catalog.model("nanbeige4-1-3b").page().standings
        True
        """
        return {
            metric: Standing(one.value, one.class_median, one.rank, one.of, one.phrase)
            for metric, one in self._loaded.standings.items()
        }

    def text(self, width: int = 100) -> str:
        """The page as `aa-tui show` prints it, free of control codes.

        >>> "Class: Tiny" in catalog.model("nanbeige4-1-3b").page().text(width=80)
        True
        """
        from aa_tui.pages.text import page

        return page.drawing(self._loaded, width).plain()

    def data(self) -> dict[str, Any]:
        """The page as `aa-tui show --json` prints it.

        >>> catalog.model("nanbeige4-1-3b").page().data()["comparison_class"]["key"]
        'tiny'
        """
        from aa_tui.pages.json import model as as_json

        return as_json.page(self._conn, self._loaded.model.slug)


def model_of(conn: sqlite3.Connection, row: ModelRow) -> Model:
    """The model of a row of the catalog."""
    shown = [name for name in Model.__dataclass_fields__ if not name.startswith("_")]
    return Model(**{name: getattr(row, name) for name in shown}, _conn=conn, _row=row)
