"""Save what a catalog holds: of one that was deleted while it was open, and of one that is damaged."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, NamedTuple

from aa_tui.catalog import checkup, connection, facts, trouble
from aa_tui.catalog.db import CatalogError, data_folder, open_catalog, path_of
from aa_tui.catalog.endings import mend_words
from aa_tui.catalog.transaction import transaction

_NOT_COPIED = ("leaderboard", "live_slots", "_sqlite_migrations")
"""What is made anew from the rest, or holds for the moment only. The search's index is made with the leaderboard."""

_TWICE = (sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_UNIQUE)
"""A row that was read from both ends."""

_PUBLISHED = ("sources", "creators", "models", "variants", "offers", "measurements")
"""What of these is lost comes again with the published facts; a run's figures are lost with it, which is counted."""

_UNKNOWN = (
    ("gguf_files", "model_id", ""),
    ("runs", "machine_id", ""),
    ("variants", "source_id", ""),
    ("seen_files", "model_id", ""),
    ("speed_elsewhere", "model_id", ""),
    ("measurements", "variant_id", "run_id IS NOT NULL AND"),
)
"""Where a row can be kept that belongs to one that is lost: table, column, and which rows."""

_STAND_IN = """INSERT OR IGNORE INTO gguf_files (id, sha256, path, size_bytes, mtime_ns, name)
SELECT file_id, coalesce(max(json_extract(identity_parts, :sha256)), 'lost-' || file_id),
  'lost-' || file_id || '.gguf', 0, 0, 'Lost file ' || file_id
FROM runs WHERE file_id NOT IN (SELECT id FROM gguf_files) GROUP BY file_id"""
"""What a run measured is worth more than the entry of its file, which comes again when the file is measured again."""

_KINDS = {int: "integer", float: "real", str: "text", bytes: "blob", type(None): "null"}


class Rescued(NamedTuple):
    """How many rows of each table were saved, and how many were read but could not be kept."""

    rows: dict[str, int]
    n_lost: int


def keep_copy(conn: sqlite3.Connection) -> Path | None:
    """Copy a catalog that is open but no longer at its path, as `catalog.rescued-1.db` beside where it was.

    Where that folder is gone as well it is the data folder. None where neither can take it.
    """
    path = path_of(conn)
    folders = [path.parent]
    with suppress(CatalogError):
        folders.append(data_folder())
    for folder in folders:
        with suppress(OSError, sqlite3.Error):
            target = _new_file(folder, path)
            try:
                with closing(sqlite3.connect(target)) as copy:
                    conn.backup(copy)
            except BaseException:
                target.unlink(missing_ok=True)
                raise
            return target
    return None


