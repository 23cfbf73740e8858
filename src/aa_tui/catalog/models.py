"""Queries about models. Sorting and filtering happen in SQL, on the flat leaderboard table."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Sequence

from aa_tui.catalog.rows import MeasurementRow, ModelFilter, ModelRow

_COLUMNS = ModelRow._fields
_BOOLEANS = ("reasoning", "open_weights", "index_is_estimate", "is_local")
_LISTS = ("input_modalities", "output_modalities")

SORTABLE = (
    "name",
    "creator",
    "release_date",
    "total_params_b",
    "active_params_b",
    "context_tokens",
    "license",
    "intelligence_index",
    "index_output_tokens_m",
    "price_in_usd_per_m",
    "price_out_usd_per_m",
    "blended_price_usd_per_m",
    "output_tps",
    "ttft_s",
    "ttfat_s",
    "e2e_s",
    "cost_to_run_usd",
    "openness_index",
    "here_pp_tps",
    "here_tg_tps",
)
"""Columns to sort by; models without a value come last either way."""

_TRIGRAM = 3
"""The full-text index holds pieces of three characters, so that any part of a name is found."""

TEXT_COLUMNS = frozenset({"name", "creator", "license"})


class UnknownModelError(Exception):
    """No model goes by this name. The text names the nearest ones."""

    def __init__(self, name: str, nearest: Sequence[str]) -> None:
        self.nearest = tuple(nearest)
        hint = f"; did you mean {' or '.join(nearest)}?" if nearest else "; `aa-tui models` lists them all."
        super().__init__(f"There is no model “{name}” in the catalog{hint}")


def sorted_ids(
    conn: sqlite3.Connection,
    where: ModelFilter | None = None,
    sort: str = "intelligence_index",
    descending: bool = True,
) -> list[int]:
    """The ids of the models that pass the filter, in order. Raises `ValueError` for an unknown column."""
    if sort not in SORTABLE:
        raise ValueError(f"cannot sort by {sort!r}")
    clause, values = _where(where or ModelFilter())
    collate = " COLLATE NOCASE" if sort in TEXT_COLUMNS else ""
    order = f"{sort} IS NULL, {sort}{collate} {'DESC' if descending else 'ASC'}"
    ties = "intelligence_index IS NULL, intelligence_index DESC, name COLLATE NOCASE, id"
    query = f"SELECT id FROM leaderboard {clause} ORDER BY {order}, {ties}"
    return [row[0] for row in conn.execute(query, values)]


def rows_by_id(conn: sqlite3.Connection, ids: Sequence[int]) -> list[ModelRow]:
    """The rows with these ids, in the order asked for; ids that are gone are left out."""
    found: dict[int, ModelRow] = {}
    for start in range(0, len(ids), 500):
        part = ids[start : start + 500]
        marks = ", ".join("?" * len(part))
        query = f"SELECT {', '.join(_COLUMNS)} FROM leaderboard WHERE id IN ({marks})"
        found.update((row["id"], _model(row)) for row in conn.execute(query, tuple(part)))
    return [found[key] for key in ids if key in found]


def list_models(
    conn: sqlite3.Connection,
    where: ModelFilter | None = None,
    sort: str = "intelligence_index",
    descending: bool = True,
    limit: int | None = None,
) -> list[ModelRow]:
    """The models that pass the filter, in order."""
    return rows_by_id(conn, sorted_ids(conn, where, sort, descending)[:limit])


def all_models(conn: sqlite3.Connection) -> list[ModelRow]:
    """Every model, the most intelligent first."""
    return list_models(conn)


def count(conn: sqlite3.Connection, where: ModelFilter | None = None) -> int:
    """How many models pass the filter."""
    clause, values = _where(where or ModelFilter())
    return int(conn.execute(f"SELECT count(*) FROM leaderboard {clause}", values).fetchone()[0])


def by_slug(conn: sqlite3.Connection, slug: str) -> ModelRow | None:
    """The model with exactly this slug."""
    row = conn.execute(f"SELECT {', '.join(_COLUMNS)} FROM leaderboard WHERE slug = ?", (slug,)).fetchone()
    return _model(row) if row else None


def by_model_id(conn: sqlite3.Connection, model_id: int) -> list[ModelRow]:
    """All variants of a model, reasoning first."""
    query = f"SELECT {', '.join(_COLUMNS)} FROM leaderboard WHERE model_id = ? ORDER BY reasoning DESC, id"
    return [_model(row) for row in conn.execute(query, (model_id,))]


def resolve(conn: sqlite3.Connection, name: str) -> ModelRow:
    """The model that the user means: by slug or by name; case, dots, spaces and dashes do not matter.

    Raises:
        UnknownModelError: nothing is called so; it carries the nearest slugs.
    """
    wanted = normalise(name)
    names = list(conn.execute("SELECT id, slug, name FROM leaderboard ORDER BY reasoning DESC, id"))
    for column in ("slug", "name"):
        for row in names:
            if normalise(row[column]) == wanted:
                return rows_by_id(conn, [row["id"]])[0]
    from difflib import get_close_matches

    slugs = {normalise(row["slug"]): row["slug"] for row in names}
    near = [slugs[key] for key in get_close_matches(wanted, slugs, n=3, cutoff=0.6)]
    if not near and wanted:
        near = [slug for key, slug in slugs.items() if wanted in key][:3]
    raise UnknownModelError(name, near)


def normalise(name: str) -> str:
    """A name reduced to what distinguishes it: lower case, one dash for each run of anything else."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def published(conn: sqlite3.Connection, variant_id: int) -> dict[str, MeasurementRow]:
    """The newest published figure of each metric of a model, with its source."""
    query = """SELECT p.metric, p.value, p.unit, NULL AS stdev, NULL AS n, p.is_estimate, s.name AS source_name,
                 s.url AS source_url, s.as_of, nullif(s.index_version, '') AS index_version, NULL AS run_id
               FROM published_now p JOIN sources s ON s.id = p.source_id WHERE p.variant_id = ?"""
    return {row["metric"]: measurement(row) for row in conn.execute(query, (variant_id,))}


