"""How many terminal cells a text takes, and cutting it to a number of them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from unicodedata import category, east_asian_width

MOST_KNOWN = 4096
"""Characters whose width is remembered: charts draw the same few over and over."""


def cell_width(text: str) -> int:
    """Cells that the text takes: wide characters two, marks that sit on another none."""
    if text.isascii():
        return len(text)
    return sum(map(_width, text))


@lru_cache(maxsize=MOST_KNOWN)
def _width(character: str) -> int:
    if category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if east_asian_width(character) in "WF" else 1


def cut(text: str, cells: int, ellipsis: str = "…") -> str:
    """The text in at most so many cells. What is left out is in the middle: ends tell names apart."""
    if cell_width(text) <= cells:
        return text
    if cells <= len(ellipsis):
        return ellipsis[:cells]
    room = cells - len(ellipsis)
    tail_room = room // 3
    n_tail, taken = _fitting(reversed(text), tail_room)
    n_head, _ = _fitting(text, room - taken)
    return f"{text[:n_head].rstrip()}{ellipsis}{text[len(text) - n_tail :].lstrip()}"


def _fitting(text: Iterable[str], room: int) -> tuple[int, int]:
    """How many characters fit, and the cells that they take."""
    count = taken = 0
    for character in text:
        width = _width(character)
        if taken + width > room:
            break
        count, taken = count + 1, taken + width
    return count, taken


def pad(text: str, cells: int) -> str:
    """The text followed by spaces up to so many cells."""
    return text + " " * (cells - cell_width(text))
