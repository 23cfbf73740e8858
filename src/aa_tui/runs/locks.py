"""Who works: locks that the system itself takes back when a process dies, whatever it died of.

Process ids are reused and clocks jump; a lock that is held says for certain that a worker lives. Each run has a
lock, held by its worker for as long as it lives. The turn is one lock for all catalogs of a user on this machine, held
while measuring: two measurements at once would spoil both.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep

from aa_tui.catalog import private
from aa_tui.catalog.db import data_folder
from aa_tui.textsafe import clean_line

RETRY_S = 0.05
_HOLDER_BYTES = 400


class Lock:
    """An exclusive lock on a file; released when this process ends, however it ends.

    The file names its holder, for those who wait.
    """

    def __init__(self, path: Path, holder: str = "") -> None:
        self._path = path
        self._holder = holder
        self._fd: int | None = None

    @property
    def is_held(self) -> bool:
        """Whether we hold it."""
        return self._fd is not None

    def take(self) -> bool:
        """Take it without waiting. False when another process has it."""
        if self._fd is not None:
            return True
        private.make_folder(self._path.parent)
        fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(fd)
            return False
        self._fd = fd
        with suppress(OSError):  # a full disk: then nobody is named
            os.ftruncate(fd, 0)
            os.write(fd, self._holder.encode("utf-8", "replace"))
        return True

    def take_within(self, seconds: float) -> bool:
        """Take it, waiting so long at most for another process to let it go."""
        deadline = monotonic() + seconds
        while not self.take():
            if monotonic() >= deadline:
                return False
            sleep(RETRY_S)
        return True

    def holder(self) -> str:
        """Who has it, in words; empty where that is not known."""
        with suppress(OSError), self._path.open("rb") as file:
            return clean_line(file.read(_HOLDER_BYTES).decode("utf-8", "replace"))
        return ""

    def release(self) -> None:
        """Let it go, if we hold it."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def run_lock(catalog_path: Path, run_id: int) -> Lock:
    """The lock of a run's worker."""
    return Lock(_folder(catalog_path) / f"run-{run_id}.lock")


def turn_lock(catalog_path: Path, run_id: int | None = None) -> Lock:
    """The lock of whoever measures: in the user's data folder, wherever the catalog lies. Where that folder cannot be
    written it is beside the catalog, and holds for this one only."""
    folder = data_folder() / "locks"
    with suppress(OSError):
        private.make_folder(folder)
    place = folder if os.access(folder, os.W_OK) else _folder(catalog_path)
    return Lock(place / "turn.lock", "" if run_id is None else f"run {run_id} of {catalog_path}")


def is_kept(catalog_path: Path, run_id: int) -> bool:
    """Whether a run has a lock at all."""
    return (_folder(catalog_path) / f"run-{run_id}.lock").exists()


def has_worker(catalog_path: Path, run_id: int) -> bool:
    """Whether a run's worker lives. Two that look at the same time do not see one another."""
    try:
        fd = os.open(_folder(catalog_path) / f"run-{run_id}.lock", os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    except PermissionError:  # another user's: nobody here can tell
        return True
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(fd)
    return False


def forget(catalog_path: Path, run_id: int) -> None:
    """Remove the lock file of a run that is deleted."""
    (_folder(catalog_path) / f"run-{run_id}.lock").unlink(missing_ok=True)


def _folder(catalog_path: Path) -> Path:
    return catalog_path.resolve().parent / "locks"  # however the catalog is called, its locks are the same
