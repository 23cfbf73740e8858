"""Where published figures come from: the sources, and which of them each model's newest figures are of."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple


class SourceRow(NamedTuple):
    """A table that was published; `index_version` is empty where it has no index."""

    id: int
    name: str
    url: str
    as_of: str
    index_version: str
    n_figures: int


def sources(conn: sqlite3.Connection) -> list[SourceRow]:
    """The sources that any newest figure or any offer is of, by name and date."""
    query = """SELECT s.id, s.name, s.url, s.as_of, s.index_version,
                 (SELECT count(*) FROM measurements m WHERE m.source_id = s.id)
                 + (SELECT count(*) FROM offers o WHERE o.source_id = s.id) AS n_figures
               FROM sources s ORDER BY s.name COLLATE NOCASE, s.as_of DESC, s.url"""
    return [row for row in (SourceRow(*found) for found in conn.execute(query)) if row.n_figures]


def of_figures(conn: sqlite3.Connection) -> dict[int, dict[str, int]]:
    """The source's id of each newest published figure, by variant and metric."""
    found: dict[int, dict[str, int]] = {}
    for row in conn.execute("SELECT variant_id, metric, source_id FROM published_now"):
        found.setdefault(row[0], {})[row[1]] = row[2]
    return found
