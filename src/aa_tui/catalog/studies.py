"""What studies have found so far, a piece at a time, so that one that was cut short goes on where it was.

Each writer's call is one short transaction.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from aa_tui.catalog.clock import utc_now
from aa_tui.catalog.transaction import transaction


class Point(NamedTuple):
    """One piece: the `number`-th of a `part` of the study, and what was found, in the study's own terms."""

    part: str
    number: int
    facts: dict[str, Any]
    made_at: str


def add(conn: sqlite3.Connection, run_id: int, part: str, number: int, facts: Mapping[str, Any]) -> None:
    """Journal one piece; when this returns it survives anything but the disk. One that is made again is replaced.

    Raises ValueError for figures that are no numbers: what cannot be told is left out by the caller.
    """
    text = json.dumps(dict(facts), allow_nan=False)
    with transaction(conn):
        conn.execute(
            "INSERT INTO study_points (run_id, part, number, facts, made_at) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (run_id, part, number) DO UPDATE SET facts = excluded.facts, made_at = excluded.made_at",
            (run_id, part, number, text, utc_now()),
        )
        conn.execute(
            "UPDATE runs SET n_done = (SELECT count(*) FROM study_points WHERE run_id = runs.id) WHERE id = ?",
            (run_id,),
        )


def points(conn: sqlite3.Connection, run_id: int, part: str | None = None) -> list[Point]:
    """What was found so far, by part and number."""
    query = "SELECT part, number, facts, made_at FROM study_points WHERE run_id = ?"
    query += " AND part = ?" if part is not None else ""
    rows = conn.execute(f"{query} ORDER BY part, number", (run_id,) if part is None else (run_id, part))
    return [Point(row[0], int(row[1]), json.loads(row[2]), row[3]) for row in rows]


def forget(conn: sqlite3.Connection, run_id: int, parts: Iterable[str]) -> None:
    """Forget parts that have to be made again as a whole."""
    with transaction(conn):
        conn.executemany("DELETE FROM study_points WHERE run_id = ? AND part = ?", [(run_id, one) for one in parts])
        conn.execute(
            "UPDATE runs SET n_done = (SELECT count(*) FROM study_points WHERE run_id = runs.id) WHERE id = ?",
            (run_id,),
        )
