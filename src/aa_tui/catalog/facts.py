"""Published facts: read a table of headline figures into the catalog.

The project's own table, `published_facts.csv`, is loaded on first start and again when a new release brings a new
one. Loading the same table twice changes nothing, and nothing that was measured is touched.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterable, Mapping
from math import isfinite
from pathlib import Path

from aa_tui.catalog import leaderboard
from aa_tui.catalog.clock import utc_now
from aa_tui.catalog.metric_names import CLAIMED, PUBLISHED, with_setting
from aa_tui.textsafe import clean_line

FACTS_FILE = Path(__file__).with_name("published_facts.csv")
OFFERS_FILE = Path(__file__).with_name("published_offers.csv")
"""What API providers ask for the models, by models.dev (MIT licence): `sources.make_offers` makes it."""

EVALUATIONS_FILE = Path(__file__).with_name("published_evaluations.csv")
"""Scores of single evaluations; those that a model's own lab claims are metrics of their own.

`setting` is what the source states of how it was measured, where that differs from source to source: "8-shot CoT".
"""

UNITS = {
    "intelligence_index": "index",
    "index_output_tokens_m": "M tokens",
    "reasoning_tokens_m": "M tokens",
    "answer_tokens_m": "M tokens",
    "price_in_usd_per_m": "USD/1M tokens",
    "price_out_usd_per_m": "USD/1M tokens",
    "output_tps": "tokens/s",
    "ttft_s": "s",
    "ttfat_s": "s",
    "e2e_s": "s",
    "cost_to_run_usd": "USD",
    "cost_input_usd": "USD",
    "cost_reasoning_usd": "USD",
    "cost_answer_usd": "USD",
    "openness_index": "index",
}
"""The published metrics and their units; a column of the same name holds each."""

_MODES = (" (Reasoning)", " (Non-reasoning)")
_LICENCES = {
    "apache-2.0": "Apache 2.0",
    "apache 2.0": "Apache 2.0",
    "mit": "MIT",
    "cc by nc 4.0": "CC BY-NC 4.0",
}


def are_stale(conn: sqlite3.Connection) -> bool:
    """Whether the project's own table differs from the one that was loaded last."""
    row = conn.execute("SELECT value FROM meta WHERE key = 'published_facts_crc32'").fetchone()
    return row is None or row[0] != _digest()


def load(conn: sqlite3.Connection) -> None:
    """Load the project's own table. The caller holds the transaction."""
    import csv
    import io

    rows = csv.DictReader(io.StringIO(FACTS_FILE.read_text(encoding="utf-8")))
    load_rows(conn, rows)
    load_evaluations(conn, csv.DictReader(io.StringIO(EVALUATIONS_FILE.read_text(encoding="utf-8"))))
    load_offers(conn, csv.DictReader(io.StringIO(OFFERS_FILE.read_text(encoding="utf-8"))))
    conn.execute(
        "INSERT INTO meta VALUES ('published_facts_crc32', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        (_digest(),),
    )


def load_rows(conn: sqlite3.Connection, rows: Iterable[Mapping[str, str]]) -> None:
    """Load rows with the columns of `published_facts.csv`; an empty cell means not published."""
    now = utc_now()
    for row in rows:
        _load_row(conn, {key: clean_line(value or "") for key, value in row.items()}, now)
    leaderboard.rebuild(conn)


def load_evaluations(conn: sqlite3.Connection, rows: Iterable[Mapping[str, str]]) -> None:
    """Load rows with the columns of `published_evaluations.csv`; models that the catalog does not know are left out."""
    now = utc_now()
    for line in rows:
        row = {key: clean_line(value or "") for key, value in line.items()}
        variant = conn.execute("SELECT id FROM variants WHERE slug = ?", (row["slug"],)).fetchone()
        percent = _number(row["percent"])
        if variant is None or percent is None:
            continue
        named = {name: row[f"source_{name}"] for name in ("name", "url")}
        source_id = _id_of(conn, "sources", **named, as_of=row["as_of"], index_version="", sync_id=None)
        prefix = CLAIMED if row["claimed_by_lab"] == "yes" else PUBLISHED
        metric = prefix + with_setting(row["evaluation"], row.get("setting", ""))
        _put_figure(conn, variant[0], metric, percent, unit="%", source_id=source_id, now=now)


