"""Small GGUF files written byte by byte, so that they can lie."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.gguf_files import Builder

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
