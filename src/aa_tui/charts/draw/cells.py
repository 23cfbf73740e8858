"""How many terminal cells a text takes, and cutting it to a number of them."""

from __future__ import annotations

from unicodedata import category, east_asian_width


def cell_width(text: str) -> int:
    """Cells that the text takes: wide characters two, marks that sit on another none."""
    if text.isascii():
        return len(text)
    return sum(map(_width, text))


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
    tail = ""
    for character in reversed(text):
        if cell_width(character + tail) > tail_room:
            break
        tail = character + tail
    head = ""
    for character in text:
        if cell_width(head + character) > room - cell_width(tail):
            break
        head += character
    return f"{head.rstrip()}{ellipsis}{tail.lstrip()}"


def pad(text: str, cells: int) -> str:
    """The text followed by spaces up to so many cells."""
    return text + " " * (cells - cell_width(text))
