"""What this machine refuses: memory, room, rights, files, threads. One sentence each, since no program can mend it."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path

_ADVICE = {
    errno.ENOSPC: "make room there, or name a folder on another disk",
    errno.EDQUOT: "make room there, or name a folder on another disk",
    errno.EFBIG: "raise the limit on files (`ulimit -f`)",
    errno.EROFS: "set AA_TUI_HOME, TMPDIR or the path to a folder that can be written",
    errno.EACCES: "set AA_TUI_HOME, TMPDIR or the path to what you may use",
    errno.EPERM: "set AA_TUI_HOME, TMPDIR or the path to what you may use",
    errno.EMFILE: "raise the limit on open files (`ulimit -n`)",
    errno.ENFILE: "close other programs",
    errno.ENOMEM: "close other programs, or raise the limit on memory (`ulimit -v`, the container's)",
    errno.EAGAIN: "raise the limit on processes (`ulimit -u`, the container's)",
    errno.EIO: "look after the disk",
}
_FULL_BELOW = 1_000_000
_NO_THREAD = "can't start new thread"  # what CPython says in a plain RuntimeError
_NO_ROOM = "failed to map segment from shared object"  # what glibc's loader says of a library that memory is short for


def words(error: Exception) -> str | None:
    """What to tell the user, or None where it is not the surroundings' fault."""
    if isinstance(error, MemoryError) or (isinstance(error, ImportError) and _NO_ROOM in str(error)):
        return _sentence("Out of memory", errno.ENOMEM)
    if isinstance(error, RuntimeError) and str(error) == _NO_THREAD:
        return _sentence("No thread can be started", errno.EAGAIN)
    if isinstance(error, OSError) and error.errno in _ADVICE:
        place = f": {error.filename}" if isinstance(error.filename, str) else ""
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            place = _where(error.filename)
        return _sentence(f"{error.strerror}{place}", error.errno)
    if isinstance(error, FileNotFoundError) and "temporary directory" in str(error):  # tempfile.gettempdir()
        return _sentence("There is no folder for temporary files that can be written", errno.EROFS)
    import sqlite3

    return str(error) if isinstance(error, sqlite3.OperationalError) else None


def check_catalog(error: Exception, path: Callable[[], Path]) -> None:
    """Raise CatalogError where an error comes of a damaged catalog, whose values were read and are told now."""
    from aa_tui.catalog.trouble import is_damage

    if is_damage(error):
        from aa_tui.catalog.db import CatalogError, blame

        if (words := blame(path(), error)) is not None:
            raise CatalogError(words) from error


def _where(name: object) -> str:
    """Which disk is full: that of the file, or those that are among where it may have been."""
    import tempfile

    from aa_tui.catalog.db import CatalogError, data_folder
    from aa_tui.host.disk import free_words

    if isinstance(name, str):
        free = free_words(Path(name).absolute().parent)
        return f": {name}{f' ({free})' if free else ''}"
    try:
        places = [data_folder(), Path(tempfile.gettempdir()), Path.cwd()]
    except (CatalogError, OSError):
        places = []
    full = {free_words(place) for place in places if _is_full(place)}
    return f": {', '.join(sorted(full))}" if full else " for the output"


def _is_full(place: Path) -> bool:
    from aa_tui.host.disk import free_bytes

    free = free_bytes(place)
    return free is not None and free < _FULL_BELOW


def _sentence(what: str, number: int) -> str:
    return f"{what}; {_ADVICE[number]}."
