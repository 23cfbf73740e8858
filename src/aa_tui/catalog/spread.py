"""How the figures of many models are spread: values only, since a class can have tens of thousands of members."""

from __future__ import annotations

import sqlite3
from array import array
from bisect import bisect_left
from collections.abc import Collection, Sequence
from math import inf

from aa_tui.catalog.models import condition
from aa_tui.catalog.rows import ModelFilter

_AT_ONCE = 500
_PRICES = {
    "price_in_usd_per_m": "coalesce(price_in_usd_per_m, 0.0)",
    "price_out_usd_per_m": "coalesce(price_out_usd_per_m, 0.0)",
    "blended_price_usd_per_m": "(3 * coalesce(price_in_usd_per_m, 0.0) + coalesce(price_out_usd_per_m, 0.0)) / 4",
}
"""What counts of open weights, as in `analysis.counted_value`."""


def ascending(
    conn: sqlite3.Connection,
    where: ModelFilter,
    metrics: Sequence[str],
    versioned: Collection[str],
    index_version: str | None,
) -> tuple[int, dict[str, array[float]]]:
    """How many published models pass the filter, and their values of each metric, the lowest first.

    Args:
        conn: the catalog.
        where: which models.
        metrics: columns of the leaderboard. A missing price of open weights counts as 0.
        versioned: those of them whose values are read of models of `index_version` only.
        index_version: a version of the index; None for the models without one.
    """
    columns = ", ".join(_column(metric, metric in versioned) for metric in metrics)
    clause, values = _published(where)
    version = [index_version] * sum(metric in versioned for metric in metrics)
    # Not by an index: a class is too large a part of the table for looking its rows up one by one.
    rows = conn.execute(f"SELECT {columns} FROM leaderboard NOT INDEXED {clause}", (*version, *values))
    found = [array("d") for _ in metrics]
    count = 0
    while some := rows.fetchmany(_AT_ONCE):
        count += len(some)
        for column, more in zip(found, zip(*some, strict=True), strict=True):
            column.extend(more)
    return count, {metric: _sorted(column) for metric, column in zip(metrics, found, strict=True)}


def index_versions(conn: sqlite3.Connection, where: ModelFilter) -> list[str]:
    """The versions of the index that the published models which pass the filter have scores of."""
    clause, values = _published(where)
    query = f"SELECT DISTINCT index_version FROM leaderboard NOT INDEXED {clause}"
    return [row[0] for row in conn.execute(query, values) if row[0]]


def _published(where: ModelFilter) -> tuple[str, tuple[object, ...]]:
    clause, values = condition(where)
    return (f"{clause} AND NOT is_local" if clause else "WHERE NOT is_local"), values


def _column(metric: str, is_versioned: bool) -> str:
    """The metric's value, infinite where there is none: so the values go into their array as they come."""
    value = f"CASE WHEN open_weights THEN {_PRICES[metric]} ELSE {metric} END" if metric in _PRICES else metric
    if is_versioned:
        value = f"CASE WHEN index_version IS ? THEN {value} END"
    return f"coalesce({value}, 9e999)"


def _sorted(column: array[float]) -> array[float]:
    ordered = array("d", sorted(column))
    return ordered[: bisect_left(ordered, inf)]
