"""Paths in the catalog: to the byte, and found again where an earlier version kept them as they are shown."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from unicodedata import normalize

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlite_utils import Database

from aa_tui.catalog import checkup, db, files, library, mending, rescue, runs
from aa_tui.catalog.library import SeenFile
from aa_tui.catalog.paths import stored, told
from aa_tui.catalog.schema import migrations
from aa_tui.textsafe import clean_line

ODD = [
    "My  Models", "no\xa0break", "模型　文件", "tab\there", "line\nhere", "rtl\u200fx", "\x1b[31mred", "bad\udcff",
    "e\u0301", "  x ",
]  # fmt: skip


@given(st.binary(min_size=1, max_size=60).map(lambda data: os.fsdecode(data.replace(b"\0", b"x"))))
@example("bad\udcff")
@example("e\u0301")
def test_a_path_comes_back_to_the_byte(path: str) -> None:
    assert told(stored(path)) == path
    is_text = not any("\udc80" <= char <= "\udcff" for char in path)
    assert isinstance(stored(path), str) == is_text


@pytest.mark.parametrize("name", ODD)
def test_everything_kept_by_path_is_found_by_it(conn: sqlite3.Connection, name: str) -> None:
    path = f"/models/{name}/m.gguf"
    looks_alike = normalize("NFC", clean_line(path))
    row = files.put(
        conn, path=path, sha256="aa", size_bytes=1, mtime_ns=2, quant=None, architecture=None, n_params=None,
        context_tokens=None, name=None, metadata={},
    )  # fmt: skip
    assert row.path == path
    assert normalize("NFC", row.shown_path) == looks_alike
    assert files.by_stat(conn, path, 1, 2) == row
    seen = SeenFile(path, 1, 2, None, None, None, {}, None)
    library.note(conn, [seen, seen._replace(path=looks_alike)])
    library.set_sha256(conn, path, "bb")
    assert library.seen_at(conn, path) == seen._replace(sha256="bb")
    assert library.seen(conn)[looks_alike].sha256 is None, "another file, however it looks"
    assert library.hash_known(conn, path, 1, 2) == "aa"
    library.forget(conn, [path])
    assert set(library.seen(conn)) == {looks_alike}
    library.add_folder(conn, f"/models/{name}")
    assert library.folders(conn) == [f"/models/{name}"]
    assert library.remove_folder(conn, f"/models/{name}")
    run = runs.create(conn, kind="speed", file=row, settings={"pack": path})
    runs.set_log_path(conn, run, path)
    assert (runs.get(conn, run).log_path, runs.get(conn, run).settings["pack"]) == (path, path)
    assert not any("\ud800" <= char <= "\udfff" for char in runs.get(conn, run).target)
    assert files.widen_first_part(conn, path, 1, "of all parts") is None
    assert files.by_stat(conn, path, 1, 2) == files.get(conn, row.id)
    assert files.get(conn, row.id).sha256 == "of all parts"


@pytest.mark.parametrize("name", ODD)
def test_a_path_is_no_damage_and_is_saved(conn: sqlite3.Connection, tmp_path: Path, name: str) -> None:
    path = f"/models/{name}/m.gguf"
    row = files.put(
        conn, path=path, sha256="aa", size_bytes=1, mtime_ns=2, quant=None, architecture=None, n_params=None,
        context_tokens=None, name=None, metadata={},
    )  # fmt: skip
    run = runs.create(conn, kind="speed", file=row, settings={})
    runs.set_log_path(conn, run, path)
    library.note(conn, [SeenFile(path, 1, 2, None, None, None, {}, None)])
    library.add_folder(conn, path)
    assert checkup.damage(conn) is None
    assert rescue.rescue(db.path_of(conn), tmp_path / "new.db").n_lost == 0
    with closing(db.open_catalog(tmp_path / "new.db")) as saved:
        assert [one.path for one in files.list_files(saved)] == [path]
        assert runs.get(saved, run).log_path == path
        assert library.folders(saved) == [path]
        assert set(library.seen(saved)) == {path}


@pytest.mark.parametrize("name", ODD)
def test_a_catalog_is_opened_wherever_it_lies(tmp_path: Path, name: str) -> None:
    path = tmp_path / name / "catalog.db"
    with closing(db.open_catalog(path)) as conn:
        assert db.path_of(conn) == path
    with closing(db.open_readonly(path)) as conn:
        assert db.path_of(conn) == path


def older(path: Path, rows: dict[str, Path], folder: str) -> None:
    """A catalog of the schema before, with what was noted then of these files by the path that was stored."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path, isolation_level=None)) as conn:
        migrations.apply(Database(conn), stop_before=["m009_paths_as_they_are"])
        for number, (shown, file) in enumerate(rows.items()):
            status = file.stat()
            facts = (shown, status.st_size, status.st_mtime_ns, f"hash {number}")
            conn.execute("INSERT INTO gguf_files (path, size_bytes, mtime_ns, sha256) VALUES (?, ?, ?, ?)", facts)
            query = "INSERT INTO seen_files (path, size_bytes, mtime_ns, sha256, seen_at) VALUES (?, ?, ?, ?, '')"
            conn.execute(query, facts)
        conn.execute("INSERT INTO file_folders VALUES (?, '')", (folder,))


