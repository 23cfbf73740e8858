"""What an exported file says, apart from its format: headings, words, tables and charts in their order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from aa_tui.textsafe import clean, clean_line, has_controls, shown

if TYPE_CHECKING:
    from aa_tui.charts.spec import Chart


@dataclass(frozen=True, slots=True)
class Link:
    """Words that lead somewhere. An address that is not of the web is left out and the words stay."""

    text: str
    url: str


Words = str | Link


@dataclass(frozen=True, slots=True)
class Heading:
    """A title; level 1 is the document's own."""

    text: str
    level: int = 2


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Words, some of which may be links; `strong` ones lead, `quiet` ones stand back, such as a source or a note."""

    words: str | tuple[Words, ...]
    strong: bool = False
    quiet: bool = False

    @property
    def parts(self) -> tuple[Words, ...]:
        """The words in pieces."""
        return (self.words,) if isinstance(self.words, str) else self.words


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a head; columns in `right` hold numbers and end at the right. An empty head is left out."""

    head: tuple[str, ...]
    rows: tuple[tuple[Words, ...], ...]
    right: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart, and where its figures come from.

    `large` ones have a page's whole width. `tabled` ones have all of their figures in a folded table, where a format
    can fold.
    """

    chart: Chart
    source: str = ""
    large: bool = False
    tabled: bool = False


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure that one looks at first, with what is said below it."""

    label: str
    value: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tiles:
    """Figures beside each other."""

    tiles: tuple[Tile, ...]


@dataclass(frozen=True, slots=True)
class Verbatim:
    """A text of somebody else as it is, under a title: a prompt, an answer."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Fold:
    """Blocks that are shown when one asks for them, where a format can fold."""

    title: str
    blocks: tuple[Block, ...]


Block = Heading | Paragraph | Table | Picture | Tiles | Verbatim | Fold


@dataclass(frozen=True, slots=True)
class Document:
    """The blocks, and the title that a browser or viewer shows.

    `picture` is what stands for it in formats that are pictures; None has all blocks drawn.
    """

    title: str
    blocks: tuple[Block, ...]
    picture: Picture | None = None


def document(title: str, blocks: Sequence[Block], picture: Picture | None = None) -> Document:
    """A document with every text made safe to show: names and figures come from files and tables of others."""
    return Document(clean_line(title), tuple(map(cleaned, blocks)), picture)


def plain(words: Words) -> str:
    """The words without where they lead."""
    return words.text if isinstance(words, Link) else words


def address(url: str) -> str | None:
    """An address as it can be put into a file, None for one that is not of the web or tries to look like another."""
    try:
        host = urlsplit(url).hostname
    except ValueError:
        return None
    if not url.lower().startswith(("https://", "http://")) or not host:
        return None
    if has_controls(url) or shown(url) != url or any(character.isspace() for character in url):
        return None
    return quote(url, safe="%/:?#[]@!$&'*+,;=~")


def every(blocks: Sequence[Block]) -> Iterator[Block]:
    """The blocks and those folded in them."""
    for block in blocks:
        yield block
        if isinstance(block, Fold):
            yield from every(block.blocks)


def cleaned(block: Block) -> Block:  # noqa: PLR0911  # a case for each kind
    """A block with every text made safe to show, but for those of a chart, which whatever draws it makes so."""
    match block:
        case Heading():
            return Heading(clean_line(block.text), block.level)
        case Paragraph():
            return replace(block, words=tuple(_clean_words(one, clean) for one in block.parts))
        case Table():
            rows = tuple(tuple(_clean_words(one, clean_line) for one in row) for row in block.rows)
            return Table(tuple(map(clean_line, block.head)), rows, block.right)
        case Picture():
            return replace(block, source=clean_line(block.source))
        case Tiles():
            return Tiles(
                tuple(
                    Tile(clean_line(one.label), clean_line(one.value), tuple(map(clean_line, one.notes)))
                    for one in block.tiles
                )
            )
        case Verbatim():
            return Verbatim(clean_line(block.title), clean(block.text))
        case Fold():
            return Fold(clean_line(block.title), tuple(map(cleaned, block.blocks)))


def _clean_words(words: Words, clean_text: Callable[[str], str]) -> Words:
    if isinstance(words, str):
        return clean_text(words)
    found = address(words.url)
    return Link(clean_line(words.text), found) if found is not None else clean_text(words.text)
