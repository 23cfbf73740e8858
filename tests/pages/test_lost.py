"""Lost answers of evaluations in a catalog, as every face tells them: made by the worker's own code, graded by it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from tests.support.evaluated import SEVEN, evaluate_here
from tests.support.evaluating import on_mock, planned, write_pack
from tests.support.lost_rows import LEFT, REPLIES, evaluated_rows

from aa_tui.analysis.lost import Fate, Lost
from aa_tui.catalog import runs, samples
from aa_tui.engine.mock import by_question
from aa_tui.export import markdown
from aa_tui.export.run_report import run_report
from aa_tui.pages import lost
from aa_tui.pages.json import lost as lost_json
from aa_tui.pages.run_charts import run_charts
from aa_tui.pages.text import lost as words


@pytest.fixture
def run_id(conn: sqlite3.Connection, tmp_path: Path) -> int:
    return evaluated_rows(conn, tmp_path)


def by_item(conn: sqlite3.Connection, run_id: int) -> dict[str, Fate]:
    report = lost.load(conn, runs.get(conn, run_id))
    return {row.item_id: report.fates[row.id] for row in samples.scored(conn, run_id)}


def test_each_sample_is_told_by_what_was_thought(conn: sqlite3.Connection, run_id: int) -> None:
    found = by_item(conn, run_id)
    classes = {item: one.lost for item, one in found.items()}
    assert classes == {
        "item-000": Lost.LEFT,
        "item-001": Lost.NEVER,
        "item-002": Lost.RAN_ON,
        "item-003": Lost.STARVED,
        "item-004": None,
        "item-005": None,
    }
    assert {one.evidence for item, one in found.items() if item < "item-004"} == {"text"}
    left = found["item-000"]
    assert left.start is not None
    assert LEFT[left.start : left.end] == "So the answer is 40."
    assert left.reached_tokens == pytest.approx(left.end, abs=1)  # a token is a byte on this engine
    assert (found["item-004"].is_right, found["item-005"].tokens_after) == (True, None)


def test_one_failure_is_told_as_one(conn: sqlite3.Connection, tmp_path: Path) -> None:
    made = planned(conn, write_pack(tmp_path / "one", {"How many are in row a?": "40"}, grader="numeric"), budgets=())
    assert on_mock(conn, made, by_question(REPLIES)).state == "finished"
    said = "\n".join(words.lines(lost.load(conn, runs.get(conn, made))))
    assert "1 of 1 failure had the right answer" in said
    assert "told of 1 failure: 1 by text" in said


def test_one_token_is_no_tokens() -> None:
    one = Fate(None, is_right=True, evidence="text", reached_tokens=1, tokens_after=1)
    assert words.fate_words(one) == (
        "right answer: stood for good, after about 1 token, by text; 1 token of thinking came after it"
    )


def test_the_words_the_keys_the_chart_and_the_report_tell_the_same(conn: sqlite3.Connection, run_id: int) -> None:
    report = lost.load(conn, runs.get(conn, run_id))
    said = "\n".join(words.lines(report))
    assert "told of 4 failures: 4 by text" in said
    assert "1 reached and left · 1 reached, ran on · 1 never reached · 1 starved by the cap" in said
    assert "of 1 of 2 right answers it is known where" in said
    plain = lost_json.as_json(report)
    assert (plain["n_had_it"], plain["n_failed"], plain["classes"]["starved"]) == (2, 4, 1)
    assert {name: one["n_failed"] for name, one in plain["by_category"].items()} == {"first": 2, "second": 2}
    chart = next(one for one in run_charts(conn, run_id) if one.name == "here-lost")
    assert chart.bars[0].text == "2 of 4 had it"  # type: ignore[union-attr]
    file = markdown.render(run_report(conn, run_id))
    assert "Lost answers" in file
    assert "2 of 4 failures had the right answer" in file


def test_thinking_that_was_dropped_tells_nothing_and_is_said_to_be(conn: sqlite3.Connection, run_id: int) -> None:
    conn.execute("UPDATE eval_samples SET thinking = ''")
    report = lost.load(conn, runs.get(conn, run_id))
    assert report.all.classes[Lost.UNTOLD] == report.all.n_failed == 4
    assert "cannot be told for 4 of 4 failures (4: its thinking is not stored)" in "\n".join(words.lines(report))


def test_without_the_pack_forks_alone_tell(conn: sqlite3.Connection) -> None:
    run = runs.get(conn, evaluate_here(conn, "Q8_0", SEVEN))  # of a version of the pack that is not here
    report = lost.load(conn, run)
    assert report.all.evidence == {"forks": 2}
    assert (report.all.classes[Lost.STARVED], report.all.classes[Lost.LOOPED]) == (1, 1)
    assert report.why_untold == {lost.NO_KEYS: 2}
    assert report.advice is not None
    assert report.advice.too_few
    said = "\n".join(words.lines(report))
    assert "none is advised: 7 items have an outcome at every budget, and each half needs 20" in said
    # of two right ones with forks: 190 tokens right from 64 on, 90 with a fork that was wrong and no other
    assert (report.all.n_right, report.all.n_placed, report.all.after) == (3, 1, 126)


def test_what_is_known_already_is_not_read_again(conn: sqlite3.Connection, run_id: int) -> None:
    known: lost.Known = {}
    run = runs.get(conn, run_id)
    before = lost.load(conn, run, known=known)
    conn.execute("UPDATE eval_samples SET thinking = '', answer = ''")
    assert lost.load(conn, run, known=known).fates == before.fates
    assert lost.load(conn, run).fates != before.fates


def test_a_sample_alone_is_told_as_among_the_others(conn: sqlite3.Connection, run_id: int) -> None:
    run = runs.get(conn, run_id)
    report = lost.load(conn, run)
    for row in samples.scored(conn, run_id):
        assert lost.fate_of(conn, run, row) == report.fates[row.id]
