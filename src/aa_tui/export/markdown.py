"""A document as Markdown that GitHub and most others read."""

from __future__ import annotations

import re

from aa_tui.export.document import (
    Block,
    Document,
    Fold,
    Heading,
    Link,
    Paragraph,
    Picture,
    Table,
    Tile,
    Tiles,
    Verbatim,
    Words,
)
from aa_tui.markdowntext import as_markdown

COLUMNS, MOST_ROWS = 100, 48
"""The size of a chart in characters, which has no screen to fit."""

_BACKTICKS = re.compile("`+")


def render(document: Document) -> str:
    """The whole document."""
    return "\n\n".join(filter(None, map(_block, document.blocks))) + "\n"


def table(block: Table) -> str:
    """A table; without a head its first row would become one, so an empty head stands there."""
    width = max((len(row) for row in block.rows), default=len(block.head))
    head = block.head or ("",) * width
    rule = tuple("---:" if number in block.right else "---" for number in range(len(head)))
    rows = [tuple(map(as_markdown, head)), rule, *(tuple(map(_words, row)) for row in block.rows)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def fenced(text: str) -> str:
    """Text as it is, in a fence longer than any run of backticks in it."""
    longest = max((len(run) for run in _BACKTICKS.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}"


def _block(block: Block) -> str:  # noqa: PLR0911  # a case for each kind
    match block:
        case Heading():
            return f"{'#' * block.level} {as_markdown(block.text)}"
        case Paragraph():
            words = "".join(map(_part, block.parts))
            return f"**{words}**" if block.strong and words else words
        case Table():
            return table(block)
        case Tiles():
            return table(Table(("", "", ""), tuple(map(_tile, block.tiles)), frozenset({1})))
        case Verbatim():
            return f"{as_markdown(block.title)}:\n\n{fenced(block.text)}"
        case Fold():
            return "\n\n".join([f"**{as_markdown(block.title)}**", *map(_block, block.blocks)])
        case Picture():
            from aa_tui.charts.draw.render import draw

            drawn = fenced(draw(block.chart, COLUMNS, MOST_ROWS).plain())
            return f"{drawn}\n\n{as_markdown(block.source)}" if block.source else drawn


def _tile(tile: Tile) -> tuple[str, ...]:
    return tile.label, tile.value, ", ".join(tile.notes)


def _part(words: Words) -> str:
    """A piece of a paragraph, with the space before it, which is no indent."""
    if isinstance(words, Link):
        return _words(words)
    bare = words.lstrip(" ")
    return (" " if len(bare) < len(words) else "") + as_markdown(bare)


def _words(words: Words) -> str:
    if isinstance(words, Link):
        return f"[{as_markdown(words.text)}](<{words.url}>)"
    return as_markdown(words)
