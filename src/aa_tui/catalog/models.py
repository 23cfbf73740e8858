"""Queries about models. Sorting and filtering happen in SQL, on the flat leaderboard table."""

from __future__ import annotations

import re
import sqlite3
from array import array
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain
from sys import intern

from aa_tui.catalog.rows import MeasurementRow, ModelFilter, ModelRow
from aa_tui.errors import UsageError

_COLUMNS = ModelRow._fields
_BOOLEANS = ("reasoning", "open_weights", "index_is_estimate", "is_local", "here_unreliable")
_LISTS = ("input_modalities", "output_modalities", "untold")
_BOOLEANS_AT = tuple(map(_COLUMNS.index, _BOOLEANS))
_LISTS_AT = tuple(map(_COLUMNS.index, _LISTS))
_SHARED = ("creator", "license", "release_date", "index_version", "source_name", "source_url", "as_of")
_SHARED_AT = tuple(map(_COLUMNS.index, _SHARED))

_UNSORTED = frozenset(
    {*_BOOLEANS, *_LISTS, "id", "model_id", "slug", "weights_url", "index_version", "source_name", "source_url"}
)
SORTABLE = tuple(name for name in _COLUMNS if name not in _UNSORTED)
"""Columns to sort by; models without a value come last either way."""

BY_CLASS = "class"
"""Sorts as the comparison classes follow each other: open weights by size, then proprietary models by price."""

_SORTS = {
    BY_CLASS: "CASE WHEN open_weights THEN total_params_b ELSE 1e9 + blended_price_usd_per_m END",
    **{name: name for name in SORTABLE},
}

_INDEXED = (
    "text",
    "open_weights",
    "reasoning",
    "creator",
    "params_b_above",
    "params_b_at_most",
    "price_above",
    "price_at_most",
    "index_at_least",
    "open_params_b_at_most",
)
"""What the default order's index answers without looking at the rows."""

_MEASURED_HERE = (
    "SELECT f.model_id FROM gguf_files f WHERE f.kind = 'file' AND f.model_id IS NOT NULL AND EXISTS (SELECT 1 FROM "
    "measurements m JOIN runs r ON r.id = m.run_id WHERE m.file_id = f.id AND r.origin = 'here')"
)
"""SQL for the models of which any run of this machine measured anything, whatever its tests and packs."""

_TRIGRAM = 3
"""The full-text index holds pieces of three characters, so that any part of a name is found."""

TEXT_COLUMNS = frozenset({"name", "creator", "license"})

LOWER_FIRST = TEXT_COLUMNS | {
    BY_CLASS,
    "price_in_usd_per_m",
    "price_out_usd_per_m",
    "blended_price_usd_per_m",
    "ttft_s",
    "ttfat_s",
    "e2e_s",
    "cost_to_run_usd",
    "cost_input_usd",
    "cost_reasoning_usd",
    "cost_answer_usd",
}
"""Columns whose small or early values one wants to see first."""


