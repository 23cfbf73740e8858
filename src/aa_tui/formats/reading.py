"""Files of any size from anybody, read in bounds: lines one after the other, members of archives, JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from aa_tui.formats.errors import FormatError
from aa_tui.strictjson import BadJSONError, value_of
from aa_tui.textsafe import clean_line

MAX_JSON_BYTES: Final = 256 << 20
"""Of one JSON document, which is read as a whole."""

MAX_LINE_BYTES: Final = 64 << 20
"""Of one line, which is one sample."""


def shown_path(path: Path) -> str:
    """A file's name, safe to show."""
    return clean_line(path.name)[:120]


def whole_json(path: Path, data: bytes | None = None) -> Any:
    """The value of a JSON document. Raises FormatError for what is none, or too large to be read as a whole."""
    if data is None:
        data = whole_bytes(path)
    try:
        return value_of(data, constants_are_null=True)
    except BadJSONError as error:
        why = clean_line(str(error)).removesuffix(".")
        raise FormatError(f"{shown_path(path)} cannot be read (line {error.line}: {why}).") from error


def whole_bytes(path: Path) -> bytes:
    """All of a file. Raises FormatError where it cannot be read or is larger than one document may be."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_JSON_BYTES + 1)
    except OSError as error:
        raise FormatError(f"{shown_path(path)} cannot be read: {error.strerror or error}.") from error
    if len(data) > MAX_JSON_BYTES:
        raise FormatError(
            f"{shown_path(path)} is larger than {MAX_JSON_BYTES >> 20} MiB, which is too large for one JSON document."
        )
    return data


def lines_of(path: Path) -> Iterator[bytes]:
    """The lines of a file, one after the other. Raises FormatError for one that is longer than a sample may be."""
    number = 0
    try:
        with path.open("rb") as file:
            while line := file.readline(MAX_LINE_BYTES + 1):
                number += 1
                if len(line) > MAX_LINE_BYTES:
                    raise FormatError(
                        f"Line {number} of {shown_path(path)} has over {MAX_LINE_BYTES >> 20} MiB: it is no sample."
                    )
                yield line
    except OSError as error:
        raise FormatError(f"{shown_path(path)} cannot be read: {error.strerror or error}.") from error


def of_lines(lines: Iterable[bytes], path: Path) -> Iterator[tuple[int, Any]]:
    """Number and value of each line that is not empty. Raises FormatError for one that is no JSON."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            yield number, value_of(line, constants_are_null=True)
        except BadJSONError as error:
            why = clean_line(str(error)).removesuffix(".")
            raise FormatError(f"Line {number} of {shown_path(path)} cannot be read ({why}).") from error
