"""Bundles: what is in one, and that nothing of a hostile or broken one comes in."""

from __future__ import annotations

import io
import json
import sqlite3
import stat
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from tests.support.merging import HERE, Answer, Run, content, make, opened

from aa_tui.catalog.errors import CatalogError
from aa_tui.catalog.merging import bundle
from aa_tui.catalog.merging.merge import Merged, Merger

TWO = (
    Run(
        "a", items=(("1", Answer(scores=(("exact/1", "correct", 12),), label=("right", 13))),), figures=(("x", 1.0, 9),)
    ),
    Run("b", "speed", clocked=((1, 5.0, 3),), file="b"),
)


@pytest.fixture
def box(tmp_path: Path, template: Path) -> Path:
    return make(tmp_path / "box.db", TWO, template)


@pytest.fixture
def mine(tmp_path: Path, template: Path) -> Path:
    return make(tmp_path / "mine.db", (), template)


def packed(path: Path, *uids: str) -> bytes:
    """A bundle of these runs, all by default."""
    file = io.BytesIO()
    with opened(path) as conn:
        bundle.write(conn, file, uids=uids or None, program="1.2.3", machine="box")
    return file.getvalue()


def take(path: Path, data: bytes) -> Merged:
    """Import a bundle."""
    with opened(path) as conn, bundle.unpacked(io.BytesIO(data), "runs.zip") as inner:
        return Merger(conn, HERE).merge(inner, "runs.zip")


def test_a_bundle_holds_all_of_its_runs_and_can_be_taken_again(box: Path, mine: Path) -> None:
    data = packed(box)
    assert [one.change for one in take(mine, data).runs] == ["new", "new"]
    assert content(mine) == content(box)
    assert take(mine, data).is_nothing


def test_a_bundle_of_one_run_holds_nothing_of_another(box: Path, mine: Path) -> None:
    with closing(sqlite3.connect(box)) as conn, conn:
        conn.execute("INSERT INTO servers (url, name, added_at) VALUES ('http://secret:1', 's', '2026-01-01')")
    data = packed(box, "b")
    with zipfile.ZipFile(io.BytesIO(data)) as found:
        inner = found.read(bundle.CATALOG)
        manifest = json.loads(found.read(bundle.MANIFEST))
    assert (manifest["runs"], manifest["program"], manifest["machine"]) == (1, "1.2.3", "box")
    assert b"http://secret" not in inner
    assert b"/models/" not in inner, "a folder of that machine"
    take(mine, data)
    assert set(content(mine)) == {"b"}


def remade(data: bytes, change: Callable[[dict[str, bytes], dict[str, object]], None], **more: bytes) -> bytes:
    """The bundle with other members."""
    with zipfile.ZipFile(io.BytesIO(data)) as found:
        members = {name: found.read(name) for name in found.namelist()} | more
    manifest = json.loads(members[bundle.MANIFEST])
    change(members, manifest)
    if bundle.MANIFEST in members and members[bundle.MANIFEST][:1] == b"{":
        members[bundle.MANIFEST] = json.dumps(manifest).encode()
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content_ in members.items():
            target.writestr(name, content_)
    return file.getvalue()


def _other_size(_members: dict[str, bytes], manifest: dict[str, object]) -> None:
    manifest["members"] = [{"name": bundle.CATALOG, "bytes": 5, "sha256": "0" * 64}]


def _other_bytes(members: dict[str, bytes], _manifest: dict[str, object]) -> None:
    data = bytearray(members[bundle.CATALOG])
    data[100] ^= 1
    members[bundle.CATALOG] = bytes(data)


def _version(_members: dict[str, bytes], manifest: dict[str, object]) -> None:
    manifest["version"] = 99


def _format(_members: dict[str, bytes], manifest: dict[str, object]) -> None:
    manifest["format"] = "a novel"


def _no_catalog(members: dict[str, bytes], _manifest: dict[str, object]) -> None:
    del members[bundle.CATALOG]


def _no_manifest(members: dict[str, bytes], _manifest: dict[str, object]) -> None:
    del members[bundle.MANIFEST]


def _no_json(members: dict[str, bytes], _manifest: dict[str, object]) -> None:
    members[bundle.MANIFEST] = b"[" * 5000


def _no_members(_members: dict[str, bytes], manifest: dict[str, object]) -> None:
    manifest["members"] = [{"name": "../../catalog.db", "bytes": 1, "sha256": ""}]


