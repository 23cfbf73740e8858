"""Opening, upgrading and loading the catalog, and what its queries answer."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
from tests.support.noted import measure, put_file

from aa_tui.catalog import db, facts, life, models, runs
from aa_tui.catalog.rows import ModelFilter


def dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as conn:
        return [line for line in conn.iterdump() if "variants_fts" not in line]


def test_first_start_loads_all_published_models(catalog_path: Path) -> None:
    with closing(db.open_catalog(catalog_path)) as conn:
        assert models.count(conn) == 157
        best = models.list_models(conn, limit=1)[0]
        assert best.intelligence_index == max(row.intelligence_index or 0 for row in models.all_models(conn))
        assert conn.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        assert conn.execute("PRAGMA foreign_keys").fetchone()[0] == 1


def test_loading_twice_changes_nothing(conn: sqlite3.Connection, catalog_path: Path) -> None:
    before = dump(catalog_path)
    conn.execute("BEGIN IMMEDIATE")
    facts.load(conn)
    conn.execute("COMMIT")
    assert dump(catalog_path) == before


def test_new_facts_never_touch_what_was_measured(conn: sqlite3.Connection, catalog_path: Path) -> None:
    run_id = measure(conn)
    conn.execute("UPDATE meta SET value = 'an older table' WHERE key = 'published_facts_crc32'")
    conn.execute("UPDATE measurements SET value = 1 WHERE metric = 'intelligence_index'")
    with closing(db.open_catalog(catalog_path)) as upgraded:
        row = models.resolve(upgraded, "nanbeige4.1-3b")
        assert row.intelligence_index == pytest.approx(16.08)
        assert row.here_tg_tps == 18.5
        assert [sample.tokens_per_s for sample in runs.samples(upgraded, run_id)] == [18.5]


def test_a_newer_table_is_shown_and_the_older_kept(conn: sqlite3.Connection) -> None:
    with facts.FACTS_FILE.open(encoding="utf-8") as lines:
        import csv

        row = next(one for one in csv.DictReader(lines) if one["slug"] == "nanbeige4-1-3b")
    conn.execute("BEGIN IMMEDIATE")
    facts.load_rows(conn, [{**row, "as_of": "2026-07-10", "intelligence_index": "11.1"}])
    conn.execute("COMMIT")
    shown = models.resolve(conn, "nanbeige4.1-3b")
    assert (shown.intelligence_index, shown.index_version, shown.as_of) == (11.1, "v4.0", "2026-07-10")
    query = "SELECT count(*) FROM measurements WHERE variant_id = ? AND metric = 'intelligence_index'"
    assert conn.execute(query, (shown.id,)).fetchone()[0] == 2


@pytest.mark.parametrize(
    "name", ["nanbeige4-1-3b", "nanbeige4.1-3b", "Nanbeige4.1-3B", "  NANBEIGE4 1 3b ", "nanbeige4_1_3b"]
)
def test_a_model_is_found_however_it_is_written(conn: sqlite3.Connection, name: str) -> None:
    assert models.resolve(conn, name).slug == "nanbeige4-1-3b"


@pytest.mark.parametrize(("name", "nearest"), [("nanbeige4.1-3", "nanbeige4-1-3b"), ("minicpm", "minicpm5-1b")])
def test_an_unknown_model_suggests_the_nearest(conn: sqlite3.Connection, name: str, nearest: str) -> None:
    with pytest.raises(models.UnknownModelError) as caught:
        models.resolve(conn, name)
    assert nearest in caught.value.nearest
    assert nearest in str(caught.value)


def test_search_finds_by_name_creator_and_licence(conn: sqlite3.Connection) -> None:
    def found(text: str) -> set[str]:
        return {row.slug for row in models.list_models(conn, ModelFilter(text=text))}

    assert "nanbeige4-1-3b" in found("nanb 4.1")
    assert found("openbmb") >= {"minicpm5-1b", "minicpm5-1b-non-reasoning"}
    assert "nanbeige4-1-3b" in found("apache")
    assert found("no such model at all") == set()
    assert "nanbeige4-1-3b" in found("4.1-3b")
    for syntax in ('"', '"""', "NEAR( * : ^ )", "%", "_", "name:qwen", "' OR 1"):
        assert found(syntax) == set()


def test_the_tiny_class_has_its_43_models(conn: sqlite3.Connection) -> None:
    tiny = ModelFilter(open_weights=True, params_b_above=0, params_b_at_most=4.5)
    assert models.count(conn, tiny) == 43


