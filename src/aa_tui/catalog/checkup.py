"""What is wrong with a catalog: SQLite's own check, then what ours must hold: tables, columns, values of their kind.

Asked by `aa-tui doctor`, and when something failed while the catalog was read: a fault of the program shows its
traceback only where the catalog is sound.
"""

from __future__ import annotations

import json
import sqlite3
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

from aa_tui.catalog import connection, texts
from aa_tui.catalog.errors import CatalogError
from aa_tui.catalog.rows import EndedBy, FileKind, IntervalKind, RunKind, RunOrigin, RunState
from aa_tui.outcomes import OUTCOMES

CHECK_S = 10.0
"""So long is looked; a large catalog takes longer, and what was not looked at counts as sound."""

_MOST = 2**62  # beyond all that is counted here, nanoseconds since 1970 included
_MOST_OF = {"pid": 2**31 - 1, "seed": 2**63 - 1}
_OBJECT, _ARRAY = "object", "array"
_JSON = {
    ("runs", "settings"): _OBJECT,
    ("runs", "engine"): _OBJECT,
    ("runs", "identity_parts"): _OBJECT,
    ("runs", "conditions"): _OBJECT,
    ("runs", "live"): _OBJECT,
    ("runs", "crash"): _OBJECT,
    ("runs", "origin_facts"): _OBJECT,
    ("gguf_files", "metadata"): _OBJECT,
    ("seen_files", "summary"): _OBJECT,
    ("servers", "facts"): _OBJECT,
    ("eval_samples", "timings"): _ARRAY,
    ("sample_scores", "parts"): _ARRAY,
    ("engine_trials", "tried"): _ARRAY,
    ("engine_trials", "engine"): _OBJECT,
    ("study_points", "facts"): _OBJECT,
    ("sample_turns", "calls"): _ARRAY,
    ("sample_turns", "given"): _ARRAY,
    ("sample_turns", "unread"): _ARRAY,
    ("slot_probes", "rates"): "",
    ("speed_elsewhere", "entry"): "",
}
_ONE_OF: dict[tuple[str, str], tuple[str, ...]] = {
    ("runs", "state"): get_args(RunState),
    ("runs", "kind"): get_args(RunKind),
    ("runs", "ended_by"): get_args(EndedBy),
    ("runs", "origin"): get_args(RunOrigin),
    ("measurements", "interval_kind"): get_args(IntervalKind),
    ("gguf_files", "kind"): get_args(FileKind),
    ("sample_scores", "outcome"): OUTCOMES,
    ("budget_probes", "outcome"): OUTCOMES,
}
_NO_TEXT = "its schema is no text"
_PACKED = ("prompt", "thinking", "answer", "raw")
_PATHS = ("path", "log_path")
"""Bytes where they are no UTF-8, as `catalog.paths` keeps them."""


def damage_at(path: Path, seconds: float = CHECK_S) -> str | None:
    """The first damage found in the catalog at `path`, None where there is none, or it cannot be looked at."""
    try:
        file = connection.file_at(path)
        if file is None:
            return None
        with closing(connection.read(file)) as conn:
            return damage(conn, seconds)
    except CatalogError:
        return None
    except sqlite3.Error as error:
        return str(error)
    except UnicodeDecodeError:
        return _NO_TEXT


def damage(conn: sqlite3.Connection, seconds: float = CHECK_S) -> str | None:
    """The first damage found in an open catalog, None where there is none, as far as was looked."""
    deadline = time.monotonic() + seconds
    conn.set_progress_handler(lambda: int(time.monotonic() > deadline), 10_000)
    try:
        return next(_all(conn), None)
    except sqlite3.Error as error:
        return None if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT else str(error)
    except UnicodeDecodeError:
        return _NO_TEXT
    finally:
        conn.set_progress_handler(None, 0)


def _all(conn: sqlite3.Connection) -> Iterator[str]:
    for row in conn.execute("PRAGMA integrity_check(1)"):
        if row[0] != "ok":
            yield str(row[0])
    with closing(as_made()) as made:
        for kind, name in made.execute("SELECT type, name FROM sqlite_master WHERE type IN ('table', 'view')"):
            yield from _of_table(conn, kind, name, columns_of(made, name))
    for row in conn.execute("PRAGMA foreign_key_check"):
        yield f"a row of {row[0]} belongs to one of {row[2]} that is not there"
        break


