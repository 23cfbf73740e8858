"""What this process is doing with a model, kept where it can be read after the process has died.

A model is run in a process of its own, which llama.cpp, the system or a user may kill at any moment. So what goes on is
not told but noted: one byte in memory that is shared with the process that watches over it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from mmap import mmap
from typing import Final

PHASES: Final = ("starting", "loading", "probing", "prompt", "generating", "grading")
"""In the order of their bytes; "probing" is finding out how many slots are fastest."""

_NUMBERS = {name: number for number, name in enumerate(PHASES)}


class Mark:
    """The byte; without shared memory it is this process' own. `held` keeps it as it is."""

    def __init__(self) -> None:
        self.memory: mmap | bytearray = bytearray(1)
        self.held = False


_mark = Mark()


def share() -> mmap:
    """Memory for the mark that processes forked from this one have in common with it."""
    return mmap(-1, 1)


def note_in(memory: mmap) -> None:
    """Keep the mark there from now on."""
    _mark.memory = memory


def read(memory: mmap) -> str:
    """The phase that is noted there."""
    return PHASES[memory[0]] if memory[0] < len(PHASES) else PHASES[0]


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
