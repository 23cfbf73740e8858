"""A document as lines of text with roles: what the formats that are pictures are drawn from."""

from __future__ import annotations

import textwrap

from aa_tui.charts.cells import cell_width, pad
from aa_tui.charts.drawing import Drawing, Line, Stretch
from aa_tui.export.document import Block, Document, Heading, Paragraph, Table

COLUMNS = 100
"""As wide as the charts of an exported page."""


def grid(document: Document) -> Drawing:
    """The whole document under itself, a blank line between its blocks."""
    lines: list[Line] = []
    for number, block in enumerate(document.blocks):
        if number:
            lines.append((Stretch(""),))
        lines.extend(_block(block))
    return Drawing(tuple(lines))


def _block(block: Block) -> tuple[Line, ...]:
    if isinstance(block, Heading):
        return _words(block.text, "title")
    if isinstance(block, Paragraph):
        return _words(block.text, "title" if block.strong else None)
    if isinstance(block, Table):
        return _table(block)
    return block.drawing.lines


def _words(text: str, role: str | None) -> tuple[Line, ...]:
    lines = textwrap.wrap(text, COLUMNS, break_on_hyphens=False) or [""]
    return tuple((Stretch(line, "title" if role else None),) for line in lines)


def _table(block: Table) -> tuple[Line, ...]:
    """Columns as wide as their widest cell; the last one takes what is left and wraps under itself."""
    rows = (block.head, *block.rows) if block.head else block.rows
    if not rows:
        return ()
    widths = [max(map(cell_width, column)) for column in zip(*rows, strict=True)]
    room = max(20, COLUMNS - sum(width + 2 for width in widths[:-1]))
    lines: list[Line] = []
    for number, row in enumerate(rows):
        head = bool(block.head) and number == 0
        cells = [
            " " * max(0, width - cell_width(text)) + text if column in block.right else pad(text, width)
            for column, (text, width) in enumerate(zip(row[:-1], widths, strict=False))
        ]
        left = "".join(f"{cell}  " for cell in cells)
        last = textwrap.wrap(row[-1], room, break_on_hyphens=False) or [""]
        if len(block.head) - 1 in block.right:
            last = [" " * max(0, min(room, widths[-1]) - cell_width(text)) + text for text in last]
        for place, text in enumerate(last):
            start = left if place == 0 else " " * cell_width(left)
            lines.append((Stretch(start, "note"), Stretch(text, "note" if head else None)))
    return tuple(lines)
