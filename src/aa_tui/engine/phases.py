"""What this process is doing with a model and what memory that explains, kept where its watcher can read it.

A model is run in a process of its own, which llama.cpp, the system or a user may kill at any moment. So what goes on is
not told but noted, in memory that is shared with the process that watches over it: one byte for the phase, and eight
for the bytes of memory of its own that the process may hold.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from mmap import mmap
from typing import Final

PHASES: Final = ("starting", "loading", "probing", "prompt", "generating", "grading")
"""In the order of their bytes; "probing" is finding out how many slots are fastest."""

BARE_BYTES = 2 << 30
"""What a worker may hold that has no model yet: Python, its libraries, the catalog, a pack."""

_SIZE, _ALLOWED_AT = 16, 8
_ALLOWED = struct.Struct("=Q")
_NUMBERS = {name: number for number, name in enumerate(PHASES)}


class Mark:
    """The notes; without shared memory they are this process' own. `held` keeps the phase as it is."""

    def __init__(self) -> None:
        self.memory: mmap | bytearray = bytearray(_SIZE)
        self.held = False
        self.expected = 0


_mark = Mark()


def share() -> mmap:
    """Memory for the mark that processes forked from this one have in common with it."""
    return mmap(-1, _SIZE)


def note_in(memory: mmap | bytearray) -> None:
    """Keep the mark there from now on."""
    _mark.memory = memory


def read(memory: mmap) -> str:
    """The phase that is noted there."""
    return PHASES[memory[0]] if memory[0] < len(PHASES) else PHASES[0]


def allow(n_bytes: int) -> None:
    """Note that this process may hold so much memory of its own, if it may not hold more already."""
    n_bytes += _mark.expected
    if n_bytes > _ALLOWED.unpack_from(_mark.memory, _ALLOWED_AT)[0]:
        _ALLOWED.pack_into(_mark.memory, _ALLOWED_AT, n_bytes)


def expect(n_bytes: int) -> None:
    """Have so much allowed besides what will be noted: for what is neither the model's nor there yet."""
    _mark.expected = n_bytes


def allowed(memory: mmap | bytearray) -> int:
    """The bytes that are noted there."""
    (noted,) = _ALLOWED.unpack_from(memory, _ALLOWED_AT)
    return int(noted) or BARE_BYTES


def enter(phase: str) -> None:
    """Note what is begun. Costs 0.1 µs, so that it may be said for every token."""
    if not _mark.held:
        _mark.memory[0] = _NUMBERS[phase]


@contextmanager
def during(phase: str) -> Iterator[None]:
    """This phase, whatever is done in it."""
    enter(phase)
    held, _mark.held = _mark.held, True
    try:
        yield
    finally:
        _mark.held = held
