"""Another catalog as it comes in: copied as it stands now, brought up to date, and looked at value for value.

Nothing in it is trusted. Its copy is attached to ours and only its tables are read, whose every value has a kind that
ours may hold: what a stranger's catalog holds must not make ours one that cannot be read.
"""

from __future__ import annotations

import functools
import sqlite3
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from aa_tui.catalog import checkup, connection, db, trouble
from aa_tui.catalog.errors import CatalogError
from aa_tui.catalog.transaction import transaction

NAME = "other"
"""What the attached copy is called in SQL."""

MOST_TEXT_BYTES = 64 << 20
"""A longer text no model has written: it was made to fill the memory."""

TRAVELS = (
    "creators",
    "models",
    "variants",
    "sources",
    "gguf_files",
    "machines",
    "runs",
    "run_events",
    "speed_samples",
    "measurements",
    "eval_samples",
    "sample_scores",
    "budget_probes",
    "sample_labels",
    "machine_samples",
    "asked",
    "study_points",
    "sample_turns",
    "memory_bandwidth",
    "slot_probes",
    "speed_elsewhere",
    "servers",
)
"""The tables that are read, all of them or the part that belongs to runs."""

_PACKED = frozenset({("eval_samples", "prompt"), ("eval_samples", "thinking"), ("eval_samples", "answer")})
_PACKED |= {("asked", "prompt")} | {("sample_turns", name) for name in ("thinking", "answer", "raw")}
_ARRAYS = frozenset({("sample_scores", "parts"), ("sample_turns", "calls"), ("sample_turns", "unread")})
_OURS = frozenset({"runs", "models", "variants", "measurements"})

Progress = Callable[[float, str], object]


def snapshot(path: Path, folder: Path, shown: str) -> Path:
    """Copy the catalog at `path` into a new file of `folder` and bring the copy up to date. Returns its path.

    Whoever writes to the catalog meanwhile is not held up; what is copied is as it was at one moment. `shown` is how
    the user knows it. Raises CatalogError for what is no catalog, damaged, or of a newer program.
    """
    file = connection.file_at(path)
    if file is None:
        raise CatalogError(f"There is no catalog at {shown}.")
    with _blaming(shown), closing(connection.read(file)) as found:
        _check_version(found, shown)
        return copy_of(found, folder)


def copy_of(conn: sqlite3.Connection, folder: Path) -> Path:
    """The same of a catalog that is open, and ours."""
    target = folder / "other.db"
    with closing(sqlite3.connect(target, isolation_level=None)) as copy:
        copy.execute("PRAGMA synchronous = OFF")
        conn.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")  # a copy that nobody else opens needs no log
        copy.execute("PRAGMA foreign_keys = OFF")
        copy.execute("PRAGMA trusted_schema = OFF")
        _upgrade(copy)
    return target


@contextmanager
def attached(conn: sqlite3.Connection, path: Path, shown: str) -> Iterator[None]:
    """The checked copy at `path`, attached to an open catalog for reading. Raises CatalogError."""
    conn.execute(f"ATTACH ? AS {NAME}", (f"{path.absolute().as_uri()}?mode=ro",))
    try:
        with _blaming(shown):
            if (wrong := _wrong(conn)) is not None:
                raise CatalogError(_damaged(shown, wrong))
        yield
    finally:
        with suppress(sqlite3.OperationalError):  # something was interrupted that still reads; it goes with `conn`
            conn.execute(f"DETACH {NAME}")


