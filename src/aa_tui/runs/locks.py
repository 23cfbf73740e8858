"""Who works: locks that the system itself takes back when a process dies, whatever it died of.

Process ids are reused and clocks jump; a lock that is held says for certain that a worker lives. Each run has a
lock, held by its worker for as long as it lives. The turn is one lock for all catalogs of a user on this machine, held
while measuring: two measurements at once would spoil both. Who measures through servers leaves this machine to others,
and has the turn of each of its servers instead.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep
from typing import Protocol

from aa_tui.catalog import private
from aa_tui.catalog.db import data_folder
from aa_tui.textsafe import clean_line

RETRY_S = 0.05
_HOLDER_BYTES = 400


class Turn(Protocol):
    """What who measures holds meanwhile."""

    @property
    def is_held(self) -> bool: ...
    def take(self) -> bool: ...
    def holder(self) -> str: ...
    def release(self) -> None: ...


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


class Locks:
    """Several locks as one: all of them are held, or none."""

    def __init__(self, locks: Sequence[Lock]) -> None:
        self._locks = tuple(locks)
        self._missed: Lock | None = None

    @property
    def is_held(self) -> bool:
        """Whether we hold them."""
        return all(one.is_held for one in self._locks)

    def take(self) -> bool:
        """Take all of them without waiting. False when another process has one."""
        self._missed = next((one for one in self._locks if not one.take()), None)
        if self._missed is not None:
            self.release()
        return self._missed is None

    def holder(self) -> str:
        """Who has the one that could not be taken, in words."""
        return "" if self._missed is None else self._missed.holder()

    def release(self) -> None:
        """Let them go."""
        for one in self._locks:
            one.release()


def run_lock(catalog_path: Path, run_id: int) -> Lock:
    """The lock of a run's worker."""
    return Lock(_folder(catalog_path) / f"run-{run_id}.lock")


def turn_lock(catalog_path: Path, run_id: int | None = None) -> Lock:
    """The lock of whoever measures: in the user's data folder, wherever the catalog lies. Where that folder cannot be
    written it is beside the catalog, and holds for this one only."""
    return Lock(_place(catalog_path) / "turn.lock", "" if run_id is None else f"run {run_id} of {catalog_path}")


def servers_lock(catalog_path: Path, run_id: int, urls: Sequence[str]) -> Locks:
    """The same of these servers: always in one order, so that two runs never wait for each other."""
    place, holder = _place(catalog_path), f"run {run_id} of {catalog_path}"
    names = sorted({hashlib.sha256(url.encode()).hexdigest()[:16] for url in urls})
    return Locks([Lock(place / f"server-{name}.lock", holder) for name in names])


def _place(catalog_path: Path) -> Path:
    """The user's data folder; beside the catalog where that cannot be written."""
    folder = data_folder() / "locks"
    with suppress(OSError):
        private.make_folder(folder)
    return folder if os.access(folder, os.W_OK) else _folder(catalog_path)


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
