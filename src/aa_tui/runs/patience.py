"""Writing to a catalog that cannot be written just now: full disks and locks pass, so a worker waits for them."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from aa_tui.host import disk
from aa_tui.runs.log import say

_Result = TypeVar("_Result")

RETRY_S = 1.0
GIVE_UP_S = 600.0
"""So long is waited by a worker that is to end, or for what hardly passes: a catalog that cannot be opened, say."""


def patiently(
    write: Callable[[], _Result],
    *,
    is_to_end: Callable[[], bool] = lambda: False,
    on_trouble: Callable[[str | None], object] = lambda _words: None,
    path: Path | None = None,
) -> _Result:
    """Write, and try again once a second for as long as the catalog is locked or the disk is full.

    `write` must be one transaction: it may be called again. `on_trouble` is told what holds it up, and None when it
    is over; it names the disk where the catalog's `path` is given. Once `is_to_end` says so it is tried for
    `GIVE_UP_S` more. Raises the last trouble then, and at once what waiting does not mend.
    """
    give_up_at: float | None = None
    while True:
        try:
            result = write()
        except sqlite3.OperationalError as error:
            words, passes = trouble_of(error, path)
            if words is None:
                raise
            on_trouble(words)
            say(f"{words} ({error})")
            if give_up_at is None and (is_to_end() or not passes):
                give_up_at = time.monotonic() + GIVE_UP_S
            if give_up_at is not None and time.monotonic() > give_up_at:
                raise
            time.sleep(RETRY_S)
        else:
            on_trouble(None)
            return result


def trouble_of(error: sqlite3.OperationalError, path: Path | None = None) -> tuple[str | None, bool]:
    """What keeps the catalog from being written, in words, and whether that passes for certain.

    No words where waiting mends nothing: the statement itself is wrong.
    """
    code = error.sqlite_errorcode & 0xFF if hasattr(error, "sqlite_errorcode") else None
    if code == sqlite3.SQLITE_FULL:
        return f"{full_words(path)}: the run waits until there is room", True
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return "the catalog is locked by another program: the run waits for it", True
    if code == sqlite3.SQLITE_IOERR:  # what a full disk says to SQLite's index of the write-ahead log
        return f"{full_words(path)} or fails: the run waits until it can be written", True
    if code == sqlite3.SQLITE_ERROR:
        return None, False
    return f"the catalog cannot be written ({error}): the run waits", False


def full_words(path: Path | None) -> str:
    """The sentence's beginning for a full disk: which, and how much is free there."""
    free = None if path is None else disk.free_words(path.parent)
    return f"the disk is full ({free})" if free else "the disk is full"