def _no_catalog_at_all(members: dict[str, bytes], manifest: dict[str, object]) -> None:
    import hashlib

    members[bundle.CATALOG] = b"no database" * 100
    digest = hashlib.sha256(members[bundle.CATALOG]).hexdigest()
    manifest["members"] = [{"name": bundle.CATALOG, "bytes": 1100, "sha256": digest}]


HOSTILE: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "a way up": (lambda data: remade(data, lambda *_: None, **{"../evil": b"x"}), "../evil"),
    "an absolute name": (lambda data: remade(data, lambda *_: None, **{"/etc/evil": b"x"}), "/etc/evil"),
    "another size": (lambda data: remade(data, _other_size), "another size"),
    "other bytes": (lambda data: remade(data, _other_bytes), "another sha256"),
    "a later format": (lambda data: remade(data, _version), "upgrade aa-tui"),
    "another format": (lambda data: remade(data, _format), "its manifest is another's"),
    "no catalog": (lambda data: remade(data, _no_catalog), "it holds no catalog.db"),
    "no manifest": (lambda data: remade(data, _no_manifest), "it holds no manifest.json"),
    "a manifest of brackets": (lambda data: remade(data, _no_json), "its manifest is no JSON"),
    "a manifest of other names": (lambda data: remade(data, _no_members), "names no catalog.db"),
    "no database in it": (lambda data: remade(data, _no_catalog_at_all), "no SQLite database"),
    "cut off": (lambda data: data[: len(data) // 2], "no whole bundle"),
    "no zip": (lambda _: b"PK\3\4 and nothing more", "no whole bundle"),
    "empty": (lambda _: b"", "no whole bundle"),
    "damaged in the middle": (lambda data: data[:600] + b"\xff" * 300 + data[900:], "bundle"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_or_broken_bundle_is_one_sentence_and_leaves_everything_as_it_was(
    box: Path, mine: Path, what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_it, words = HOSTILE[what]
    before = sorted(tmp_path.rglob("*"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CatalogError) as caught:
        take(mine, make_it(packed(box)))
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert content(mine) == {}
    assert sorted(tmp_path.rglob("*")) == before


def test_a_link_in_a_bundle_is_not_followed(box: Path, mine: Path) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(packed(box))) as found, zipfile.ZipFile(file, "w") as target:
        target.writestr(bundle.MANIFEST, found.read(bundle.MANIFEST))
        link = zipfile.ZipInfo(bundle.CATALOG)
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        target.writestr(link, "/etc/passwd")
    with pytest.raises(CatalogError, match="no plain file"):
        take(mine, file.getvalue())


def test_two_members_of_one_name_are_refused(box: Path, mine: Path) -> None:
    file = io.BytesIO(packed(box))
    with zipfile.ZipFile(file, "a") as target, pytest.warns(UserWarning, match="Duplicate"):
        target.writestr(bundle.CATALOG, b"another")
    with pytest.raises(CatalogError, match="no bundle of aa-tui"):
        take(mine, file.getvalue())


def test_a_bundle_that_would_fill_the_disk_is_refused_before_it_does(
    box: Path, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By what it says, and where it says less than it holds by what comes out."""

    def zeros(members: dict[str, bytes], manifest: dict[str, object]) -> None:
        members[bundle.CATALOG] = b"\0" * (2 << 20)
        manifest["members"] = [{"name": bundle.CATALOG, "bytes": 2 << 20, "sha256": "0" * 64}]

    bomb = remade(packed(box), zeros)
    monkeypatch.setattr(bundle, "RATIO_COUNTS_FROM_BYTES", 1 << 20)
    with pytest.raises(CatalogError, match="would unpack to"):
        take(mine, bomb)
    monkeypatch.setattr(bundle, "MOST_RATIO", 1 << 30)
    lying = bomb.replace((2 << 20).to_bytes(4, "little"), (1000).to_bytes(4, "little"))
    with pytest.raises(CatalogError):
        take(mine, lying)
    assert content(mine) == {}


def test_a_file_is_replaced_only_by_a_whole_bundle(tmp_path: Path) -> None:
    path = tmp_path / "runs.zip"
    path.write_bytes(b"before")

    def is_interrupted() -> None:
        with bundle.replacing(path) as file:
            file.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        is_interrupted()
    assert [one.name for one in tmp_path.iterdir()] == ["runs.zip"]
    assert path.read_bytes() == b"before"
    with bundle.replacing(path) as file:
        file.write(b"whole")
    assert (path.read_bytes(), path.stat().st_mode & 0o077) == (b"whole", 0)
