"""The stores of other programs: found where they were moved to, told of where they cannot be read, bounded always."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from aa_tui.gguf.places import Place, Search, closed, entered_path, find, typed_path, usual_places
from aa_tui.gguf.stores import small_file

HOST = "registry.ollama.ai"


def put(path: Path, data: bytes = b"GGUF") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def ollama(store: Path, name: str, content: bytes = b"GGUF") -> Path:
    """A model in a store of Ollama, by its manifest's path."""
    digest = hashlib.sha256(content).hexdigest()
    layers = [{"mediaType": "application/vnd.ollama.image.model", "digest": f"sha256:{digest}"}]
    put(store / "manifests" / name, json.dumps({"layers": layers}).encode())
    return put(store / "blobs" / f"sha256-{digest}", content)


def look(tmp_path: Path, **environ: str) -> Search:
    """All that is found of a user whose home is `user` on a machine whose root is `root`."""
    usual = usual_places(
        tmp_path / "own", tmp_path / "bundled", (), {"HOME": str(tmp_path / "user"), **environ}, tmp_path / "root"
    )
    return find([place for place in usual if place.kind != "package"])


def names(search: Search) -> dict[str, str]:
    return {found.name: found.kind for found in search.files}


def test_ollamas_stores_are_found(tmp_path: Path) -> None:
    root = tmp_path / "root"
    stores = {
        "mine": tmp_path / "user/.ollama/models",
        "service": root / "usr/share/ollama/.ollama/models",
        "distribution": root / "var/lib/ollama/models",
        "snap": root / "var/snap/ollama/common/models",
        "moved": tmp_path / "a disk/ollama",
        "named": tmp_path / "named",
    }
    for name, store in stores.items():
        ollama(store, f"{HOST}/library/{name}/1b", name.encode())
    unit = f'[Service]\nEnvironment=OTHER=1 "OLLAMA_MODELS={stores["moved"]}"\n'
    put(root / "etc/systemd/system/ollama.service.d/override.conf", unit.encode())
    assert names(look(tmp_path, OLLAMA_MODELS=str(stores["named"]))) == {f"{name}:1b": "ollama" for name in stores}


def test_a_model_is_called_as_ollama_calls_it(tmp_path: Path) -> None:
    store = tmp_path / "user/.ollama/models"
    manifests = (f"{HOST}/library/qwen3/1.7b", f"{HOST}/someone/tuned/latest", "hf.co/some/Tiny-GGUF/Q8_0")
    for manifest in manifests:
        ollama(store, manifest, manifest.encode())
    assert set(names(look(tmp_path))) == {"qwen3:1.7b", "someone/tuned:latest", "hf.co/some/Tiny-GGUF:Q8_0"}


@pytest.mark.parametrize("home", [".lmstudio", ".cache/lm-studio"])
def test_lm_studios_moved_folder_is_found(tmp_path: Path, home: str) -> None:
    user = tmp_path / "user"
    put(tmp_path / "disk  two/models/p/r/moved.gguf")
    put(user / home / "models/p/r/usual.gguf")
    put(user / home / "settings.json", json.dumps({"downloadsFolder": f"{tmp_path}/disk  two/models"}).encode())
    assert names(look(tmp_path)) == {"moved.gguf": "lm-studio", "usual.gguf": "lm-studio"}
    assert {found.repo for found in look(tmp_path).files} == {"p/r"}


def test_lm_studios_moved_home_is_found(tmp_path: Path) -> None:
    put(tmp_path / "elsewhere/models/p/r/m.gguf")
    put(tmp_path / "user/.lmstudio-home-pointer", f"{tmp_path}/elsewhere\n".encode())
    assert names(look(tmp_path)) == {"m.gguf": "lm-studio"}


def test_jans_and_gpt4alls_folders_are_found(tmp_path: Path) -> None:
    share = tmp_path / "user/.local/share"
    put(share / "Jan/data/llamacpp/models/some/thing/jan.gguf")
    put(share / "nomic.ai/GPT4All/gpt.gguf")
    assert names(look(tmp_path, XDG_DATA_HOME=str(share))) == {"jan.gguf": "jan", "gpt.gguf": "gpt4all"}


def test_jans_and_gpt4alls_moved_folders_are_found(tmp_path: Path) -> None:
    user, disk = tmp_path / "user", tmp_path / "disk  two"
    put(user / ".config/Jan/data/llamacpp/models/o/older.gguf")
    put(disk / "jan/llamacpp/models/o/moved.gguf")
    put(user / ".config/Jan/settings.json", json.dumps({"data_folder": f"{disk}/jan"}).encode())
    put(disk / "gpt/moved4all.gguf")
    put(user / ".config/nomic.ai/GPT4All.ini", f"[General]\nchat\\fontSize=2\nmodelPath={disk}/gpt\n".encode())
    found = names(look(tmp_path))
    assert found == {"older.gguf": "jan", "moved.gguf": "jan", "moved4all.gguf": "gpt4all"}


