"""A drawn chart: lines of text in which every stretch has a role. Each face gives the roles its own colours."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

Role = Literal[
    "title",
    "note",
    "axis",
    "label",
    "value",
    "bar",
    "part-1",
    "part-2",
    "part-3",
    "dot",
    "dot-2",
    "frontier",
    "quadrant",
    "chosen-label",
    "chosen-value",
    "chosen-bar",
    "chosen-dot",
    "cursor",
    "chosen-cursor",
]
ROLES: tuple[Role, ...] = get_args(Role)

_ASCII = str.maketrans(
    "┤│├└┌┐┘┬┴┼─━═║█▆▀▄▌▐░▒▓▲△▎◆◇○●⌂▶▸▾▴▰▱–—·×•‹›“”‘’←→↑↓✓✗↵≈≠▁▂▃▅▇‖■□",
    '||++++++++-==|#="_||-%#A^|*.o@h>>v^#---|x*<>""\'\'<>^v+x<=!..-=#|Nn',
)
_WIDER = {"≤": ("<=", "<="), "≥": (">=", ">="), "±": ("+-", "+-"), "…": ("..", ".")}
"""What takes two cells: an at most that reads as a less, or an ellipsis as an estimate, would be wrong. Second is what
stands where there is no space to take a cell from."""
_ROOM = re.compile(r"  +|$")


@dataclass(frozen=True, slots=True)
class Stretch:
    """Neighbouring characters with one role; None is plain text. `link` is a checked address that they lead to."""

    text: str
    role: Role | None = None
    link: str | None = None


Line = tuple[Stretch, ...]


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart as lines, free of control characters."""

    lines: tuple[Line, ...]

    def plain(self) -> str:
        """The text alone, without spaces at the ends of lines."""
        return "\n".join("".join(part.text for part in line).rstrip() for line in self.lines)


def to_ascii(text: str) -> str:
    """The text in ASCII as far as we draw it; other characters of names become question marks of their width."""
    from aa_tui.charts.draw.cells import cell_width

    text = _widened(text).translate(_ASCII)
    if text.isascii():
        return text
    return "".join(character if character.isascii() else "?" * cell_width(character) for character in text)


def _widened(text: str) -> str:
    """The text with its marks of two cells, which take the second one from the next gap, or from the space before."""
    if not any(mark in text for mark in _WIDER):
        return text
    for mark, (wide, narrow) in _WIDER.items():
        while (place := text.find(mark)) >= 0:
            before, rest = text[:place], text[place + 1 :]
            gap = _ROOM.search(rest)
            if gap is not None and gap.group():
                text = f"{before}{wide}{rest[: gap.start()]}{rest[gap.start() + 1 :]}"
            elif narrow != wide:
                text = f"{before}{narrow}{rest}"
            else:
                text = f"{before.removesuffix(' ')}{wide}{rest}"
    return text


def ascii_pieces(pieces: Sequence[str]) -> list[str]:
    """The pieces of a line in ASCII, as wide as they were: spaces of others make room, else the end goes."""
    from aa_tui.charts.draw.cells import cell_width

    found = [text if text.isascii() else to_ascii(text) for text in pieces]
    wider = sum(map(len, found)) - sum(map(cell_width, pieces))
    for spare in (" ", ""):
        for place in reversed(range(len(found))):
            while wider > 0 and found[place] and found[place].endswith(spare):
                found[place], wider = found[place][:-1], wider - 1
    return found


def in_ascii(lines: Iterable[Line]) -> tuple[Line, ...]:
    """The lines in ASCII."""
    return tuple(
        tuple(
            Stretch(text, part.role, part.link)
            for text, part in zip(ascii_pieces([part.text for part in line]), line, strict=True)
        )
        for line in lines
    )