def _new_file(folder: Path, path: Path) -> Path:
    """An empty file of a name that nothing has, for its owner alone. Raises OSError."""
    for number in range(1, 1000):
        target = folder / f"{path.stem}.rescued-{number}{path.suffix}"
        with suppress(FileExistsError):
            os.close(os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
            return target
    raise FileExistsError(f"{folder} is full of rescued catalogs")


def rescue(path: Path, new: Path) -> Rescued:
    """Copy what can still be read of the catalog at `path` into a new one; the old one stays as it is.

    Rows are read from both ends of each table until a damaged page. A value of a wrong kind becomes its column's
    default; a row that cannot do without it is lost, as are rows that belong to lost ones. Runs are kept without their
    model, machine or file. Raises CatalogError.
    """
    file = connection.file_at(path)
    if file is None:
        raise CatalogError(f"There is no catalog at {path}.")
    if new.exists():
        raise CatalogError(f"{new} is there already; name a file that is not.")
    try:
        with closing(connection.read(file, lenient=True)) as old:
            tables = _tables()
            old.text_factory = lambda data: data.decode("utf-8", "replace")
            with closing(open_catalog(new)) as conn:
                found = _copy_all(old, conn, tables)
    except sqlite3.Error as error:
        new.unlink(missing_ok=True)
        if trouble.is_unreadable(error):
            raise CatalogError(_nothing(path)) from error
        raise CatalogError(trouble.words(path, error)) from error
    if not any(found.rows.values()):
        new.unlink()
        raise CatalogError(_nothing(path))
    return found


def _nothing(path: Path) -> str:
    return f"Nothing can be read of {path}: put a copy of it back."


def _tables() -> list[str]:
    """The tables to copy, parents first."""
    with closing(checkup.as_made()) as made:
        ours = [row[0] for row in made.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY rowid")]
    return [name for name in ours if not name.startswith("sqlite_") and "_fts" not in name and name not in _NOT_COPIED]


def _copy_all(old: sqlite3.Connection, conn: sqlite3.Connection, tables: list[str]) -> Rescued:
    conn.execute("PRAGMA foreign_keys = OFF")
    with transaction(conn):
        for table in ("leaderboard", *tables):
            conn.execute(f"DELETE FROM {table}")
        lost = {table: _copy(old, conn, table) for table in tables}
        for table, column, which in _UNKNOWN:
            parent = next(
                one["table"] for one in conn.execute(f"PRAGMA foreign_key_list({table})") if one["from"] == column
            )
            conn.execute(f"UPDATE {table} SET {column} = NULL WHERE {which} {column} NOT IN (SELECT id FROM {parent})")
        for sha256 in ("$.file_sha256", "$.none"):  # without, where damage has made two files one
            conn.execute(_STAND_IN, {"sha256": sha256})
        while orphans := conn.execute("PRAGMA foreign_key_check").fetchall():
            for table, rowid, *_ in orphans:
                lost[table] += conn.execute(f"DELETE FROM {table} WHERE {_key(conn, table, rowid)}", (rowid,)).rowcount
        mend_words(conn)
        rows = {table: conn.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables}
        facts.load(conn)
    return Rescued(rows, sum(number for table, number in lost.items() if table not in _PUBLISHED))


def _key(conn: sqlite3.Connection, table: str, rowid: int | None) -> str:
    """Which rows to delete: those of tables without row numbers are found by their parents alone."""
    if rowid is not None:
        return "rowid = ?"
    parents = conn.execute(f"PRAGMA foreign_key_list({table})").fetchall()
    missing = " OR ".join(f"{one['from']} NOT IN (SELECT {one['to'] or 'id'} FROM {one['table']})" for one in parents)
    return f"(? IS NULL) AND ({missing})"


def _copy(old: sqlite3.Connection, conn: sqlite3.Connection, table: str) -> int:
    """Copy a table's rows. Returns how many were read but could not be kept."""
    there: set[str] = set()
    with suppress(sqlite3.Error):
        there = {name for name, _, _ in checkup.columns_of(old, table)}
    if not there:
        return 0
    columns = [column for column in conn.execute(f"PRAGMA table_info({table})") if column["name"] in there]
    names = ", ".join(column["name"] for column in columns)
    mend = [_mender(table, column) for column in columns]
    insert = f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(columns))})"
    n_lost = 0
    for row in _rows(old, f"SELECT {names} FROM {table}"):
        try:
            conn.execute(insert, tuple(one(value) for one, value in zip(mend, row, strict=True)))
        except sqlite3.IntegrityError as error:
            n_lost += error.sqlite_errorcode not in _TWICE
    return n_lost


def _rows(old: sqlite3.Connection, query: str) -> Iterator[tuple[Any, ...]]:
    """The rows from the first on, and where a page cannot be read also from the last back."""
    try:
        for row in old.execute(query):
            yield tuple(row)
    except sqlite3.Error:
        with suppress(sqlite3.Error):
            for row in old.execute(f"{query} ORDER BY 1 DESC"):
                yield tuple(row)


def _mender(table: str, column: sqlite3.Row) -> Callable[[Any], Any]:
    """What makes a value one that its column may hold."""
    is_sound = checkup.soundness(table, column["name"], column["type"], bool(column["notnull"]))
    default = (column["dflt_value"] or "").strip("'") or None

    def mended(value: Any) -> Any:
        data = value.encode("utf-8", "replace") if isinstance(value, str) else value
        return value if is_sound(_KINDS[type(value)], data) else default

    return mended
