"""Paths that earlier versions kept as they are shown, with white space run together and controls left out: found again.

A file is taken for the one that was noted where its path reads the same on the screen and it has the same size and
time of change; where two are so, or the time is up, the path stays as it is.
"""

from __future__ import annotations

import os
import re
import sqlite3
import stat
import time
from itertools import islice

from aa_tui.catalog.paths import stored, told
from aa_tui.textsafe import clean_line

SECONDS = 1.0
"""How long a look at the disk may take: somebody waits for the first screen."""

_MOST_ENTRIES = 10_000
_MOST_SPELLINGS = 64
_FIRST_PART = re.compile(r"(.+-)00001(-of-)(\d{5})(\.gguf)", re.IGNORECASE)


def mend_paths(conn: sqlite3.Connection, seconds: float = SECONDS) -> int:
    """Put right the paths of files and folders that are not where the catalog has them. Returns how many that were."""
    disk = _Disk(time.monotonic() + seconds)
    mended = 0
    for table in ("gguf_files", "seen_files"):
        rows = conn.execute(f"SELECT rowid, path, size_bytes, mtime_ns FROM {table} ORDER BY rowid DESC").fetchall()
        for rowid, value, size_bytes, mtime_ns in rows:
            path = told(value)
            if not _is_file(path, size_bytes, mtime_ns):
                alike = [one for one in disk.spellings(path) if _is_file(one, size_bytes, mtime_ns)]
                if len(alike) == 1:
                    query = f"UPDATE OR IGNORE {table} SET path = ? WHERE rowid = ?"
                    mended += conn.execute(query, (stored(alike[0]), rowid)).rowcount
    for (value,) in conn.execute("SELECT path FROM file_folders").fetchall():
        path = told(value)
        if not os.path.isdir(path):  # noqa: PTH112 - of a text
            alike = [one for one in disk.spellings(path) if os.path.isdir(one)]  # noqa: PTH112
            if len(alike) == 1:
                query = "UPDATE OR IGNORE file_folders SET path = ? WHERE path = ?"
                mended += conn.execute(query, (stored(alike[0]), value)).rowcount
    return mended


class _Disk:
    """What folders hold, by how it reads on the screen; each is listed once, none after the deadline."""

    def __init__(self, deadline: float) -> None:
        self._deadline = deadline
        self._listed: dict[str, dict[str, list[str]]] = {}

    def spellings(self, path: str) -> list[str]:
        """The paths on the disk that read as this one does."""
        if not path.startswith("/"):
            return []
        found = ["/"]
        for part in path.split("/")[1:]:
            wanted = clean_line(part)
            alike = [os.path.join(folder, name) for folder in found for name in self._names(folder).get(wanted, ())]  # noqa: PTH118
            there = [os.path.join(folder, part) for folder in found]  # noqa: PTH118 - one may be entered, not listed
            found = list(dict.fromkeys([*alike, *(one for one in there if part and os.path.lexists(one))]))
            if not found or len(found) > _MOST_SPELLINGS:
                return []
        return found

    def _names(self, folder: str) -> dict[str, list[str]]:
        known = self._listed.get(folder)
        if known is not None:
            return known
        names: dict[str, list[str]] = {}
        if time.monotonic() < self._deadline:
            try:
                with os.scandir(folder) as entries:
                    for entry in islice(entries, _MOST_ENTRIES):
                        names.setdefault(clean_line(entry.name), []).append(entry.name)
            except OSError:  # not for us to read: then it is entered by its own name or not at all
                names = {}
        self._listed[folder] = names
        return names


def _is_file(path: str, size_bytes: int, mtime_ns: int) -> bool:
    """Whether a file, or a model in parts by its first, has this size and time of change."""
    try:
        one = os.stat(path)  # noqa: PTH116 - of a text
        if not stat.S_ISREG(one.st_mode):
            return False
        if (one.st_size, one.st_mtime_ns) == (size_bytes, mtime_ns):
            return True
        part = _FIRST_PART.fullmatch(path)
        if part is None or one.st_size >= size_bytes or int(part[3]) > 1_000:
            return False
        names = [f"{part[1]}{number:05d}{part[2]}{part[3]}{part[4]}" for number in range(1, int(part[3]) + 1)]
        parts = [os.stat(name) for name in names]  # noqa: PTH116
    except (OSError, ValueError):
        return False
    return (sum(one.st_size for one in parts), max(one.st_mtime_ns for one in parts)) == (size_bytes, mtime_ns)
