"""The records of a data set's file: jsonl, json and csv, plain or gzipped, and parquet where pyarrow is installed."""

from __future__ import annotations

import csv
import gzip
import importlib.util
import io
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from aa_tui.evals.items import PackError
from aa_tui.evals.manifest import MAX_ITEMS
from aa_tui.strictjson import MAX_PARTS, BadJSONError, value_of
from aa_tui.textsafe import clean_line

MAX_FILE_BYTES = 128_000_000
"""Of one file, unpacked: the largest of the sets that are known here takes 30 MB. Read, it takes several times that."""

_COLUMNS_TO_READ = "jsonl, json or csv, each also as .gz"


@dataclass(frozen=True, slots=True)
class Record:
    """One record as it is in its file, the `number`-th from 1.

    `place` is the file with the line or the number, for messages. `group` is what the file is called (its folder,
    where the name says only the split), which some sets use as the task's name. `canary` is the text by which
    training data that holds the set can be recognised.
    """

    fields: Mapping[str, Any]
    number: int
    place: str
    group: str
    canary: str = ""


def read_records(path: Path, name: str = "") -> list[Record]:
    """All records of a file that is called `name` (by default its own). Raises PackError with file and line."""
    name = name or path.name
    kind = _kind(name)
    label = clean_line(name)
    try:
        records = _READERS[kind](path, name)
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise PackError(f"{label}: it cannot be read ({clean_line(reason)}).") from None
    if not records:
        raise PackError(f"{label}: it has no records.")
    if len(records) > MAX_ITEMS:
        raise PackError(f"{label}: it has {len(records):,} records; a pack may have {MAX_ITEMS:,} items.")
    return records


def is_readable(name: str) -> bool:
    """Whether a file is of a kind that is read here, by its name."""
    return _suffix(name) in _READERS


def check_parquet(name: str) -> None:
    """Raise PackError for a parquet file where nothing here can read it."""
    if _suffix(name) == ".parquet" and importlib.util.find_spec("pyarrow") is None:
        raise PackError(
            f"{clean_line(name)} is a parquet file, which needs pyarrow: install aa-tui[parquet], "
            f"or name another copy of the data with --file ({_COLUMNS_TO_READ})."
        )


def _suffix(name: str) -> str:
    return PurePosixPath(name.lower().removesuffix(".gz")).suffix


def _kind(name: str) -> str:
    if not is_readable(name):
        raise PackError(f"{clean_line(name)}: its name must end in one of {', '.join(_READERS)}, or in those with .gz.")
    return _suffix(name)


def _bytes(path: Path, name: str) -> bytes:
    if not path.is_file():
        raise PackError(f"{clean_line(str(path))}: there is no such file.")
    with gzip.open(path, "rb") if name.lower().endswith(".gz") else path.open("rb") as file:
        data = file.read(MAX_FILE_BYTES + 1)
    if len(data) > MAX_FILE_BYTES:
        raise PackError(f"{clean_line(name)}: it is larger than {MAX_FILE_BYTES:,} bytes.")
    if data.count(b"[") + data.count(b"{") > 2 * MAX_PARTS:
        raise PackError(f"{clean_line(name)}: it has more than {2 * MAX_PARTS:,} lists and objects.")
    return data


def _text(path: Path, name: str) -> str:
    try:
        return _bytes(path, name).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise PackError(f"{clean_line(name)}:{line}: it is not UTF-8.") from None


def _group(name: str) -> str:
    path = PurePosixPath(name.replace("\\", "/"))
    stem = path.name.split(".")[0]
    is_split = stem.split("-")[0] in ("test", "train", "validation") and path.parent.name
    return clean_line(path.parent.name if is_split else stem)


def _parsed(data: bytes, place: str, first_line: int = 1) -> Any:
    try:
        return value_of(data)
    except BadJSONError as error:
        raise PackError(f"{place}:{first_line + error.line - 1}: {clean_line(str(error))}") from None


def _of_jsonl(path: Path, name: str) -> list[Record]:
    found: list[Record] = []
    label, group = clean_line(name), _group(name)
    for number, line in enumerate(io.BytesIO(_bytes(path, name)), 1):
        if not line.strip():
            continue
        value = _parsed(line, label, number)
        if not isinstance(value, dict):
            raise PackError(f"{label}:{number}: the line must be one object in braces.")
        found.append(Record(value, len(found) + 1, f"{label}:{number}", group))
    return found


def _of_json(path: Path, name: str) -> list[Record]:
    """A list of objects, or an object that holds one such list (as BBH's, beside its canary)."""
    label, data = clean_line(name), _bytes(path, name)
    if _is_lines(data):
        return _of_jsonl(path, name)
    value, canary = _parsed(data, label), ""
    if isinstance(value, dict):
        canary = value.get("canary", "")
        lists = [one for one in value.values() if isinstance(one, list)]
        value = lists[0] if len(lists) == 1 else None
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise PackError(f"{label}: it must hold one list of objects.")
    canary = canary if isinstance(canary, str) else ""
    group = _group(name)
    return [Record(one, number, f"{label}, record {number}", group, canary) for number, one in enumerate(value, 1)]


def _is_lines(data: bytes) -> bool:
    """Whether a text of JSON has an object in each line, as some sets' files have that are called .json."""
    first, _, rest = data.lstrip().partition(b"\n")
    if not first.rstrip().endswith(b"}") or not rest.strip():
        return False
    try:
        return isinstance(value_of(first), dict)
    except BadJSONError:
        return False


def _of_csv(path: Path, name: str) -> list[Record]:
    """A head of names, then rows with a cell for each. The place of a row is the line where it begins."""
    found: list[Record] = []
    label, group, line = clean_line(name), _group(name), 1
    rows = csv.reader(io.StringIO(_text(path, name), newline=""), strict=True)
    try:
        head = next(rows, [])
        line = rows.line_num + 1
        for cells in rows:
            if cells and len(cells) != len(head):
                raise PackError(f"{label}:{line}: the row has {len(cells)} cells, but the head has {len(head)}.")
            if cells:
                fields = dict(zip(head, cells, strict=True))
                found.append(Record(fields, len(found) + 1, f"{label}:{line}", group))
            line = rows.line_num + 1
    except csv.Error as error:
        raise PackError(f"{label}:{line}: it is not CSV ({clean_line(str(error))}).") from None
    return found


def _of_parquet(path: Path, name: str) -> list[Record]:
    check_parquet(name)
    import pyarrow
    from pyarrow import parquet

    if not path.is_file():
        raise PackError(f"{clean_line(str(path))}: there is no such file.")
    label = clean_line(name)
    try:
        file = parquet.ParquetFile(path)
        size = sum(file.metadata.row_group(number).total_byte_size for number in range(file.num_row_groups))
        if size > MAX_FILE_BYTES or file.metadata.num_rows > MAX_ITEMS:
            raise PackError(f"{label}: it is larger than {MAX_FILE_BYTES:,} bytes or {MAX_ITEMS:,} records.")
        rows = file.read().to_pylist()
    except pyarrow.ArrowException as error:
        raise PackError(f"{label}: it is no parquet file ({clean_line(str(error))[:200]}).") from None
    return [Record(row, number, f"{label}, record {number}", _group(name)) for number, row in enumerate(rows, 1)]


_READERS: dict[str, Callable[[Path, str], list[Record]]] = {
    ".jsonl": _of_jsonl,
    ".json": _of_json,
    ".csv": _of_csv,
    ".parquet": _of_parquet,
}
