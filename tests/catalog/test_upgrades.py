"""A catalog of every earlier schema, with a user's runs in it, becomes one of today's and keeps them all."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database

from aa_tui.catalog import db, labels, leaderboard, life, models, offers, rescue, runs, samples
from aa_tui.catalog.schema import migrations

NAMES = [one.name for one in migrations.pending(Database(memory=True))]
SPEED_TABLES = ("gguf_files", "machines", "runs", "speed_samples", "measurements", "models", "creators")
EVAL_TABLES = ("eval_samples", "sample_scores", "budget_probes", "run_events", "slot_probes")

_SPEED = """
INSERT INTO creators (id, name) VALUES (9001, 'Somebody');
INSERT INTO models (id, creator_id, name, weights_url) VALUES (9001, 9001, 'Mine', '');
INSERT INTO sources (id, name, url, as_of) VALUES (9001, 'the file itself', 'mine.gguf', '2026-01-01');
INSERT INTO variants (id, model_id, slug, name, reasoning, open_weights, is_local, source_id)
  VALUES (9001, 9001, 'mine', 'Mine', 0, 1, 1, 9001);
INSERT INTO gguf_files (id, sha256, path, size_bytes, mtime_ns, quant, name, model_id)
  VALUES (5, 'aa', '/models/mine.gguf', 1000, 1, 'Q8_0', 'Mine', 9001);
INSERT INTO machines (id, fingerprint, name, cpu, os, arch) VALUES (3, 'ff', 'desk', 'a cpu', 'Linux', 'x86_64');
INSERT INTO runs (id, kind, state, reason, file_id, machine_id, settings, created_at, started_at, ended_at, progress)
  VALUES (1, 'speed', 'finished', NULL, 5, 3, '{"n_threads": 2}', '2026-01-01T00:00:00.000+00:00',
          '2026-01-01T00:00:01.000+00:00', '2026-01-01T00:01:00.000+00:00', 1);
INSERT INTO runs (id, kind, state, reason, file_id, machine_id, settings, created_at, ended_at, progress)
  VALUES (2, 'speed', 'stopped', 'stopped by the user', 5, 3, '{}', '2026-01-02T00:00:00.000+00:00',
          '2026-01-02T00:01:00.000+00:00', 0.4);
INSERT INTO speed_samples (run_id, test, repetition, warmup, n_prompt, n_gen, seconds, tokens_per_s, started_at)
  VALUES (1, 'tg128', 1, 0, 0, 128, 7.0, 18.5, '2026-01-01T00:00:02.000+00:00');
INSERT INTO measurements (file_id, metric, value, unit, stdev, n, run_id, created_at)
  VALUES (5, 'tg128', 18.5, 'tokens/s', 0.1, 1, 1, '2026-01-01T00:01:00.000+00:00');
"""
_EVAL = """
INSERT INTO runs (id, kind, state, file_id, machine_id, settings, created_at, ended_at, progress, pack, pack_version,
                  n_items, n_done, identity)
  VALUES (3, 'eval', 'failed', 5, 3, '{"pack": "nano", "limit": 2}', '2026-02-01T00:00:00.000+00:00',
          '2026-02-01T00:01:00.000+00:00', 0.5, 'nano', '1', 2, 1, 'id');
INSERT INTO run_events (run_id, at, state, reason) VALUES (3, '2026-02-01T00:00:00.000+00:00', 'queued', NULL);
INSERT INTO eval_samples (id, run_id, item_id, epoch, position, category, finish_reason, prompt, thinking, answer,
                          n_prompt, n_cached, n_thinking, n_answer, n_thinking_chars, n_answer_chars, seed, ended_at)
  VALUES (7, 3, 'item-1', 1, 0, 'sums', 'stop', 'What?', 'hm', 'Answer: 4', 3, 0, 1, 3, 2, 9, 1,
          '2026-02-01T00:00:30.000+00:00');
INSERT INTO sample_scores (sample_id, grader, outcome, extracted, graded_at)
  VALUES (7, 'exact/1', 'correct', '4', '2026-02-01T00:00:31.000+00:00');
INSERT INTO budget_probes (sample_id, budget_tokens, answer, n_tokens) VALUES (7, 512, '4', 1);
INSERT INTO slot_probes (fingerprint, sha256, settings_key, best, rates, measured_at)
  VALUES ('ff', 'aa', '{}', 4, '[[4, 20.0]]', '2026-02-01T00:00:00.000+00:00');
