"""Models in several files: `NAME-00001-of-00003.gguf` and so on, as llama.cpp's gguf-split writes them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from aa_tui.gguf.errors import GGUFError
from aa_tui.gguf.header import Header, read_header
from aa_tui.textsafe import clean_line

if TYPE_CHECKING:
    from collections.abc import Sequence

_PART = re.compile(r"(?P<stem>.+)-(?P<number>\d{5})-of-(?P<count>\d{5})\.gguf", re.IGNORECASE)
MAX_PARTS = 1_000
"""More parts than any model has: what a name claims is bounded."""


@dataclass(frozen=True, slots=True)
class PartName:
    """A part's name taken apart."""

    stem: str
    number: int
    count: int

    def name(self, number: int) -> str:
        """The file name of one of the parts."""
        return f"{self.stem}-{number:05d}-of-{self.count:05d}.gguf"

    def names(self) -> list[str]:
        """The file names of all parts, in order."""
        return [self.name(number) for number in range(1, self.count + 1)]


def part_of(name: str) -> PartName | None:
    """What part a file is by its name, None when it is a whole model."""
    match = _PART.fullmatch(name)
    if match is None:
        return None
    number, count = int(match["number"]), int(match["count"])
    return PartName(match["stem"], number, count) if 1 <= number <= count <= MAX_PARTS else None


def parts_of(path: Path) -> list[Path]:
    """All files of the model that `path` is a part of, in order: itself alone when it is whole.

    Raises GGUFError naming the first part that is missing.
    """
    part = part_of(path.name)
    if part is None:
        return [path]
    paths = [path.with_name(name) for name in part.names()]
    missing = [one.name for one in paths if not one.exists()]
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise GGUFError(
            f"{clean_line(path.name)} is part {part.number} of {part.count}, but {clean_line(missing[0])}{more} "
            "is missing beside it: download all parts into one folder."
        )
    return paths


def read_parts(path: Path, *, with_special_tokens: bool = False) -> tuple[Header, list[Path]]:
    """The header of a model in one or several files, and its files. Raises GGUFError."""
    paths = parts_of(path)
    return together([read_header(one, with_special_tokens=with_special_tokens) for one in paths]), paths


def together(headers: Sequence[Header]) -> Header:
    """One header for all parts: the first tells of the model, the others add their tensors."""
    first = headers[0]
    if len(headers) == 1:
        return first
    return replace(
        first,
        n_params=sum(one.n_params for one in headers),
        n_tensors=sum(one.n_tensors for one in headers),
        tensor_types=_added([one.tensor_types for one in headers]),
        tensor_bytes=_added([one.tensor_bytes for one in headers]),
        embedding_type=next((one.embedding_type for one in headers if one.embedding_type), ""),
        embedding_bytes=sum(one.embedding_bytes for one in headers),
        expert_bytes=sum(one.expert_bytes for one in headers),
        has_output=any(one.has_output for one in headers),
        data_end_bytes=sum(one.data_end_bytes for one in headers),
    )


def _added(counts: Sequence[dict[str, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in counts:
        for name, count in one.items():
            found[name] = found.get(name, 0) + count
    return found