@pytest.mark.parametrize("column", models.SORTABLE)
@pytest.mark.parametrize("descending", [True, False])
def test_sorting_puts_the_missing_last(conn: sqlite3.Connection, column: str, descending: bool) -> None:
    values = [getattr(row, column) for row in models.list_models(conn, None, column, descending)]
    known = [value for value in values if value is not None]
    assert values == known + [None] * (len(values) - len(known))
    key = str.lower if column in models.TEXT_COLUMNS else lambda value: value
    assert known == sorted(known, key=key, reverse=descending)


def test_reasoning_modes_of_one_model_share_its_files(conn: sqlite3.Connection) -> None:
    measure(conn, "minicpm5-1b")
    assert models.resolve(conn, "minicpm5-1b-non-reasoning").here_tg_tps == 18.5
    assert models.resolve(conn, "nanbeige4-1-3b").here_tg_tps is None


def test_the_same_content_elsewhere_is_the_same_file(conn: sqlite3.Connection) -> None:
    first = put_file(conn, "here")
    second = put_file(conn, "moved")
    assert (second.id, second.path) == (first.id, "/models/moved.gguf")


def test_two_workers_never_take_one_run(conn: sqlite3.Connection) -> None:
    run_id = runs.create(conn, kind="speed", file=put_file(conn), settings={})
    assert [life.claim(conn, run_id, pid, 1.0) for pid in (1, 2)] == [True, False]


def test_an_ended_run_stays_as_it_ended(conn: sqlite3.Connection) -> None:
    run_id = measure(conn)
    life.set_progress(conn, run_id, 0.5, "late news")
    life.end(conn, run_id, "failed", "too late")
    life.ask(conn, run_id, "stop")
    run = runs.get(conn, run_id)
    assert (run.state, run.reason, run.progress) == ("finished", None, 1.0)


def test_a_figure_without_a_source_is_refused(conn: sqlite3.Connection) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        conn.execute(
            "INSERT INTO measurements (variant_id, metric, value, unit, created_at) VALUES (1, 'x', 1, 'y', 'now')"
        )


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("shopping list, " * 100)
    with pytest.raises(db.CatalogError, match="not an aa-tui catalog"):
        db.open_catalog(path)
    assert path.read_text() == "shopping list, " * 100


def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE songs (title)")
    with pytest.raises(db.CatalogError, match="another program"):
        db.open_catalog(path)
    with closing(sqlite3.connect(path)) as other:
        assert [row[0] for row in other.execute("SELECT name FROM sqlite_master")] == ["songs"]


def test_a_newer_schema_is_refused_and_left_alone(conn: sqlite3.Connection, catalog_path: Path) -> None:
    conn.execute("PRAGMA user_version = 999")
    before = dump(catalog_path)
    with pytest.raises(db.CatalogError, match="newer aa-tui"):
        db.open_catalog(catalog_path)
    assert dump(catalog_path) == before


def test_a_folder_that_cannot_be_made_is_one_sentence() -> None:
    with pytest.raises(db.CatalogError, match="AA_TUI_HOME"):
        db.open_catalog(Path("/proc/nowhere/catalog.db"))


def test_a_catalog_in_a_read_only_place_can_be_read(conn: sqlite3.Connection, catalog_path: Path) -> None:
    conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    conn.close()
    copy = catalog_path.with_name("copy.db")
    shutil.copy(catalog_path, copy)
    with closing(db.open_readonly(copy)) as reader:
        assert models.count(reader) == 157
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            reader.execute("DELETE FROM meta")


@pytest.mark.long
def test_programs_that_start_together_make_one_catalog(catalog_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from aa_tui.catalog import db, models; "
        "print(models.count(db.open_catalog(Path(sys.argv[1]))))"
    )
    command = [sys.executable, "-c", program, str(catalog_path)]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert [one.communicate(timeout=60)[0].strip() for one in started] == ["157"] * 3


def test_a_catalog_that_another_program_is_just_upgrading_is_waited_for(catalog_path: Path) -> None:
    with closing(db.open_catalog(catalog_path)) as older:
        older.execute("UPDATE meta SET value = 'an older table' WHERE key = 'published_facts_crc32'")
        older.execute("PRAGMA journal_mode = DELETE")
    other = sqlite3.connect(catalog_path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")  # before the write-ahead log is there
    release = threading.Timer(0.5, other.execute, ["ROLLBACK"])
    release.start()
    assert models.count(db.open_catalog(catalog_path)) == 157
    release.join()
    other.close()


def test_a_waiting_run_stays_queued_whatever_its_worker_tells(conn: sqlite3.Connection) -> None:
    run_id = runs.create(conn, kind="speed", file=put_file(conn), settings={})
    assert life.claim(conn, run_id, 1, 1.0)
    life.set_progress(conn, run_id, 0.0, "starting")
    assert runs.get(conn, run_id).state == "queued"
    assert life.begin(conn, run_id)
    life.set_progress(conn, run_id, 0.5, "pp512")
    assert runs.get(conn, run_id).state == "running"