class UnknownColumnError(UsageError):
    """Models cannot be sorted by this. The text names what they can be sorted by."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Models cannot be sorted by “{name}”; choose one of {', '.join((*SORTABLE, BY_CLASS))}.")


def check_sort(name: str) -> None:
    """Raise `UnknownColumnError` where models cannot be sorted by this column."""
    if name not in (*SORTABLE, BY_CLASS):
        raise UnknownColumnError(name)


class UnknownModelError(UsageError):
    """No model goes by this name. The text names the nearest ones."""

    def __init__(self, name: str, nearest: Sequence[str]) -> None:
        self.name = name
        self.nearest = tuple(nearest)
        hint = f"; did you mean {' or '.join(nearest)}?" if nearest else "; `aa-tui models` lists them all."
        super().__init__(f"There is no model “{name}” in the catalog{hint}")


def sorted_ids(
    conn: sqlite3.Connection,
    where: ModelFilter | None = None,
    sort: str = "intelligence_index",
    descending: bool = True,
) -> array[int]:
    """The ids of the models that pass the filter, in order. Raises `ValueError` for an unknown column.

    As an array, since a list of a hundred thousand numbers takes five times the memory.
    """
    query, values = _sorted("id", where or ModelFilter(), sort, descending)
    cursor = conn.cursor()
    cursor.row_factory = None  # a row that knows its columns' names would be made for each number
    return array("q", chain.from_iterable(cursor.execute(query, values)))


def grouped_ids(
    conn: sqlite3.Connection,
    where: ModelFilter | None = None,
    sort: str = "intelligence_index",
    descending: bool = True,
) -> dict[int, list[int]]:
    """The same with the variants of one model together, where the first of them is: by model id, in order."""
    query, values = _sorted("model_id, id", where or ModelFilter(), sort, descending)
    groups: dict[int, list[int]] = {}
    for row in conn.execute(query, values):
        groups.setdefault(row[0], []).append(row[1])
    return groups


def _sorted(columns: str, where: ModelFilter, sort: str, descending: bool) -> tuple[str, tuple[object, ...]]:
    """A query for the models that pass the filter, in order.

    The default order has an index that holds all that the common filters look at, so that a hundred thousand
    models are listed without reading or sorting their rows. Any other use of it would look up each row.
    """
    if sort not in _SORTS:
        raise ValueError(f"cannot sort by {sort!r}")
    is_best_first = sort == "intelligence_index"
    indexed = is_best_first and where == ModelFilter(**{name: getattr(where, name) for name in _INDEXED})
    clause, values = condition(where, in_order=indexed)
    collate = " COLLATE NOCASE" if sort in TEXT_COLUMNS else ""
    order = f"{_SORTS[sort]}{collate} {'DESC' if descending else 'ASC'} NULLS LAST"
    ties = "name COLLATE NOCASE, id" if is_best_first else "intelligence_index DESC, name COLLATE NOCASE, id"
    table = "leaderboard" if indexed else "leaderboard NOT INDEXED"
    return f"SELECT {columns} FROM {table} {clause} ORDER BY {order}, {ties}", values


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


def names(conn: sqlite3.Connection) -> Iterator[tuple[int, str, str, str | None, float | None]]:
    """Of each model, the most intelligent first: its model's id, slug, name, weights' address and parameters in 10⁹.

    One at a time, since there may be very many of them.
    """
    columns = "model_id, slug, name, weights_url, total_params_b"
    query, values = _sorted(columns, ModelFilter(), "intelligence_index", descending=True)
    yield from map(tuple, conn.execute(query, values))


def count(conn: sqlite3.Connection, where: ModelFilter | None = None) -> int:
    """How many models pass the filter."""
    clause, values = condition(where or ModelFilter())
    return int(conn.execute(f"SELECT count(*) FROM leaderboard {clause}", values).fetchone()[0])


def counts(conn: sqlite3.Connection, filters: Sequence[ModelFilter], within: ModelFilter | None = None) -> list[int]:
    """How many models pass each of the filters, and `within` besides: one pass over the table for all."""
    tests: list[str] = []
    values: list[object] = []
    for one in filters:
        clause, more = condition(one)
        tests.append(f"count(CASE WHEN {clause.removeprefix('WHERE ')} THEN 1 END)" if clause else "count(*)")
        values.extend(more)
    clause, more = condition(within or ModelFilter())
    row = conn.execute(f"SELECT {', '.join(tests)} FROM leaderboard {clause}", (*values, *more)).fetchone()
    return [int(number) for number in row]


def best_index(conn: sqlite3.Connection, where: ModelFilter) -> float | None:
    """The highest score among the models that pass the filter."""
    clause, values = condition(where)
    row = conn.execute(f"SELECT max(intelligence_index) FROM leaderboard {clause}", values).fetchone()
    return None if row[0] is None else float(row[0])


def indexes(conn: sqlite3.Connection, where: ModelFilter) -> array[float]:
    """The scores of the models that pass the filter, the lowest first."""
    clause, values = condition(where)
    known = f"{clause} AND" if clause else "WHERE"
    cursor = conn.cursor()
    cursor.row_factory = None
    query = f"SELECT intelligence_index FROM leaderboard {known} intelligence_index IS NOT NULL ORDER BY 1"
    return array("d", chain.from_iterable(cursor.execute(query, values)))


def place(conn: sqlite3.Connection, where: ModelFilter, model: ModelRow) -> tuple[int, int]:
    """The model's rank by its score among the published models that pass the filter, and how many those are.

    Only scores of the same version of the index count. Models alike share the better rank.
    """
    clause, values = condition(where)
    among = f"{clause} AND" if clause else "WHERE"
    query = f"""SELECT count(CASE WHEN intelligence_index > ? THEN 1 END), count(intelligence_index)
                FROM leaderboard {among} NOT is_local AND index_version IS ?"""
    better, of = conn.execute(query, (model.intelligence_index, *values, model.index_version)).fetchone()
    return int(better) + 1, int(of)


def by_slug(conn: sqlite3.Connection, slug: str) -> ModelRow | None:
    """The model with exactly this slug."""
    row = conn.execute("SELECT id FROM variants WHERE slug = ?", (slug,)).fetchone()  # it has an index
    found = rows_by_id(conn, [row["id"]]) if row else []
    return found[0] if found else None


def by_model_id(conn: sqlite3.Connection, model_id: int) -> list[ModelRow]:
    """All variants of a model, reasoning first."""
    query = f"SELECT {', '.join(_COLUMNS)} FROM leaderboard WHERE model_id = ? ORDER BY reasoning DESC, id"
    return [_model(row) for row in conn.execute(query, (model_id,))]


def slugs(conn: sqlite3.Connection, where: ModelFilter) -> list[str]:
    """The slugs of the published models that pass the filter, the most intelligent first."""
    clause, values = condition(where)
    clause = f"{clause} AND NOT is_local" if clause else "WHERE NOT is_local"
    order = "ORDER BY intelligence_index DESC NULLS LAST, name COLLATE NOCASE, id"
    return [row[0] for row in conn.execute(f"SELECT slug FROM leaderboard {clause} {order}", values)]


def every_slug(conn: sqlite3.Connection) -> list[str]:
    """Every model's, in order."""
    return [row[0] for row in conn.execute("SELECT slug FROM leaderboard ORDER BY slug")]


