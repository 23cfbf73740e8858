"""What an exported file says, apart from its format: headings, paragraphs, tables and drawings in their order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aa_tui.textsafe import clean, clean_line

if TYPE_CHECKING:
    from aa_tui.charts.drawing import Drawing


@dataclass(frozen=True, slots=True)
class Heading:
    """A title; level 1 is the document's own."""

    text: str
    level: int = 2


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Words; `strong` ones lead, such as a question above its answer."""

    text: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a head; columns in `right` hold numbers and end at the right. An empty head is left out."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart as it was drawn; `title` is what it is called where it cannot be seen."""

    drawing: Drawing
    title: str


Block = Heading | Paragraph | Table | Picture


@dataclass(frozen=True, slots=True)
class Document:
    """The blocks, and the title that a browser or viewer shows.

    `picture` is what stands for it in formats that are pictures; None has all blocks drawn.
    """

    title: str
    blocks: tuple[Block, ...]
    picture: Drawing | None = None


def document(title: str, blocks: Sequence[Block], picture: Drawing | None = None) -> Document:
    """A document with every text made safe to show: names and figures come from files and tables of others."""
    return Document(clean_line(title), tuple(map(_clean, blocks)), picture)


def _clean(block: Block) -> Block:
    if isinstance(block, Heading):
        return Heading(clean_line(block.text), block.level)
    if isinstance(block, Paragraph):
        return Paragraph(clean(block.text), block.strong)
    if isinstance(block, Table):
        rows = tuple(tuple(map(clean_line, row)) for row in block.rows)
        return Table(tuple(map(clean_line, block.head)), rows, block.right)
    return Picture(block.drawing, clean_line(block.title))
