"""A document as Markdown that GitHub and most others read."""

from __future__ import annotations

import re

from aa_tui.export.document import Block, Document, Heading, Paragraph, Table

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|~#])")
_LIST_START = re.compile(r"^(\s*)([-+]|\d+[.)])(?=\s)")
_BACKTICKS = re.compile("`+")


def render(document: Document) -> str:
    """The whole document."""
    return "\n\n".join(map(_block, document.blocks)) + "\n"


def escape(text: str) -> str:
    """Text of others as text: nothing in it becomes a link, an image, markup or a cell's end."""
    escaped = _SPECIAL.sub(r"\\\1", text)
    return _LIST_START.sub(r"\1\\\2", escaped)


def table(block: Table) -> str:
    """A table; without a head its first row would become one, so an empty head stands there."""
    width = max((len(row) for row in block.rows), default=len(block.head))
    head = block.head or ("",) * width
    rule = tuple("---:" if number in block.right else "---" for number in range(len(head)))
    rows = [tuple(map(escape, head)), rule, *(tuple(map(escape, row)) for row in block.rows)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def fenced(text: str) -> str:
    """Text as it is, in a fence longer than any run of backticks in it."""
    longest = max((len(run) for run in _BACKTICKS.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}"


def _block(block: Block) -> str:
    if isinstance(block, Heading):
        return f"{'#' * block.level} {escape(block.text)}"
    if isinstance(block, Paragraph):
        words = escape(block.text)
        return f"**{words}**" if block.strong and words else words
    if isinstance(block, Table):
        return table(block)
    return fenced(block.drawing.plain())
