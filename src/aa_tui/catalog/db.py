"""Open the catalog: where it lies, whether it is one, and whether its schema is ours.

Opening an up-to-date catalog imports nothing heavy. Only a new or older one pays for sqlite-utils.
"""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path

SCHEMA_VERSION = 8
"""What `PRAGMA user_version` says after the last migration of `schema.py`."""

BUSY_TIMEOUT_S = 15.0
"""How long a writer waits for another: transactions are short, so this is only met on a stalled disk."""


class CatalogError(Exception):
    """The catalog cannot be used. The text is one sentence for the user."""


def data_folder() -> Path:
    """The folder of the user's data: `AA_TUI_HOME` if set, else what the system has for it.

    Raises CatalogError where nobody knows the user's home.
    """
    home = os.environ.get("AA_TUI_HOME")
    if home:
        return Path(os.path.expanduser(home))  # noqa: PTH111 - that of pathlib raises where it does not know
    import platformdirs

    try:
        return Path(platformdirs.user_data_dir("aa-tui", appauthor=False))
    except RuntimeError as error:  # a container's user without a name
        raise CatalogError(
            "This user has no home folder; set AA_TUI_HOME to a folder that can be written, or HOME."
        ) from error


def default_path() -> Path:
    """Where the catalog lies unless `--catalog` says otherwise."""
    return data_folder() / "catalog.db"


def path_of(conn: sqlite3.Connection) -> Path:
    """The file of an open catalog."""
    return Path(conn.execute("SELECT file FROM pragma_database_list WHERE name = 'main'").fetchone()[0])


def open_catalog(path: Path) -> sqlite3.Connection:
    """Open the catalog for reading and writing, making or upgrading it and loading the published facts first.

    Raises:
        CatalogError: the file is no database, is of a newer schema, or cannot be written.
    """
    from aa_tui.catalog import facts

    _make_folder(path)
    conn = _connect(path)
    try:
        version = _schema_version(conn, path)
        if version < SCHEMA_VERSION or facts.are_stale(conn):
            _upgrade(path)
    except sqlite3.OperationalError as error:
        conn.close()
        if not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)):  # beside it lies the write-ahead log
            raise CatalogError(_unwritable(path)) from error
        advice = "make room on its disk, or name" if "full" in str(error) else "name"
        raise CatalogError(f"{path} cannot be used ({error}); {advice} another file with --catalog.") from error
    except BaseException:
        conn.close()
        raise
    return conn


def open_readonly(path: Path) -> sqlite3.Connection:
    """Open an existing, up-to-date catalog for reading only. Raises `CatalogError`, also where there is none."""
    if not path.exists():
        raise CatalogError(f"There is no catalog at {path}; any aa-tui command makes one.")
    try:
        conn = _connect(path, readonly=True)
        _schema_version(conn, path)
    except sqlite3.OperationalError:
        # A folder that cannot be written has no room for the write-ahead log's index.
        conn = _connect(path, readonly=True, immutable=True)
        _schema_version(conn, path)
    return conn


def open_best(path: Path) -> sqlite3.Connection:
    """Open for writing where that is possible, else for reading. For commands that only look."""
    if path.exists() and not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)):
        return open_readonly(path)
    return open_catalog(path)


def set_patience(conn: sqlite3.Connection, milliseconds: int) -> None:
    """How long this connection waits for a writer before it gives up."""
    conn.execute(f"PRAGMA busy_timeout = {int(milliseconds)}")


def set_cache(conn: sqlite3.Connection, kibibytes: int) -> None:
    """How much of the file this connection keeps in memory of its own; 2,000 KiB by default."""
    conn.execute(f"PRAGMA cache_size = -{int(kibibytes)}")


def _make_folder(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CatalogError(
            f"The data folder {path.parent} cannot be made ({error.strerror}); "
            "set AA_TUI_HOME to a folder that can be written."
        ) from error
    if path.is_dir():
        raise CatalogError(f"{path} is a folder; --catalog wants the path of a file.")
    if not path.exists() and not os.access(path.parent, os.W_OK):
        raise CatalogError(_unwritable(path))


def _unwritable(path: Path) -> str:
    return (
        f"The catalog {path} cannot be written; "
        "set AA_TUI_HOME to a folder that can be, or name another file with --catalog."
    )


def _connect(path: Path, *, readonly: bool = False, immutable: bool = False) -> sqlite3.Connection:
    mode = "mode=ro" if readonly else "mode=rwc"
    uri = f"{path.absolute().as_uri()}?{mode}{'&immutable=1' if immutable else ''}"
    try:
        conn = sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None)
    except sqlite3.OperationalError as error:
        raise CatalogError(_unwritable(path)) from error
    conn.row_factory = sqlite3.Row
    conn.execute("PRAGMA foreign_keys = ON")
    return conn


def _schema_version(conn: sqlite3.Connection, path: Path) -> int:
    """The catalog's schema version, 0 when it is new. Raises `CatalogError` for what is not ours."""
    try:
        version = int(conn.execute("PRAGMA user_version").fetchone()[0])
        tables = {row[0] for row in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            raise
        conn.close()
        raise CatalogError(
            f"{path} is not an aa-tui catalog (it is no SQLite database); name another file with --catalog, "
            "or move it away and a new one is made."
        ) from error
    if version > SCHEMA_VERSION:
        conn.close()
        raise CatalogError(
            f"{path} was written by a newer aa-tui (schema {version}, this one knows {SCHEMA_VERSION}); "
            "upgrade aa-tui. Nothing was changed."
        )
    if tables and "leaderboard" not in tables:
        conn.close()
        raise CatalogError(
            f"{path} is a database of another program; name another file with --catalog. Nothing was changed."
        )
    return version


def _upgrade(path: Path) -> None:
    """Apply what is missing of the schema and load the published facts, all in one transaction."""
    from sqlite_utils import Database

    from aa_tui.catalog import facts
    from aa_tui.catalog.schema import migrations

    conn = _connect(path)
    try:
        _use_write_ahead_log(conn)
        conn.execute("BEGIN IMMEDIATE")  # a second program starting now waits here, then finds all done
        try:
            migrations.apply(Database(conn))
            facts.load(conn)
        except BaseException:
            conn.execute("ROLLBACK")
            raise
        conn.execute("COMMIT")
    finally:
        conn.close()


def _use_write_ahead_log(conn: sqlite3.Connection) -> None:
    """Give the catalog a write-ahead log, which stays.

    Whoever finds another program at this has to wait on its own: SQLite's busy timeout does not hold here, because
    the statement asks for the write lock while it reads (`sqlite3BtreeSetVersion` in its btree.c).
    """
    give_up_at = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            conn.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > give_up_at:
                raise
            time.sleep(0.01)
        else:
            return
