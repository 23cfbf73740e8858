"""The header of a GGUF file, read by ourselves so that no length in the file is trusted.

The layout is that of https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, versions 2 and 3.
"""

from __future__ import annotations

import math
import stat
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from aa_tui.gguf.cursor import Cursor
from aa_tui.gguf.errors import GGUFError
from aa_tui.gguf.values import MetadataReader, Scalar
from aa_tui.textsafe import clean, clean_line

__all__ = ["GGUFError", "Header", "read_header"]

_MAX_ENTRIES = 65_536  # metadata entries; models have some dozens
_MAX_TENSORS = 262_144  # the largest mixture of experts, unmerged, has < 100,000
_MAX_NAME_BYTES = 1_024  # ggml itself allows 63
_MAX_DIMS = 4  # GGML_MAX_DIMS
_MAX_INT = (1 << 63) - 1
_TEMPLATE = "tokenizer.chat_template"
_TOKENS = "tokenizer.ggml.tokens"


@dataclass(frozen=True, slots=True)
class Header:
    """What a GGUF says about itself. Texts are cleaned; lists (vocabulary, merges) are not kept.

    `n_params` is the sum of all tensors' elements, `quant` the name of `general.file_type` or else of the
    tensor type that holds most weights, `tensor_types` counts tensors by type, `data_end_bytes` is where the
    last tensor ends: a complete file is at least that long.
    """

    version: int
    architecture: str
    name: str
    n_params: int
    n_tensors: int
    file_type: int | None
    quant: str
    context_tokens: int | None
    embedding_length: int | None
    block_count: int | None
    n_vocab: int | None
    chat_template: str | None
    metadata: dict[str, Scalar]
    tensor_types: dict[str, int]
    data_end_bytes: int


@dataclass(slots=True)
class _Metadata:
    values: dict[str, Scalar] = field(default_factory=dict)
    chat_template: str | None = None
    n_tokens: int | None = None

    def count(self, key: str) -> int | None:
        """A value that must be a number of things: a whole number above 0 that a database can hold."""
        value = self.values.get(key)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= _MAX_INT:
            return None
        return value

    def text(self, key: str) -> str:
        value = self.values.get(key)
        return value if isinstance(value, str) else ""


@dataclass(slots=True)
class _Tensors:
    n_params: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    elements: Counter[str] = field(default_factory=Counter)
    end: int = 0  # relative to the start of the data


def read_header(path: str | Path) -> Header:
    """Read and check the header of the GGUF at `path`, and that all tensor data is there.

    Takes time and memory by the header's size only, and at most some MB whatever the file claims.
    Raises GGUFError: no such file, not a GGUF, empty, truncated, big endian, an unsupported version, an
    unknown tensor type, or lengths that cannot be true.
    """
    path = Path(path)
    label = clean_line(str(path))
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise GGUFError(f"{label} is a folder: name a .gguf file in it.")
        if not stat.S_ISREG(status.st_mode):
            raise GGUFError(f"{label} is not a regular file: name a .gguf file.")
        with path.open("rb") as file:
            return _read(Cursor(file, status.st_size, label))
    except FileNotFoundError:
        raise GGUFError(f"There is no file {label}: check the path.") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise GGUFError(f"{label} cannot be read ({clean_line(reason)}).") from error


def _read(cursor: Cursor) -> Header:
    version = _version(cursor)
    n_tensors = cursor.u64("the number of tensors")
    n_entries = cursor.u64("the number of metadata entries")
    # each entry takes 13 bytes at least (empty key, one-byte value), each tensor 24
    cursor.require(n_entries * 13, f"metadata of {n_entries:,} entries")
    cursor.require(n_tensors * 24, f"a list of {n_tensors:,} tensors")
    if n_entries > _MAX_ENTRIES or n_tensors > _MAX_TENSORS:
        raise _damaged(cursor, f"it claims {n_entries:,} metadata entries and {n_tensors:,} tensors")
    metadata = _metadata(cursor, n_entries)
    tensors = _tensors(cursor, n_tensors)
    data_end = _data_end(cursor, metadata, tensors)
    return _header(version, n_tensors, metadata, tensors, data_end)


def _version(cursor: Cursor) -> int:
    if cursor.size_bytes == 0:
        raise GGUFError(f"{cursor.label} is empty (0 bytes): download it again.")
    start = cursor.take(min(cursor.size_bytes, 64), "the first bytes")
    if start[:4] != b"GGUF":
        raise GGUFError(f"{cursor.label} is not a GGUF file (it begins with {_preview(start)}).")
    cursor.position = 4
    version = cursor.u32("the version")
    if version in (2, 3):
        return version
    if version & 0xFFFF == 0:
        raise GGUFError(f"{cursor.label} is a big-endian GGUF, which llama.cpp cannot use here: convert it.")
    hint = "convert it again with a newer llama.cpp" if version < 2 else "a newer aa-tui may know it"
    raise GGUFError(f"{cursor.label} is a GGUF of version {version}, only 2 and 3 are supported: {hint}.")


