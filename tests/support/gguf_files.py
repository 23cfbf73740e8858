"""Small GGUF files written byte by byte, so that they can lie."""

from __future__ import annotations

import struct
from pathlib import Path

U8, U32, F32, BOOL, STRING, ARRAY, U64 = 0, 4, 6, 7, 8, 9, 10


def text(value: str | bytes) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return struct.pack("<Q", len(data)) + data


class Builder:
    """Parts of a GGUF; `entries` and `tensors` override the counts."""

    def __init__(self) -> None:
        self.magic = b"GGUF"
        self.version = struct.pack("<I", 3)
        self.metadata: list[bytes] = []
        self.infos: list[bytes] = []
        self.data = b""
        self.entries: int | None = None
        self.tensors: int | None = None

    def add(self, key: str, kind: int, value: bytes) -> Builder:
        self.metadata.append(text(key) + struct.pack("<I", kind) + value)
        return self

    def add_text(self, key: str, value: str | bytes) -> Builder:
        return self.add(key, STRING, text(value))

    def add_u32(self, key: str, value: int) -> Builder:
        return self.add(key, U32, struct.pack("<I", value))

    def add_tensor(self, name: str, shape: list[int], kind: int = 0, offset: int = 0) -> Builder:
        dims = b"".join(struct.pack("<Q", size) for size in shape)
        self.infos.append(text(name) + struct.pack("<I", len(shape)) + dims + struct.pack("<IQ", kind, offset))
        return self

    def build(self) -> bytes:
        entries = len(self.metadata) if self.entries is None else self.entries
        tensors = len(self.infos) if self.tensors is None else self.tensors
        head = self.magic + self.version + struct.pack("<QQ", tensors, entries)
        head += b"".join(self.metadata) + b"".join(self.infos)
        return head + b"\0" * (-len(head) % 32) + self.data


def large_vocabulary(n_tokens: int) -> bytes:
    """A header of some MB, and tensors far larger, as real files are."""
    builder = Builder().add_text("general.architecture", "llama")
    tokens = b"".join(struct.pack("<Q", 8) + b"%08d" % index for index in range(n_tokens))
    builder.add("tokenizer.ggml.tokens", 9, struct.pack("<IQ", 8, n_tokens) + tokens)
    builder.add("tokenizer.ggml.scores", 9, struct.pack("<IQ", 6, n_tokens) + bytes(4 * n_tokens))
    builder.add_u32("tokenizer.ggml.eos_token_id", n_tokens - 3).add_u32("tokenizer.ggml.bos_token_id", 1)
    builder.add_u32("tokenizer.ggml.padding_token_id", n_tokens + 7)
    builder.add_tensor("token_embd.weight", [256, 8_000]).add_tensor("output.weight", [256, 8_000], offset=8_192_000)
    builder.data = bytes(16_384_000)
    return builder.build()


def split_model(folder: Path, count: int = 3) -> list[Path]:
    """A model in parts as gguf-split writes it: the first tells of the model, each has tensors."""
    paths = []
    for number in range(1, count + 1):
        builder = Builder()
        if number == 1:
            builder.add_text("general.architecture", "llama").add_u32("llama.block_count", 2)
            builder.add_text("general.name", "Split")
        builder.add_u32("split.count", count).add_u32("split.no", number - 1)
        builder.add_tensor(f"blk.{number}.weight", [256, number])
        builder.data = bytes(1024 * number)
        paths.append(folder / f"Split-Q8_0-{number:05d}-of-{count:05d}.gguf")
        paths[-1].write_bytes(builder.build())
    return paths
