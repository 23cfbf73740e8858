"""What is published of models beyond the leaderboard's columns: providers' prices, evaluations, openness points."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import NamedTuple

EVALUATION_PREFIX = "eval."
"""Metrics that start so are scores of single evaluations, as "eval.mmlu_pro"; their unit is "%" or "share"."""

OPENNESS_PARTS = ("openness_availability", "openness_transparency")
"""The two parts that add up to the openness index, on its scale of 0 to 100."""

_MOST_IDS = 500
"""So many ids are looked up one by one; for more, all figures of the metric are read."""


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


def offers_of(conn: sqlite3.Connection, variant_id: int) -> list[OfferRow]:
    """The newest offer of each provider of a model, by provider."""
    query = """SELECT o.provider, o.price_in_usd_per_m, o.price_out_usd_per_m, o.context_tokens,
                 s.name AS source_name, s.url AS source_url, s.as_of
               FROM offers o JOIN sources s ON s.id = o.source_id WHERE o.variant_id = ? ORDER BY s.as_of, o.id"""
    newest = {row["provider"]: OfferRow(*row) for row in conn.execute(query, (variant_id,))}
    return [newest[provider] for provider in sorted(newest, key=str.casefold)]


def evaluations(conn: sqlite3.Connection, variant_ids: Sequence[int]) -> list[FigureRow]:
    """The published evaluation scores of these models, by metric."""
    # The character after the prefix's dot bounds the range, so that an index on the metric can be used.
    return _newest(conn, variant_ids, "m.metric >= 'eval.' AND m.metric < 'eval/'", ())


def openness_parts(conn: sqlite3.Connection, variant_ids: Sequence[int]) -> list[FigureRow]:
    """The parts of these models' openness index, where they are published."""
    return _newest(conn, variant_ids, "m.metric IN (?, ?)", OPENNESS_PARTS)


def _newest(
    conn: sqlite3.Connection, variant_ids: Sequence[int], condition: str, values: Iterable[str]
) -> list[FigureRow]:
    """The newest figure of each model and metric; two of one date are told apart by which came last."""
    wanted = set(variant_ids)
    few = len(wanted) <= _MOST_IDS
    among = f"AND m.variant_id IN ({', '.join('?' * len(wanted))})" if few else ""
    query = f"""SELECT m.variant_id, m.metric, m.value, m.unit, m.is_estimate, s.name AS source_name,
                  s.as_of, nullif(s.index_version, '') AS index_version
                FROM measurements m JOIN sources s ON s.id = m.source_id
                WHERE {condition} {among} ORDER BY m.metric, s.as_of, m.id"""
    newest: dict[tuple[int, str], FigureRow] = {}
    for row in conn.execute(query, (*values, *(wanted if few else ()))):
        if row["variant_id"] in wanted:
            values = {name: row[name] for name in FigureRow._fields}
            newest[row["variant_id"], row["metric"]] = FigureRow(**{**values, "is_estimate": bool(row["is_estimate"])})
    return list(newest.values())
