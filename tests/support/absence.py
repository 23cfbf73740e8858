"""Proofs that nothing happens, and waiting until nothing does any more."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
_EVERY_S = 0.05


def nothing_happens_for(seconds: float, look: Callable[[], T]) -> T:
    """What is seen, the same at every look for so long.

    A proof of absence is as good as its time is long: this fails with the first change and never for a slow machine.
    """
    before, end = look(), time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(_EVERY_S)
        now = look()
        assert now == before, f"something happened after all: {now}, before {before}"
    return before


def settles(look: Callable[[], T], quiet_s: float, deadline_s: float = 60.0) -> T:
    """Wait until what is seen has stayed the same for a while."""
    seen, since, end = look(), time.monotonic(), time.monotonic() + deadline_s
    while time.monotonic() < min(since + quiet_s, end):
        time.sleep(_EVERY_S)
        if (now := look()) != seen:
            seen, since = now, time.monotonic()
    return seen