def _check_version(conn: sqlite3.Connection, shown: str) -> None:
    version = int(conn.execute("PRAGMA user_version").fetchone()[0])
    names = {row[0] for row in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not names & _OURS:
        raise CatalogError(f"{shown} is a database of another program, no aa-tui catalog: nothing was merged.")
    if version > db.SCHEMA_VERSION:
        raise CatalogError(
            f"{shown} was written by a newer aa-tui (schema {version}, this one knows {db.SCHEMA_VERSION}): upgrade "
            "aa-tui here, then merge."
        )
    if version < 1 or _OURS - names:
        raise CatalogError(_damaged(shown, "tables are missing"))


def _upgrade(copy: sqlite3.Connection) -> None:
    from sqlite_utils import Database

    from aa_tui.catalog.schema import migrations

    copy.row_factory = sqlite3.Row
    with transaction(copy):
        migrations.apply(Database(copy))


def _wrong(conn: sqlite3.Connection) -> str | None:
    """What is wrong with the attached copy, None where ours could hold all of it."""
    row = conn.execute(f"PRAGMA {NAME}.quick_check(1)").fetchone()
    if row[0] != "ok":
        return str(row[0])
    for table, columns in _as_made():
        found = conn.execute(f"SELECT type FROM {NAME}.sqlite_master WHERE name = ?", (table,)).fetchone()
        if found is None or found[0] != "table":
            return f"it has no table {table}"
        there = {row[1] for row in conn.execute(f'PRAGMA {NAME}.table_info("{table}")')}
        if missing := sorted({name for name, _, _ in columns} - there):
            return f"its table {table} has no column {missing[0]}"
        if wrong := _wrong_value(conn, table, columns):
            return wrong
    return _without_parent(conn)


_Columns = tuple[tuple[str, str, bool], ...]


@functools.cache
def _as_made() -> tuple[tuple[str, _Columns], ...]:
    """The tables that are read, with the columns they have when a catalog is made."""
    with closing(checkup.as_made()) as made:
        return tuple((table, tuple(checkup.columns_of(made, table))) for table in TRAVELS)


def _wrong_value(conn: sqlite3.Connection, table: str, columns: _Columns) -> str | None:
    """The first column with a value that ours may not hold.

    A table is read once for all its columns, and SQLite tells alone what it can; texts are decoded as they are read.
    Only where something is wrong the columns are looked at one by one.
    """
    stopped: list[BaseException] = []
    tests = {column[0]: _test(conn, number, table, column, stopped) for number, column in enumerate(columns)}
    texts = [name for name, declared, _ in columns if checkup.is_any_text(table, name, declared)]
    if _holds(conn, table, " AND ".join(tests.values()), stopped) and _can_be_read(conn, table, texts):
        return None
    wrong = (
        name
        for name, test in tests.items()
        if not (_holds(conn, table, test, stopped) and _can_be_read(conn, table, [name]))
    )
    return f"a row of {table} has a wrong {next(wrong, 'text')}"


def _test(
    conn: sqlite3.Connection, number: int, table: str, column: tuple[str, str, bool], stopped: list[BaseException]
) -> str:
    """SQL for whether a column's value is one that ours may hold; `stopped` is told of a Ctrl-C meanwhile."""
    name, declared, must_be = column
    null = "0" if must_be else f"{name} IS NULL"
    if declared in ("INTEGER", "REAL"):
        kinds = "'integer'" if declared == "INTEGER" else "'integer', 'real'"
        most = 2**63 - 1 if name == "seed" else 2**62
        within = f"{name} BETWEEN -{most} AND {most}" if declared == "INTEGER" else f"abs({name}) < 1e300"
        return f"({null} OR (typeof({name}) IN ({kinds}) AND {within}))"
    if checkup.is_any_text(table, name, declared):
        return f"({null} OR typeof({name}) = 'text')"
    is_sound = _fits_text if (table, name) in _PACKED else checkup.soundness(table, name, declared, must_be)
    conn.create_function(f"is_sound_{number}", 2, _as_sql(is_sound, stopped), deterministic=True)
    value = f"CASE typeof({name}) WHEN 'text' THEN CAST({name} AS BLOB) ELSE {name} END"
    usual = f"{name} = '[]' OR " if (table, name) in _ARRAYS else ""
    return f"({null} OR {usual}is_sound_{number}(typeof({name}), {value}))"


def _holds(conn: sqlite3.Connection, table: str, test: str, stopped: list[BaseException]) -> bool:
    """Whether a test holds of every row."""
    try:
        return conn.execute(f"SELECT 1 FROM {NAME}.{table} WHERE NOT ({test}) LIMIT 1").fetchone() is None
    except sqlite3.OperationalError:
        if stopped:  # SQLite makes an error of its own of it
            raise stopped[0] from None
        raise


def _can_be_read(conn: sqlite3.Connection, table: str, names: list[str]) -> bool:
    """Whether the texts of these columns are UTF-8."""
    texts = ", ".join(f"CASE typeof({name}) WHEN 'text' THEN {name} END" for name in names) or "1"
    try:
        for _ in conn.execute(f"SELECT {texts} FROM {NAME}.{table}"):
            pass
    except sqlite3.OperationalError as error:
        if getattr(error, "sqlite_errorcode", None) is not None:  # SQLite's own; Python's has none
            raise
        return False
    return True


def _as_sql(is_sound: Callable[[str, object], bool], stopped: list[BaseException]) -> Callable[[str, object], int]:
    def asked(kind: str, value: object) -> int:
        try:
            return int(is_sound(kind, value))
        except KeyboardInterrupt as error:
            stopped.append(error)
            raise

    return asked


def _fits_text(kind: str, value: object) -> bool:
    """Whether a long text can be unpacked, and does not fill the memory then."""
    if not isinstance(value, bytes):
        return False
    if kind == "text":
        try:
            value.decode()
        except UnicodeDecodeError:
            return False
        return True
    unpacking = zlib.decompressobj()
    try:
        found = unpacking.decompress(value, MOST_TEXT_BYTES)
    except zlib.error:
        return False
    return len(found) < MOST_TEXT_BYTES and unpacking.eof


def _without_parent(conn: sqlite3.Connection) -> str | None:
    """A row of a run or sample that is not there."""
    for table in TRAVELS:
        for row in conn.execute(f"PRAGMA {NAME}.foreign_key_check({table})"):
            return f"a row of {row[0]} belongs to one of {row[2]} that is not there"
    row = conn.execute(f"SELECT count(*), count(uid), count(DISTINCT uid) FROM {NAME}.runs").fetchone()
    return None if row[0] == row[1] == row[2] else "two of its runs have the same name"


@contextmanager
def _blaming(shown: str) -> Iterator[None]:
    """What SQLite says of the other catalog, as one sentence about that one and not about ours."""
    try:
        yield
    except sqlite3.ProgrammingError:
        raise
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        if code == sqlite3.SQLITE_NOTADB:
            raise CatalogError(
                f"{shown} is no aa-tui catalog (it is no SQLite database): nothing was merged."
            ) from error
        if trouble.is_unreadable(error):
            raise CatalogError(_damaged(shown, error)) from error
        raise CatalogError(f"{shown} cannot be read ({error}): nothing was merged.") from error
    except UnicodeDecodeError as error:
        raise CatalogError(_damaged(shown, "its schema is no text")) from error


def _damaged(shown: str, what: object) -> str:
    return (
        f"The catalog {shown} is damaged ({what}): nothing was merged; `aa-tui catalog rescue NEW --catalog {shown}` "
        "copies what can still be read into a new file, which can be merged."
    )