def as_made() -> sqlite3.Connection:
    """An empty catalog, for what it looks like."""
    from sqlite_utils import Database

    from aa_tui.catalog.schema import migrations

    made = sqlite3.connect(":memory:")
    migrations.apply(Database(made))
    return made


def columns_of(conn: sqlite3.Connection, table: str) -> list[tuple[str, str, bool]]:
    """Name, declared type and whether it must have a value, of each column."""
    return [(row[1], row[2], bool(row[3])) for row in conn.execute(f'PRAGMA table_info("{table}")')]


def _of_table(conn: sqlite3.Connection, kind: str, name: str, columns: list[tuple[str, str, bool]]) -> Iterator[str]:
    found = conn.execute("SELECT type FROM sqlite_master WHERE name = ?", (name,)).fetchone()
    if found is None or found[0] != kind:
        yield f"it has no {kind} {name}"
        return
    missing = {column[0] for column in columns} - {column[0] for column in columns_of(conn, name)}
    if missing:
        yield f"its {kind} {name} has no column {sorted(missing)[0]}"
        return
    if kind == "table" and "_fts" not in name:
        for column in columns:
            if wrong := _wrong_value(conn, name, *column):
                yield wrong


def _wrong_value(conn: sqlite3.Connection, table: str, name: str, declared: str, must_be: bool) -> str | None:
    """What is wrong with a column's values, if anything."""
    is_sound = soundness(table, name, declared, must_be)
    conn.create_function("is_wrong", 2, lambda kind, value: int(not is_sound(kind, value)), deterministic=True)
    # As a BLOB: Python cannot be handed a text that is no UTF-8.
    value = f"CASE typeof({name}) WHEN 'text' THEN CAST({name} AS BLOB) ELSE {name} END"
    query = f"SELECT typeof({name}) FROM {table} WHERE is_wrong(typeof({name}), {value}) LIMIT 1"
    row = conn.execute(query).fetchone()
    return None if row is None else f"a row of {table} has a wrong {name} ({row[0]})"


def soundness(table: str, name: str, declared: str, must_be: bool) -> Callable[[str, Any], bool]:
    """A test of a column's values: of SQLite's word for the kind of value, and the value, a text as its bytes."""
    tests = _tests(table, name, declared)

    def is_sound(kind: str, value: Any) -> bool:
        if kind == "null":
            return not must_be
        try:
            return all(test(kind, value) for test in tests)
        except (ValueError, OverflowError, RecursionError, zlib.error):
            return False

    return is_sound


def is_any_text(table: str, name: str, declared: str) -> bool:
    """Whether a column may hold any text there is: no JSON, moment, path or word of a list."""
    return (
        declared == "TEXT"
        and name not in _PATHS
        and not (name == "at" or name.endswith("_at"))
        and (table, name) not in {*_JSON, *_ONE_OF, ("budget_probes", "answer")}
    )


_Test = Callable[[str, Any], bool]


def _tests(table: str, name: str, declared: str) -> list[_Test]:
    if declared == "INTEGER":
        most = _MOST_OF.get(name, _MOST)
        return [lambda kind, value: kind == "integer" and abs(value) <= most]
    if declared == "REAL":
        return [lambda kind, value: kind in ("real", "integer") and abs(value) < 1e300]
    if declared == "BLOB" or (table, name) == ("budget_probes", "answer"):
        return [_is_packed if name in _PACKED else lambda _kind, _value: True]
    if name in _PATHS:
        return [_is_path]
    tests: list[_Test] = [lambda kind, value: kind == "text" and isinstance(value.decode(), str)]
    if (table, name) in _JSON:
        wanted = {_OBJECT: dict, _ARRAY: list}.get(_JSON[table, name], object)
        tests.append(lambda _kind, value: isinstance(json.loads(value), wanted))
    if (table, name) in _ONE_OF:
        tests.append(lambda _kind, value: value.decode() in _ONE_OF[table, name])
    if name == "at" or name.endswith("_at"):
        tests.append(lambda _kind, value: datetime.fromisoformat(value.decode()) is not None)
    return tests


def _is_path(kind: str, value: Any) -> bool:
    return kind in ("text", "blob") and b"\0" not in value and (kind == "blob" or value.decode() is not None)


def _is_packed(kind: str, value: bytes) -> bool:
    """Whether a long text can be unpacked."""
    if kind == "text":
        return value.decode() is not None
    return kind == "blob" and texts.unpacked(value) is not None
