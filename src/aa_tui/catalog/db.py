"""Open the catalog: where it lies, whether it is one, and whether its schema is ours.

Opening an up-to-date catalog imports nothing heavy. Only a new or older one pays for sqlite-utils.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Literal

from aa_tui.catalog import connection, private, trouble
from aa_tui.catalog.connection import Catalog, CatalogFile
from aa_tui.catalog.errors import CatalogError, CatalogGoneError
from aa_tui.config.reading import load

__all__ = ["CatalogError", "CatalogFile", "CatalogGoneError"]

SCHEMA_VERSION = 21
"""What `PRAGMA user_version` says after the last migration of `schema.py`."""

_OURS = frozenset({"runs", "variants", "models", "measurements", "leaderboard", "meta"})
"""Tables that every catalog has had since the first. A database with none of them is another program's."""

_COPIED_BYTES = 500_000_000
"""An older catalog that cannot be written is brought up to date in memory, up to this size."""


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
    named = load().catalog
    return Path(os.path.expanduser(named)) if named else data_folder() / "catalog.db"  # noqa: PTH111 - as above


def path_of(conn: sqlite3.Connection) -> Path:
    """The file of an open catalog, or the one that it stands for."""
    if isinstance(conn, Catalog):
        return conn.path
    query = "SELECT CAST(file AS BLOB) FROM pragma_database_list WHERE name = 'main'"  # it may be no UTF-8
    return Path(os.fsdecode(conn.execute(query).fetchone()[0]))


def reads_only(conn: sqlite3.Connection) -> bool:
    """Whether nothing can be noted through this connection."""
    return isinstance(conn, Catalog) and conn.reads_only


def file_of(conn: sqlite3.Connection) -> CatalogFile | None:
    """The very file that is open; None for one in memory."""
    return conn.file if isinstance(conn, Catalog) else None


def check_there(conn: sqlite3.Connection) -> None:
    """Raise CatalogGoneError where the file that is open is no longer at its path."""
    if (file := file_of(conn)) is not None:
        file.check()


# -- for the length of a command


@contextmanager
def writing(path: Path) -> Iterator[Catalog]:
    """The catalog for reading and writing. What goes wrong with it is raised as CatalogError."""
    with telling(path), closing(open_catalog(path)) as conn:
        yield conn


@contextmanager
def reading(path: Path) -> Iterator[Catalog]:
    """The catalog for reading only. What goes wrong with it is raised as CatalogError."""
    with telling(path), closing(open_readonly(path)) as conn:
        yield conn


@contextmanager
def noting(path: Path) -> Iterator[Catalog]:
    """For writing where that is possible, else for reading. What goes wrong with it is raised as CatalogError."""
    with telling(path), closing(open_best(path)) as conn:
        yield conn


@contextmanager
def telling(path: Path) -> Iterator[None]:
    """Turn what the catalog at `path` is to blame for into a CatalogError."""
    try:
        yield
    except Exception as error:
        if (words := blame(path, error)) is None:
            raise
        raise CatalogError(words) from error


def blame(path: Path, error: Exception) -> str | None:
    """The sentence for an error that the catalog is to blame for; None where it is not: a fault of ours, say."""
    if isinstance(error, sqlite3.ProgrammingError | sqlite3.InterfaceError):
        return None
    if isinstance(error, sqlite3.Error):
        return trouble.words(path, error)
    if not trouble.is_damage(error):
        return None
    from aa_tui.catalog import checkup

    found = checkup.damage_at(path)
    return None if found is None else trouble.damaged(path, found)


# -- opening


def open_catalog(path: Path) -> Catalog:
    """Open the catalog for reading and writing, making or upgrading it and loading the published facts first.

    Raises:
        CatalogError: it is no catalog, damaged, of a newer schema, or cannot be written.
    """
    file = _file_or_new(path)
    if path.parent == data_folder():
        _tighten(path)
    return open_again(file)


def open_again(file: CatalogFile) -> Catalog:
    """Open this very file for reading and writing, and no other that may lie at its path by now.

    Raises:
        CatalogGoneError: it is no longer there.
        CatalogError: as `open_catalog`.
    """
    file.check()
    if not connection.can_be_written(file.path):
        raise CatalogError(trouble.unwritable(file.path))
    return _opened(file.path, lambda: connection.write(file), _upgrade)


