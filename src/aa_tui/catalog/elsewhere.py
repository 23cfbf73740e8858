"""Speeds measured on other machines, as imported. They stand apart from everything that was measured here."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from aa_tui.catalog.clock import utc_now
from aa_tui.catalog.transaction import transaction


class Elsewhere(NamedTuple):
    """One test on another machine: rates in tokens/s over `n` repetitions, times in ISO 8601.

    `entry` is the record as its program wrote it. Texts have passed `textsafe`.
    """

    test: str
    tokens_per_s: float
    stdev: float | None
    n: int | None
    program: str
    build: str
    cpu: str
    gpu: str
    backends: str
    n_threads: int | None
    n_gpu_layers: int | None
    model_file: str
    model_type: str
    n_params: int | None
    measured_at: str
    entry: Mapping[str, Any]
    model_id: int | None = None
    slug: str | None = None
    imported_at: str | None = None


_OWN = Elsewhere._fields[: Elsewhere._fields.index("entry")]


def add(conn: sqlite3.Connection, rows: Iterable[Elsewhere]) -> int:
    """Note what is not there yet. Returns how many that were."""
    now, added = utc_now(), 0
    columns = (*_OWN, "entry", "model_id", "digest", "imported_at")
    query = (
        f"INSERT INTO speed_elsewhere ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))}) "
        "ON CONFLICT (digest) DO UPDATE SET model_id = coalesce(excluded.model_id, model_id)"
    )
    with transaction(conn):
        for row in rows:
            entry = json.dumps(dict(row.entry), sort_keys=True)
            digest = hashlib.sha256(entry.encode()).hexdigest()
            there = conn.execute("SELECT 1 FROM speed_elsewhere WHERE digest = ?", (digest,)).fetchone()
            added += there is None
            conn.execute(query, (*(getattr(row, name) for name in _OWN), entry, row.model_id, digest, now))
    return added


def listing(conn: sqlite3.Connection, model_id: int | None = None) -> list[Elsewhere]:
    """All of it, or of one model, newest measurement first."""
    query = f"""SELECT {", ".join(_OWN)}, entry, model_id, imported_at,
                  (SELECT l.slug FROM leaderboard l WHERE l.model_id = e.model_id
                   ORDER BY l.reasoning DESC, l.id LIMIT 1) AS slug
                FROM speed_elsewhere e WHERE ? IS NULL OR model_id = ? ORDER BY measured_at DESC, id"""
    found = []
    for row in conn.execute(query, (model_id, model_id)):
        found.append(Elsewhere(**{**dict(row), "entry": json.loads(row["entry"])}))
    return found
