"""A document as lines of text with roles: what the formats that are pictures are drawn from."""

from __future__ import annotations

import textwrap

from aa_tui.charts.draw.cells import cell_width, pad
from aa_tui.charts.draw.drawing import Drawing, Line, Stretch
from aa_tui.charts.draw.render import draw
from aa_tui.export.document import Block, Document, Fold, Heading, Paragraph, Picture, Table, Tiles, Verbatim, plain
from aa_tui.export.markdown import MOST_ROWS

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


def _block(block: Block) -> tuple[Line, ...]:  # noqa: PLR0911  # a case for each kind
    match block:
        case Heading():
            return _words(block.text, "title")
        case Paragraph():
            return _words("".join(map(plain, block.parts)), "title" if block.strong else None)
        case Table():
            return _table(block)
        case Tiles():
            return _table(Table((), tuple((one.label, one.value, ", ".join(one.notes)) for one in block.tiles)))
        case Verbatim():
            return (
                *_words(block.title, "title"),
                *(row for one in block.text.split("\n") for row in _words(one, None)),
            )
        case Fold():
            return (*_words(block.title, "title"), *(row for one in block.blocks for row in _block(one)))
        case Picture():
            return draw(block.chart, COLUMNS, MOST_ROWS).lines


def _words(text: str, role: str | None) -> tuple[Line, ...]:
    lines = textwrap.wrap(text, COLUMNS, break_on_hyphens=False) or [""]
    return tuple((Stretch(line, "title" if role else None),) for line in lines)


def _table(block: Table) -> tuple[Line, ...]:
    """Columns as wide as their widest cell; the last one takes what is left and wraps under itself."""
    told = [tuple(map(plain, row)) for row in block.rows]
    rows = [block.head, *told] if block.head else told
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
