"""Conversations of evaluations in words, JSON, reports and the Python API."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from tests.support.program import Answer, Program
from tests.support.toy_talk import evaluated_sums

import aa_tui
from aa_tui.catalog import runs, samples, turns
from aa_tui.export import html, markdown
from aa_tui.export.run import export_run
from aa_tui.export.run_report import run_report
from aa_tui.pages import evaluation
from aa_tui.pages.json import evaluation as evaluation_json
from aa_tui.pages.text import evaluation as evaluation_text
from aa_tui.pages.text.served import sample_lines
from aa_tui.pages.text.talked import call_words, pieces

CONTROLS = "\x1b\x07\u202e"


@pytest.fixture
def run_id(conn: sqlite3.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    return evaluated_sums(conn, tmp_path, monkeypatch)


def test_a_report_tells_tokens_kept_and_faults(conn: sqlite3.Connection, run_id: int) -> None:
    report = evaluation.load(conn, runs.get(conn, run_id))
    assert report.talked is not None
    told = report.talked
    assert (told.n_conversations, told.n_turns) == (4, 10)
    assert told.n_kept is not None
    assert 0 < told.n_kept < told.n_prompt
    assert told.n_kept == sum(row.n_cached for row in report.samples)
    text = "\n".join(evaluation_text.lines(report))
    assert f"{told.n_kept:,} prompt tokens kept of {told.n_prompt:,}" in text
    assert "faults       model 1 · format 1" in text
    assert "format: broken" in text
    values = evaluation_json.as_json(report)["conversations"]
    assert values["faults"] == {"format: broken": 1, "model: function": 1}
    assert values["faults_by_class"] == {"model": 1, "format": 1}


def test_nothing_is_said_to_be_kept_where_no_server_tells(conn: sqlite3.Connection, run_id: int) -> None:
    conn.execute("UPDATE gguf_files SET kind = 'served', path = 'http://box:8080#m' WHERE id = 1")
    conn.execute("UPDATE sample_turns SET n_cached = 0")
    report = evaluation.load(conn, runs.get(conn, run_id))
    assert "prompt tokens; the server told of none that it kept" in "\n".join(evaluation_text.lines(report))
    assert evaluation_json.as_json(report)["conversations"]["n_kept"] is None
    conn.execute("UPDATE sample_turns SET n_cached = 7 WHERE number = 0")
    report = evaluation.load(conn, runs.get(conn, run_id))
    assert "28 prompt tokens kept of" in "\n".join(evaluation_text.lines(report))


def test_a_clock_of_ours_is_none_of_the_servers(conn: sqlite3.Connection, run_id: int) -> None:
    sample = samples.get(conn, samples.find(conn, run_id, "item-000") or 0)._replace(server="http://box:8080")
    assert not any("own clocks" in line for line in sample_lines(sample._replace(timings=(("first_byte_s", 0.1),))))
    told = " ".join(sample_lines(sample._replace(timings=(("first_byte_s", 0.1), ("prompt_ms", 12.0)))))
    assert "the server's own clocks: prompt_ms 12" in told


def test_a_run_of_questions_says_nothing_of_conversations(conn: sqlite3.Connection, run_id: int) -> None:
    conn.execute("DELETE FROM sample_turns")
    conn.execute("UPDATE sample_scores SET fault = NULL")
    report = evaluation.load(conn, runs.get(conn, run_id))
    assert report.talked is None
    assert evaluation_json.as_json(report)["conversations"] is None
    assert not any("kept of" in line for line in evaluation_text.lines(report))


def test_a_conversation_piece_by_piece(conn: sqlite3.Connection, run_id: int) -> None:
    def told(item_id: str) -> list[tuple[str, str]]:
        sample = samples.get(conn, samples.find(conn, run_id, item_id) or 0)
        return [(one.kind, one.text) for one in pieces(sample, turns.of_sample(conn, run_id, item_id, 1))]

    assert told("item-000") == [
        ("user", "Add 0 and 10, then 1000."),
        ("thinking", "first those two"),
        ("call", "add(a=0, b=10)"),
        ("result", "10"),
        ("thinking", "then the rest"),
        ("text", "And now"),
        ("call", "add(a=10, b=1000)"),
        ("result", "1010"),
        ("answer", "The sum is 1010."),
    ]
    assert ("unread", "A call cannot be read: its first tag is not complete.") in told("item-002")
    hostile = " ".join(text for _, text in told("item-001"))
    assert not any(character in hostile for character in CONTROLS)


def test_calls_are_shown_as_calls_whatever_their_arguments_are() -> None:
    assert call_words({"name": "find", "arguments": '{"what": "a b", "n": [1, 2]}'}) == 'find(what="a b", n=[1, 2])'
    assert call_words({"name": "find", "arguments": "{broken"}) == "find({broken)"
    assert call_words({"name": "f\x1b[31m", "arguments": "[1]"}) == "f([1])"
    assert len(call_words({"name": "f", "arguments": json.dumps({"x": "y" * 10_000})})) < 1_000


def test_exports_hold_the_turns(conn: sqlite3.Connection, run_id: int) -> None:
    run = runs.get(conn, run_id)
    rows = [json.loads(line) for line in export_run(conn, run, "jsonl").splitlines()]
    one = next(row for row in rows if row["item_id"] == "item-000")
    assert [turn["number"] for turn in one["turns"]] == [0, 1, 2]
    assert one["turns"][0]["calls"] == [{"name": "add", "arguments": '{"a": 0, "b": 10}', "id": ""}]
    assert {row["fault"] for row in rows} == {None, "model: function", "format: broken"}
    header = export_run(conn, run, "csv").splitlines()[0].split(",")
    assert {"n_turns", "n_calls"} <= set(header)
    assert "turns" not in header
    report = run_report(conn, run_id)
    for text in (markdown.render(report), html.render(report)):
        assert "prompt tokens kept of" in text
        assert "sub(a=1, b=10)" in text
        assert "fault: model: function" in text
        assert not any(character in text for character in CONTROLS)


def test_the_shell_shows_a_conversation(run_id: int, program: Program, answer: Answer) -> None:
    shown = program("samples", str(run_id), "item-000").stdout
    assert "Call: add(a=0, b=10)" in shown
    assert "Result add: 1010" in shown
    assert "Model: The sum is 1010." in shown
    assert "then the rest" not in shown
    assert "then the rest" in program("samples", str(run_id), "item-000", "--thinking").stdout
    assert '<tool_call>{"name": "add"' in program("samples", str(run_id), "item-000", "--raw").stdout
    hostile = program("samples", str(run_id), "item-001", "--raw", "--thinking").stdout
    assert not any(character in hostile for character in CONTROLS)
    assert "fault: model: function" in hostile
    assert len(answer("samples", str(run_id), "item-000")["turns"]) == 3
    listed = {row["item_id"]: (row["n_turns"], row["n_calls"]) for row in answer("samples", str(run_id))}
    assert listed["item-000"] == (3, 2)
    assert listed["item-002"] == (2, 0)
    assert "prompt tokens kept of" in program("runs", "show", str(run_id)).stdout


def test_the_python_api_gives_the_turns(conn: sqlite3.Connection, run_id: int, catalog_path: Path) -> None:
    with aa_tui.open_catalog(catalog_path) as catalog:
        run = catalog.run(run_id)
        assert isinstance(run, aa_tui.Evaluation)
        found = {one.item_id: one for one in run.samples()}
    assert [turn.answer for turn in found["item-000"].turns][-1] == "The sum is 1010."
    assert found["item-000"].turns[0].calls[0]["name"] == "add"
    assert [(turn.is_over, turn.shows_tools) for turn in found["item-000"].turns] == [
        (False, True),
        (False, True),
        (True, True),
    ]
    assert found["item-001"].fault == "model: function"


def test_a_deleted_run_takes_its_turns_along(conn: sqlite3.Connection, run_id: int) -> None:
    runs.delete(conn, runs.get(conn, run_id))
    assert conn.execute("SELECT count(*) FROM sample_turns").fetchone()[0] == 0
