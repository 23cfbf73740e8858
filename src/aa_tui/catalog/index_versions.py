"""The version of the Intelligence Index that the catalog shows: one for all models, since no two can be compared.

The catalog keeps the figures of every version. Those that depend on it are shown of one version only: the one that was
chosen, or the newest that at least half of the models with an index have.
"""

from __future__ import annotations

import re
import sqlite3
from typing import NamedTuple

from aa_tui.errors import UsageError

DEPENDENT = (
    "intelligence_index",
    "index_output_tokens_m",
    "reasoning_tokens_m",
    "answer_tokens_m",
    "cost_to_run_usd",
    "cost_input_usd",
    "cost_reasoning_usd",
    "cost_answer_usd",
)
"""The published metrics that are of one version of the index; the view `published_now` has them of that shown."""

_CHOSEN = "index_version"
_SHOWN = "index_version_shown"


class Version(NamedTuple):
    """A version of the index: how many models have an index of it, and the date of its newest table."""

    name: str
    models: int
    as_of: str


class UnknownVersionError(UsageError):
    """The catalog has no figure of this version. The text names those that it has."""

    def __init__(self, name: str, known: list[str]) -> None:
        there = f"it has {', '.join(known)}" if known else "it has none of any"
        super().__init__(f"This catalog has no index of version “{name}”; {there}.")


def versions(conn: sqlite3.Connection) -> list[Version]:
    """The versions that models have an index of, the newest first; one without a name is not among them."""
    query = """SELECT s.index_version, count(DISTINCT m.variant_id), max(s.as_of)
               FROM measurements m JOIN sources s ON s.id = m.source_id
               WHERE m.metric = 'intelligence_index' AND m.source_id IS NOT NULL AND s.index_version <> ''
               GROUP BY s.index_version"""
    found = [Version(*row) for row in conn.execute(query)]
    return sorted(found, key=lambda one: order(one.name), reverse=True)


def order(name: str) -> tuple[tuple[int, ...], str]:
    """Sorts versions from the oldest to the newest: v4.10 is newer than v4.9."""
    return tuple(int(number) for number in re.findall(r"\d{1,9}", name)), name


def shown(conn: sqlite3.Connection) -> str | None:
    """The version that is shown; None where no model has an index with a version."""
    return _read(conn, _SHOWN) or None


def chosen(conn: sqlite3.Connection) -> str | None:
    """The version that somebody has chosen for good; None where the catalog decides."""
    return _read(conn, _CHOSEN)


def known(conn: sqlite3.Connection, name: str) -> str:
    """The version as the catalog writes it: "4.1" and "V4.1" are v4.1. Raises `UnknownVersionError`."""
    names = [one.name for one in versions(conn)]
    typed = name.strip().lower()
    for one in names:
        if typed in (one.lower(), one.lower().removeprefix("v")):
            return one
    raise UnknownVersionError(name, names)


def note_choice(conn: sqlite3.Connection, name: str | None) -> None:
    """Keep a choice, or forget it with None. The caller holds the transaction and rebuilds the leaderboard."""
    if name is None:
        conn.execute("DELETE FROM meta WHERE key = ?", (_CHOSEN,))
    else:
        _write(conn, _CHOSEN, name)


def settle(conn: sqlite3.Connection) -> None:
    """Decide which version is shown from now on. The caller holds the transaction."""
    there = versions(conn)
    names = [one.name for one in there]
    wanted = chosen(conn)
    version = wanted if wanted in names else _usual(conn, there)
    if version is None:
        conn.execute("DELETE FROM meta WHERE key = ?", (_SHOWN,))
    else:
        _write(conn, _SHOWN, version)


def _usual(conn: sqlite3.Connection, there: list[Version]) -> str | None:
    """The newest version that at least half of the models with an index have, else the one that most have."""
    if not there:
        return None
    query = "SELECT count(DISTINCT variant_id) FROM measurements WHERE metric = ? AND source_id IS NOT NULL"
    of = int(conn.execute(query, ("intelligence_index",)).fetchone()[0])
    half = next((one.name for one in there if 2 * one.models >= of), None)
    return half or max(there, key=lambda one: one.models).name


def _read(conn: sqlite3.Connection, key: str) -> str | None:
    row = conn.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return None if row is None else str(row[0])


def _write(conn: sqlite3.Connection, key: str, value: str) -> None:
    conn.execute(
        "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        (key, value),
    )
