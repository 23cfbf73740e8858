"""Finding what is wrong with a catalog, and saving what can be read of one that is damaged."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from tests.support.damaging import STRUCTURE, VALUES, everywhere, sql
from tests.support.noted import measure

from aa_tui.catalog import checkup, db, models, rescue, runs


@pytest.fixture
def path(conn: sqlite3.Connection, catalog_path: Path) -> Path:
    """A catalog with a run, closed."""
    measure(conn)
    conn.close()
    return catalog_path


def test_a_sound_catalog_is_sound(path: Path) -> None:
    assert checkup.damage_at(path) is None


@pytest.mark.parametrize(
    "kind",
    [
        *(kind for kind in VALUES if not kind.startswith(("outcome", "machine"))),
        "without runs",
        "a view in a table's place",
    ],
)
def test_damage_is_found(path: Path, kind: str) -> None:
    {**VALUES, **STRUCTURE}[kind](path)
    assert checkup.damage_at(path)


def test_what_is_wrong_is_named(path: Path) -> None:
    sql("UPDATE runs SET settings = '{[broken'")(path)
    assert checkup.damage_at(path) == "a row of runs has a wrong settings (text)"


@pytest.mark.parametrize("kind", ["half", "index overwritten", "no JSON", "without leaderboard"])
def test_what_can_be_read_is_saved_into_a_sound_catalog(path: Path, tmp_path: Path, kind: str) -> None:
    {**VALUES, **STRUCTURE}[kind](path)
    before, new = path.read_bytes(), tmp_path / "new.db"
    rescue.rescue(path, new)
    assert checkup.damage_at(new) is None
    with closing(db.open_catalog(new)) as conn:
        assert models.count(conn) >= 157
    assert path.read_bytes() == before


def test_a_run_whose_settings_are_broken_keeps_what_it_measured(path: Path, tmp_path: Path) -> None:
    everywhere(("TEXT",), "'{[broken'", "settings")(path)
    found = rescue.rescue(path, tmp_path / "new.db")
    assert (found.rows["runs"], found.rows["speed_samples"], found.n_lost) == (1, 1, 0)
    with closing(db.open_catalog(tmp_path / "new.db")) as conn:
        assert runs.get(conn, 1).settings == {}
        assert [one.tokens_per_s for one in runs.samples(conn, 1)] == [18.5]
        assert models.resolve(conn, "nanbeige4.1-3b").here_tg_tps == 18.5


@pytest.mark.parametrize("tables", [("models",), ("gguf_files",), ("machines",), ("gguf_files", "models", "creators")])
def test_runs_are_kept_without_what_they_belong_to(path: Path, tmp_path: Path, tables: tuple[str, ...]) -> None:
    sql(*(f"DELETE FROM {table}" for table in tables))(path)  # noqa: S608
    found = rescue.rescue(path, tmp_path / "new.db")
    assert (found.rows["runs"], found.rows["speed_samples"], found.n_lost) == (1, 1, 0)
    assert checkup.damage_at(tmp_path / "new.db") is None
    with closing(db.open_catalog(tmp_path / "new.db")) as conn:
        assert runs.get(conn, 1).file.name == ("Lost file 1" if "gguf_files" in tables else "Model-Q8_0")
        assert [row[0] for row in conn.execute("SELECT value FROM measurements WHERE run_id = 1")] == [18.5]
        assert models.count(conn) == 157


def test_a_run_is_kept_whose_file_another_entry_has(path: Path, tmp_path: Path) -> None:
    sql(
        "UPDATE runs SET file_id = 99",
        "UPDATE runs SET identity_parts = json_object('file_sha256', (SELECT sha256 FROM gguf_files))",
    )(path)
    found = rescue.rescue(path, tmp_path / "new.db")
    assert (found.rows["runs"], found.rows["speed_samples"], found.n_lost) == (1, 1, 0)


@pytest.mark.parametrize("kind", ["random bytes", "a text", "header overwritten", "empty", "a folder"])
def test_where_nothing_can_be_read_nothing_is_made(path: Path, tmp_path: Path, kind: str) -> None:
    STRUCTURE[kind](path)
    with pytest.raises(db.CatalogError, match=str(path)):
        rescue.rescue(path, tmp_path / "new.db")
    assert not (tmp_path / "new.db").exists()


def test_a_file_that_is_there_is_not_written_over(path: Path, tmp_path: Path) -> None:
    there = tmp_path / "there.db"
    there.write_text("mine")
    with pytest.raises(db.CatalogError, match="is there already"):
        rescue.rescue(path, there)
    assert there.read_text() == "mine"


def test_a_number_of_the_schema_that_lags_behind_is_put_right(path: Path) -> None:
    sql("PRAGMA user_version = 3")(path)
    with closing(db.open_catalog(path)) as conn:
        assert conn.execute("PRAGMA user_version").fetchone()[0] == db.SCHEMA_VERSION
        assert runs.get(conn, 1).state == "finished"


def test_a_catalog_with_only_a_log_left_is_not_made_anew(path: Path) -> None:
    path.write_bytes(b"")
    log = path.with_name(f"{path.name}-wal")
    log.write_bytes(b"what was kept last")
    for opened in (db.open_catalog, db.open_readonly, db.open_best):
        with pytest.raises(db.CatalogError, match="is empty"):
            opened(path)
    assert log.read_bytes() == b"what was kept last"
