"""A document as one HTML file: no script, nothing fetched, light and dark by the reader's own choice.

The policy in its head lets a browser use the file's own style, known by its checksum, and nothing else.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from html import escape
from importlib.resources import files
from itertools import groupby

from aa_tui.charts.draw import colours
from aa_tui.charts.draw.svg.chart import inline, words
from aa_tui.charts.spec import BarChart, Chart, PanelChart, ScatterChart
from aa_tui.export.document import (
    Block,
    Document,
    Fold,
    Heading,
    Link,
    Paragraph,
    Picture,
    Table,
    Tiles,
    Verbatim,
    Words,
    cleaned,
    plain,
)
from aa_tui.export.figures import figures
from aa_tui.textsafe import clean_line

CARD_BARS, LARGE_BARS = 20, 60
"""Bars of a chart that stands beside others, and of one that has the whole width."""

_CARD, _LARGE, _PHONE, _PANEL = 400.0, 780.0, 380.0, 320.0
"""Widths of drawings in SVG units, which are about a reader's pixels."""

_LEAST_SECTIONS = 4
"""Of fewer sections no contents are listed."""

_LONG = 40
"""A table's cell of more characters may break anywhere."""

_NO_SLUG = re.compile(r"[^a-z0-9]+")


def render(document: Document) -> str:
    """The whole file."""
    style = _style()
    checksum = b64encode(sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{checksum}'; base-uri 'none'; form-action 'none'"
    return (
        "<!doctype html>\n"
        '<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<meta name="referrer" content="no-referrer">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        f"<title>{escape(document.title)}</title>\n<style>{style}</style>\n</head>\n<body>\n{_body(document)}\n"
        "</body>\n</html>\n"
    )


@cache
def _style() -> str:
    return (
        f":root{{color-scheme:light dark;{colours.variables(colours.LIGHT)}}}\n"
        f"@media (prefers-color-scheme:dark){{:root{{{colours.variables(colours.DARK)}}}}}\n"
        f"@media print{{:root{{color-scheme:light;{colours.variables(colours.LIGHT)}}}}}\n"
        f"{sheet()}\n"
    )


def sheet() -> str:
    """What a body looks like, but for the palette, which a page has as CSS properties."""
    return files("aa_tui.export").joinpath("report.css").read_text(encoding="utf-8") + colours.rules()


def _body(document: Document) -> str:
    head, parts = parts_of(document)
    return layout(head, parts)


@dataclass(frozen=True, slots=True)
class Part:
    """A section of a page: its title, as text, and what is under it, as HTML."""

    title: str
    body: str


def parts_of(document: Document) -> tuple[str, list[Part]]:
    """What stands before the first section, as HTML, and the sections."""
    head, sections = _sections(document.blocks)
    return _blocks(head), [Part(heading.text, _blocks(blocks)) for heading, blocks in sections]


def layout(head: str, parts: Sequence[Part]) -> str:
    """The head; then the contents, then each section under its heading."""
    shown = [f"<header>\n{head}\n</header>"]
    names = _anchors([part.title for part in parts])
    if len(names) >= _LEAST_SECTIONS:
        items = "".join(
            f'<li><a href="#{name}">{escape(part.title)}</a></li>' for name, part in zip(names, parts, strict=True)
        )
        shown.append(f'<nav aria-label="Contents"><ul>{items}</ul></nav>')
    shown.append("<main>")
    for name, part in zip(names, parts, strict=True):
        shown.append(f'<section id="{name}">\n<h2>{escape(part.title)}</h2>\n{part.body}\n</section>')
    return "\n".join([*shown, "</main>"])


def blocks(told: Sequence[Block]) -> str:
    """Blocks as HTML, with every text made safe to show."""
    return _blocks(list(map(cleaned, told)))


def _sections(blocks: Sequence[Block]) -> tuple[list[Block], list[tuple[Heading, list[Block]]]]:
    """What stands before the first heading of the second level, and the blocks under each."""
    head: list[Block] = []
    sections: list[tuple[Heading, list[Block]]] = []
    for block in blocks:
        if isinstance(block, Heading) and block.level == 2:
            sections.append((block, []))
        else:
            (sections[-1][1] if sections else head).append(block)
    return head, sections


def _anchors(titles: Sequence[str]) -> list[str]:
    """A name for each title that no other has."""
    found: list[str] = []
    for title in titles:
        stem = _NO_SLUG.sub("-", title.lower()).strip("-") or "section"
        name, number = stem, 1
        while name in found:
            number += 1
            name = f"{stem}-{number}"
        found.append(name)
    return found


def _blocks(blocks: Sequence[Block]) -> str:
    """Charts that follow each other stand side by side where there is room."""
    parts: list[str] = []
    for are_charts, run in groupby(blocks, key=lambda block: isinstance(block, Picture)):
        drawn = "\n".join(filter(None, map(_block, run)))
        parts.append(f'<div class="charts">\n{drawn}\n</div>' if are_charts and drawn else drawn)
    return "\n".join(filter(None, parts))


def _block(block: Block) -> str:  # noqa: PLR0911  # a case for each kind
    match block:
        case Heading():
            return f"<h{block.level}>{escape(block.text)}</h{block.level}>"
        case Paragraph():
            return _paragraph(block)
        case Table():
            return _table(block)
        case Tiles():
            return _tiles(block)
        case Verbatim():
            return f'<p class="text-title">{escape(block.title)}</p>\n<pre class="text">{escape(block.text)}</pre>'
        case Fold():
            return f"<details><summary>{escape(block.title)}</summary>\n{_blocks(block.blocks)}\n</details>"
        case Picture():
            return _picture(block)


def _paragraph(block: Paragraph) -> str:
    told = "".join(map(_words, block.parts)).replace("\n", "<br>")
    kind = ' class="strong"' if block.strong else ' class="quiet"' if block.quiet else ""
    return f"<p{kind}>{told}</p>"


def _words(words: Words) -> str:
    if isinstance(words, Link):
        text = escape(words.text).replace("/", "/<wbr>")
        return f'<a href="{escape(words.url)}" rel="noopener noreferrer">{text}</a>'
    return escape(words).replace(" %", "&nbsp;%")


def _tiles(block: Tiles) -> str:
    tiles = []
    for one in block.tiles:
        notes = "".join(f"<dd>{escape(note)}</dd>" for note in one.notes)
        tiles.append(f'<div><dt>{escape(one.label)}</dt><dd class="value">{escape(one.value)}</dd>{notes}</div>')
    return f'<dl class="tiles">{"".join(tiles)}</dl>'


def _table(block: Table) -> str:
    """In a frame of its own that scrolls, so that a wide table never widens the page; facts as a list of pairs."""
    if not any(block.head) and all(len(row) == 2 for row in block.rows):
        return _pairs(block)
    head = enumerate(block.head)
    cells = "".join(f'<th scope="col"{_kind(number, block, name)}>{escape(name)}</th>' for number, name in head)
    rows = "\n".join(f"<tr>{''.join(_cells(row, block))}</tr>" for row in block.rows)
    return (
        '<div class="scroll" tabindex="0" role="group" aria-label="Table"><table>'
        f"<thead><tr>{cells}</tr></thead><tbody>\n{rows}\n</tbody></table></div>"
    )


def _pairs(block: Table) -> str:
    rows = "\n".join(f"<div><dt>{_words(label)}</dt><dd>{_words(value)}</dd></div>" for label, value in block.rows)
    return f'<dl class="facts">\n{rows}\n</dl>'


def _cells(row: Sequence[Words], block: Table) -> Iterator[str]:
    for number, cell in enumerate(row):
        yield f"<td{_kind(number, block, plain(cell))}>{_words(cell)}</td>"


def _kind(number: int, block: Table, text: str) -> str:
    if number in block.right:
        return ' class="n"'
    return ' class="long"' if len(text) > _LONG else ""


def _picture(block: Picture) -> str:
    """A figure with its caption, its source, and all of its figures folded."""
    chart = block.chart
    if isinstance(chart, PanelChart):
        drawn, told = _panels(chart), f"{len(chart.charts)} chart{'' if len(chart.charts) == 1 else 's'}"
    else:
        most = LARGE_BARS if block.large else CARD_BARS
        drawn, told = _drawing(chart, most, is_large=block.large), " · ".join(words(chart, most=most))
    if not drawn:
        return ""
    kind = ' class="full"' if block.large or isinstance(chart, PanelChart) else ""
    kind = ' class="large"' if not kind and isinstance(chart, ScatterChart) else kind
    source = " · ".join(filter(None, (*chart.note.split(", "), block.source)))
    caption = f"<figcaption><strong>{_line(chart.title)}</strong><span>{_line(told)}</span></figcaption>"
    folded = _figures(chart) if block.tabled else ""
    return f'<figure{kind}>{caption}{drawn}<p class="source">{_line(source)}</p>{folded}</figure>'


def _line(text: str) -> str:
    """A text of a chart, which no document has cleaned."""
    return escape(clean_line(text))


def _drawing(chart: BarChart | ScatterChart, most: int, *, is_large: bool) -> str:
    """One drawing that fits a card; of what needs more room one for wide screens and one for phones."""
    if is_large or isinstance(chart, ScatterChart):
        return inline(chart, _LARGE, most=most, kind="wide") + inline(chart, _PHONE, most=most, kind="narrow")
    return inline(chart, _CARD, most=most)


def _panels(chart: PanelChart) -> str:
    """Small charts side by side, each under its title."""
    panels = []
    for one in chart.charts:
        drawn = inline(one, _PANEL, most=CARD_BARS)
        if drawn:
            panels.append(f'<div><p class="panel-title">{_line(one.title)}</p>{drawn}</div>')
    return f'<div class="panels">{"".join(panels)}</div>' if panels else ""


def _figures(chart: Chart) -> str:
    tables = []
    for one in chart.charts if isinstance(chart, PanelChart) else (chart,):
        table = figures(one)
        if table.rows:
            title = f"<p>{_line(one.title)}</p>" if one is not chart else ""
            tables.append(title + _block(cleaned(table)))
    return f"<details><summary>All figures</summary>{''.join(tables)}</details>" if tables else ""