def resolve(conn: sqlite3.Connection, name: str) -> ModelRow:
    """The model that the user means: by slug, by name, or by words in a row that no other model has so or longer.

    Case, dots, spaces and dashes do not matter.

    Raises:
        UnknownModelError: nothing is called so; it carries the nearest slugs.
    """
    if (exact := by_slug(conn, name)) is not None:  # without a look at all the others
        return exact
    wanted = normalise(name)
    names = list(conn.execute("SELECT id, model_id, slug, name FROM leaderboard ORDER BY reasoning DESC, id"))
    for column in ("slug", "name"):
        for row in names:
            if normalise(row[column]) == wanted:
                return rows_by_id(conn, [row["id"]])[0]
    called = [row for row in names for key in (row["slug"], row["name"]) if f"-{wanted}" in f"-{normalise(key)}"]
    if len({row["model_id"] for row in called}) == 1 and any(
        has_words(called[0][key], wanted) for key in ("slug", "name")
    ):
        return rows_by_id(conn, [called[0]["id"]])[0]
    from difflib import get_close_matches

    slugs = {normalise(row["slug"]): row["slug"] for row in names}
    near = [slugs[key] for key in get_close_matches(wanted, slugs, n=3, cutoff=0.6)]
    if not near and wanted:
        near = [slug for key, slug in slugs.items() if wanted in key][:3]
    raise UnknownModelError(name, near)


