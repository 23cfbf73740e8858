"""A short pack: chosen from earlier runs, asked and continued, and told as an estimate that never is a score."""

from __future__ import annotations

import json
import random
import sqlite3
from pathlib import Path

import pytest
from tests.docs.keys import differences, documented
from tests.support.evaluated import Told, evaluate_here
from tests.support.evaluating import on_mock, planned, write_pack
from tests.support.program import Program

from aa_tui.catalog import runs, scores, short_notes
from aa_tui.engine.mock import by_question
from aa_tui.evals.items import Pack
from aa_tui.evals.packfile import read_pack
from aa_tui.pages import control, evaluation, short
from aa_tui.pages.json import evaluation as evaluation_json
from aa_tui.pages.text import evaluation as evaluation_text
from aa_tui.runs.errors import RunError
from aa_tui.tui.runs.detail import eval_detail

N, FEW = 80, 24
ANSWERS = {f"Question {number}?": f"word{number}" for number in range(N)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_pack(tmp_path / "small", ANSWERS)


@pytest.fixture
def pack(folder: Path) -> Pack:
    return read_pack(folder)


def know(conn: sqlite3.Connection, quant: str, seed: int) -> int:
    """A run of another file that has answered all of the pack; early items are easier."""
    rng = random.Random(seed)
    told = [
        Told(("first", "second")[n % 2], "correct" if rng.random() < 0.95 - 0.7 * n / N else "wrong") for n in range(N)
    ]
    return evaluate_here(conn, quant, told, pack="small", version="1", n_pack=N, item_name="item-{:03}")


@pytest.fixture
def known(conn: sqlite3.Connection) -> list[int]:
    return [know(conn, quant, seed) for seed, quant in enumerate(("Q4_0", "Q5_0", "Q8_0"))]


def answering(note: short_notes.ShortNote, n_right: int) -> dict[str, str]:
    """What a model says that has the first of the chosen items right."""
    questions = list(ANSWERS.items())
    asked = [questions[int(one.id.removeprefix("item-"))] for one in note.items[:n_right]]
    return {question: f"Answer: {answer}" for question, answer in asked}


def test_a_choice_is_written_asked_continued_and_told(
    conn: sqlite3.Connection, folder: Path, pack: Pack, known: list[int]
) -> None:
    note = short.choose(conn, pack, FEW, seed=3).note
    assert len({one.id for one in note.items}) == FEW
    run_id = planned(conn, folder, short=short_notes.as_json(note), pilot=5)
    replies = by_question(answering(note, 15))
    assert on_mock(conn, run_id, replies).state == "planned"
    early = evaluation.load(conn, runs.get(conn, run_id))
    assert early.short is not None
    assert early.short.why_not == "5 of its items are answered, and 16 are the least"
    assert on_mock(conn, run_id, replies).state == "finished"
    run = runs.get(conn, run_id)
    report = evaluation.load(conn, run)
    assert [row.item_id for row in report.samples] == [one.id for one in note.items]
    assert report.short is not None
    found = report.short.result
    assert found is not None
    assert (found.n, found.population, found.plain) == (FEW, N, 15 / FEW)
    assert found.interval.low < found.value < found.interval.high
    text = "\n".join(evaluation_text.lines(report))
    assert f"on all {N} items, from {FEW} chosen ones; not measured" in text
    assert f"calibrated on runs {', '.join(map(str, known))}" in text
    assert f"plain mean of the chosen {FEW}: 62.5, not representative of all" in text
    assert f"on all {N} items, from {FEW} chosen ones; not measured" in eval_detail(run, report, [], 140).plain
    value = evaluation_json.as_json(report)
    shapes = documented()
    assert list(differences(value["short"], shapes["Short"], shapes)) == []
    assert value["score_strict"] is None
    assert value["short"]["score_estimated"] == found.value
    assert [one["run_id"] for one in value["short"]["calibrated_on"]] == known


def test_what_chosen_items_tell_is_no_score_anywhere(
    conn: sqlite3.Connection, folder: Path, pack: Pack, known: list[int]
) -> None:
    note = short.choose(conn, pack, FEW).note
    run_id = planned(conn, folder, short=short_notes.as_json(note))
    on_mock(conn, run_id, by_question(answering(note, 12)))
    run = runs.get(conn, run_id)
    noted = [row["metric"] for row in conn.execute("SELECT metric FROM measurements WHERE run_id = ?", (run_id,))]
    assert noted
    assert not any(scores.is_score(metric) for metric in noted)
    result = runs.result_of(conn, run)
    assert (result.no_headline or "").startswith("no score: its items were chosen")
    report = evaluation.load(conn, run)
    assert (report.strict, report.curve, report.costs, report.control) == (None, [], None, None)
    whole = runs.get(conn, known[0])
    assert "its items were chosen" in control.with_control(conn, run, whole).why_not
    assert all(
        one["run_id"] != run_id for one in short_notes.as_json(short.choose(conn, pack, FEW).note)["calibrated_on"]
    )


def test_the_same_seed_chooses_the_same_and_another_one_others(
    conn: sqlite3.Connection, pack: Pack, known: list[int]
) -> None:
    first, again, other = (short.choose(conn, pack, FEW, seed).note for seed in (1, 1, 2))
    assert first == again
    assert {one.id for one in first.items} != {one.id for one in other.items}
    by_category = [sum(one.category == name for one in first.items) for name in ("first", "second")]
    assert min(by_category) >= FEW // 3


def test_too_few_runs_are_one_sentence_that_says_how_many_more(conn: sqlite3.Connection, pack: Pack) -> None:
    know(conn, "Q4_0", 1)
    know(conn, "Q4_0", 2)  # the same file again tells nothing new
    with pytest.raises(short.NoShortPackError, match=r"and there is 1 here: make 2 more, .*\.$"):
        short.choose(conn, pack, FEW)
    with pytest.raises(short.NoShortPackError, match=r"take 16 to 79\.$"):
        short.choose(conn, pack, N)


def test_a_choice_of_another_pack_is_refused(
    conn: sqlite3.Connection, pack: Pack, known: list[int], tmp_path: Path
) -> None:
    note = short.choose(conn, pack, FEW).note
    other = write_pack(tmp_path / "other", {**ANSWERS, "One more?": "yes"})
    with pytest.raises(RunError, match="chosen from small 1, not from small 1 as it is here"):
        planned(conn, other, short=short_notes.as_json(note))


def test_repeats_and_aims_do_not_go_with_it(
    conn: sqlite3.Connection, folder: Path, pack: Pack, known: list[int]
) -> None:
    chosen = short_notes.as_json(short.choose(conn, pack, FEW).note)
    with pytest.raises(RunError, match="asked once and to its end"):
        planned(conn, folder, short=chosen, epochs=2)


@pytest.mark.parametrize(
    "change",
    [
        {"format": "another"},
        {"items": []},
        pytest.param({"population": [{"difficulty": 0.0, "n": 3}]}, marks=pytest.mark.repeats),
        pytest.param({"seed": "1"}, marks=pytest.mark.repeats),
    ],
)
def test_a_choice_that_was_changed_is_none(
    conn: sqlite3.Connection, pack: Pack, known: list[int], change: dict[str, object]
) -> None:
    value = json.loads(json.dumps(short_notes.as_json(short.choose(conn, pack, FEW).note)))
    assert short_notes.read(value) is not None
    assert short_notes.read({**value, **change}) is None


def test_the_shell_chooses_writes_and_plans(
    conn: sqlite3.Connection, folder: Path, known: list[int], program: Program, tmp_path: Path
) -> None:
    file = tmp_path / "choice.json"
    told = program("packs", "short", str(folder), "-n", str(FEW), "--output", str(file), "--seed", "7")
    assert (told.returncode, told.stderr) == (0, "")
    assert f"calibrated on runs {', '.join(map(str, known))}" in told.stdout
    value = json.loads(program("packs", "short", str(folder), "-n", str(FEW), "--seed", "7", "--json").stdout)
    written = json.loads(file.read_text())
    assert written == {name: value[name] for name in written}
    assert value["half_width"] > 0
    shapes = documented()
    assert list(differences(value, shapes["packs short"], shapes)) == []
    assert program("packs", "short", str(folder), "--output", str(file)).returncode != 0
    assert json.loads(file.read_text()) == written
    bad = tmp_path / "bad.json"
    bad.write_text("[]")
    refused = program("eval", "no-such-file", "--pack", str(folder), "--short", str(bad))
    assert refused.returncode == 1
    assert "is no short pack, or was changed" in refused.stderr
