"""The index made here as a column of the leaderboard: which run it is of, and that older catalogs gain it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database
from tests.support.evaluated import MODEL, Told, evaluate_here

from aa_tui.catalog import db, models, runs
from aa_tui.catalog.rows import ModelFilter
from aa_tui.catalog.schema import migrations

SIXTY = [Told(("maths", "code")[number % 2], ("correct", "wrong")[number % 3 > 0]) for number in range(60)]
"""20 of 60 are right, 10 of each category's 30."""

ALL_RIGHT = [Told(category, "correct") for category in ("maths", "code") * 30]


def shown(conn: sqlite3.Connection) -> float | None:
    return models.resolve(conn, MODEL).here_index


def test_the_newest_index_of_the_local_packs_is_shown(conn: sqlite3.Connection) -> None:
    assert shown(conn) is None
    evaluate_here(conn, "Q4_K_M", ALL_RIGHT, pack="another")
    assert shown(conn) is None, "other packs are no index"
    evaluate_here(conn, "Q4_K_M", SIXTY)
    assert shown(conn) == pytest.approx(100 / 3)
    newer = evaluate_here(conn, "Q8_0", ALL_RIGHT)
    assert shown(conn) == pytest.approx(100)
    evaluate_here(conn, "Q8_0", SIXTY[:8], state="stopped")
    assert shown(conn) == pytest.approx(100), "a pilot says too little for a list"
    whole = evaluate_here(conn, "Q4_K_M", SIXTY, pack="local-index")
    evaluate_here(conn, "Q4_K_M", ALL_RIGHT)
    assert shown(conn) == pytest.approx(100 / 3), "the whole index before its part"
    runs.delete(conn, runs.get(conn, whole))
    assert shown(conn) == pytest.approx(100)
    assert newer != whole


def test_a_model_evaluated_here_counts_as_measured_here_and_sorts(conn: sqlite3.Connection) -> None:
    evaluate_here(conn, "Q4_K_M", SIXTY)
    found = models.list_models(conn, ModelFilter(measured_here=True))
    assert [row.slug for row in found] == ["nanbeige4-1-3b"]
    assert models.list_models(conn, sort="here_index")[0].slug == "nanbeige4-1-3b"


def test_a_model_evaluated_on_any_pack_counts_as_measured_here(conn: sqlite3.Connection) -> None:
    assert models.count(conn, ModelFilter(measured_here=True)) == 0
    evaluate_here(conn, "Q4_K_M", SIXTY, pack="another")
    found = models.list_models(conn, ModelFilter(measured_here=True))
    assert [row.slug for row in found] == ["nanbeige4-1-3b"]
    assert "nanbeige4-1-3b" not in {row.slug for row in models.list_models(conn, ModelFilter(measured_here=False))}


def test_a_catalog_of_the_schema_before_gains_the_column(catalog_path: Path) -> None:
    catalog_path.parent.mkdir(parents=True, exist_ok=True)
    names = [one.name for one in migrations.pending(Database(memory=True))]
    before = names.index("m006_here_index")
    with closing(sqlite3.connect(catalog_path, isolation_level=None)) as old:
        migrations.apply(Database(old), stop_before=names[before : before + 1])
        assert old.execute("PRAGMA user_version").fetchone()[0] == before
        assert "here_index" not in [row[1] for row in old.execute("PRAGMA table_info(leaderboard)")]
        for statement in filter(str.strip, _OLD.split(";\n")):
            old.execute(statement)
    with closing(db.open_catalog(catalog_path)) as conn:
        assert models.resolve(conn, "mine").here_index == 42.5
        assert conn.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        plan = conn.execute(
            "EXPLAIN QUERY PLAN SELECT count(*) FROM leaderboard "
            "WHERE (here_tg_tps IS NOT NULL OR here_pp_tps IS NOT NULL OR here_index IS NOT NULL)"
        ).fetchall()
        assert "leaderboard_here" in plan[0][3], "the count at every start still has its index"


_OLD = """
INSERT INTO creators (id, name) VALUES (9001, 'Somebody');
INSERT INTO models (id, creator_id, name, weights_url) VALUES (9001, 9001, 'Mine', '');
INSERT INTO sources (id, name, url, as_of) VALUES (9001, 'the file itself', 'mine.gguf', '2026-01-01');
INSERT INTO variants (id, model_id, slug, name, reasoning, open_weights, is_local, source_id)
  VALUES (9001, 9001, 'mine', 'Mine', 0, 1, 1, 9001);
INSERT INTO gguf_files (id, sha256, path, size_bytes, mtime_ns, quant, name, model_id)
  VALUES (5, 'aa', '/models/mine.gguf', 1000, 1, 'Q8_0', 'Mine', 9001);
INSERT INTO runs (id, kind, state, file_id, settings, created_at, pack, pack_version)
  VALUES (1, 'eval', 'finished', 5, '{}', '2026-01-01T00:00:00.000+00:00', 'quick', '1.0');
INSERT INTO measurements (file_id, metric, value, unit, n, run_id, created_at)
  VALUES (5, 'eval.quick.index', 42.5, 'points', 60, 1, '2026-01-01T00:01:00.000+00:00');
"""