def open_readonly(path: Path) -> Catalog:
    """Open the catalog for reading only.

    One that is not there yet is made, and an older one upgraded, where that is possible. Where it is not, that is done
    in memory; one with a name of its own that is not there and cannot be made is a mistake. Raises CatalogError.
    """
    file = connection.file_at(path)
    if file is None:
        try:
            file = _file_or_new(path)
        except CatalogError:
            if path != default_path():
                raise
            return _in_memory(path, None)
    is_old: list[bool] = []
    conn = _opened(path, lambda: connection.read(file), lambda _conn: is_old.append(True))
    if not is_old:
        return conn
    conn.close()
    if connection.can_be_written(path):
        open_again(file).close()
        return _opened(path, lambda: connection.read(file))
    if path.stat().st_size > _COPIED_BYTES:
        raise CatalogError(
            f"The catalog {path} is of an older aa-tui and cannot be written, so that it cannot be upgraded: copy it "
            "to a folder that can be written and name the copy with --catalog."
        )
    return _in_memory(path, file)


def open_best(path: Path) -> Catalog:
    """Open for writing where that is possible, else for reading. For commands that look, and note what they find."""
    file = connection.file_at(path)
    if file is None:
        folder = next((one for one in path.absolute().parents if one.exists()), None)
        return open_catalog(path) if folder is not None and os.access(folder, os.W_OK) else open_readonly(path)
    if not connection.can_be_written(path):
        return open_readonly(path)
    try:
        return open_catalog(path)
    except CatalogError as error:
        if not connection.is_of_medium(error.__cause__):
            raise
        return open_readonly(path)


def set_patience(conn: sqlite3.Connection, milliseconds: int) -> None:
    """How long this connection waits for a writer before it gives up."""
    conn.execute(f"PRAGMA busy_timeout = {int(milliseconds)}")


def set_synchronous(conn: sqlite3.Connection, level: Literal["FULL", "NORMAL"]) -> None:
    """Whether what is written must survive a power cut (FULL), or only the death of the program."""
    conn.execute(f"PRAGMA synchronous = {level}")


def set_cache(conn: sqlite3.Connection, kibibytes: int) -> None:
    """How much of the file this connection keeps in memory of its own; 2,000 KiB by default."""
    conn.execute(f"PRAGMA cache_size = -{int(kibibytes)}")


def _opened(
    path: Path, connect: Callable[[], Catalog], upgrade: Callable[[Catalog], object] = lambda _conn: None
) -> Catalog:
    """A connection to what is a catalog of ours; `upgrade` is called where it is not up to date."""
    try:
        conn = connect()
    except sqlite3.Error as error:
        raise CatalogError(trouble.words(path, error)) from error
    try:
        if not _is_current(conn, path):
            upgrade(conn)
    except sqlite3.Error as error:
        conn.close()
        raise CatalogError(trouble.words(path, error)) from error
    except BaseException:
        conn.close()
        raise
    return conn


def _file_or_new(path: Path) -> CatalogFile:
    """The catalog's file, made where there is none."""
    file = connection.file_at(path)
    if file is None:
        _make(path)
        file = connection.file_at(path)
    if file is None:  # gone again already
        raise CatalogGoneError(trouble.gone(path, "deleted or moved away"))
    return file


