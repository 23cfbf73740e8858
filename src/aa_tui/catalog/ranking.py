"""Models in the order of one figure, as ids: what charts of tens of thousands of models read before any row."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from aa_tui.catalog.metric_names import CLAIMED, PUBLISHED, between
from aa_tui.catalog.models import condition
from aa_tui.catalog.rows import ModelFilter


class Among(NamedTuple):
    """Which models: the published ones that pass a filter, and those with these ids whatever it says.

    `where` is None where no model can pass. `open_only` leaves out what has no open weights, whatever its id.
    """

    where: ModelFilter | None
    also: tuple[int, ...] = ()
    open_only: bool = False


class Counts(NamedTuple):
    """Counts of the models of one version of the index, or of all: those with a figure, and with one of 0 or below."""

    index_version: str | None
    total: int
    known: int
    at_zero: int
    as_of: str
    as_of_above_zero: str


def count(conn: sqlite3.Connection, among: Among) -> int:
    """How many there are."""
    where, values = _where(among)
    return int(conn.execute(f"SELECT count(*) FROM leaderboard NOT INDEXED {where}", values).fetchone()[0])


def has_more_than(conn: sqlite3.Connection, among: Among, number: int) -> bool:
    """Whether there are more than so many, without counting on."""
    where, values = _where(among)
    query = f"SELECT count(*) FROM (SELECT 1 FROM leaderboard NOT INDEXED {where} LIMIT ?)"
    return int(conn.execute(query, (*values, number + 1)).fetchone()[0]) > number


def counts(conn: sqlite3.Connection, among: Among, figures: tuple[str, ...], *, by_version: bool) -> list[Counts]:
    """How many have all of these figures, which are columns; those of 0 or below are of the first one.

    `by_version` counts the models of each version of the index apart.
    """
    where, values = _where(among)
    known = " AND ".join(f"{figure} IS NOT NULL" for figure in figures)
    query = f"""SELECT {"index_version" if by_version else "NULL"}, count(*), count(CASE WHEN {known} THEN 1 END),
                  count(CASE WHEN {known} AND {figures[0]} <= 0 THEN 1 END),
                  coalesce(max(CASE WHEN {known} THEN as_of END), ''),
                  coalesce(max(CASE WHEN {known} AND {figures[0]} > 0 THEN as_of END), '')
                FROM leaderboard NOT INDEXED {where} {"GROUP BY index_version" if by_version else ""}"""
    return [Counts(*row) for row in conn.execute(query, values)]


def ids_by(
    conn: sqlite3.Connection,
    among: Among,
    figure: str,
    *,
    descending: bool,
    version: tuple[str | None] | None = None,
    above_zero_or: int | None = None,
) -> list[int]:
    """The models with a figure in its order; those alike by name, in which upper and lower case are alike.

    Args:
        conn: the catalog.
        among: which models.
        figure: a column of the leaderboard.
        descending: the highest first.
        version: a version of the index (None: without one) that alone counts.
        above_zero_or: leaves out what has a figure of 0 or below, but for this id.
    """
    where, values = _where(among, version)
    where += f" AND {figure} IS NOT NULL"
    if above_zero_or is not None:
        where += f" AND ({figure} > 0 OR id = ?)"
        values = (*values, above_zero_or)
    order = f"{figure} {'DESC' if descending else 'ASC'}, name COLLATE NOCASE, slug"
    query = f"SELECT id FROM leaderboard NOT INDEXED {where} ORDER BY {order}"
    return [row[0] for row in conn.execute(query, values)]


def points(
    conn: sqlite3.Connection, among: Among, x: str, y: str, version: tuple[str | None] | None = None
) -> list[tuple[int, float, float]]:
    """Id and two figures of the models that have both; of one version of the index, where one is given."""
    where, values = _where(among, version)
    where += f" AND {x} IS NOT NULL AND {y} IS NOT NULL"
    rows = conn.execute(f"SELECT id, {x}, {y} FROM leaderboard NOT INDEXED {where}", values)
    return [(row[0], row[1], row[2]) for row in rows]


def all_ids(conn: sqlite3.Connection, among: Among) -> list[int]:
    """All of them, the most intelligent first."""
    where, values = _where(among)
    order = "intelligence_index DESC NULLS LAST, name COLLATE NOCASE, id"
    return [row[0] for row in conn.execute(f"SELECT id FROM leaderboard {where} ORDER BY {order}", values)]


def evaluated_ids(conn: sqlite3.Connection, among: Among) -> list[int]:
    """The models that have a published or claimed score in any single evaluation."""
    where, values = _where(among)
    scored = f"({between(PUBLISHED)} OR {between(CLAIMED)})"
    where += f" AND id IN (SELECT variant_id FROM measurements WHERE {scored} AND source_id IS NOT NULL)"
    return [row[0] for row in conn.execute(f"SELECT id FROM leaderboard {where}", values)]


def _where(among: Among, version: tuple[str | None] | None = None) -> tuple[str, tuple[object, ...]]:
    """The rows as a WHERE clause, which further conditions can follow, with its values."""
    values: tuple[object, ...] = ()
    passes = "0"
    if among.where is not None:
        clause, values = condition(among.where)
        passes = f"{clause.removeprefix('WHERE ') or '1'} AND NOT is_local"
    also = f" OR id IN ({', '.join('?' * len(among.also))})" if among.also else ""
    sql = f"WHERE (({passes}){also}){' AND open_weights' if among.open_only else ''}"
    values = (*values, *among.also)
    return (sql, values) if version is None else (f"{sql} AND index_version IS ?", (*values, *version))
