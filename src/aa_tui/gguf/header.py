"""The header of a GGUF file, read by ourselves so that no length in the file is trusted.

The layout is that of https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, versions 2 and 3.
"""

from __future__ import annotations

import math
import stat
import struct
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from aa_tui.gguf import foreign
from aa_tui.gguf.cursor import Cursor, Source, StringList, line_of, shown
from aa_tui.gguf.errors import GGUFError
from aa_tui.gguf.values import MetadataReader, Scalar
from aa_tui.textsafe import clean, clean_line, cut, is_blank

__all__ = ["GGUFError", "Header", "SpecialToken", "read_header", "read_source"]

_MAX_ENTRIES = 16_384  # metadata entries; models have some dozens
_MAX_TENSORS = 131_072  # the largest mixture of experts, unmerged, has < 100,000
_MAX_NAME_BYTES = 256  # ggml itself allows 63
_NAME_CHARS = 200  # of a model: names of people's files have some dozens
_MAX_DIMS = 4  # GGML_MAX_DIMS
_TENSOR = tuple(struct.Struct(f"<{n_dims}QIQ") for n_dims in range(_MAX_DIMS + 1))
_MAX_INT = (1 << 63) - 1
_TEMPLATE = "tokenizer.chat_template"
_TOKENS = "tokenizer.ggml.tokens"
_TOKEN_ID = "_token_id"
_EMBEDDING = "token_embd.weight"
_OUTPUT = "output.weight"
_ADAPTERS = (".lora_a", ".lora_b")
_EXPERTS = "_exps."  # part of the name of tensors that hold all experts of a layer
_HEADS = ".nextn.eh_proj.weight"  # the end of the name of a tensor that each layer for multi-token prediction has


@dataclass(frozen=True, slots=True)
class SpecialToken:
    """A token with a role ("eos"), its number and its text, None where it could not be read."""

    role: str
    id: int
    text: str | None


@dataclass(frozen=True, slots=True)
class Header:
    """What a GGUF says about itself. Texts are cleaned; lists (vocabulary, merges) are not kept.

    `n_params` is the sum of all tensors' elements, `quant` the name of `general.file_type` or else of the
    tensor type that holds most weights, `tensor_types` counts tensors by type and `tensor_bytes` their sizes,
    `data_end_bytes` is where the last tensor ends: a complete file is at least that long.
    `lists` are the short lists of numbers, one for each layer. Of `tensor_bytes`, `embedding_bytes` hold the input
    embedding (of `embedding_type`), which is looked up and not read whole, and `expert_bytes` the experts, of which
    a token uses some; `has_output` says that the output matrix is a tensor of its own, `has_adapters` that there are
    tensors of a LoRA adapter, `n_heads` how many layers for multi-token prediction (MTP) are in the file.
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
    lists: dict[str, tuple[int | float, ...]] = field(default_factory=dict)
    tensor_bytes: dict[str, int] = field(default_factory=dict)
    embedding_type: str = ""
    embedding_bytes: int = 0
    expert_bytes: int = 0
    has_output: bool = False
    special_tokens: tuple[SpecialToken, ...] = ()
    has_adapters: bool = False
    n_heads: int = 0


@dataclass(slots=True)
class _Metadata:
    values: dict[str, Scalar] = field(default_factory=dict)
    lists: dict[str, tuple[int | float, ...]] = field(default_factory=dict)
    tokens: StringList = field(default_factory=StringList)
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
    sizes: Counter[str] = field(default_factory=Counter)
    embedding_type: str = ""
    embedding_bytes: int = 0
    expert_bytes: int = 0
    has_output: bool = False
    has_adapters: bool = False
    n_heads: int = 0
    end: int = 0  # relative to the start of the data
    names: set[int] = field(default_factory=set)  # their hashes, since names could fill the memory
    spans: list[tuple[int, int]] = field(default_factory=list)

    def add(self, name: str, type_name: str, elements: int, n_bytes: int, offset: int) -> None:
        self.n_params += elements
        self.counts[type_name] += 1
        self.elements[type_name] += elements
        self.sizes[type_name] += n_bytes
        self.end = max(self.end, offset + n_bytes)
        self.spans.append((offset, offset + n_bytes))
        if name == _EMBEDDING:
            self.embedding_type, self.embedding_bytes = type_name, n_bytes
        elif name == _OUTPUT:
            self.has_output = True
        elif _EXPERTS in name:
            self.expert_bytes += n_bytes
        elif name.endswith(_ADAPTERS):
            self.has_adapters = True
        elif name.endswith(_HEADS):
            self.n_heads += 1


def read_header(path: str | Path, *, with_special_tokens: bool = False) -> Header:
    """Read and check the header of the GGUF at `path`, and that all tensor data is there.

    `with_special_tokens` looks their texts up as well. Takes time and memory by the header's size only, and at most
    some MB whatever the file claims.
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
            return read_source(file, status.st_size, label, with_special_tokens=with_special_tokens)
    except FileNotFoundError:
        raise GGUFError(f"There is no file {label}: check the path.") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise GGUFError(f"{label} cannot be read ({clean_line(reason)}).") from error


