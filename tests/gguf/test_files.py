"""Hashing, describing, and the files that ship along."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from typing import TYPE_CHECKING

import pytest

from aa_tui.gguf.bundled import bundled_manifest, bundled_model, manifests, models_folder, read_manifest
from aa_tui.gguf.errors import GGUFError
from aa_tui.gguf.files import describe, sha256_of
from aa_tui.resources import data_folder

if TYPE_CHECKING:
    from pathlib import Path


def test_sha256_with_progress(tmp_path: Path) -> None:
    path = tmp_path / "data"
    path.write_bytes(bytes(range(256)) * 40_000)
    told: list[tuple[int, int]] = []
    assert sha256_of(path, lambda done, total: told.append((done, total))) == (
        hashlib.sha256(path.read_bytes()).hexdigest()
    )
    assert told == [(4 << 20, 10_240_000), (8 << 20, 10_240_000), (10_240_000, 10_240_000)]
    with pytest.raises(GGUFError, match="cannot be read"):
        sha256_of(tmp_path / "missing")


def test_describe_agrees_with_the_manifest() -> None:
    manifest = bundled_manifest()
    file = describe(bundled_model())
    stated = manifest.files[0]
    assert (file.size_bytes, file.sha256, file.header.quant) == (
        stated.size_bytes,
        stated.sha256,
        stated.quant,
    )
    assert file.path == bundled_model().resolve()
    assert file.mtime_ns == bundled_model().stat().st_mtime_ns
    assert file.size_bytes < 5_000_000


def test_describe_notices_a_change(tmp_path: Path) -> None:
    path = tmp_path / "growing.gguf"
    path.write_bytes(bundled_model().read_bytes())

    def grow(_done: int, _total: int) -> None:
        with path.open("ab") as file:
            file.write(b"more")

    with pytest.raises(GGUFError, match="changed while it was being read"):
        describe(path, grow)


def test_rebuilding_the_stand_in_gives_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # the folder ships in the wheel as it is
    script = models_folder() / "make_standin.py"
    spec = importlib.util.spec_from_file_location("make_standin", script)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.main(tmp_path)
    for name in (bundled_model().name, "aa-nano-standin.toml"):
        assert (tmp_path / name).read_bytes() == (models_folder() / name).read_bytes()


def test_manifests() -> None:
    assert bundled_manifest() in manifests()
    manifest = bundled_manifest()
    assert manifest.stand_in
    assert manifest.open_weights
    assert not manifest.reasoning
    assert manifest.license == "MIT"


def test_a_broken_manifest_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "some.toml"
    for text in ("slug = ", 'slug = "x"', "\udcff"):
        path.write_text(text, errors="surrogateescape")
        with pytest.raises(GGUFError, match=r"manifest some\.toml"):
            read_manifest(path)


def test_a_missing_data_folder_is_said() -> None:
    assert (data_folder("evals") / "speed" / "pack.toml").is_file()
    with pytest.raises(FileNotFoundError, match="install aa-tui again"):
        data_folder("no-such-folder")