def _make(path: Path) -> None:
    """Make a catalog with the published facts, for its owner alone, under another name first: whoever looks sees
    either none or a whole one."""
    target = Path(os.path.realpath(path))  # a link may lead to where there is nothing yet
    try:
        private.make_folder(target.parent)
    except OSError as error:
        raise CatalogError(trouble.no_folder(target.parent, error)) from error
    if not os.access(target.parent, os.W_OK):
        raise CatalogError(trouble.unwritable(path))
    new = target.with_name(f"{target.name}.new-{os.getpid()}-{time.monotonic_ns()}")
    try:
        os.close(os.open(new, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        with closing(sqlite3.connect(new, isolation_level=None)) as conn:
            conn.row_factory = sqlite3.Row
            conn.execute("PRAGMA synchronous = OFF")
            conn.execute("PRAGMA journal_mode = MEMORY")
            _fill(conn)
            conn.execute("PRAGMA journal_mode = WAL")
        _put_in_place(new, target)
    except sqlite3.Error as error:
        raise CatalogError(trouble.words(path, error)) from error
    except OSError as error:
        raise CatalogError(trouble.unreachable(path, error)) from error
    finally:
        for left in (new, new.with_name(f"{new.name}-wal"), new.with_name(f"{new.name}-shm")):
            with suppress(OSError):
                left.unlink(missing_ok=True)


def _put_in_place(new: Path, target: Path) -> None:
    """Give the new file its name, unless another program was faster."""
    with new.open("rb") as made:
        os.fsync(made.fileno())
    try:
        os.link(new, target)
    except FileExistsError:
        return
    except OSError:  # a file system without hard links
        if not target.exists():
            new.rename(target)


def _fill(conn: sqlite3.Connection) -> None:
    """Apply what is missing of the schema and load the published facts. All or nothing: the caller's transaction."""
    from sqlite_utils import Database

    from aa_tui.catalog import facts
    from aa_tui.catalog.schema import migrations

    conn.execute("BEGIN IMMEDIATE")  # a second program starting now waits here, then finds all done
    try:
        migrations.apply(Database(conn))
        facts.load(conn)
        conn.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")  # that was wrong where a table tells more
    except BaseException:
        if conn.in_transaction:  # a full disk has rolled back by itself
            conn.execute("ROLLBACK")
        raise
    conn.execute("COMMIT")


def _in_memory(path: Path, file: CatalogFile | None) -> Catalog:
    """What lies at `path`, if anything, brought up to date in memory, where nothing can be noted."""
    conn = connection.in_memory(path)
    if file is not None:
        with telling(path), closing(connection.read(file)) as found:
            _is_current(found, path)
            found.backup(conn)
    with telling(path):
        _fill(conn)
        conn.execute("PRAGMA query_only = ON")
    conn.reads_only = True
    return conn


def _is_current(conn: Catalog, path: Path) -> bool:
    """Whether schema and published facts are this program's. Raises CatalogError for what is no catalog of ours."""
    from aa_tui.catalog import facts

    version = _version(conn)
    if version > SCHEMA_VERSION:
        raise CatalogError(trouble.newer(path, version, SCHEMA_VERSION))
    names = {row[0] for row in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not names & _OURS:
        raise CatalogError(trouble.other_program(path))
    if missing := sorted(_OURS - names):
        raise CatalogError(trouble.damaged(path, f"it has no table {missing[0]}"))
    if version < 1:
        raise CatalogError(trouble.damaged(path, f"its schema has the number {version}"))
    return version == SCHEMA_VERSION and not facts.are_stale(conn)


def _version(conn: sqlite3.Connection) -> int:
    return int(conn.execute("PRAGMA user_version").fetchone()[0])


def _upgrade(conn: Catalog) -> None:
    """Bring it up to date, in one transaction."""
    _use_write_ahead_log(conn)
    _fill(conn)


def _use_write_ahead_log(conn: sqlite3.Connection) -> None:
    """Give the catalog a write-ahead log, which stays.

    Whoever finds another program at this has to wait on its own: SQLite's busy timeout does not hold here, because
    the statement asks for the write lock while it reads (`sqlite3BtreeSetVersion` in its btree.c).
    """
    give_up_at = time.monotonic() + connection.BUSY_TIMEOUT_S
    while True:
        try:
            conn.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > give_up_at:
                raise
            time.sleep(0.01)
        else:
            return


def _tighten(path: Path) -> None:
    """Take what an earlier version made readable for all from others' eyes: only in the folder that is ours alone."""
    with suppress(OSError):
        if path.stat().st_mode & 0o077:
            beside = [path.with_name(f"{path.name}{end}") for end in ("", "-wal", "-shm")]
            private.tighten([*beside, *(path.parent / "logs").glob("*.log")])