def read_source(source: Source, size_bytes: int, label: str, *, with_special_tokens: bool = False) -> Header:
    """The same of a file of known size wherever it lies; `label` names it in messages."""
    cursor = Cursor(source, size_bytes, label)
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
    special = _special_tokens(cursor, metadata) if with_special_tokens else ()
    return _header(version, metadata, tensors, data_end, special)


def _version(cursor: Cursor) -> int:
    if cursor.size_bytes == 0:
        raise GGUFError(f"{cursor.label} is empty (0 bytes): download it again.")
    start = cursor.take(min(cursor.size_bytes, 512), "the first bytes")
    if start[:4] != b"GGUF":
        known = foreign.by_start(start)
        told = f" but {known[0]}: {known[1]}" if known is not None else ""
        raise GGUFError(f"{cursor.label} is not a GGUF file (it begins with {_preview(start)}){told}.")
    cursor.position = 4
    version = cursor.u32("the version")
    if version in (2, 3):
        return version
    if version & 0xFFFF == 0:
        raise GGUFError(f"{cursor.label} is a big-endian GGUF, which llama.cpp cannot use here: convert it.")
    hint = "convert it again with a newer llama.cpp" if version < 2 else "a newer aa-tui may know it"
    raise GGUFError(f"{cursor.label} is a GGUF of version {version}, only 2 and 3 are supported: {hint}.")


def _preview(start: bytes) -> str:
    head = start[:16]
    text = head.decode("ascii", "replace")
    if all(32 <= byte < 127 or byte in b"\t\r\n" for byte in head):
        return f'"{clean_line(text)}"'
    return "the bytes " + head[:8].hex(" ")


def _metadata(cursor: Cursor, n_entries: int) -> _Metadata:
    reader = MetadataReader(cursor)
    found, keys = _Metadata(), set()
    for _ in range(n_entries):
        key = reader.key()
        if key in keys:
            raise _damaged(cursor, f"the metadata has {shown(key)} twice")
        keys.add(key)
        value, n_elements = reader.value(key)
        if key == _TOKENS and n_elements:
            found.n_tokens = n_elements
        if isinstance(value, bytes):
            if key == _TEMPLATE:  # of several lines, so not among the one-line values
                found.chat_template = clean(value.decode("utf-8", "replace"))
                continue
            value = line_of(value)
        if value is not None:
            found.values[key] = value
    found.lists = reader.numbers
    found.tokens = reader.strings.get(_TOKENS, found.tokens)
    return found


