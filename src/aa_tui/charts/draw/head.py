"""The lines above every chart: its title, what is drawn, what the marks mean. Words are never cut in two."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from aa_tui.charts.draw.cells import cell_width, cut
from aa_tui.charts.draw.drawing import Line, Role, Stretch
from aa_tui.textsafe import clean_line

SEPARATOR = " · "
_MOST_ROWS = 3


def head(
    title: str, note: str, words: Iterable[str], width: int, *, rows: int = _MOST_ROWS, last: Iterable[str] = ()
) -> tuple[Line, ...]:
    """The title with the note at its right where both fit, then the words in at most so many rows.

    A note that does not fit beside the title follows the words; the `last` ones come after it.
    """
    title, note = cut(clean_line(title), width), clean_line(note)
    wanted = [word for word in map(clean_line, words) if word]
    gap = width - cell_width(title) - cell_width(note)
    first: Line = (Stretch(title, "title"),)
    if note and gap >= 2:
        first = (*first, Stretch(" " * gap), Stretch(note, "note"))
    elif note:
        wanted.extend(note.split(", "))
    wanted += [word for word in map(clean_line, last) if word]
    lines = flow(wanted, width)[:rows] or [""]
    return first, *((Stretch(line, "note"),) for line in lines)


def flow(words: Iterable[str], width: int) -> list[str]:
    """The words, separated, in as many lines as they need. One that is longer than a line is cut."""
    lines: list[str] = []
    for word in words:
        longer = f"{lines[-1]}{SEPARATOR}{word}" if lines else ""
        if lines and cell_width(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(cut(word, width))
    return lines


def sentence(text: str, width: int) -> tuple[Line, ...]:
    """What stands where a chart would be, in as many lines as it needs."""
    lines: list[str] = []
    for word in clean_line(text).split():
        if lines and cell_width(f"{lines[-1]} {word}") <= width - 2:
            lines[-1] += f" {word}"
        else:
            lines.append(cut(word, width - 2))
    return (Stretch(""),), *((Stretch(f"  {line}", "note"),) for line in lines)


Entry = tuple[str, Role, str]
"""A glyph, its look, and what it means."""


def legend(entries: Sequence[Entry], width: int) -> Line:
    """Glyphs in their looks with what they mean; entries that do not fit are left out whole."""
    parts: list[Stretch] = []
    for glyph, role, meaning in entries[: fitting(entries, width)]:
        gap = "  " if parts else ""
        parts += [Stretch(gap), Stretch(glyph, role), Stretch(f" {clean_line(meaning)}", "note")]
    return tuple(part for part in parts if part.text) or (Stretch(""),)


def fitting(entries: Sequence[Entry], width: int) -> int:
    """How many of the entries a legend of this width has room for."""
    used = -2
    for number, (glyph, _, meaning) in enumerate(entries):
        used += 2 + cell_width(f"{glyph} {clean_line(meaning)}")
        if used > width:
            return number
    return len(entries)


def better_words(better: str | None) -> str:
    """Which way is better, for every chart; empty where neither is."""
    return f"{better} is better" if better else ""
