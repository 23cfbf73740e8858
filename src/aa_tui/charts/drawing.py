"""A drawn chart: lines of text in which every stretch has a role. Each face gives the roles its own colours."""

from __future__ import annotations

from collections.abc import Iterable
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
]
ROLES: tuple[Role, ...] = get_args(Role)

_ANSI: dict[Role, str] = {
    "title": "\x1b[1m",
    "note": "\x1b[2m",
    "axis": "\x1b[2m",
    "bar": "\x1b[34m",
    "part-1": "\x1b[34m",
    "part-2": "\x1b[35m",
    "part-3": "\x1b[33m",
    "dot": "\x1b[34m",
    "dot-2": "\x1b[35m",
    "frontier": "\x1b[32m",
    "quadrant": "\x1b[2m",
    "chosen-label": "\x1b[1;36m",
    "chosen-value": "\x1b[1;36m",
    "chosen-bar": "\x1b[36m",
    "chosen-dot": "\x1b[1;36m",
    "cursor": "\x1b[7m",
}
"""For the shell: the 16 colours that each terminal theme makes readable on its own background."""

_ASCII = str.maketrans(
    "┤│├└┌┐┘┬┴┼─━═║█▆▀▄▌▐░▒▓▲△▎◆◇○●⌂▶▸▾▴▰▱…–—·≤≥×•‹›“”‘’←→↑↓✓✗↵±▁▂▃▅▇‖",
    '||++++++++-==|#="_||-%#A^|*.o@h>>v^#-~--|<>x*<>""\'\'<>^vxx<~..-=%|',
)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Neighbouring characters with one role; None is plain text."""

    text: str
    role: Role | None = None


Line = tuple[Stretch, ...]


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart as lines, free of control characters."""

    lines: tuple[Line, ...]

    def plain(self) -> str:
        """The text alone, without spaces at the ends of lines."""
        return "\n".join("".join(part.text for part in line).rstrip() for line in self.lines)

    def ansi(self) -> str:
        """The text with the shell's colours."""
        return "\n".join("".join(map(_coloured, line)).rstrip() for line in self.lines)


def _coloured(part: Stretch) -> str:
    code = _ANSI.get(part.role) if part.role else None
    return f"{code}{part.text}\x1b[0m" if code and part.text.strip() else part.text


def to_ascii(text: str) -> str:
    """The text in ASCII as far as we draw it; other characters of names become question marks of their width."""
    from aa_tui.charts.cells import cell_width

    text = text.translate(_ASCII)
    if text.isascii():
        return text
    return "".join(character if character.isascii() else "?" * cell_width(character) for character in text)


def in_ascii(lines: Iterable[Line]) -> tuple[Line, ...]:
    """The lines with every stretch in ASCII."""
    return tuple(tuple(Stretch(to_ascii(part.text), part.role) for part in line) for line in lines)
