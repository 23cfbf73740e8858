"""A comparison as plain text, as Markdown and as plain values for JSON."""

from __future__ import annotations

import textwrap
import unicodedata

from aa_tui.markdowntext import as_markdown
from aa_tui.pages.compare import Comparison
from aa_tui.pages.compare_parts import Cell, Row
from aa_tui.pages.text import control, paired
from aa_tui.textsafe import shown_line

LABEL_CELLS = 28
COLUMN_CELLS = 22
MARKS = {"": "", "best": " *", "tied": " ≈"}
LEGEND = "* best of its row   ≈ not distinguishable   #5/43 rank in its own class   ~ estimate   – not published"


def cell_text(cell: Cell) -> str:
    """A value with its mark and its rank: "16 * #5/43"."""
    return f"{cell.text}{MARKS[cell.mark]}{' ' + cell.rank if cell.rank else ''}"


def label_text(row: Row) -> str:
    """A row's label with its unit."""
    return f"{row.label}, {row.unit}" if row.unit else row.label


def verdicts(comparison: Comparison) -> list[str]:
    """What the paired comparisons come to, and scores that were estimated with a control, a sentence each."""
    return [
        *(f"{paired.verdict(pair)}." for pair in comparison.pairs),
        *(f"{control.verdict(one)}." for one in comparison.controls),
    ]


def lines(comparison: Comparison, width: int, *, differences: bool = False) -> list[str]:
    """Lines of at most `width` columns; models that do not fit beside each other follow below."""
    fit = max(1, (width - LABEL_CELLS) // (COLUMN_CELLS + 2))
    count = len(comparison.subjects)
    out: list[str] = []
    for start in range(0, count, fit):
        part = range(start, min(count, start + fit))
        names = [textwrap.wrap(comparison.subjects[n].name, COLUMN_CELLS)[:3] or [""] for n in part]
        for line in range(max(map(len, names))):
            out.append(_line("", [name[line] if line < len(name) else "" for name in names]))
        for section in comparison.sections:
            rows = [row for row in section.rows if not (differences and row.is_same)]
            if rows:
                out += ["", section.title]
                out += [_line(_label(row), [cell_text(row.cells[n]) for n in part]) for row in rows]
        out.append("")
    for note in (LEGEND, *comparison.notes):
        out += textwrap.wrap(note, width)
    return out


def markdown(comparison: Comparison, *, differences: bool = False) -> str:
    """One table for each section; the best value of a row is bold."""
    names = " | ".join(_escaped(subject.name) for subject in comparison.subjects)
    out: list[str] = []
    for section in comparison.sections:
        rows = [row for row in section.rows if not (differences and row.is_same)]
        if not rows:
            continue
        out += [f"## {section.title}", "", f"| | {names} |", "|---|" + "---:|" * len(comparison.subjects)]
        for row in rows:
            cells = " | ".join(_markdown_cell(cell) for cell in row.cells)
            out.append(f"| {_escaped(label_text(row))} | {cells} |")
        out.append("")
    out += [f"{_escaped(verdict)}\n" for verdict in verdicts(comparison)]
    out.append("**Bold**: best of its row. ≈: not distinguishable. #5/43: rank in its own class. ~: estimate.")
    out += [f"\n{_escaped(note)}" for note in comparison.notes]
    return "\n".join(out) + "\n"


def _label(row: Row) -> str:
    text = label_text(row)
    return text if len(text) <= LABEL_CELLS else row.label


def _line(label: str, texts: list[str]) -> str:
    return "  ".join((_cell(label, LABEL_CELLS), *(_cell(text, COLUMN_CELLS) for text in texts))).rstrip()


def _cell(text: str, cells: int) -> str:
    """Exactly so many terminal cells: cut with an ellipsis, or filled up."""
    length = 0
    for place, character in enumerate(text):
        step = 0 if unicodedata.combining(character) else 1 + (unicodedata.east_asian_width(character) in "WF")
        if length + step > cells or (length + step == cells and place + 1 < len(text)):
            return text[:place] + "…" + " " * (cells - length - 1)
        length += step
    return text + " " * (cells - length)


def _markdown_cell(cell: Cell) -> str:
    text = _escaped(cell.text)
    marked = f"**{text}**" if cell.mark == "best" else f"{text} ≈" if cell.mark == "tied" else text
    return f"{marked} {cell.rank}" if cell.rank else marked


def _escaped(text: str) -> str:
    return as_markdown(shown_line(text))