@pytest.mark.parametrize(
    "settings",
    [
        b"", b"{", b"[]", b"null", b'"text"', b'{"downloadsFolder": 3}', b'{"downloadsFolder": null}', b"[" * 100_000,
        b'{"downloadsFolder": "a\\u0000b"}', b'{"downloadsFolder": "\\ud800"}', b'{"downloadsFolder": " "}',
        b"\xff\xfe",
        json.dumps({"downloadsFolder": "x" * 500_000}).encode(),
    ],
)  # fmt: skip
def test_broken_settings_do_no_harm(tmp_path: Path, settings: bytes) -> None:
    put(tmp_path / "user/.lmstudio/models/p/r/m.gguf")
    put(tmp_path / "user/.lmstudio/settings.json", settings)
    put(tmp_path / "user/.lmstudio-home-pointer", settings)
    put(tmp_path / "root/etc/systemd/system/ollama.service", b"Environment='OLLAMA_MODELS=/x\n" + settings)
    ollama(tmp_path / "user/.ollama/models", f"{HOST}/library/good/1b")
    put(tmp_path / f"user/.ollama/models/manifests/{HOST}/library/bad/1b", settings)
    found = look(tmp_path)
    assert names(found) == {"m.gguf": "lm-studio", "good:1b": "ollama"}
    assert found.problems == []


def test_only_small_plain_files_are_read(tmp_path: Path) -> None:
    """A pipe would be waited for, a gigabyte would fill the memory."""
    huge, pipe = tmp_path / "user/.lmstudio/settings.json", tmp_path / "user/.cache/lm-studio/settings.json"
    os.truncate(put(huge), 1 << 30)
    pipe.parent.mkdir(parents=True)
    os.mkfifo(pipe)
    manifests = tmp_path / f"user/.ollama/models/manifests/{HOST}/library/pipe"
    manifests.mkdir(parents=True)
    os.mkfifo(manifests / "1b")
    assert small_file(huge) is None
    assert small_file(pipe) is None
    assert small_file(tmp_path) is None
    assert small_file(tmp_path / "none") is None
    assert look(tmp_path).files == []


def test_links_that_lead_round_end(tmp_path: Path) -> None:
    manifests = tmp_path / "user/.ollama/models/manifests"
    ollama(manifests.parent, f"{HOST}/library/good/1b")
    (manifests / HOST / "loop").symlink_to(manifests)
    (manifests / HOST / "library" / "itself").symlink_to("itself")
    (tmp_path / "user/.lmstudio").symlink_to(tmp_path / "user/.lmstudio")
    assert names(look(tmp_path)) == {"good:1b": "ollama"}


@contextmanager
def an_ordinary_user() -> Iterator[None]:
    """Nothing is closed to the system's administrator: be somebody else for a while."""
    if os.geteuid() != 0:
        yield
        return
    os.setresuid(65_534, 65_534, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)


@pytest.mark.skipif(os.geteuid() == 0 and not hasattr(os, "setresuid"), reason="nothing is closed to this user")
def test_what_cannot_be_read_is_told_of() -> None:
    with tempfile.TemporaryDirectory() as folder:
        top = Path(folder)
        top.chmod(0o755)
        store = top / "root/usr/share/ollama/.ollama/models"
        ollama(store, f"{HOST}/library/mine/1b")
        mine = put(top / "mine/deep/m.gguf").parent
        closed_places = [Place("ollama", store), Place("added", mine), Place("added", top), Place("hub", top / "none")]
        for shut in (top / "root/usr/share/ollama", mine):
            shut.chmod(0)
        with an_ordinary_user():
            told, found = closed(closed_places), find(closed_places)
        for shut in (top / "root/usr/share/ollama", mine):
            shut.chmod(0o755)
        assert len(told) == 2
        assert str(store) in told[0]
        assert "usermod -aG ollama" in told[0]
        assert told[1] == f"{mine} cannot be looked through (Permission denied)."
        assert set(told) < set(found.problems)
        assert closed(closed_places) == []
        assert names(find(closed_places)) == {"mine:1b": "ollama", "m.gguf": "added"}


def test_what_is_typed_is_what_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/nobody-here")
    assert typed_path("~/x") == Path("/home/nobody-here/x")
    for name in ("~/x", " m.gguf ", "two  spaces.gguf", "line\n.gguf", "q'uote.gguf"):
        put(tmp_path / name)
    assert typed_path("~/x") == Path("~/x"), "what lies here by that name goes first"
    assert entered_path(" m.gguf ") == Path(" m.gguf ")
    assert entered_path(" two  spaces.gguf") == Path("two  spaces.gguf")
    assert entered_path(f"'{tmp_path}/two  spaces.gguf' ") == tmp_path / "two  spaces.gguf"
    assert entered_path(r"$'line\012.gguf'") == Path("line\n.gguf")
    assert entered_path("q'uote.gguf") == Path("q'uote.gguf")
    assert entered_path("q\\'uote.gguf") == Path("q'uote.gguf")
    assert entered_path(" nowhere.gguf ") == Path("nowhere.gguf")
    assert entered_path(f"'{tmp_path}/a page.md'", is_new=True) == tmp_path / "a page.md"
    assert entered_path(" page.md", is_new=True) == Path("page.md")
