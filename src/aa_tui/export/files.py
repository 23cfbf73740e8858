"""Which formats there are, and writing a file without ever losing another."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from aa_tui.export.document import Document
from aa_tui.export.errors import ExportError
from aa_tui.textsafe import shown


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file: its key is also its suffix."""

    key: str
    name: str


FORMATS: tuple[Format, ...] = (
    Format("md", "Markdown"),
    Format("html", "HTML"),
    Format("svg", "SVG"),
    Format("png", "PNG"),
)
RUN_FORMATS: tuple[Format, ...] = (
    Format("json", "JSON"),
    Format("jsonl", "JSON Lines"),
    Format("csv", "CSV"),
)
"""Formats for a run's samples and figures, for other programs."""
CSV_FORMATS: tuple[Format, ...] = (Format("csv", "CSV"),)
"""Of a list: what other programs read as rows."""
LABEL_FORMATS: tuple[Format, ...] = (Format("jsonl", "JSON Lines"),)
"""Formats for labelled answers: the cases that `aa-tui grade` reads."""
READING_FORMATS: tuple[Format, ...] = (FORMATS[1], FORMATS[0])
"""Formats for what is too long for a picture: a page, a run, a comparison."""

MOST_LINES = 120
"""Lines of characters in a picture: more are higher than anybody looks at."""

_OTHER_SUFFIXES = {"markdown": "md", "htm": "html"}


class FileExistsAlready(ExportError):  # noqa: N818
    """There is a file at this path: whether to replace it is for the user to say."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(f"{path} exists already; name another file.")


def format_of(path: str) -> str | None:
    """The format that a file's suffix asks for; None where it names none."""
    suffix = Path(path).suffix.lower().removeprefix(".")
    suffix = _OTHER_SUFFIXES.get(suffix, suffix)
    return suffix if suffix in {one.key for one in FORMATS} else None


def default_name(words: Sequence[str], key: str) -> str:
    """A file name from a slug and a chart's name: letters, digits, dots and dashes alone."""
    parts = [re.sub(r"[^a-zA-Z0-9.]+", "-", word).strip("-.") for word in words]
    stem = "-".join(filter(None, parts))[:120].rstrip("-.")
    return f"{stem or 'aa-tui'}.{key}"


def contents(document: Document, key: str) -> bytes:
    """The document in a format. Raises `ExportError` for PNG without a converter, and for an unknown format."""
    if key == "md":
        from aa_tui.export import markdown

        return _bytes(markdown.render(document))
    if key == "html":
        from aa_tui.export import html

        return _bytes(html.render(document))
    if key not in ("svg", "png"):
        raise ExportError(f"There is no format “{key}”; there are {', '.join(one.key for one in FORMATS)}.")
    drawn = _picture(document)
    if key == "svg":
        return _bytes(drawn)
    from aa_tui.export import png

    return png.render(shown(drawn))


def _picture(document: Document) -> str:
    """The document as SVG: its chart, or all of its lines where they are few enough to be looked at as a picture."""
    from aa_tui.charts.draw import grid_svg
    from aa_tui.charts.draw.svg.chart import standalone
    from aa_tui.export.grid import grid

    if document.picture is not None:
        return standalone(document.picture.chart, source=document.picture.source)
    drawn = grid(document)
    if len(drawn.lines) > MOST_LINES:
        raise ExportError(
            f"“{document.title}” has {len(drawn.lines):,} lines, too many for a picture; save it as HTML, "
            "or one of its charts."
        )
    return grid_svg.render(drawn, document.title)


def _bytes(text: str) -> bytes:
    """The text of a file. What a drawing was made of has passed no document."""
    return shown(text).encode()


def write(path: Path, data: bytes, *, replace: bool = False) -> None:
    """Write a file. Raises `FileExistsAlready` unless told to replace, and `ExportError` where it cannot be written."""
    if path.is_dir():
        raise ExportError(f"{path} is a folder; name a file in it.")
    flags = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if replace else os.O_EXCL)
    try:
        with os.fdopen(os.open(path, flags, 0o666), "wb") as file:
            file.write(data)
    except FileExistsError as error:
        raise FileExistsAlready(path) from error
    except OSError as error:
        raise ExportError(f"{path} cannot be written ({error.strerror}); name another file.") from error
