"""Which program wrote a file, by what is in it; its name decides nothing but which files belong together."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aa_tui.formats import every_eval_read, inspect_read, lm_eval_read, local_score
from aa_tui.formats.errors import FormatError
from aa_tui.formats.log import Log
from aa_tui.formats.reading import lines_of, of_lines, shown_path, whole_bytes, whole_json

_ZIP: Final = b"PK"
_KNOWN: Final = "inspect, lm-eval, Every Eval Ever, llama-bench and LocalScore"


@dataclass(frozen=True, slots=True)
class Logs:
    """Evaluations that a file tells of."""

    path: Path
    sha256: str
    logs: tuple[Log, ...]


@dataclass(frozen=True, slots=True)
class Speeds:
    """Speeds that a file tells of: of llama-bench its bytes, of LocalScore the records it is of."""

    path: Path
    data: bytes = b""
    scores: tuple[local_score.Score, ...] = ()


@dataclass(frozen=True, slots=True)
class Companion:
    """Samples that belong to another file, which names their model."""

    path: Path
    what: str


Found = Logs | Speeds | Companion


def read(path: Path, siblings: Mapping[str, Path] | None = None) -> Found:
    """What a file holds. `siblings` are the files beside it, by name. Raises FormatError for what nobody here knows."""
    beside = _beside(path) if siblings is None else siblings
    start = _start(path)
    if start.startswith(_ZIP):
        return Logs(path, _sha256(path), (inspect_read.read_archive(path),))
    if start[:1] not in (b"{", b"["):
        raise FormatError(f"{shown_path(path)} is no log that is known here: there are those of {_KNOWN}.")
    first = _first_line(path)
    return _of_document(path, beside) if first is None else _of_lines(path, first, beside)


def _of_document(path: Path, beside: Mapping[str, Path]) -> Found:
    data = whole_bytes(path)
    value = whole_json(path, data)
    digest = hashlib.sha256(data).hexdigest()
    if every_eval_read.is_aggregate(value):
        return Logs(path, digest, tuple(every_eval_read.read(value, path, beside)))
    if inspect_read.is_log(value):
        return Logs(path, digest, (inspect_read.read_document(value, path),))
    if lm_eval_read.is_results(value):
        return Logs(path, digest, tuple(lm_eval_read.read(value, path, digest, beside)))
    if local_score.is_document(value):
        return Speeds(path, scores=local_score.read(value, path))
    if is_llama_bench(value):
        return Speeds(path, data)
    raise FormatError(f"{shown_path(path)} is JSON, but no log that is known here: there are those of {_KNOWN}.")


def is_llama_bench(value: object) -> bool:
    """Whether a value is a record of llama-bench, or a list of such."""
    first = value[0] if isinstance(value, list) and value else value
    return isinstance(first, dict) and {"n_prompt", "n_gen", "avg_ts"} <= first.keys()


def in_folder(folder: Path) -> Iterable[Path]:
    """The files in a folder, and in those in it, that may be logs; links to elsewhere are not followed."""
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not path.is_file():
            continue
        if path.suffix in (".eval", ".json", ".jsonl"):
            yield path


def _beside(path: Path) -> dict[str, Path]:
    try:
        return {one.name: one for one in path.parent.iterdir() if one.is_file()}
    except OSError:
        return {}


def _start(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(4_096).removeprefix(b"\xef\xbb\xbf").lstrip()
    except OSError as error:
        raise FormatError(f"{shown_path(path)} cannot be read: {error.strerror or error}.") from error


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise FormatError(f"{shown_path(path)} cannot be read: {error.strerror or error}.") from error


def _first_line(path: Path) -> object | None:
    """The value of the first line, where it is one of JSON Lines; None of what is one document."""
    try:
        lines = lines_of(path)
        first = next(lines, b"")
        next(lines, None)
        if not first.strip().endswith(b"}"):
            return None
        value: object = next(of_lines([first], path))[1]
    except (FormatError, StopIteration):
        return None
    return value if isinstance(value, dict) else None


def _of_lines(path: Path, first: object, beside: Mapping[str, Path]) -> Found:
    """What a file of JSON Lines is, by its first line."""
    if every_eval_read.is_row(first):
        return Companion(path, "Every Eval Ever")
    if lm_eval_read.is_row(first):
        return Companion(path, "lm-eval")
    if is_llama_bench(first):
        return Speeds(path, whole_bytes(path))
    return _of_document(path, beside)  # a document on one line
