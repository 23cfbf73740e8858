"""Sustained generation as it went: the speed of each part, with the temperature that was noted nearest to it."""

from __future__ import annotations

import sqlite3
from bisect import bisect_left
from datetime import datetime

from aa_tui.catalog.rows import TimePoint

NEAR_S = 10.0
"""A temperature noted farther away belongs to another moment."""


def timeline(conn: sqlite3.Connection, run_id: int) -> tuple[TimePoint, ...]:
    """The parts of a run's first sustained test, in order."""
    rows = conn.execute(
        "SELECT test, started_at, seconds, tokens_per_s FROM speed_samples "
        "WHERE run_id = ? AND test GLOB 'sustained*' AND NOT warmup ORDER BY id",
        (run_id,),
    ).fetchall()
    parts = [row for row in rows if row["test"] == rows[0]["test"]]
    if not parts:
        return ()
    noted = [
        (_seconds(row["at"]), float(row["temperature_c"]))
        for row in conn.execute(
            "SELECT at, temperature_c FROM machine_samples WHERE run_id = ? AND temperature_c IS NOT NULL ORDER BY at",
            (run_id,),
        )
    ]
    start = _seconds(parts[0]["started_at"])
    found = []
    for part in parts:
        middle = _seconds(part["started_at"]) + part["seconds"] / 2
        found.append(TimePoint(middle - start, part["tokens_per_s"], _nearest(noted, middle)))
    return tuple(found)


def _seconds(at: str) -> float:
    return datetime.fromisoformat(at).timestamp()


def _nearest(noted: list[tuple[float, float]], at: float) -> float | None:
    index = bisect_left(noted, (at, 0.0))
    near = min(noted[max(0, index - 1) : index + 1], key=lambda one: abs(one[0] - at), default=None)
    return near[1] if near is not None and abs(near[0] - at) <= NEAR_S else None