def _preview(start: bytes) -> str:
    if start.startswith(b"version https://git-lfs"):
        return "a Git LFS pointer: fetch the file itself"
    head = start[:16]
    text = head.decode("ascii", "replace")
    if all(32 <= byte < 127 or byte in b"\t\r\n" for byte in head):
        return f'"{clean_line(text)}"'
    return "the bytes " + head[:8].hex(" ")


def _metadata(cursor: Cursor, n_entries: int) -> _Metadata:
    reader = MetadataReader(cursor)
    found = _Metadata()
    for _ in range(n_entries):
        key = reader.key()
        if key in found.values:
            raise _damaged(cursor, f"the metadata has {key} twice")
        value, n_elements = reader.value(key)
        if key == _TOKENS and n_elements:
            found.n_tokens = n_elements
        if isinstance(value, bytes):
            text = value.decode("utf-8", "replace")
            if key == _TEMPLATE:
                found.chat_template = clean(text)  # of several lines, so not among the one-line values
                continue
            value = clean_line(text)
        if value is not None:
            found.values[key] = value
    return found


def _tensors(cursor: Cursor, n_tensors: int) -> _Tensors:
    from aa_tui.gguf.quants import tensor_types  # only a real header needs the tables

    types = tensor_types()
    found = _Tensors()
    for _ in range(n_tensors):
        length = cursor.u64("a tensor's name")
        if length > _MAX_NAME_BYTES:
            raise _damaged(cursor, f"a tensor's name is {length:,} bytes long")
        name = clean_line(cursor.take(length, "a tensor's name").decode("utf-8", "replace"))
        n_dims = cursor.u32(f"tensor {name}")
        if n_dims > _MAX_DIMS:
            raise _damaged(cursor, f"tensor {name} has {n_dims:,} dimensions")
        shape = [cursor.u64(f"tensor {name}") for _ in range(n_dims)]
        kind = cursor.u32(f"tensor {name}")
        offset = cursor.u64(f"tensor {name}")
        if kind not in types:
            raise GGUFError(
                f"{cursor.label} has tensors of the type {kind}, which is unknown here: "
                "a newer aa-tui or llama-cpp-python may know it, or choose another quantization."
            )
        block = types[kind]
        elements = math.prod(shape)
        if elements > _MAX_INT or (shape and shape[0] % block.block_elements):
            raise _damaged(cursor, f"tensor {name} has the impossible shape {shape} for {block.name}")
        found.n_params += elements
        found.counts[block.name] += 1
        found.elements[block.name] += elements
        found.end = max(found.end, offset + elements // block.block_elements * block.block_bytes)
    return found


def _data_end(cursor: Cursor, metadata: _Metadata, tensors: _Tensors) -> int:
    alignment = metadata.values.get("general.alignment", 32)
    if not isinstance(alignment, int) or alignment <= 0 or alignment & (alignment - 1):
        raise _damaged(cursor, f"its alignment is {alignment}")
    data_start = -(-cursor.position // alignment) * alignment
    data_end = data_start + tensors.end if tensors.end else cursor.position
    if data_end > cursor.size_bytes:
        raise GGUFError(
            f"{cursor.label} is truncated: its tensors end at byte {data_end:,} but the file has only "
            f"{cursor.size_bytes:,} bytes: download it again."
        )
    return data_end


def _header(version: int, n_tensors: int, metadata: _Metadata, tensors: _Tensors, data_end: int) -> Header:
    from aa_tui.gguf.quants import file_type_name

    architecture = metadata.text("general.architecture") or "unknown"
    raw_type = metadata.values.get("general.file_type")
    file_type = raw_type if isinstance(raw_type, int) and not isinstance(raw_type, bool) else None
    quant = file_type_name(file_type) if file_type is not None else None
    if quant is None:
        quant = tensors.elements.most_common(1)[0][0] if tensors.elements else "unknown"
    return Header(
        version=version,
        architecture=architecture,
        name=metadata.text("general.name"),
        n_params=tensors.n_params,
        n_tensors=n_tensors,
        file_type=file_type,
        quant=quant,
        context_tokens=metadata.count(f"{architecture}.context_length"),
        embedding_length=metadata.count(f"{architecture}.embedding_length"),
        block_count=metadata.count(f"{architecture}.block_count"),
        n_vocab=metadata.n_tokens or metadata.count(f"{architecture}.vocab_size"),
        chat_template=metadata.chat_template,
        metadata=metadata.values,
        tensor_types=dict(tensors.counts),
        data_end_bytes=data_end,
    )


def _damaged(cursor: Cursor, reason: str) -> GGUFError:
    return GGUFError(f"{cursor.label} is damaged or hostile ({reason}): download it again.")
