"""Samples of evaluations in the catalog: kept once, whatever their texts are; and the catalog made smaller."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.noted import put_file

from aa_tui.catalog import db, labels, life, runs, samples, upkeep
from aa_tui.catalog.rows import BudgetProbe, EvalSample, ScoreRow
from aa_tui.catalog.texts import packed, unpacked

LONE = "\ud83d"
"""Half of a pair: a model can write it as an escape, and no UTF-8 has it."""


def sample(item_id: str = "item-1", **changes: object) -> EvalSample:
    plain = EvalSample(
        item_id=item_id,
        epoch=1,
        position=0,
        category="sums",
        level=1,
        finish_reason="stop",
        prompt="What?",
        thinking="hm",
        answer="Answer: 4",
        message="",
        n_prompt=3,
        n_cached=0,
        n_thinking=1,
        n_answer=3,
        n_thinking_chars=2,
        n_answer_chars=9,
        queued_s=0.0,
        ttft_s=0.1,
        ttfat_s=0.2,
        e2e_s=0.3,
        output_tps=10.0,
        seed=1,
        ended_at="2026-01-01T00:00:00.000+00:00",
    )
    return plain._replace(**changes)  # type: ignore[arg-type]


@pytest.fixture
def run_id(conn: sqlite3.Connection) -> int:
    return runs.create(conn, kind="eval", file=put_file(conn), settings={}, pack="small", n_items=2)


@given(st.text(max_size=2_000))
def test_a_text_comes_back_as_it_was_stored(text: str) -> None:
    assert unpacked(packed(text)) == text.encode("utf-8", "replace").decode()


def test_a_sample_that_is_there_stays_as_it_is(conn: sqlite3.Connection, run_id: int) -> None:
    first = samples.add(conn, run_id, sample(), [(512, "4", 1)])
    again = samples.add(conn, run_id, sample(answer="Answer: 5"), [(512, "5", 1)])
    assert again == first
    assert samples.get(conn, first).answer == "Answer: 4"
    assert [probe.answer for probe in samples.probes(conn, run_id)] == ["4"]
    assert runs.get(conn, run_id).n_done == 1


def test_texts_that_are_no_text_are_kept_all_the_same(conn: sqlite3.Connection, run_id: int) -> None:
    odd = f"{LONE}\0 ok"
    sample_id = samples.add(
        conn, run_id, sample(prompt=odd, thinking=odd * 200, answer=odd, message=odd), [(512, odd, 1)]
    )
    samples.add_score(conn, sample_id, ScoreRow("exact/1", "wrong", odd, odd, None, ((odd, True),), ""))
    samples.set_probe(conn, BudgetProbe(sample_id, 512, odd, 1, "wrong", odd, "exact/1"))
    whole = samples.get(conn, sample_id)
    assert (whole.prompt, whole.thinking, whole.message) == ("?\0 ok", "?\0 ok" * 200, "?\0 ok")
    (score,) = samples.scores(conn, sample_id)
    assert (score.extracted, score.detail) == ("?\0 ok", "?\0 ok")
    assert [probe.extracted for probe in samples.probes(conn, run_id)] == ["?\0 ok"]


def test_a_catalog_in_use_is_made_smaller_later(conn: sqlite3.Connection, catalog_path: Path, run_id: int) -> None:
    samples.add(conn, run_id, sample())
    db.set_patience(conn, 50)
    with closing(sqlite3.connect(catalog_path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(db.CatalogError, match="cannot be made smaller just now"):
            upkeep.vacuum(conn)
        other.execute("ROLLBACK")
    assert upkeep.vacuum(conn) == 0
    assert len(samples.scored(conn, run_id)) == 1


def test_room_is_given_back(conn: sqlite3.Connection, run_id: int) -> None:
    import random

    noise = random.Random(0).randbytes(400_000).hex()
    samples.add(conn, run_id, sample(thinking=noise))
    before = upkeep.size(conn)
    assert before.thinking_bytes > 400_000, "what cannot be compressed takes its room, and the size says so"
    runs.delete(conn, runs.get(conn, run_id))
    deleted = upkeep.size(conn)
    assert deleted.free_bytes > 400_000
    upkeep.vacuum(conn)
    after = upkeep.size(conn)
    given_back = deleted.file_bytes - after.file_bytes
    assert abs(given_back - deleted.free_bytes) < 0.1 * given_back, (
        "what is free is what comes back, the log's copy too"
    )
    assert after.file_bytes < before.file_bytes - 400_000
    assert (after.n_samples, after.thinking_bytes) == (0, 0)


# -- labels


@pytest.fixture
def graded(conn: sqlite3.Connection, run_id: int) -> int:
    """A sample with a verdict."""
    sample_id = samples.add(conn, run_id, sample())
    samples.add_score(conn, sample_id, ScoreRow("exact/1", "wrong", "4", "not 5", None, (), ""))
    return sample_id


def test_a_label_is_kept_with_the_verdict_that_was_looked_at(
    conn: sqlite3.Connection, run_id: int, graded: int
) -> None:
    assert samples.scored(conn, run_id)[0].label is None
    labels.put(conn, graded, "right", note=f"it is 4 {LONE}", blind=True)
    samples.add_score(conn, graded, ScoreRow("exact/2", "correct", "4", "", None, (), ""))
    label = labels.get(conn, graded)
    assert label is not None
    assert (label.label, label.grader, label.outcome, label.blind) == ("right", "exact/1", "wrong", True)
    assert label.note.startswith("it is 4")
    row = samples.scored(conn, run_id)[0]
    assert (row.label, row.outcome) == ("right", "correct"), "graded again, the label stays"
    assert labels.of_run(conn, run_id) == {graded: label}


def test_the_last_label_counts_and_can_be_taken_away(conn: sqlite3.Connection, run_id: int, graded: int) -> None:
    marks = {labels.mark(conn, run_id)}
    for label in ("right", "unclear", "wrong"):
        labels.put(conn, graded, label)
        marks.add(labels.mark(conn, run_id))
    assert [one.label for one in labels.of_run(conn, run_id).values()] == ["wrong"]
    labels.clear(conn, graded)
    assert labels.get(conn, graded) is None
    assert labels.mark(conn, run_id) == (0, "")
    assert len(marks) >= 2
    with pytest.raises(sqlite3.IntegrityError):
        labels.put(conn, graded, "perhaps")


def test_a_deleted_run_takes_its_labels_with_it(conn: sqlite3.Connection, run_id: int, graded: int) -> None:
    labels.put(conn, graded, "right")
    life.end(conn, run_id, "finished")
    runs.delete(conn, runs.get(conn, run_id))
    assert conn.execute("SELECT count(*) FROM sample_labels").fetchone()[0] == 0


def test_a_sample_without_a_verdict_can_be_labelled(conn: sqlite3.Connection, run_id: int) -> None:
    sample_id = samples.add(conn, run_id, sample())
    labels.put(conn, sample_id, "unclear")
    label = labels.get(conn, sample_id)
    assert label is not None
    assert (label.grader, label.outcome) == (None, None)
