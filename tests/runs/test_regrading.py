"""Graders that change: old and new verdicts side by side, and a run that goes on with the new one."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.support.evaluating import on_mock, planned, write_pack
from tests.support.program import Program

from aa_tui.catalog import life, runs, samples, upkeep
from aa_tui.engine.mock import Reply, by_question
from aa_tui.evals import grading
from aa_tui.evals.extraction import VERSION
from aa_tui.evals.items import Item, Outcome, Pack, Verdict
from aa_tui.evals.wire import request_from
from aa_tui.pages import evaluation
from aa_tui.pages.json import evaluation as evaluation_json
from aa_tui.pages.json import regraded as regraded_json
from aa_tui.pages.text import evaluation as evaluation_text
from aa_tui.pages.text import regraded
from aa_tui.runs.errors import RunError
from aa_tui.runs.evaluation.regrade import grade_again, keep, regrade
from aa_tui.runs.identity import identity_of

ANSWERS = {f"What is {number}?": f"number {number}" for number in range(8)}
THINKING = "let me see " * 200


class Lenient:
    """The next version of "exact": capital letters are as good."""

    name = "exact"
    version = 2

    def grade(self, pack: Pack, item: Item, answer: str) -> Verdict:
        right = answer.strip().lower() == str(item.answer).lower()
        return Verdict(
            Outcome.CORRECT if right else Outcome.WRONG, answer.strip(), "exact/2", "capital letters are as good"
        )


LENIENT = Lenient()


class Strict:
    """The first version, whatever the program's own is by now."""

    name = "exact"
    version = 1

    def grade(self, pack: Pack, item: Item, answer: str) -> Verdict:
        right = answer.strip() == str(item.answer)
        return Verdict(Outcome.CORRECT if right else Outcome.WRONG, answer.strip(), "exact/1", "by the letter")


STRICT = Strict()


