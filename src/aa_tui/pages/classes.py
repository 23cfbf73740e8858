"""The class of a model, with its members' figures read by SQL, and remembered while the catalog reads the same.

A class can have tens of thousands of members. The analysis says what a class and a place in it are; here its values
are read without their rows, and agree with what the analysis makes of the rows.
"""

from __future__ import annotations

import sqlite3
from array import array
from collections import OrderedDict
from dataclasses import dataclass, replace
from math import inf
from threading import Lock

from aa_tui.analysis import METRICS, ComparisonClass, SizeClass, band_of, class_with, newest_version
from aa_tui.catalog import index_versions, models, spread
from aa_tui.catalog.rows import ModelFilter, ModelRow
from aa_tui.pages import local

_VERSIONED = frozenset(name for name, metric in METRICS.items() if metric.per_index_version)
_REMEMBERED = 4
"""So many classes are remembered: of each some two megabytes, where it has tens of thousands of members."""


@dataclass(frozen=True, slots=True)
class ReadFigures:
    """The figures of a class' members, of one version of the index: what `ClassFigures` asks for."""

    count: int
    index_version: str | None
    values: dict[str, array[float]]

    def ascending(self, metric: str, index_version: str | None) -> array[float]:
        """As `ClassFigures` has it. Raises `ValueError` for a version of the index that was not read."""
        if metric in _VERSIONED and index_version != self.index_version:
            raise ValueError(f"the figures are of index {self.index_version}, not {index_version}")
        return self.values[metric]


class Classes:
    """Comparison classes, read once each as long as the catalog does not change. Threads may share one."""

    def __init__(self) -> None:
        self._mark: object = None
        self._reading = Lock()  # a class that is being read is waited for, not read twice
        self._known: OrderedDict[tuple[ModelFilter, str | None], ReadFigures] = OrderedDict()

    def of(self, conn: sqlite3.Connection, model: ModelRow) -> ComparisonClass | None:
        """The published models that this one is compared with; what is known from a local file only is none of them."""
        where = members_filter(model)
        if where is None:
            return None
        figures = self._read(conn, where, self.version_for(conn, model))
        if not model.is_local:
            return class_with(model, figures)
        cls = class_with(model, figures) if figures.count else None
        return replace(cls, explanation=local.explanation(model, cls.title)) if cls is not None else None

    def version_for(self, conn: sqlite3.Connection, model: ModelRow) -> str | None:
        """The version of the index that the class is looked at in: the model's, the newest for a local file's."""
        where = members_filter(model)
        if not model.is_local or model.index_version or where is None:
            return model.index_version
        return newest_version(spread.index_versions(conn, where))

    def _read(self, conn: sqlite3.Connection, where: ModelFilter, index_version: str | None) -> ReadFigures:
        with self._reading:
            mark = models.change_token(conn)
            if mark != self._mark:
                self._mark, self._known = mark, OrderedDict()
            known, key = self._known, (where, index_version)
            found = known.get(key)
            if found is None:
                found = known[key] = ReadFigures(*_figures(conn, where, index_version))
                while len(known) > _REMEMBERED:
                    known.popitem(last=False)
            return found


def placed(conn: sqlite3.Connection, model: ModelRow) -> ModelRow:
    """The model as it is looked at in its class: one without an index is compared with those of the version shown."""
    return model if model.index_version else model._replace(index_version=index_versions.shown(conn))


def class_of(conn: sqlite3.Connection, model: ModelRow) -> ComparisonClass | None:
    """The class of one model, read for it alone."""
    return Classes().of(conn, model)


def members_filter(model: ModelRow) -> ModelFilter | None:
    """What the published models of the model's class pass; None where it cannot be placed."""
    band = band_of(model)
    if band is None:
        return None
    reasoning = None if model.reasoning else False
    if isinstance(band, SizeClass):
        return ModelFilter(
            open_weights=True, reasoning=reasoning, params_b_above=band.above, params_b_at_most=_bound(band.at_most)
        )
    return ModelFilter(reasoning=reasoning, price_above=band.above, price_at_most=_bound(band.at_most))


def class_place(conn: sqlite3.Connection, model: ModelRow) -> tuple[int, int] | None:
    """The model's rank by the index in its comparison class, as its page says it, and of how many."""
    where = members_filter(model)
    if where is None or model.intelligence_index is None or model.is_local:
        return None
    return models.place(conn, where, model)


def _bound(value: float) -> float | None:
    return None if value == inf else value


def _figures(
    conn: sqlite3.Connection, where: ModelFilter, index_version: str | None
) -> tuple[int, str | None, dict[str, array[float]]]:
    count, values = spread.ascending(conn, where, tuple(METRICS), _VERSIONED, index_version)
    return count, index_version, values
