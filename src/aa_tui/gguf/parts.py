"""Models in several files: `NAME-00001-of-00003.gguf` and so on, as llama.cpp's gguf-split writes them.

That a file is a part is what its header says (`split.count`), or its name where the header says nothing; where the
others are is what its name says. So a merged model under a part's name is whole, and a name that lies is told.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from aa_tui.gguf import foreign
from aa_tui.gguf.errors import GGUFError
from aa_tui.gguf.header import Header, read_header
from aa_tui.gguf.places import ollama_parts
from aa_tui.textsafe import clean_line

if TYPE_CHECKING:
    from collections.abc import Sequence

_PART = re.compile(r"(?P<stem>.+)-(?P<number>\d{5})(?P<of>-of-)(?P<count>\d{5})(?P<end>\.gguf)", re.IGNORECASE)
MAX_PARTS = 1_000
"""More parts than any model has: what a name or a header claims is bounded."""

_ALL_INTO_ONE = "download all parts into one folder"
_MERGE = "llama-gguf-split --merge"


@dataclass(frozen=True, slots=True)
class PartName:
    """A part's name taken apart; `of` and `end` as they are written."""

    stem: str
    number: int
    count: int
    of: str = "-of-"
    end: str = ".gguf"

    def name(self, number: int) -> str:
        """The file name of one of the parts."""
        return f"{self.stem}-{number:05d}{self.of}{self.count:05d}{self.end}"

    def names(self) -> list[str]:
        """The file names of all parts, in order."""
        return [self.name(number) for number in range(1, self.count + 1)]


def part_of(name: str) -> PartName | None:
    """What part a file is by its name, None when it is a whole model."""
    match = _PART.fullmatch(name)
    if match is None:
        return None
    number, count = int(match["number"]), int(match["count"])
    if not 1 <= number <= count <= MAX_PARTS:
        return None
    return PartName(match["stem"], number, count, match["of"], match["end"])


def parts_of(path: Path) -> list[Path]:
    """All files of the model that `path` is a part of, in order: itself alone when it is whole. Raises GGUFError."""
    return read_parts(path)[1]


def named_parts(path: Path) -> list[Path]:
    """The files that a part's name tells of, whether or not they are there; the file alone where it tells of none.

    Ollama names files by their content and keeps a list of them.
    """
    part = part_of(path.name)
    return ollama_parts(path) or [path] if part is None else [path.with_name(name) for name in part.names()]


def read_parts(path: Path, *, with_special_tokens: bool = False) -> tuple[Header, list[Path]]:
    """The header of a model in one or several files, and its files, whichever of them `path` is.

    Raises GGUFError: see `read_header`; also for what is an unfinished download or a piece by its name, for parts that
    are missing or do not belong together, and for parts that were put together with `cat`.
    """
    header = _own_header(path, with_special_tokens=with_special_tokens)
    count = count_of(header, path.name)
    if count == 1:
        return header, [path]
    paths = _beside(path, header, count)
    headers = [
        header if one == path else _own_header(one, with_special_tokens=with_special_tokens and number == 0)
        for number, one in enumerate(paths)
    ]
    check_together(headers, [one.name for one in paths])
    return together(headers), paths


def led_to_first(path: Path) -> str | None:
    """The sentence for a later part that stands for the whole model; None for anything else."""
    part = part_of(path.name)
    if part is None or part.number == 1 or not path.is_file():
        return None
    first = clean_line(part.name(1))
    return (
        f"{clean_line(path.name)} is part {part.number} of {part.count} of a model: all of it is meant, from {first}."
    )


def check_together(headers: Sequence[Header], names: Sequence[str]) -> None:
    """Raises GGUFError unless these are all parts of one model, in order."""
    count = len(headers)
    for number, (header, name) in enumerate(zip(headers, names, strict=True), 1):
        own, of = _number(header, "split.no"), _number(header, "split.count")
        if of is None and own is None:
            continue
        if of != count or own != number - 1:
            is_part = of is not None and own is not None and of > 1
            said = f"is part {(own or 0) + 1} of {of}" if is_part else "is no part of a model"
            raise GGUFError(
                f"{clean_line(name)} {said} by its header, not part {number} of {count}: it was renamed or belongs to "
                f"another model; {_ALL_INTO_ONE} again."
            )
    kinds = {header.architecture for header in headers} - {"unknown"}
    if len(kinds) > 1:
        raise GGUFError(
            f"The parts of {clean_line(names[0])} are of different models ({', '.join(sorted(kinds)[:3])}): "
            f"{_ALL_INTO_ONE} again."
        )
    held = sum(header.n_tensors for header in headers)
    stated = {_number(header, "split.tensors.count") for header in headers} - {None}
    other = next((one for one in stated if one is not None and one != held), None)
    if other is not None:
        raise GGUFError(
            f"The parts of {clean_line(names[0])} do not belong together: they hold {held:,} tensors, and their "
            f"headers speak of {other:,}; {_ALL_INTO_ONE} again."
        )