def normalise(name: str) -> str:
    """A name reduced to what distinguishes it: lower case, one dash for each run of anything else."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def has_words(name: str, wanted: str) -> bool:
    """Whether a name has these words in a row, whole; `wanted` as `normalise` gives it."""
    return bool(wanted) and f"-{wanted}-" in f"-{normalise(name)}-"


def published(conn: sqlite3.Connection, variant_id: int) -> dict[str, MeasurementRow]:
    """The newest published figure of each metric of a model, with its source."""
    query = """SELECT p.metric, p.value, p.unit, NULL AS stdev, NULL AS n, p.is_estimate, s.name AS source_name,
                 s.url AS source_url, s.as_of, nullif(s.index_version, '') AS index_version, NULL AS run_id
               FROM published_now p JOIN sources s ON s.id = p.source_id WHERE p.variant_id = ?"""
    return {row["metric"]: measurement(row) for row in conn.execute(query, (variant_id,))}


def creators(conn: sqlite3.Connection, where: ModelFilter | None = None) -> list[tuple[str, int]]:
    """Creators with how many models each has among those that pass the filter, most first."""
    return _tally(conn, "creator", where or ModelFilter())


def licenses(conn: sqlite3.Connection, where: ModelFilter | None = None) -> list[tuple[str, int]]:
    """The same for licences; models without a published one are left out."""
    return _tally(conn, "license", where or ModelFilter())


def _tally(conn: sqlite3.Connection, column: str, where: ModelFilter) -> list[tuple[str, int]]:
    clause, values = condition(where)
    query = f"SELECT {column}, count(*) FROM leaderboard {clause} GROUP BY {column} ORDER BY 2 DESC, 1 COLLATE NOCASE"
    return [(row[0], row[1]) for row in conn.execute(query, values) if row[0]]


def newest_table_date(conn: sqlite3.Connection) -> str | None:
    """The date of the newest published table in the catalog."""
    row = conn.execute("SELECT max(as_of) FROM sources WHERE index_version <> ''").fetchone()
    return str(row[0]) if row[0] else None


def change_token(conn: sqlite3.Connection) -> tuple[int | str | None, ...]:
    """Changes when the leaderboard may read differently: a figure came or went, models or facts were loaded.

    Cheap enough to ask for after each change of the catalog, most of which are a live run's progress.
    """
    query = """SELECT (SELECT max(id) FROM measurements), (SELECT max(id) FROM variants),
                 (SELECT count(*) FROM leaderboard),
                 (SELECT count(*) FROM runs), (SELECT value FROM meta WHERE key = 'published_facts_crc32'),
                 (SELECT value FROM meta WHERE key = 'index_version_shown'),
                 (SELECT max(as_of) FROM sources), (SELECT max(id) FROM syncs), (SELECT count(undone_at) FROM syncs)"""
    return tuple(conn.execute(query).fetchone())


def measurement(row: sqlite3.Row) -> MeasurementRow:
    """A measurement from a row that has its columns; those with a default may be left out."""
    values = {name: row[name] for name in MeasurementRow._fields if name in row.keys()}  # noqa: SIM118  # no mapping
    values["is_estimate"] = bool(values["is_estimate"])
    return MeasurementRow(**values)


def _model(row: sqlite3.Row) -> ModelRow:
    """A row of `_COLUMNS`, by position: a page reads thousands of them, so what many say alike is kept once."""
    values = list(row)
    for at in _BOOLEANS_AT:
        values[at] = bool(values[at])
    for at in _LISTS_AT:
        values[at] = _parts(values[at])
    for at in _SHARED_AT:
        if values[at] is not None:
            values[at] = intern(values[at])
    return ModelRow._make(values)


@lru_cache(maxsize=256)
def _parts(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.replace(",", ";").split(";") if part)


def condition(where: ModelFilter, *, in_order: bool = False) -> tuple[str, tuple[object, ...]]:
    """The filter as a WHERE clause with its values. `in_order` keeps SQLite from going by what the search found."""
    parts: list[tuple[str, object]] = []
    untold: list[str] = []
    for name in ("open_weights", "reasoning"):
        if (value := getattr(where, name)) is not None:
            parts.append((f"{name} = ?", value))
            if name == "reasoning" or not value:  # what is not told is neither: the columns hold 1 and 0 then
                untold.append(f"instr(untold, '{name}') = 0")
    if where.creator is not None:
        parts.append(("creator = ? COLLATE NOCASE", where.creator))
    bounds: Iterable[tuple[str, object]] = (
        ("total_params_b > ?", where.params_b_above),
        ("total_params_b <= ?", where.params_b_at_most),
        ("blended_price_usd_per_m > ?", where.price_above),
        ("blended_price_usd_per_m <= ?", where.price_at_most),
        ("context_tokens >= ?", where.context_at_least),
        ("intelligence_index >= ?", where.index_at_least),
        ("instr(';' || input_modalities || ';', ';' || ? || ';') > 0", where.input_modality),
        ("open_weights AND total_params_b <= ?", where.open_params_b_at_most),
    )
    parts.extend((sql, value) for sql, value in bounds if value is not None)
    sql = [part for part, _ in parts] + untold
    values = [value for _, value in parts]
    if where.measured_here is not None:
        sql.append(f"model_id {'' if where.measured_here else 'NOT '}IN ({_MEASURED_HERE})")
    if where.licenses is not None:
        sql.append(f"license COLLATE NOCASE IN ({', '.join('?' * len(where.licenses))})")
        values.extend(where.licenses)
    for word in where.text.split():
        if len(word) >= _TRIGRAM:
            sql.append(f"{'+' if in_order else ''}id IN (SELECT rowid FROM variants_fts WHERE variants_fts MATCH ?)")
            values.append('"' + word.replace('"', '""') + '"')
        else:  # too short for the index, and few columns are worth looking at
            sql.append("(name LIKE ? ESCAPE '!' OR creator LIKE ? ESCAPE '!')")
            values.extend(["%" + re.sub("[%_!]", r"!\g<0>", word) + "%"] * 2)
    return (f"WHERE {' AND '.join(sql)}" if sql else ""), tuple(values)