"""

Rows = dict[str, list[dict[str, object]]]


@pytest.fixture
def older(catalog_path: Path) -> Callable[[int], Rows]:
    """Makes a catalog of an earlier schema with a user's data; gives its rows as they were then."""

    def make(version: int) -> Rows:
        catalog_path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(catalog_path, isolation_level=None)) as conn:
            migrations.apply(Database(conn), stop_before=NAMES[version : version + 1])
            assert conn.execute("PRAGMA user_version").fetchone()[0] == version
            for script in (_SPEED, _EVAL if version >= 4 else ""):
                for statement in filter(str.strip, script.split(";\n")):
                    conn.execute(statement)
            return rows_of(conn, (*SPEED_TABLES, *(EVAL_TABLES if version >= 4 else ())))

    return make


def rows_of(conn: sqlite3.Connection, tables: tuple[str, ...]) -> Rows:
    """All rows of some tables, by column."""
    conn.row_factory = sqlite3.Row
    return {table: [dict(row) for row in conn.execute(f"SELECT * FROM {table}")] for table in tables}  # noqa: S608


@pytest.mark.parametrize("version", range(1, db.SCHEMA_VERSION))
def test_a_users_data_survives_the_upgrade(version: int, older: Callable[[int], Rows], catalog_path: Path) -> None:
    before = older(version)
    with closing(db.open_catalog(catalog_path)) as conn:
        assert conn.execute("PRAGMA user_version").fetchone()[0] == db.SCHEMA_VERSION
        assert conn.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert conn.execute("PRAGMA foreign_key_check").fetchall() == []
        after = rows_of(conn, tuple(before))
        for table, rows in before.items():
            for row in rows:
                assert any(row.items() <= one.items() for one in after[table]), (table, row)
        finished, stopped = runs.get(conn, 1), runs.get(conn, 2)
        assert (finished.state, finished.target, finished.n_items, finished.conditions) == (
            "finished",
            "Mine",
            None,
            {},
        )
        assert runs.result_of(conn, finished).measurements["tg128"].value == 18.5
        assert [sample.tokens_per_s for sample in runs.samples(conn, 1)] == [18.5]
        assert stopped.can_resume
        assert models.resolve(conn, "mine").here_tg_tps == 18.5, "the leaderboard shows it again"
        if version >= 4:
            assert [row.outcome for row in samples.scored(conn, 3)] == ["correct"]
            assert samples.get(conn, 7).answer == "Answer: 4"
            labels.put(conn, 7, "right")
            assert samples.scored(conn, 3)[0].label == "right"


def test_an_upgraded_run_goes_on_with_todays_life(older: Callable[[int], Rows], catalog_path: Path) -> None:
    older(1)
    with closing(db.open_catalog(catalog_path)) as conn:
        assert life.requeue(conn, 2)
        assert life.claim(conn, 2, 1, 1.0)
        assert life.begin(conn, 2)
        life.end(conn, 2, "finished")
        assert [event.state for event in life.events(conn, 2)] == ["queued", "starting", "finished"]
        assert runs.create(conn, kind="speed", file=runs.get(conn, 1).file, settings={}) == 3


def test_copies_of_an_older_catalog_name_their_runs_alike(older: Callable[[int], Rows], catalog_path: Path) -> None:
    older(13)
    copy = catalog_path.with_name("copy.db")
    copy.write_bytes(catalog_path.read_bytes())
    with closing(db.open_catalog(catalog_path)) as one, closing(db.open_catalog(copy)) as two:
        names = [run.uid for run in runs.list_runs(one)]
        assert names == [run.uid for run in runs.list_runs(two)]
        assert len(set(names)) == len(names) == 3
        assert {run.origin for run in runs.list_runs(one)} == {"here"}
        new = [
            runs.get(conn, runs.create(conn, kind="speed", file=runs.get(conn, 1).file, settings={}))
            for conn in (one, two)
        ]
        assert new[0].uid != new[1].uid


