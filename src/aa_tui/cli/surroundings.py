"""What this machine refuses: memory, room, rights, files, threads. One sentence each, since no program can mend it."""

from __future__ import annotations

import errno

_ADVICE = {
    errno.ENOSPC: "make room there",
    errno.EDQUOT: "make room there",
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
_NO_THREAD = "can't start new thread"  # what CPython says in a plain RuntimeError


def words(error: Exception) -> str | None:
    """What to tell the user, or None where it is not the surroundings' fault."""
    if isinstance(error, MemoryError):
        return _sentence("Out of memory", errno.ENOMEM)
    if isinstance(error, RuntimeError) and str(error) == _NO_THREAD:
        return _sentence("No thread can be started", errno.EAGAIN)
    if isinstance(error, OSError) and error.errno in _ADVICE:
        place = f": {error.filename}" if isinstance(error.filename, str) else ""
        return _sentence(f"{error.strerror}{place}", error.errno)
    if isinstance(error, FileNotFoundError) and "temporary directory" in str(error):  # tempfile.gettempdir()
        return _sentence("There is no folder for temporary files that can be written", errno.EROFS)
    return None


def _sentence(what: str, number: int) -> str:
    return f"{what}; {_ADVICE[number]}."
