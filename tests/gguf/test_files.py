"""Hashing, describing, and the files that ship along."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from aa_tui.catalog import models
from aa_tui.gguf.bundled import bundled_manifest, bundled_model, read_manifest
from aa_tui.gguf.errors import GGUFError
from aa_tui.gguf.files import describe, sha256_of
from aa_tui.gguf.known import KnownFile, Sampling, known_models, read_known
from aa_tui.resources import data_folder

if TYPE_CHECKING:
    import sqlite3
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


def test_known_models_are_of_the_catalog(conn: sqlite3.Connection) -> None:
    known = {one.slug: one for one in known_models()}
    assert len(known) >= 13
    for one in known.values():
        rows = [models.by_slug(conn, slug) for slug in one.slugs]
        assert all(row is not None and row.open_weights for row in rows)
        assert one.repositories
        assert one.notes
    nanbeige = known["nanbeige4-1-3b"]
    assert nanbeige.sampling == Sampling(
        temperature=0.6, top_p=0.95, repeat_penalty=1.0, max_new_tokens=131_072, eos_token_id=166_101
    )
    files = {file.quant: file for file in nanbeige.repositories[0].files}
    assert len(files) == 12
    assert files["Q4_K_M"] == KnownFile("Nanbeige4.1-3B.Q4_K_M.gguf", "Q4_K_M", 2_500_000_000)
    assert files["F16"].file == "Nanbeige4.1-3B.f16.gguf"
    assert nanbeige.shape is not None
    assert (nanbeige.shape.n_layers, nanbeige.shape.kv_heads[0], nanbeige.shape.n_vocab) == (32, 4, 166_144)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("repositories = []", "lacks 'slugs'"),
        ("repositories = [", "cannot be read"),
        ('slugs = ["a"]\nname = ""\nweights = ""\nreasoning = true\nsampling.heat = 1\nrepositories = []', "heat"),
    ],
)
def test_a_manifest_that_cannot_be_used_is_named(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "some.toml"
    path.write_text(text)
    with pytest.raises(GGUFError, match=says) as caught:
        read_known(path)
    assert "some.toml" in str(caught.value)


def test_the_bundled_manifest() -> None:
    manifest = bundled_manifest()
    assert manifest.open_weights
    assert manifest.reasoning
    assert [file.quant for file in manifest.files] == ["Q8_0", "Q4_0"]
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