def together(headers: Sequence[Header]) -> Header:
    """One header for all parts: the first tells of the model, the others add their tensors."""
    first = headers[0]
    if len(headers) == 1:
        return first
    tensor_bytes = _added([one.tensor_bytes for one in headers])
    return replace(
        first,
        n_params=sum(one.n_params for one in headers),
        n_tensors=sum(one.n_tensors for one in headers),
        quant=_quant(first, tensor_bytes),
        tensor_types=_added([one.tensor_types for one in headers]),
        tensor_bytes=tensor_bytes,
        embedding_type=next((one.embedding_type for one in headers if one.embedding_type), ""),
        embedding_bytes=sum(one.embedding_bytes for one in headers),
        expert_bytes=sum(one.expert_bytes for one in headers),
        has_output=any(one.has_output for one in headers),
        has_adapters=any(one.has_adapters for one in headers),
        n_heads=sum(one.n_heads for one in headers),
        data_end_bytes=sum(one.data_end_bytes for one in headers),
    )


def count_of(header: Header, name: str) -> int:
    """Of how many parts a file is one, by its header, or by its name where that says nothing: 1 where it is whole."""
    stated = _number(header, "split.count")
    if stated is not None:
        return max(stated, 1)  # llama-gguf-split writes 0 into what it merges
    part = part_of(name)
    return part.count if part is not None else 1


def _own_header(path: Path, *, with_special_tokens: bool) -> Header:
    """The header of one file, whose name may tell why it cannot be read."""
    said = foreign.unfinished(path)
    if said is not None:
        raise GGUFError(said)
    try:
        return read_header(path, with_special_tokens=with_special_tokens)
    except GGUFError as error:
        said = foreign.piece(path)
        if said is not None:
            raise GGUFError(said) from error
        raise


def _beside(path: Path, header: Header, count: int) -> list[Path]:
    """Where all parts of a part are. Raises GGUFError where that cannot be told, or one is missing."""
    shown, own = clean_line(path.name), _number(header, "split.no")
    if count > MAX_PARTS:
        raise GGUFError(f"{shown} says that it is one of {count:,} parts, more than any model has: download it again.")
    part, paths = part_of(path.name), named_parts(path)
    if _is_joined(path, header):
        raise GGUFError(
            f"{shown} is parts of a model put together with `cat`, of which only the first is read: put parts together "
            f"with `{_MERGE} NAME-00001-of-{count:05d}.gguf NAME.gguf`."
        )
    if len(paths) != count:
        which = f"part {own + 1} of {count}" if own is not None and own < count else f"one of {count} parts"
        raise GGUFError(
            f"{shown} is {which} of a model by its header, which its name does not say: name the parts "
            f"NAME-00001-of-{count:05d}.gguf and so on, in one folder, or put them together with `{_MERGE}`."
        )
    if part is not None and own is not None and own != part.number - 1:
        said = f"part {own + 1}" if own < count else "another part"
        raise GGUFError(
            f"{shown} is {said} of {count} by its header, not part {part.number}: it was renamed; {_ALL_INTO_ONE} "
            "again."
        )
    _check_there(paths, or_else="" if own is not None else ", or rename it where it is a whole model")
    return paths


def _check_there(paths: Sequence[Path], *, or_else: str) -> None:
    """Raises GGUFError naming the first part that is missing or unfinished."""
    missing = [number for number, one in enumerate(paths, 1) if not one.exists()]
    if not missing:
        return
    number, one = missing[0], paths[missing[0] - 1]
    more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
    begun = next((end for end in foreign.UNFINISHED_ENDINGS if one.with_name(one.name + end).exists()), None)
    if begun is not None:
        raise GGUFError(
            f"{clean_line(paths[0].name)}: part {number} of {len(paths)} is unfinished "
            f"({clean_line(one.name)}{begun}){more}: finish its download."
        )
    raise GGUFError(
        f"{clean_line(paths[0].name)}: part {number} of {len(paths)} is missing: {clean_line(one.name)}{more}; "
        f"{_ALL_INTO_ONE}{or_else}."
    )


def _is_joined(path: Path, header: Header) -> bool:
    """Whether another GGUF begins where the tensors of this one end."""
    alignment = _number(header, "general.alignment") or 32
    end = header.data_end_bytes
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            for place in {end, -(-end // alignment) * alignment}:
                if place < size and file.seek(place) == place and file.read(4) == b"GGUF":
                    return True
    except OSError:
        return False
    return False


def _quant(first: Header, tensor_bytes: dict[str, int]) -> str:
    """As the first part states it, else the type that holds most weights of all parts."""
    from aa_tui.gguf.quants import file_type_name, tensor_types

    stated = file_type_name(first.file_type) if first.file_type is not None else None
    if stated is not None or not tensor_bytes:
        return stated or first.quant
    size = {one.name: one.block_bytes / one.block_elements for one in tensor_types().values()}
    return max(tensor_bytes, key=lambda name: tensor_bytes[name] / size[name])


def _number(header: Header, key: str) -> int | None:
    value = header.metadata.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _added(counts: Sequence[dict[str, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in counts:
        for name, count in one.items():
            found[name] = found.get(name, 0) + count
    return found