def _special_tokens(cursor: Cursor, metadata: _Metadata) -> tuple[SpecialToken, ...]:
    """Every `tokenizer.ggml.*_token_id` with the token's text."""
    found = []
    for key, value in sorted(metadata.values.items()):
        if key.startswith("tokenizer.") and key.endswith(_TOKEN_ID) and isinstance(value, int):
            text = cursor.string_of(metadata.tokens, value, key)
            role = key.removesuffix(_TOKEN_ID).rpartition(".")[2]
            found.append(SpecialToken(role, value, None if text is None else line_of(text)))
    return tuple(found)


def _tensors(cursor: Cursor, n_tensors: int) -> _Tensors:
    from aa_tui.gguf.quants import tensor_types  # only a real header needs the tables

    types = tensor_types()
    found = _Tensors()
    for _ in range(n_tensors):
        length = cursor.u64("a tensor's name")
        if length > _MAX_NAME_BYTES:
            raise _damaged(cursor, f"a tensor's name is {length:,} bytes long")
        name = line_of(cursor.take(length, "a tensor's name"))
        what = f"tensor {shown(name)}"
        if hash(name) in found.names:
            raise _damaged(cursor, f"{what} is there twice")
        found.names.add(hash(name))
        n_dims = cursor.u32(what)
        if n_dims > _MAX_DIMS:
            raise _damaged(cursor, f"{what} has {n_dims:,} dimensions")
        *shape, kind, offset = _TENSOR[n_dims].unpack(cursor.take(_TENSOR[n_dims].size, what))
        if kind not in types:
            raise GGUFError(
                f"{cursor.label} has tensors of the type {kind}, which is unknown here: "
                "a newer aa-tui or llama-cpp-python may know it, or choose another quantization."
            )
        block = types[kind]
        elements = math.prod(shape)
        if not 0 < elements <= _MAX_INT or (shape and shape[0] % block.block_elements):
            raise _damaged(cursor, f"{what} has the impossible shape {shape} for {block.name}")
        found.add(name, block.name, elements, elements // block.block_elements * block.block_bytes, offset)
    return found


def _data_end(cursor: Cursor, metadata: _Metadata, tensors: _Tensors) -> int:
    alignment = metadata.values.get("general.alignment", 32)
    if type(alignment) is not int or alignment <= 0 or alignment & (alignment - 1):
        raise _damaged(cursor, f"its alignment is {shown(str(alignment))}")
    end = 0
    for start, its_end in sorted(tensors.spans):
        if start < end or start % alignment:
            raise _damaged(cursor, f"a tensor begins at byte {start:,} of the data, within another or off its place")
        end = its_end
    data_start = -(-cursor.position // alignment) * alignment
    data_end = data_start + tensors.end if tensors.end else cursor.position
    if data_end > cursor.size_bytes:
        raise GGUFError(
            f"{cursor.label} is truncated: its tensors end at byte {data_end:,} but the file has only "
            f"{cursor.size_bytes:,} bytes: download it again."
        )
    return data_end


def _name(text: str) -> str:
    """A name that can be seen, and is not a book; empty where there is none."""
    return "" if is_blank(text) else cut(text, _NAME_CHARS)


def _header(
    version: int,
    metadata: _Metadata,
    tensors: _Tensors,
    data_end: int,
    special_tokens: tuple[SpecialToken, ...],
) -> Header:
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
        name=_name(metadata.text("general.name")),
        n_params=tensors.n_params,
        n_tensors=tensors.counts.total(),
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
        lists=metadata.lists,
        tensor_bytes=dict(tensors.sizes),
        embedding_type=tensors.embedding_type,
        embedding_bytes=tensors.embedding_bytes,
        expert_bytes=tensors.expert_bytes,
        has_output=tensors.has_output,
        special_tokens=special_tokens,
        has_adapters=tensors.has_adapters,
        n_heads=tensors.n_heads,
    )


def _damaged(cursor: Cursor, reason: str) -> GGUFError:
    return GGUFError(f"{cursor.label} is damaged or hostile ({reason}): download it again.")
