"""Connections to the catalog's file: for writing, for reading from any medium, and whether it is still there.

A catalog may come from a stranger. Where it is only read nothing in its schema is trusted: views and generated columns
may use no function or virtual table that reaches beyond the database. Our own triggers, which keep the search's index,
use one that SQLite counts among those, so that a writer has to trust; Python's SQLite has none that does harm.
"""

from __future__ import annotations

import os
import sqlite3
import stat
import sys
from pathlib import Path
from typing import Literal, NamedTuple

from aa_tui.catalog import trouble
from aa_tui.catalog.errors import CatalogError, CatalogGoneError

BUSY_TIMEOUT_S = 15.0
"""How long a writer waits for another: transactions are short, so this is only met on a stalled disk."""

_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)

_NO_INDEX = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_FULL)
"""What SQLite says where it cannot make the index of the write-ahead log."""


class CatalogFile(NamedTuple):
    """The file that a path led to. By its numbers it is known again, whatever lies at the path later."""

    path: Path
    device: int
    inode: int

    def fate(self) -> str | None:
        """What became of it: None while it lies at its path, else a word such as "deleted"."""
        try:
            found = self.path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return "deleted or moved away" if self.path.parent.is_dir() else "deleted or moved away with its folder"
        except OSError:
            return None  # a disk that fails for a moment has lost nothing
        return None if (found.st_dev, found.st_ino) == (self.device, self.inode) else "replaced by another file"

    def check(self) -> None:
        """Raise CatalogGoneError if it is no longer there."""
        if (fate := self.fate()) is not None:
            raise CatalogGoneError(trouble.gone(self.path, fate))


class Catalog(sqlite3.Connection):
    """An open catalog. `file` is None for one that lies in memory; `reads_only` where nothing can be noted."""

    path: Path
    file: CatalogFile | None = None
    reads_only = False


def file_at(path: Path) -> CatalogFile | None:
    """The regular file at a path; None where there is none.

    Raises CatalogError for what is no file: opening a pipe, say, would wait for ever.
    """
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise CatalogError(trouble.unreachable(path, error)) from error
    for is_one, name in _KINDS:
        if is_one(found.st_mode):
            raise CatalogError(f"{path} is {name}; --catalog wants the path of a file.")
    if found.st_size == 0:
        raise CatalogError(trouble.empty(path))
    return CatalogFile(path, found.st_dev, found.st_ino)


def can_be_written(path: Path) -> bool:
    """Whether a file and its folder can be written: beside the file lies its write-ahead log."""
    return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)


def is_of_medium(error: BaseException | None) -> bool:
    """Whether an error comes of a medium that is full or cannot be written."""
    return isinstance(error, sqlite3.OperationalError) and getattr(error, "sqlite_errorcode", 0) & 0xFF in _NO_INDEX


def write(file: CatalogFile) -> Catalog:
    """A connection that writes, to this very file. Raises CatalogError, CatalogGoneError."""
    conn = _connect(file.path, "mode=rw")
    conn.file = file
    try:
        conn.execute("PRAGMA schema_version").fetchone()  # opens the log, by its name
        file.check()
    except BaseException:
        conn.close()
        raise
    return conn


def read(file: CatalogFile, *, lenient: bool = False) -> Catalog:
    """A connection that only reads, whatever the medium allows. Raises CatalogError, sqlite3.Error.

    Reading a database that has a write-ahead log takes an index of it in a file beside, which cannot be made in a
    folder that cannot be written, nor on a full disk. Then nobody else can be writing there either, so that the log is
    read with an index in memory and without locks; and where there is no log, the file as it is. A `lenient` one goes
    on with what it can make of a damaged schema.
    """
    try:
        conn = _connect(file.path, "mode=ro")
        _try(conn, lenient)
    except sqlite3.OperationalError as error:
        if not is_of_medium(error):
            raise
        if _has_content(file.path.with_name(f"{file.path.name}-wal")):
            conn = _connect(file.path, "mode=ro&vfs=unix-none")
            conn.execute("PRAGMA locking_mode = EXCLUSIVE")
        else:
            conn = _connect(file.path, "mode=ro&immutable=1")
        _try(conn, lenient)
    conn.file, conn.reads_only = file, True
    return conn


def _try(conn: Catalog, lenient: bool) -> None:
    """Read for the first time; close what cannot be read."""
    try:
        if lenient:
            conn.execute("PRAGMA writable_schema = ON")  # that is what makes SQLite overlook it
        conn.execute("PRAGMA schema_version").fetchone()
    except sqlite3.Error:
        conn.close()
        raise


def in_memory(path: Path) -> Catalog:
    """An empty one in memory that stands for the catalog at `path`."""
    conn = sqlite3.connect(":memory:", isolation_level=None, factory=Catalog)
    conn.path = path
    return _prepared(conn, trusted=True)


def temporary(path: Path) -> Catalog:
    """An empty one without a name that stands for the catalog at `path`: on disk if it is large, gone when closed."""
    conn = sqlite3.connect("", isolation_level=None, factory=Catalog)
    conn.path = path
    return _prepared(conn, trusted=True)


def _connect(path: Path, how: Literal["mode=rw", "mode=ro", "mode=ro&vfs=unix-none", "mode=ro&immutable=1"]) -> Catalog:
    uri = f"{path.absolute().as_uri()}?{how}"
    conn = sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None, factory=Catalog)
    conn.path = path
    return _prepared(conn, trusted=how == "mode=rw")


def _prepared(conn: Catalog, *, trusted: bool) -> Catalog:
    conn.row_factory = sqlite3.Row
    for setting in ("foreign_keys = ON", f"trusted_schema = {'ON' if trusted else 'OFF'}", "cell_size_check = ON"):
        conn.execute(f"PRAGMA {setting}")
    if sys.version_info >= (3, 12):
        conn.setconfig(sqlite3.SQLITE_DBCONFIG_DEFENSIVE, True)
    return conn


def _has_content(path: Path) -> bool:
    try:
        return path.stat().st_size > 0
    except OSError:
        return False
