"""What people say of samples: right, wrong or unclear; one label a sample."""

from __future__ import annotations

import sqlite3

from aa_tui.catalog.clock import utc_now
from aa_tui.catalog.rows import LabelRow
from aa_tui.catalog.texts import storable
from aa_tui.catalog.transaction import transaction

_COLUMNS = ", ".join(LabelRow._fields)


def put(conn: sqlite3.Connection, sample_id: int, label: str, *, note: str | None = None, blind: bool = False) -> None:
    """Label a sample; an earlier label of it is replaced. The verdict that counts now is noted with it.

    `label` is right, wrong or unclear; without a `note` that of the earlier label stays. `blind`: the person did not
    see the verdict before.
    """
    with transaction(conn):
        conn.execute(
            "INSERT OR REPLACE INTO sample_labels (sample_id, label, note, grader, outcome, blind, labelled_at) "
            "SELECT id, ?, coalesce(?, (SELECT note FROM sample_labels WHERE sample_id = samples_now.id), ''), "
            "grader, outcome, ?, ? FROM samples_now WHERE id = ?",
            (label, None if note is None else storable(note), blind, utc_now(), sample_id),
        )


def clear(conn: sqlite3.Connection, sample_id: int) -> None:
    """Take a sample's label away."""
    conn.execute("DELETE FROM sample_labels WHERE sample_id = ?", (sample_id,))


def get(conn: sqlite3.Connection, sample_id: int) -> LabelRow | None:
    """A sample's label, if it has one."""
    row = conn.execute(f"SELECT {_COLUMNS} FROM sample_labels WHERE sample_id = ?", (sample_id,)).fetchone()
    return _label(row) if row else None


def of_run(conn: sqlite3.Connection, run_id: int) -> dict[int, LabelRow]:
    """All labels of a run, by sample."""
    query = (
        f"SELECT {_COLUMNS} FROM sample_labels WHERE sample_id IN (SELECT id FROM eval_samples WHERE run_id = ?) "
        "ORDER BY sample_id"
    )
    return {int(row["sample_id"]): _label(row) for row in conn.execute(query, (run_id,))}


def mark(conn: sqlite3.Connection, run_id: int) -> tuple[int, str]:
    """How many labels a run has, and when the last was given: other ones as soon as any has changed."""
    row = conn.execute(
        "SELECT count(*), coalesce(max(labelled_at), '') FROM sample_labels "
        "WHERE sample_id IN (SELECT id FROM eval_samples WHERE run_id = ?)",
        (run_id,),
    ).fetchone()
    return int(row[0]), str(row[1])


def _label(row: sqlite3.Row) -> LabelRow:
    return LabelRow(**{**dict(row), "blind": bool(row["blind"])})
