"""What was measured here of all models, for other programs: one row a figure, nothing that others published."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple


class MeasuredHere(NamedTuple):
    """The newest figure of a metric of a model, from a file here. The interval is in the value's unit."""

    model: str
    name: str
    file_sha256: str
    quant: str | None
    metric: str
    value: float
    unit: str
    stdev: float | None
    n: int | None
    interval_low: float | None
    interval_high: float | None
    interval_method: str | None
    pack_version: str | None
    run_id: int


def here(conn: sqlite3.Connection) -> list[MeasuredHere]:
    """All of it, by model and metric."""
    rows = conn.execute(
        """SELECT (SELECT l.slug FROM leaderboard l WHERE l.model_id = h.model_id ORDER BY l.reasoning DESC, l.id
                   LIMIT 1) AS model, m.name, f.sha256, f.quant, h.metric, h.value, h.unit, h.stdev, h.n,
             h.interval_low, h.interval_high, h.interval_method, h.pack_version, h.run_id
           FROM measured_here_now h JOIN gguf_files f ON f.id = h.file_id JOIN models m ON m.id = h.model_id
           ORDER BY model, h.metric"""
    )
    return [MeasuredHere(*row) for row in rows]