def creators(conn: sqlite3.Connection) -> list[tuple[str, int]]:
    """Creators with how many models each has, most first."""
    query = "SELECT creator, count(*) FROM leaderboard GROUP BY creator ORDER BY 2 DESC, 1"
    return [(row[0], row[1]) for row in conn.execute(query)]


def newest_table_date(conn: sqlite3.Connection) -> str | None:
    """The date of the newest published table in the catalog."""
    row = conn.execute("SELECT max(as_of) FROM sources").fetchone()
    return str(row[0]) if row[0] else None


def change_token(conn: sqlite3.Connection) -> tuple[int | str | None, ...]:
    """Changes when the leaderboard may read differently: a figure came or went, models or facts were loaded.

    Cheap enough to ask for after each change of the catalog, most of which are a live run's progress.
    """
    query = """SELECT (SELECT max(id) FROM measurements), (SELECT max(id) FROM variants),
                 (SELECT count(*) FROM runs), (SELECT value FROM meta WHERE key = 'published_facts_crc32'),
                 (SELECT max(as_of) FROM sources)"""
    return tuple(conn.execute(query).fetchone())


def measurement(row: sqlite3.Row) -> MeasurementRow:
    """A measurement from a row that has all its columns."""
    values = {name: row[name] for name in MeasurementRow._fields}
    values["is_estimate"] = bool(values["is_estimate"])
    return MeasurementRow(**values)


def _model(row: sqlite3.Row) -> ModelRow:
    values = {name: row[name] for name in _COLUMNS}
    for name in _BOOLEANS:
        values[name] = bool(values[name])
    for name in _LISTS:
        values[name] = tuple(part for part in values[name].split(";") if part)
    return ModelRow(**values)


def _where(where: ModelFilter) -> tuple[str, tuple[object, ...]]:
    """The filter as a WHERE clause with its values."""
    parts: list[tuple[str, object]] = []
    for name in ("open_weights", "reasoning", "creator"):
        if (value := getattr(where, name)) is not None:
            parts.append((f"{name} = ?", value))
    bounds: Iterable[tuple[str, object]] = (
        ("total_params_b > ?", where.params_b_above),
        ("total_params_b <= ?", where.params_b_at_most),
        ("blended_price_usd_per_m > ?", where.price_above),
        ("blended_price_usd_per_m <= ?", where.price_at_most),
    )
    parts.extend((sql, value) for sql, value in bounds if value is not None)
    sql = [part for part, _ in parts]
    values = [value for _, value in parts]
    if where.measured_here is not None:
        here = "(here_tg_tps IS NOT NULL OR here_pp_tps IS NOT NULL)"
        sql.append(here if where.measured_here else f"NOT {here}")
    for word in where.text.split():
        if len(word) >= _TRIGRAM:
            sql.append("id IN (SELECT rowid FROM variants_fts WHERE variants_fts MATCH ?)")
            values.append('"' + word.replace('"', '""') + '"')
        else:  # too short for the index, and few columns are worth looking at
            sql.append("(name LIKE ? ESCAPE '!' OR creator LIKE ? ESCAPE '!')")
            values.extend(["%" + re.sub("[%_!]", r"!\g<0>", word) + "%"] * 2)
    return (f"WHERE {' AND '.join(sql)}" if sql else ""), tuple(values)