def test_an_older_catalogs_paths_are_mended(tmp_path: Path, catalog_path: Path) -> None:
    kept, gone = tmp_path / "plain" / "m.gguf", tmp_path / "gone" / "m.gguf"
    odd = [tmp_path / name / f"m{name}{number}.gguf" for number, name in enumerate(ODD)]
    for number, file in enumerate([kept, gone, *odd]):
        file.parent.mkdir()
        file.write_bytes(bytes(number))
    before = {clean_line(str(file)): file for file in (kept, gone, *odd)}
    older(catalog_path, before, clean_line(str(odd[0].parent)))
    gone.unlink()
    with closing(db.open_catalog(catalog_path)) as conn:
        wanted = {f"hash {number}": str(file) for number, file in enumerate([kept, gone, *odd])}
        assert {row.sha256: row.path for row in files.list_files(conn)} == wanted
        assert {row.sha256: row.path for row in library.seen(conn).values()} == wanted
        assert library.folders(conn) == [str(odd[0].parent)]
        assert mending.mend_paths(conn) == 0, "nothing is left to mend"


def test_a_path_is_not_guessed(tmp_path: Path, catalog_path: Path) -> None:
    """Of two files that may be meant neither is taken, and none that has another size or time."""
    for name, size in (("two  a", 5), ("two\ta", 5), ("other  b", 6), ("mine  c", 7)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "m.gguf").write_bytes(bytes(size))
        os.utime(tmp_path / name / "m.gguf", ns=(10, 10))
    (tmp_path / "mine c").mkdir()
    (tmp_path / "mine c" / "m.gguf").write_bytes(b"another file, where the shown path leads")
    was = {"two a": "two  a", "other b": "two  a", "mine c": "mine  c"}
    noted = {str(tmp_path / shown / "m.gguf"): tmp_path / true / "m.gguf" for shown, true in was.items()}
    older(catalog_path, noted, "/nowhere")
    with closing(db.open_catalog(catalog_path)) as conn:
        found = {row.sha256: row.path for row in files.list_files(conn)}
        assert found == {
            "hash 0": str(tmp_path / "two a" / "m.gguf"),
            "hash 1": str(tmp_path / "other b" / "m.gguf"),
            "hash 2": str(tmp_path / "mine  c" / "m.gguf"),
        }


def test_mending_ends_in_time(tmp_path: Path, conn: sqlite3.Connection) -> None:
    """Folders of many entries and links that lead round: no look at the disk after the time is up."""
    (tmp_path / "loop").symlink_to(tmp_path)
    paths = [f"{tmp_path}/{'loop/' * 30}gone {number}/m.gguf" for number in range(300)]
    rows = [SeenFile(path, 1, 1, None, None, None, {}, None) for path in paths]
    library.note(conn, rows)
    assert mending.mend_paths(conn, seconds=0) == 0
    assert mending.mend_paths(conn) == 0
    assert len(library.seen(conn)) == 300