@pytest.fixture
def pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Graded here and not in a process of its own, so that a test can change the grader."""
    monkeypatch.setitem(grading._GRADERS, "exact", f"{__name__}:STRICT")
    monkeypatch.setattr(grading.Grading, "_in_worker", lambda *asked: grading.judge(*request_from(asked[3])[:3]))
    folder = write_pack(tmp_path / "small", ANSWERS)
    text = (folder / "pack.toml").read_text()
    (folder / "pack.toml").write_text("\n".join(line for line in text.splitlines() if "patterns" not in line))
    return folder


@pytest.fixture
def replies() -> dict[str, Reply]:
    """Half of them with a capital letter: wrong by the letter."""
    return {
        question: Reply(answer.capitalize() if number % 2 else answer, THINKING)
        for number, (question, answer) in enumerate(ANSWERS.items())
    }


def rise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(grading._GRADERS, "exact", f"{__name__}:LENIENT")


def test_a_newer_grader_keeps_the_old_verdicts_and_shows_both(
    conn: sqlite3.Connection, pack: Path, replies: dict[str, Reply], monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = planned(conn, pack, max_output_tokens=4_000, loop_guard=False)
    on_mock(conn, run_id, by_question(replies), loop_guard=False)
    figure = "eval.small.score_strict"
    assert runs.result_of(conn, runs.get(conn, run_id)).measurements[figure].value == 0.5
    rise(monkeypatch)
    found = regrade(conn, run_id)
    assert (found.n_graded, len(found.changes)) == (8, 4)
    assert {(one.before.outcome, one.after.outcome, one.before.grader, one.after.grader) for one in found.changes} == {
        ("wrong", "correct", "exact/1", "exact/2")
    }
    for row in samples.scored(conn, run_id):
        assert [score.grader for score in samples.scores(conn, row.id)] == ["exact/1", "exact/2"]
        assert (row.grader, row.outcome) == ("exact/2", "correct"), "the newest counts"
    assert runs.result_of(conn, runs.get(conn, run_id)).measurements[figure].value == 1.0
    shown = regraded_json.as_json(found)
    assert shown["score_before"]["value"] == 0.5
    assert shown["score_after"]["value"] == 1.0
    text = "\n".join(regraded.lines(found))
    assert "wrong (exact/1) → correct (exact/2)" in text
    assert "before  took “Number 1”: by the letter" in text, "the why of old verdicts"
    assert "now     took “Number 1”: capital letters are as good" in text
    assert [(one["before"], one["after"], one["n"]) for one in shown["transitions"]] == [
        ("wrong", "correct", 4),
        ("correct", "correct", 4),
    ]
    assert shown["changes"][0]["detail_after"] == "capital letters are as good"
    again = regrade(conn, run_id)
    assert again.changes == ()
    assert all(len(samples.scores(conn, row.id)) == 2 for row in samples.scored(conn, run_id))


def test_a_look_at_what_would_change_writes_nothing(
    conn: sqlite3.Connection, pack: Path, replies: dict[str, Reply], monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = planned(conn, pack, max_output_tokens=4_000, loop_guard=False)
    on_mock(conn, run_id, by_question(replies), loop_guard=False)

    def told() -> object:
        run = runs.get(conn, run_id)
        verdicts = [samples.scores(conn, row.id) for row in samples.scored(conn, run_id)]
        return verdicts, samples.probes(conn, run_id), runs.result_of(conn, run), run

    before = told()
    rise(monkeypatch)
    found = grade_again(conn, run_id)
    assert (len(found.changes), found.is_kept) == (4, False)
    assert told() == before
    assert "nothing is written yet" in regraded.lines(found)[0]
    kept = keep(conn, found)
    assert kept.is_kept
    assert {row.outcome for row in samples.scored(conn, run_id)} == {"correct"}
    assert {probe.grader for probe in samples.probes(conn, run_id)} == {"exact/2"}, "the curve is of the same graders"


def test_a_run_says_which_graders_judged_it_and_that_there_are_newer_ones(
    conn: sqlite3.Connection, pack: Path, replies: dict[str, Reply], monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = planned(conn, pack, loop_guard=False)
    on_mock(conn, run_id, by_question(replies), loop_guard=False)

    def shown() -> tuple[dict[str, Any], str]:
        report = evaluation.load(conn, runs.get(conn, run_id))
        return evaluation_json.as_json(report), "\n".join(evaluation_text.lines(report))

    found, text = shown()
    assert (found["graders"], found["extraction"], found["newer_graders"]) == (["exact/1"], VERSION, [])
    assert f"graded by    exact/1, {VERSION}" in text.splitlines()[-1]
    assert "this aa-tui has" not in text
    rise(monkeypatch)
    found, text = shown()
    assert found["newer_graders"] == ["exact/2"]
    assert f"this aa-tui has exact/2: `aa-tui runs regrade {run_id} --dry-run` shows what would change" in text
    regrade(conn, run_id)
    assert shown()[0]["graders"] == ["exact/2"]
    assert shown()[0]["newer_graders"] == []


def test_a_run_of_before_was_graded_by_the_first_way_of_taking_answers(
    conn: sqlite3.Connection, pack: Path, replies: dict[str, Reply]
) -> None:
    run_id = planned(conn, pack, pilot=3, loop_guard=False)
    on_mock(conn, run_id, by_question(replies), loop_guard=False)
    run = runs.get(conn, run_id)
    old = {name: value for name, value in run.identity_parts.items() if name != "extraction"}
    life.set_identity(conn, run_id, identity_of(old), old)
    settings = {name: value for name, value in run.settings.items() if name != "extraction"}
    runs.set_settings(conn, run_id, settings)
    report = evaluation.load(conn, runs.get(conn, run_id))
    assert evaluation_json.as_json(report)["extraction"] == "extraction/1"
    assert evaluation_json.as_json(report)["newer_graders"] == [VERSION]
    with pytest.raises(RunError, match=rf"out of texts was not there, is {VERSION}\. `aa-tui runs regrade {run_id}`"):
        on_mock(conn, run_id, by_question(replies), loop_guard=False)
    life.end(conn, run_id, "failed", "answers are taken otherwise")
    regrade(conn, run_id)
    assert on_mock(conn, run_id, by_question(replies), loop_guard=False).state == "finished"


def test_a_run_is_continued_only_with_the_graders_it_was_graded_by(
    conn: sqlite3.Connection, pack: Path, replies: dict[str, Reply], monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = planned(conn, pack, pilot=3, loop_guard=False)
    assert on_mock(conn, run_id, by_question(replies), loop_guard=False).state == "planned"
    rise(monkeypatch)
    with pytest.raises(RunError, match=rf"graders' versions: exact was 1, is 2\. `aa-tui runs regrade {run_id}`"):
        on_mock(conn, run_id, by_question(replies), loop_guard=False)
    life.end(conn, run_id, "failed", "the grader has changed")
    regrade(conn, run_id)
    assert on_mock(conn, run_id, by_question(replies), loop_guard=False).state == "finished"
    rows = samples.scored(conn, run_id)
    assert [(row.grader, row.outcome) for row in rows] == [("exact/2", "correct")] * 8


def test_a_live_run_and_another_version_of_the_pack_are_refused(
    conn: sqlite3.Connection, pack: Path, replies: dict[str, Reply]
) -> None:
    live = planned(conn, pack)
    with pytest.raises(RunError, match="is running and grades by itself"):
        regrade(conn, live)
    on_mock(conn, live, by_question(replies))
    text = (pack / "pack.toml").read_text()
    (pack / "pack.toml").write_text(text.replace('version = "1"', 'version = "2"'))
    with pytest.raises(RunError, match="answered version 1 of small, and here is version 2"):
        regrade(conn, live)


def test_a_run_that_stopped_by_its_score_keeps_the_interval_that_holds_then(
    conn: sqlite3.Connection, tmp_path: Path
) -> None:
    many = write_pack(tmp_path / "many", {f"Question {number}?": "yes" for number in range(200)}, name="many")
    run_id = planned(conn, many, until_width=0.2)
    ending = on_mock(conn, run_id, by_question({"Question": "Answer: yes"}), sleeps=True, step_s=0.005)
    assert ending.state == "finished"
    before = evaluation.load(conn, runs.get(conn, run_id)).strict
    regrade(conn, run_id)
    after = evaluation.load(conn, runs.get(conn, run_id)).strict
    assert before is not None
    assert after is not None
    assert "sequence" in after.interval.method
    assert (after.interval.low, after.interval.high) == pytest.approx((before.interval.low, before.interval.high))


@pytest.mark.long
def test_only_old_thinking_of_ended_runs_is_dropped_and_grading_again_still_works(
    conn: sqlite3.Connection,
    pack: Path,
    replies: dict[str, Reply],
    monkeypatch: pytest.MonkeyPatch,
    program: Program,
) -> None:
    old, recent, live = (planned(conn, pack, limit=4, loop_guard=False) for _ in range(3))
    for run_id in (old, recent, live):
        on_mock(conn, run_id, by_question(replies), loop_guard=False)
    month_ago = (datetime.now(UTC) - timedelta(days=31)).isoformat(timespec="milliseconds")
    conn.execute("UPDATE runs SET ended_at = ? WHERE id IN (?, ?)", (month_ago, old, live))
    conn.execute("UPDATE runs SET state = 'paused' WHERE id = ?", (live,))
    before = upkeep.size(conn)
    assert upkeep.vacuum(conn) == 0, "nothing is dropped unasked"
    upkeep.set_retention(conn, 30)
    assert upkeep.vacuum(conn) == 4
    assert upkeep.vacuum(conn) == 0

    def thinking(run_id: int) -> set[bool]:
        return {bool(samples.get(conn, row.id).thinking) for row in samples.scored(conn, run_id)}

    assert (thinking(old), thinking(recent), thinking(live)) == ({False}, {True}, {True})
    after = upkeep.size(conn)
    assert after.thinking_bytes < before.thinking_bytes
    assert (after.answers_bytes, after.n_samples, after.keep_thinking_days) == (before.answers_bytes, 12, 30)
    rise(monkeypatch)
    found = regrade(conn, old)
    assert found.after.all.outcomes["correct"] == 4, "answers are kept, so every verdict can be made again"
    tokens = found.after.all.tokens
    assert tokens is not None
    assert tokens.mean_thinking > 1_000, "and so are the counts"
    item = samples.scored(conn, old)[0].item_id
    shown = [program("samples", str(run_id), item, "--thinking").stdout for run_id in (old, recent)]
    assert "characters, dropped to keep the catalog small)" in shown[0]
    assert "let me see let me see" in shown[1]
