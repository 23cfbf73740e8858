"""Small GGUF files written byte by byte, so that they can lie."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

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


Save = Callable[[bytes], Path]


@pytest.fixture
def builder() -> Builder:
    return Builder().add_text("general.architecture", "llama")


@pytest.fixture
def save(tmp_path: Path) -> Save:
    def write(data: bytes) -> Path:
        path = tmp_path / "made.gguf"
        path.write_bytes(data)
        return path

    return write
