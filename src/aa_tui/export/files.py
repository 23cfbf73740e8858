"""Which formats there are, and writing a file without ever losing another."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from aa_tui.export.document import Document
from aa_tui.export.errors import ExportError
from aa_tui.textsafe import shown


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file: its key is also its suffix, unless it has another; one with an empty suffix is a folder."""

    key: str
    name: str
    other_suffix: str | None = None

    @property
    def suffix(self) -> str:
        """How names of such files end."""
        return self.key if self.other_suffix is None else self.other_suffix


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


def default_name(words: Sequence[str], suffix: str) -> str:
    """A file's name of words: letters, digits, dots and dashes alone; without a suffix a folder's."""
    parts = [re.sub(r"[^a-zA-Z0-9.]+", "-", word).strip("-.") for word in words]
    stem = "-".join(filter(None, parts))[:120].rstrip("-.")
    return f"{stem or 'aa-tui'}.{suffix}" if suffix else stem or "aa-tui"


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
    """Write a file whole or not at all.

    Raises `FileExistsAlready` unless told to replace, and `ExportError` where it cannot be written.
    """
    if path.is_dir():
        raise ExportError(f"{path} is a folder; name a file in it.")
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(data)  # a device or a pipe, in whose place no file can be put
            return
        _write_whole(path.resolve() if path.is_symlink() else path, data, replace=replace)
    except FileExistsError as error:
        raise FileExistsAlready(path) from error
    except OSError as error:
        raise ExportError(f"{path} cannot be written ({error.strerror}); name another file.") from error


def _write_whole(path: Path, data: bytes, *, replace: bool) -> None:
    """Write beside the path, then put it there in one step. Raises OSError."""
    if path.exists() and not replace:
        raise FileExistsError(path)
    beside = path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), "wb") as file:
            file.write(data)
        if replace and path.exists():
            beside.chmod(path.stat().st_mode & 0o777)
        if replace or not _linked(beside, path):
            beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _linked(beside: Path, path: Path) -> bool:
    """Give a file its name where nothing is called so; False where the disk has no second names for files.

    Raises FileExistsError, also where it has come just now.
    """
    try:
        path.hardlink_to(beside)
    except FileExistsError:
        raise
    except OSError:
        if path.exists():
            raise FileExistsError(path) from None
        return False
    return True


def write_all(folder: Path, made: Mapping[str, bytes], *, replace: bool = False) -> list[Path]:
    """Write files below a folder, which is made where there is none. Raises as `write`, before any is written."""
    paths = [folder.joinpath(*name.split("/")) for name in made]
    there = next((path for path in paths if path.exists()), None)
    if there is not None and not replace:
        raise FileExistsAlready(there)
    try:
        for parent in dict.fromkeys(path.parent for path in paths):
            parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ExportError(f"{folder} cannot be made ({error.strerror}); name another folder.") from error
    for path, data in zip(paths, made.values(), strict=True):
        write(path, data, replace=replace)
    return paths
