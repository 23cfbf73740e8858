"""The shapes of a drawing in SVG, all text in them escaped. Colours are classes, which each face gives its own.

Sizes are in SVG units. Widths of texts are estimates: nobody knows the reader's fonts, so they are rather too large.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import Literal

from aa_tui.charts.draw.cells import MOST_KNOWN, cell_width, cut
from aa_tui.charts.draw.colours import role_class
from aa_tui.textsafe import clean_line, shown

Anchor = Literal["start", "middle", "end"]

SIZE, SMALL = 13.0, 11.0
"""Sizes of names and values, and of what stands at the axes."""

_NARROW = frozenset("ijlt.,:;'|!()[]If ·")
_BROAD = frozenset("mwMW%@◆◇●○▶▲△■□")


@dataclass(frozen=True, slots=True)
class Drawn:
    """Shapes as SVG elements, and the room they take."""

    width: float
    height: float
    body: str

    def moved(self, x: float, y: float) -> str:
        """The shapes at another place."""
        return f'<g transform="translate({_number(x)} {_number(y)})">{self.body}</g>'


def text_width(text: str, size: float = SIZE) -> float:
    """About how wide a text is in a proportional font; rather too wide than too narrow."""
    return sum(map(_share, text)) * size


@lru_cache(maxsize=MOST_KNOWN)
def _share(character: str) -> float:
    if character in _NARROW:
        return 0.36
    if character in _BROAD:
        return 0.95
    if character.isupper():
        return 0.72
    return 0.6 * cell_width(character)


def fitted(text: str, room: float, size: float = SIZE) -> str:
    """As much of a text as the room holds, cut in its middle."""
    text = clean_line(text)
    cells = len(text)
    while text_width(text, size) > room and cells > 1:
        cells -= 1
        text = cut(text, cells)
    return text


def text(
    x: float,
    y: float,
    words: str,
    role: str,
    *,
    anchor: Anchor = "start",
    size: float = SIZE,
    extra: bool = False,
) -> str:
    """A line of text on a baseline; `extra` is what a small screen leaves out."""
    where = "" if anchor == "start" else f' text-anchor="{anchor}"'
    kind = f"{role_class(role)} extra" if extra else role_class(role)
    safe = safe_text(words)
    return f'<text class="{kind}" x="{_number(x)}" y="{_number(y)}" font-size="{_number(size)}"{where}>{safe}</text>'


def rect(x: float, y: float, width: float, height: float, role: str, *, title: str = "", rest: str = "") -> str:
    """A filled rectangle; what it means is told to who points at it or cannot see it."""
    shape = f'<rect class="{role_class(role)}" x="{_number(x)}" y="{_number(y)}" width="{_number(width)}"'
    return _titled(f'{shape} height="{_number(height)}"{rest}', "rect", title)


def line(x1: float, y1: float, x2: float, y2: float, role: str, *, rest: str = "") -> str:
    """A straight stroke."""
    return path(f"M{_number(x1)} {_number(y1)}L{_number(x2)} {_number(y2)}", role, rest=rest)


def path(commands: str, role: str, *, rest: str = "") -> str:
    """A stroke that is not filled."""
    return f'<path class="s-{role}" d="{commands}" fill="none"{rest}/>'


def polyline(points: list[tuple[float, float]], role: str, *, rest: str = "") -> str:
    """A stroke from point to point."""
    commands = "L".join(f"{_number(x)} {_number(y)}" for x, y in points)
    return path(f"M{commands}", role, rest=rest)


def mark(x: float, y: float, role: str, form: str, *, filled: bool, size: float = 5.0, title: str = "") -> str:
    """A dot: "circle", "triangle" or "diamond", filled or hollow."""
    kind = role_class(role) if filled else f"hollow s-{role}"
    if form == "circle":
        shape = f'<circle class="{kind}" cx="{_number(x)}" cy="{_number(y)}" r="{_number(size)}"'
        return _titled(shape, "circle", title)
    s = size * 1.25
    ends = (
        [(0.0, -s), (s, 0.8 * s), (-s, 0.8 * s)] if form == "triangle" else [(0.0, -s), (s, 0.0), (0.0, s), (-s, 0.0)]
    )
    commands = "L".join(f"{_number(x + across)} {_number(y + down)}" for across, down in ends)
    return _titled(f'<path class="{kind}" d="M{commands}Z"', "path", title)


def named(shapes: str, name: str) -> str:
    """Shapes as a group that an address can point at (`file.svg#name`), which a style can tell from the others."""
    return f'<g id="{safe_text(name)}">{shapes}</g>'


def _titled(start: str, tag: str, title: str) -> str:
    return f"{start}><title>{safe_text(title)}</title></{tag}>" if title else f"{start}/>"


def safe_text(words: str) -> str:
    """A line of text for elements and attributes."""
    return xml_text(shown(clean_line(words)))


def xml_text(words: str) -> str:
    """Text with its spaces for elements and attributes; XML knows no noncharacters, even escaped ones."""
    return escape(words.replace("\ufffe", "").replace("\uffff", ""), quote=True)


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
