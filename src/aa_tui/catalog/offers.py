"""What is published of models beyond the leaderboard's columns: providers' prices, evaluations, openness points."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from aa_tui.catalog import metric_names
from aa_tui.catalog.index_versions import DEPENDENT

OPENNESS_PARTS = ("openness_availability", "openness_transparency")
"""The two parts that add up to the openness index, on its scale of 0 to 100."""

_AT_ONCE = 500
"""So many ids are looked up in one query."""


class OfferRow(NamedTuple):
    """What one API provider asks for a model, USD per million tokens, by the newest table that names it."""

    provider: str
    price_in_usd_per_m: float | None
    price_out_usd_per_m: float | None
    context_tokens: int | None
    source_name: str
    source_url: str
    as_of: str


class FigureRow(NamedTuple):
    """The newest published figure of one metric of one model."""

    variant_id: int
    metric: str
    value: float
    unit: str
    is_estimate: bool
    source_name: str
    as_of: str
    index_version: str | None


class PastRow(NamedTuple):
    """What one table says of a model's index: figures that depend on its version, by metric."""

    as_of: str
    index_version: str
    source_name: str
    source_url: str
    figures: dict[str, float]
    is_estimate: bool


def history(conn: sqlite3.Connection, variant_id: int) -> list[PastRow]:
    """What was published of a model's index, of every version, the newest table first."""
    query = f"""SELECT s.id, s.as_of, s.index_version, s.name, s.url, m.metric, m.value, m.is_estimate
                FROM measurements m JOIN sources s ON s.id = m.source_id
                WHERE m.variant_id = ? AND m.metric IN ({", ".join("?" * len(DEPENDENT))})
                ORDER BY s.as_of DESC, s.id DESC, m.id"""
    found: dict[int, PastRow] = {}
    for source, as_of, version, name, url, metric, value, is_estimate in conn.execute(query, (variant_id, *DEPENDENT)):
        past = found.setdefault(source, PastRow(as_of, version, name, url, {}, is_estimate=False))
        past.figures[metric] = value
        if metric == "intelligence_index":
            found[source] = past._replace(is_estimate=bool(is_estimate))
    return list(found.values())


def offers_of(conn: sqlite3.Connection, variant_id: int) -> list[OfferRow]:
    """The newest offer of each provider of a model, by provider; a source's newest sync stands for all before it."""
    query = """SELECT o.provider, o.price_in_usd_per_m, o.price_out_usd_per_m, o.context_tokens,
                 s.name AS source_name, s.url AS source_url, s.as_of
               FROM offers o JOIN sources s ON s.id = o.source_id WHERE o.variant_id = ? AND NOT EXISTS (
                 SELECT 1 FROM sources newer JOIN syncs y ON y.id = newer.sync_id
                 WHERE newer.name = s.name AND y.undone_at IS NULL AND y.id > coalesce(s.sync_id, 0)
                   AND EXISTS (SELECT 1 FROM offers given WHERE given.source_id = newer.id))
               ORDER BY s.as_of, o.id"""
    newest = {row["provider"]: OfferRow(*row) for row in conn.execute(query, (variant_id,))}
    return [newest[provider] for provider in sorted(newest, key=str.casefold)]


def evaluations(conn: sqlite3.Connection, variant_ids: Sequence[int]) -> list[FigureRow]:
    """The published evaluation scores of these models, by metric."""
    return _newest(conn, variant_ids, metric_names.between(metric_names.PUBLISHED), ())


def claimed_evaluations(conn: sqlite3.Connection, variant_ids: Sequence[int]) -> list[FigureRow]:
    """The scores that these models' own labs claim, by metric."""
    return _newest(conn, variant_ids, metric_names.between(metric_names.CLAIMED), ())


def openness_parts(conn: sqlite3.Connection, variant_ids: Sequence[int]) -> list[FigureRow]:
    """The parts of these models' openness index, where they are published."""
    return _newest(conn, variant_ids, "metric IN (?, ?)", OPENNESS_PARTS)


def _newest(
    conn: sqlite3.Connection, variant_ids: Sequence[int], condition: str, values: Sequence[str]
) -> list[FigureRow]:
    """The newest figure of each model and metric, by metric; two of one date are told apart by which came last."""
    newest: dict[tuple[str, int], FigureRow] = {}
    for start in range(0, len(variant_ids), _AT_ONCE):
        part = variant_ids[start : start + _AT_ONCE]
        query = f"""SELECT m.variant_id, m.metric, m.value, m.unit, m.is_estimate, s.name AS source_name,
                      s.as_of, nullif(s.index_version, '') AS index_version
                    FROM measurements m JOIN sources s ON s.id = m.source_id
                    WHERE m.variant_id IN ({", ".join("?" * len(part))}) AND {condition} ORDER BY s.as_of, m.id"""
        for row in conn.execute(query, (*part, *values)):
            figure = FigureRow(*row)
            newest[figure.metric, figure.variant_id] = figure._replace(is_estimate=bool(figure.is_estimate))
    return sorted(newest.values(), key=lambda figure: figure.metric)
