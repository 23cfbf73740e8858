"""Whether the file that is measured is still the one that was hashed: looked at while a run goes on, and at its end.

llama.cpp maps a file into memory, so that one which is overwritten in place becomes another model in the middle of a
run. A look costs some microseconds: size, times and inode of all parts. Where only the times changed the content
decides, which a thread of its own reads.
"""

from __future__ import annotations

import sqlite3
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple, Protocol

from aa_tui.catalog import files, samples
from aa_tui.catalog.clock import utc_now
from aa_tui.catalog.mending import mend_paths
from aa_tui.catalog.rows import FileRow, RunRow
from aa_tui.gguf.errors import GGUFError
from aa_tui.gguf.files import sha256_of_all, state_of
from aa_tui.gguf.parts import named_parts, parts_of
from aa_tui.runs.errors import RunError
from aa_tui.shellwords import quoted
from aa_tui.textsafe import clean_line

UNSEEN_S = 5.0
"""A look is due twice a second; what a worker that died finished in its last seconds may be of a changed file."""


class Watchman(Protocol):
    """Looks after what a run measures. `why` says what has become of it, None while it holds."""

    @property
    def held_at(self) -> str: ...
    @property
    def why(self) -> str | None: ...
    def look(self) -> str | None: ...
    def settle(self) -> str | None: ...


class NoFile:
    """Of a served model there is nothing here to look after: its server is asked what it serves when a run begins."""

    def __init__(self) -> None:
        self.held_at = utc_now()
        self.why: str | None = None

    def look(self) -> str | None:
        """Always as it was."""
        return None

    def settle(self) -> str | None:
        """Always as it was."""
        return None


class _Stamp(NamedTuple):
    """A file at a path, as the system tells of it."""

    device: int
    inode: int
    size_bytes: int
    mtime_ns: int
    ctime_ns: int  # changes with every write, where somebody sets the other time back


class Guard:
    """Looks after the files of one run. Made before they are loaded. Raises RunError where they are changed already."""

    def __init__(self, conn: sqlite3.Connection, run: RunRow) -> None:
        self.held_at = utc_now()
        """When it was last seen that all is as it was (UTC)."""
        self.why: str | None = None
        self._file = run.file
        self._name = clean_line(Path(run.file.path).name)
        self._parts = parts_of(Path(run.file.path))
        self._held = _stamps(self._parts)
        self._reading: _Reading | None = None
        check_content(conn, run)

    def look(self) -> str | None:
        """Why what is measured is no longer what was hashed; None while it is, and while that is being found out."""
        if self.why is not None:
            return self.why
        at, now = utc_now(), _stamps(self._parts)
        pairs = [(old, new) for old, new in zip(self._held, now, strict=True) if new is not None]
        if all(old == new for old, new in pairs):  # of one that is gone what is mapped stays as it was
            self.held_at, self._reading = at, None
        elif any(old is not None and old.size_bytes != new.size_bytes for old, new in pairs):
            self.why = self._words(now)
        elif self._reading is None or self._reading.stamps != now:
            self._reading = _Reading(self._parts, now)
        elif self._reading.sha256 == self._file.sha256:  # only touched, or copied back
            self._held, self._reading = now, None
        elif self._reading.is_done:
            self.why = self._words(now)
        return self.why

    def settle(self) -> str | None:
        """The same for certain: waits until the content has been read where it must be."""
        while self.look() is None and self._reading is not None:
            self._reading.thread.join()
        return self.why

    def check(self, error: Exception | None = None) -> None:
        """Raises RunError unless all is as it was: figures are about the content that was hashed."""
        why = self.settle()
        if why is not None:
            raise RunError(f"{why}; the tests that were done before are kept.") from error

    def _words(self, now: tuple[_Stamp | None, ...]) -> str:
        pairs = [(old, new) for old, new in zip(self._held, now, strict=True) if old and new and old != new]
        old, new = pairs[0]
        if (old.device, old.inode) != (new.device, new.inode):
            what = "was replaced by another file"
        elif new.size_bytes < old.size_bytes:
            what = f"was cut from {old.size_bytes:,} to {new.size_bytes:,} bytes"
        else:
            what = "was overwritten"
        return f"{self._name} {what} while it was measured"


class _Reading:
    """The content as it was with these stamps, being read."""

    def __init__(self, parts: list[Path], stamps: tuple[_Stamp | None, ...]) -> None:
        self.stamps = stamps
        self.sha256: str | None = None
        self.is_done = False
        self._parts = parts
        self.thread = threading.Thread(target=self._read, name="guard", daemon=True)
        self.thread.start()

    def _read(self) -> None:
        try:
            self.sha256 = sha256_of_all(self._parts)
        except GGUFError:
            self.sha256 = None
        self.is_done = True


def check_content(conn: sqlite3.Connection, run: RunRow) -> None:
    """Raises RunError unless the path of a run's file holds what was hashed. One that was only touched is noted so."""
    if run.file.is_served:  # its servers are asked by the worker
        return
    path = Path(run.file.path)
    if not path.exists():
        mend_paths(conn)
        path = Path(files.get(conn, run.file.id).path)
    if not path.exists():
        where = quoted(str(path.parent))
        raise RunError(
            f"{clean_line(path.name)} is no longer at {where}: put it back, or start a new run of another file."
        )
    parts = parts_of(path)
    state = state_of(parts)
    if (state.size_bytes, state.mtime_ns) == (run.file.size_bytes, run.file.mtime_ns):
        return
    found = sha256_of_all(parts)
    if found != run.file.sha256:
        raise RunError(
            f"{clean_line(path.name)} has changed since run {run.id} was planned (sha256 {run.file.sha256[:12]}… then, "
            f"{found[:12]}… now): start a new run."
        )
    files.note_stat(conn, run.file.id, state.size_bytes, state.mtime_ns)


def mark(conn: sqlite3.Connection, run_id: int, since: str, why: str) -> int:
    """Samples that were finished after `since` count in no score: they may be of another content. Returns how many."""
    return samples.mark_changed(conn, run_id, since, f"{why}: this may be another model's answer")


def cut_words(file: FileRow) -> str | None:
    """The sentence for a file that is shorter than when it was hashed: whoever has it mapped dies of SIGBUS."""
    if file.is_served:
        return None
    try:
        size = sum(one.stat().st_size for one in named_parts(Path(file.path)))
    except OSError:
        return None
    if size >= file.size_bytes:
        return None
    return (
        f"{clean_line(Path(file.path).name)} was cut from {file.size_bytes:,} to {size:,} bytes while it was measured"
    )


def changed_words(file: FileRow) -> str | None:
    """The sentence for a file that is not as it was when it was hashed, after its worker crashed; else None."""
    cut = cut_words(file)
    if cut is not None or file.is_served:
        return cut
    try:
        state = state_of(named_parts(Path(file.path)))
    except GGUFError:
        return None
    if (state.size_bytes, state.mtime_ns) == (file.size_bytes, file.mtime_ns):
        return None
    return f"{clean_line(Path(file.path).name)} was changed while it was measured"


def last_looks() -> str:
    """Since when a file may have been changed unseen, of a worker that has just died (UTC)."""
    return (datetime.now(UTC) - timedelta(seconds=UNSEEN_S)).isoformat(timespec="milliseconds")


def _stamps(parts: list[Path]) -> tuple[_Stamp | None, ...]:
    return tuple(map(_stamp, parts))


def _stamp(path: Path) -> _Stamp | None:
    try:
        one = path.stat()
    except OSError:
        return None
    return _Stamp(one.st_dev, one.st_ino, one.st_size, one.st_mtime_ns, one.st_ctime_ns)