def load_offers(conn: sqlite3.Connection, rows: Iterable[Mapping[str, str]]) -> None:
    """Load rows with the columns of `published_offers.csv`; models that the catalog does not know are left out."""
    variants = {row[0]: row[1] for row in conn.execute("SELECT slug, id FROM variants")}
    sources: dict[tuple[str, str, str], int] = {}
    for line in rows:
        row = {key: clean_line(value or "") for key, value in line.items()}
        variant_id = variants.get(row["slug"])
        if variant_id is None:
            continue
        table = (row["source_name"], row["source_url"], row["as_of"])
        if table not in sources:
            name, url, as_of = table
            sources[table] = _id_of(conn, "sources", name=name, url=url, as_of=as_of, index_version="", sync_id=None)
        figures = [_number(row[name]) for name in ("price_in_usd_per_m", "price_out_usd_per_m", "context_tokens")]
        conn.execute(
            "INSERT INTO offers (variant_id, provider, price_in_usd_per_m, price_out_usd_per_m, context_tokens, "
            "source_id) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (variant_id, provider, source_id) DO UPDATE SET "
            "price_in_usd_per_m = excluded.price_in_usd_per_m, price_out_usd_per_m = excluded.price_out_usd_per_m, "
            "context_tokens = excluded.context_tokens",
            (variant_id, row["provider"], *figures, sources[table]),
        )


def _digest() -> str:
    found = leaderboard.RULES  # other rules, another leaderboard
    for file in (FACTS_FILE, EVALUATIONS_FILE, OFFERS_FILE):
        found = zlib.crc32(file.read_bytes(), found)
    return f"{found:08x}"


def _load_row(conn: sqlite3.Connection, row: Mapping[str, str], now: str) -> None:
    source_id = _id_of(
        conn,
        "sources",
        name=row["source_name"],
        url=row["source_url"],
        as_of=row["as_of"],
        index_version=row["index_version"],
        sync_id=None,  # what a sync brought goes with it
    )
    variant_id = _put_variant(conn, row, source_id)
    for metric, unit in UNITS.items():
        value = _number(row[metric])
        if value is None:
            continue
        estimate = metric == "intelligence_index" and row["index_is_estimate"] == "yes"
        _put_figure(conn, variant_id, metric, value, unit=unit, is_estimate=estimate, source_id=source_id, now=now)


def _put_figure(
    conn: sqlite3.Connection,
    variant_id: int,
    metric: str,
    value: float,
    *,
    unit: str,
    is_estimate: bool = False,
    source_id: int,
    now: str,
) -> None:
    conn.execute(
        "INSERT INTO measurements (variant_id, metric, value, unit, is_estimate, source_id, created_at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (variant_id, metric, source_id) WHERE source_id IS NOT NULL "
        "DO UPDATE SET value = excluded.value, unit = excluded.unit, is_estimate = excluded.is_estimate",
        (variant_id, metric, value, unit, is_estimate, source_id, now),
    )


def _put_variant(conn: sqlite3.Connection, row: Mapping[str, str], source_id: int) -> int:
    creator_id = _id_of(conn, "creators", name=row["creator"])
    model_id = _id_of(conn, "models", creator_id=creator_id, name=_family(row["name"]), weights_url=row["weights_url"])
    values = {
        "model_id": model_id,
        "slug": row["slug"],
        "name": row["name"],
        "reasoning": row["reasoning"] == "yes",
        "open_weights": row["open_weights"] == "yes",
        "release_date": row["release_date"] or None,
        "total_params_b": _number(row["total_params_b"]),
        "active_params_b": _number(row["active_params_b"]),
        "context_tokens": _number(row["context_tokens"]),
        "input_modalities": row["input_modalities"],
        "output_modalities": row["output_modalities"],
        "license": _LICENCES.get(row["license"].lower(), row["license"]) or None,
        "source_id": source_id,
    }
    columns = ", ".join(values)
    updates = ", ".join(f"{name} = excluded.{name}" for name in values if name != "slug")
    marks = ", ".join("?" * len(values))
    found = conn.execute(
        f"INSERT INTO variants ({columns}) VALUES ({marks}) ON CONFLICT (slug) DO UPDATE SET {updates} RETURNING id",
        tuple(values.values()),
    ).fetchone()
    return int(found[0])


def _family(name: str) -> str:
    """The weights' name: what is left without the mode in which they are offered."""
    for mode in _MODES:
        name = name.removesuffix(mode)
    return name


def _number(text: str) -> float | None:
    """A figure; None where nothing is published, which an infinite one or "nan" is not either."""
    value = float(text) if text else None
    return value if value is not None and isfinite(value) else None


def _id_of(conn: sqlite3.Connection, table: str, **key: object) -> int:
    """The id of the row with this key, which is made if there is none."""
    where = " AND ".join(f"{name} IS ?" for name in key)
    values = tuple(key.values())
    row = conn.execute(f"SELECT id FROM {table} WHERE {where}", values).fetchone()
    if row is None:
        columns, marks = ", ".join(key), ", ".join("?" * len(values))
        row = conn.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks}) RETURNING id", values).fetchone()
    return int(row[0])
