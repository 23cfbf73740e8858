"""What keeps the catalog from being used, in one sentence with its file and the next step."""

from __future__ import annotations

import shutil
import sqlite3
import zlib
from pathlib import Path

_ANOTHER = "name another file with --catalog"


def words(path: Path, error: sqlite3.Error) -> str:
    """What an error of SQLite's means for the catalog at `path`."""
    code = getattr(error, "sqlite_errorcode", None)
    told = _BY_CODE.get(code & 0xFF) if code is not None else _damaged
    return (_otherwise if told is None else told)(path, error)


def is_damage(error: BaseException) -> bool:
    """Whether an error may come of what a damaged catalog holds: values of a wrong kind, texts that cannot be read."""
    return not type(error).__module__.startswith("aa_tui.") and isinstance(
        error, ArithmeticError | AttributeError | LookupError | RecursionError | TypeError | ValueError | zlib.error
    )


def is_unreadable(error: sqlite3.Error) -> bool:
    """Whether it is the file's content that SQLite cannot make sense of."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF in (
        sqlite3.SQLITE_ERROR,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FORMAT,
    )


def damaged(path: Path, what: object) -> str:
    """It is damaged, and how it can be saved."""
    return (
        f"The catalog {path} is damaged ({what}). Nothing was changed: `aa-tui catalog rescue NEW` copies what can "
        "still be read into a new file; then move this one away."
    )


def no_database(path: Path) -> str:
    """It is something else, or its beginning was overwritten."""
    return (
        f"{path} is not an aa-tui catalog (it is no SQLite database). Nothing was changed: {_ANOTHER}, or move it away "
        "and a new one is made."
    )


def empty(path: Path) -> str:
    """A file without a byte, as a full disk or a copy that broke off leaves behind."""
    return f"The catalog {path} is empty (0 bytes): put a copy of it back, or delete it and a new one is made."


def other_program(path: Path) -> str:
    """A database, but none of ours."""
    return f"{path} is a database of another program; {_ANOTHER}. Nothing was changed."


def newer(path: Path, version: int, known: int) -> str:
    """Written by a later program."""
    return (
        f"{path} was written by a newer aa-tui (schema {version}, this one knows {known}); upgrade aa-tui. "
        "Nothing was changed."
    )


def unwritable(path: Path) -> str:
    """It can be read at most."""
    return (
        f"The catalog {path} cannot be written; "
        "set AA_TUI_HOME to a folder that can be, or name another file with --catalog."
    )


def gone(path: Path, fate: str) -> str:
    """It was there when it was opened."""
    return f"The catalog {path} was {fate} while it was in use; put it back, or start again with what is there now."


def unreachable(path: Path, error: OSError) -> str:
    """The way to it is barred: a folder that may not be entered, a link that leads to itself."""
    return f"The catalog {path} cannot be reached ({error.strerror}); look after the path, or {_ANOTHER}."


def no_folder(folder: Path, error: OSError) -> str:
    """Its folder is not there and cannot be made."""
    return (
        f"The data folder {folder} cannot be made ({error.strerror}); set AA_TUI_HOME to a folder that can be written."
    )


def _damaged(path: Path, error: sqlite3.Error) -> str:
    return damaged(path, error)


def _no_database(path: Path, _error: sqlite3.Error) -> str:
    return no_database(path)


def _full(path: Path, error: sqlite3.Error) -> str:
    return (
        f"There is no room for the catalog {path} ({error}{_free(path)}): make room there, or {_ANOTHER}. What it "
        "holds is kept."
    )


def _locked(path: Path, error: sqlite3.Error) -> str:
    return (
        f"The catalog {path} is held by another program ({error}): close that (`fuser {path}` tells which), or try "
        "again later."
    )


def _unwritable(path: Path, _error: sqlite3.Error) -> str:
    return unwritable(path)


def _cannot_open(path: Path, error: sqlite3.Error) -> str:
    try:
        with path.open("rb"):
            pass
    except OSError as why:
        return f"The catalog {path} cannot be read ({why.strerror}); see to its rights, or {_ANOTHER}."
    return _disk(path, error)


def _disk(path: Path, error: sqlite3.Error) -> str:
    return f"The catalog {path} cannot be used ({error}{_free(path)}): look after its disk and folder, or {_ANOTHER}."


def _refused(path: Path, error: sqlite3.Error) -> str:
    return f"The catalog {path} does not take what was to be noted ({error}): `aa-tui doctor` checks it."


def _otherwise(path: Path, error: sqlite3.Error) -> str:
    return f"The catalog {path} cannot be used ({error}); `aa-tui doctor` checks it, or {_ANOTHER}."


_BY_CODE = {
    sqlite3.SQLITE_ERROR: _damaged,  # a table or column that should be there
    sqlite3.SQLITE_CORRUPT: _damaged,
    sqlite3.SQLITE_FORMAT: _damaged,
    sqlite3.SQLITE_NOTADB: _no_database,
    sqlite3.SQLITE_FULL: _full,
    sqlite3.SQLITE_TOOBIG: _damaged,
    sqlite3.SQLITE_BUSY: _locked,
    sqlite3.SQLITE_LOCKED: _locked,
    sqlite3.SQLITE_READONLY: _unwritable,
    sqlite3.SQLITE_CANTOPEN: _cannot_open,
    sqlite3.SQLITE_PERM: _cannot_open,
    sqlite3.SQLITE_IOERR: _disk,
    sqlite3.SQLITE_PROTOCOL: _locked,
    sqlite3.SQLITE_CONSTRAINT: _refused,
}


def _free(path: Path) -> str:
    try:
        return f"; {shutil.disk_usage(path.parent).free / 1e6:,.1f} MB free in {path.parent}"
    except OSError:
        return ""
