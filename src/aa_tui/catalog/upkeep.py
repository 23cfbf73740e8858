"""The catalog's size, and making it smaller. What a score rests on is never dropped unasked."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from aa_tui.catalog.db import CatalogError, path_of
from aa_tui.catalog.transaction import transaction

KEEP_THINKING = "keep_thinking_days"
_TOO_OLD = (
    "thinking != '' AND run_id IN (SELECT id FROM runs WHERE ended_at IS NOT NULL AND ended_at < ? "
    "AND state IN ('finished', 'stopped', 'failed'))"
)


class Size(NamedTuple):
    """Bytes of the file and of what takes the most room in it; `free_bytes` a vacuum would give back."""

    file_bytes: int
    free_bytes: int
    thinking_bytes: int
    answers_bytes: int
    prompts_bytes: int
    n_samples: int
    n_runs: int
    n_models: int
    keep_thinking_days: int | None


def size(conn: sqlite3.Connection) -> Size:
    """How large the catalog is, and with what."""
    path = path_of(conn)
    files = [path, path.with_name(path.name + "-wal")]
    page, n_pages, n_free = (
        int(conn.execute(f"PRAGMA {name}").fetchone()[0]) for name in ("page_size", "page_count", "freelist_count")
    )
    n_bytes = sum(one.stat().st_size for one in files if one.exists())
    texts = conn.execute(
        "SELECT coalesce(sum(length(CAST(thinking AS BLOB))), 0), coalesce(sum(length(CAST(answer AS BLOB))), 0), "
        "coalesce(sum(length(CAST(prompt AS BLOB))), 0), count(*) FROM eval_samples"
    ).fetchone()
    return Size(
        file_bytes=n_bytes,
        free_bytes=max(0, n_bytes - page * (n_pages - n_free)),  # what is written twice, in the log, is free as well
        thinking_bytes=texts[0],
        answers_bytes=texts[1],
        prompts_bytes=texts[2],
        n_samples=texts[3],
        n_runs=conn.execute("SELECT count(*) FROM runs").fetchone()[0],
        n_models=conn.execute("SELECT count(*) FROM leaderboard").fetchone()[0],
        keep_thinking_days=retention(conn),
    )


def retention(conn: sqlite3.Connection) -> int | None:
    """For how many days thinking texts are kept; None for ever."""
    row = conn.execute("SELECT value FROM meta WHERE key = ?", (KEEP_THINKING,)).fetchone()
    return int(row[0]) if row else None


def set_retention(conn: sqlite3.Connection, days: int) -> None:
    """Keep thinking texts for so many days after their run has ended."""
    with transaction(conn):
        conn.execute("DELETE FROM meta WHERE key = ?", (KEEP_THINKING,))
        conn.execute("INSERT INTO meta (key, value) VALUES (?, ?)", (KEEP_THINKING, str(days)))


def n_too_old(conn: sqlite3.Connection, days: int) -> int:
    """How many thinking texts a vacuum drops that keeps them for so many days."""
    return int(conn.execute(f"SELECT count(*) FROM eval_samples WHERE {_TOO_OLD}", (_before(days),)).fetchone()[0])


def vacuum(conn: sqlite3.Connection) -> int:
    """Drop the thinking texts that are too old by the retention, give free room back. Returns the texts dropped.

    Answers, verdicts, token counts and clocks stay: every score can still be looked at and graded again. Raises
    `CatalogError` where another program holds the catalog or there is no room: a copy of the whole is made.
    """
    days, dropped = retention(conn), 0
    if days is not None:
        with transaction(conn):
            dropped = conn.execute(f"UPDATE eval_samples SET thinking = '' WHERE {_TOO_OLD}", (_before(days),)).rowcount
    try:
        conn.execute("VACUUM")
        conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.OperationalError as error:
        raise CatalogError(
            f"The catalog cannot be made smaller just now ({error}): it takes as much free room again, and nobody else "
            "may be writing. Nothing but the old thinking texts was dropped."
        ) from error
    return dropped


def _before(days: int) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="milliseconds")
