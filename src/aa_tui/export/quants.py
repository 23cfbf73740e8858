"""The quantizations of a model as a report to hand on: which to take, why, and all figures."""

from __future__ import annotations

from aa_tui.export.content import made
from aa_tui.export.document import Block, Document, Heading, Paragraph, Table, document
from aa_tui.pages.quants import Ladder
from aa_tui.pages.text import quants as words


def quants_report(ladder: Ladder) -> Document:
    """The table in its parts, with the recommendation above and what was not measured below."""
    title = f"Quantizations of {ladder.title}"
    return document(title, [Heading(title, 1), *ladder_blocks(ladder, 2), made()])


def ladder_blocks(ladder: Ladder, level: int) -> list[Block]:
    """The same without its title; its parts have headings of this level."""
    blocks: list[Block] = [Paragraph(words.headline(ladder), strong=True)]
    blocks += [Paragraph(one) for one in words.reasons(ladder)]
    for name, head, rows in words.sections(ladder):
        right = frozenset(range(1, len(head)))
        blocks += [Heading(name, level), Table(tuple(head), tuple(map(tuple, rows)), right)]
    return [*blocks, *(Paragraph(one, quiet=True) for one in words.notes(ladder))]
