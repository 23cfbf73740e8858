"""The worker's own words: written into its log, and read from there."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

from aa_tui.textsafe import clean

MOST_READ_BYTES = 1 << 20
"""Of a log that is longer the end is read."""


def say(words: str) -> None:
    """Write a line. The log may lie on the disk that is full: then nobody hears it, and nothing else happens."""
    with suppress(OSError):
        sys.stderr.write(f"{words}\n")
        sys.stderr.flush()


def read(log_path: str | None, since: int = 0) -> tuple[list[str], int]:
    """The lines of a log from the byte `since` on, cleaned, and the byte at which the next look begins.

    A last line that is not complete waits for the next look. Raises OSError where the log cannot be read.
    """
    if log_path is None:
        return [], 0
    with Path(log_path).open("rb") as log:
        size = log.seek(0, 2)
        start = 0 if since > size else since  # it was begun anew
        log.seek(max(start, size - MOST_READ_BYTES))
        data = log.read()
    whole = data[: data.rfind(b"\n") + 1]
    lines = [clean(line) for line in whole.decode("utf-8", "replace").splitlines()]
    return lines, size - (len(data) - len(whole))
