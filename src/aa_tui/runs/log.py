"""The worker's own words, for its log."""

from __future__ import annotations

import sys
from contextlib import suppress


def say(words: str) -> None:
    """Write a line. The log may lie on the disk that is full: then nobody hears it, and nothing else happens."""
    with suppress(OSError):
        sys.stderr.write(f"{words}\n")
        sys.stderr.flush()