def test_only_what_was_made_here_is_a_figure_of_this_machine(older: Callable[[int], Rows], catalog_path: Path) -> None:
    older(13)
    with closing(db.open_catalog(catalog_path)) as conn:
        assert models.resolve(conn, "mine").here_tg_tps == 18.5
        conn.execute("UPDATE runs SET origin = 'machine'")
        leaderboard.refresh_model(conn, 9001)
        assert models.resolve(conn, "mine").here_tg_tps is None


def test_a_number_is_never_given_twice(older: Callable[[int], Rows], catalog_path: Path) -> None:
    older(3)
    with closing(db.open_catalog(catalog_path)) as conn:
        file = runs.get(conn, 1).file
        for run_id in (2, 1):
            runs.delete(conn, runs.get(conn, run_id))
        assert runs.create(conn, kind="speed", file=file, settings={}) == 3


_WORDS = """
INSERT INTO runs (id, kind, state, reason, file_id, settings, created_at, pack, pack_version) VALUES
  (11, 'eval', 'finished', 'the score is known to ± 0.050 at any stopping time', 5, '{}', '2026-03-01', 'quick', '1'),
  (12, 'eval', 'finished', 'the time budget of 30 min is used', 5, '{}', '2026-03-01', 'quick', '1'),
  (13, 'eval', 'finished', NULL, 5, '{}', '2026-03-01', 'quick', '1'),
  (14, 'eval', 'stopped', 'its time was over (07:00); what was finished until then is kept', 5, '{}', '2026-03-01',
   'quick', '1'),
  (15, 'eval', 'stopped', 'stopped by the system (SIGTERM)', 5, '{}', '2026-03-01', 'quick', '1'),
  (16, 'eval', 'queued', NULL, 5, '{}', '2026-03-01', 'quick', '1');
INSERT INTO measurements (file_id, metric, value, unit, n, run_id, created_at, interval_low, interval_high,
                          interval_method) VALUES
  (5, 'eval.quick.score_strict', 0.7, 'share', 60, 11, '2026-03-01', 0.6, 0.8, 'Beta-binomial confidence sequence'),
  (5, 'eval.quick.score_completed', 0.7, 'share', 60, 11, '2026-03-01', 0.6, 0.8, 'Wilson'),
  (5, 'eval.quick.score_strict', 0.7, 'share', 60, 13, '2026-03-01', 0.6, 0.8, 'Wilson');
INSERT INTO measurements (variant_id, source_id, metric, value, unit, created_at)
  VALUES (9001, 9001, 'eval.gpqa', 40.0, '%', '2026-03-01');
"""
ENDED_BY = {1: "items", 2: "user", 3: "failure", 11: "aim", 12: "time", 13: "items", 14: "time", 15: "system", 16: None}


def told_in_words(older: Callable[[int], Rows], path: Path) -> None:
    """A catalog of the last schema that told in sentences only why a run has ended."""
    older(9)
    with closing(sqlite3.connect(path)) as conn:
        conn.executescript(_WORDS)


def noted(conn: sqlite3.Connection) -> None:
    """What a catalog must tell as facts that had it in words."""
    assert {run.id: run.ended_by for run in runs.list_runs(conn)} == ENDED_BY
    by_score = runs.result_of(conn, runs.get(conn, 11)).measurements
    assert by_score["eval.quick.score_strict"].interval_kind == "any-time"
    assert by_score["eval.quick.score_completed"].interval_low is None, "it held for a number set beforehand only"
    as_planned = runs.result_of(conn, runs.get(conn, 13)).measurements
    assert as_planned["eval.quick.score_strict"].interval_kind == "fixed"
    assert as_planned["eval.quick.score_strict"].interval_low == 0.6


def test_what_was_told_in_words_is_a_fact_after_the_upgrade(older: Callable[[int], Rows], catalog_path: Path) -> None:
    told_in_words(older, catalog_path)
    with closing(db.open_catalog(catalog_path)) as conn:
        noted(conn)
        (published,) = offers.evaluations(conn, [9001])
        assert (published.metric, published.value) == ("published.gpqa", 40.0)


def test_what_was_told_in_words_is_a_fact_in_a_rescued_catalog(
    older: Callable[[int], Rows], catalog_path: Path, tmp_path: Path
) -> None:
    told_in_words(older, catalog_path)
    rescue.rescue(catalog_path, tmp_path / "new.db")
    with closing(db.open_catalog(tmp_path / "new.db")) as conn:
        noted(conn)
