"""How far a run goes, over several workers: pilots, limits, repeats and budgets together, and what figures it has."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from tests.support.evaluating import on_mock, planned, write_pack

from aa_tui.catalog import life, runs, samples
from aa_tui.engine.errors import EngineError
from aa_tui.engine.mock import MockEngine, Reply, by_question
from aa_tui.pages import evaluation
from aa_tui.pages.scene import scene_of
from aa_tui.pages.text import evaluation as evaluation_text
from aa_tui.runs import settle_orphans
from aa_tui.runs.errors import RunError
from aa_tui.runs.identity import identity_of

ANSWERS = {f"What is {number}?": f"number {number}" for number in range(12)}
RIGHT = by_question({question: Reply(f"Answer: {answer}", "hm") for question, answer in ANSWERS.items()})


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    return write_pack(tmp_path / "small", ANSWERS)


@pytest.mark.parametrize(
    ("limit", "epochs", "pilot", "n_first", "n_all"),
    [
        (None, 1, 5, 5, 12),
        (4, 3, 5, 5, 12),  # the pilot goes into the second answers
        (4, 1, 3, 3, 4),
        (None, 2, 23, 23, 24),
    ],
)
def test_pilots_limits_and_repeats_together(
    conn: sqlite3.Connection,
    pack: Path,
    *,
    limit: int | None,
    epochs: int,
    pilot: int,
    n_first: int,
    n_all: int,
) -> None:
    run_id = planned(conn, pack, limit=limit, epochs=epochs, pilot=pilot)
    assert on_mock(conn, run_id, RIGHT).state == "planned"
    assert runs.get(conn, run_id).n_done == n_first
    assert on_mock(conn, run_id, RIGHT).state == "finished"
    run = runs.get(conn, run_id)
    assert (run.n_done, run.n_items, run.progress) == (n_all, n_all, 1.0)
    rows = samples.scored(conn, run_id)
    assert [row.position for row in rows] == list(range(n_all)), "every place of the order once"


@pytest.mark.parametrize(("limit", "pilot"), [(3, 3), (3, 5), (None, 12)])
def test_a_pilot_that_covers_the_run_ends_it(
    conn: sqlite3.Connection, pack: Path, limit: int | None, pilot: int
) -> None:
    run_id = planned(conn, pack, limit=limit, pilot=pilot)
    assert on_mock(conn, run_id, RIGHT).state == "finished"


def test_a_pilot_that_is_cut_off_goes_on_as_a_pilot(conn: sqlite3.Connection, pack: Path) -> None:
    run_id = planned(conn, pack, pilot=5, n_parallel=1)

    def fails(engine: MockEngine) -> None:
        engine.raises_at_step = 60

    with pytest.raises(EngineError):
        on_mock(conn, run_id, RIGHT, fails)
    life.end(conn, run_id, "failed", "llama.cpp failed")
    assert 0 < runs.get(conn, run_id).n_done < 5
    assert on_mock(conn, run_id, RIGHT).state == "planned"
    assert runs.get(conn, run_id).n_done == 5


def test_a_higher_limit_goes_further_though_a_later_item_is_longer(conn: sqlite3.Connection, tmp_path: Path) -> None:
    """The context grows with the longest prompt: that makes no other run of it."""
    from aa_tui.evals.packs import load
    from aa_tui.evals.prompts import order

    folder = write_pack(tmp_path / "small", ANSWERS, max_output_tokens=100)
    first = order(load(str(folder), tmp_path), 0)[0].prompt
    longer = {question if question == first else f"{question} {'o' * 900}": text for question, text in ANSWERS.items()}
    write_pack(folder, longer, max_output_tokens=100)
    run_id = planned(conn, folder, limit=1)
    assert on_mock(conn, run_id, RIGHT).state == "finished"
    n_ctx = runs.get(conn, run_id).settings["n_ctx"]
    life.set_settings_value(conn, run_id, "limit", 12)
    assert on_mock(conn, run_id, RIGHT).state == "finished"
    run = runs.get(conn, run_id)
    assert run.n_done == 12
    assert run.settings["n_ctx"] > n_ctx


def test_just_these_items_in_the_report_and_not_in_the_figures(conn: sqlite3.Connection, pack: Path) -> None:
    first = list(ANSWERS)[:3]
    some_wrong = by_question(
        {question: Reply(f"Answer: {'no' if question in first else answer}") for question, answer in ANSWERS.items()}
    )
    run_id = planned(conn, pack, limit=6, these_items=True)
    assert on_mock(conn, run_id, some_wrong).state == "finished"
    run = runs.get(conn, run_id)
    figure = runs.result_of(conn, run).measurements["eval.small.score_strict"]
    these, such = (evaluation.load(conn, run, these_items=one).strict for one in (None, False))
    assert these is not None
    assert such is not None
    assert figure.interval_method == "Wilson", "figures of all runs are alike, whatever a run is about"
    assert (figure.interval_low, figure.interval_high) == (such.interval.low, such.interval.high)
    assert these.interval.estimand == "these items"
    assert such.interval.low < these.interval.low <= these.value <= these.interval.high < such.interval.high
    assert any("for just these 12 items" in line for line in evaluation_text.lines(evaluation.load(conn, run)))
    assert scene_of(conn, f"run:{run_id}").evaluated[0].summary.all.strict == such, "charts compare runs"
    life.set_settings_value(conn, run_id, "limit", 12)
    assert on_mock(conn, run_id, some_wrong).state == "finished"
    whole = evaluation.load(conn, runs.get(conn, run_id)).strict
    assert whole is not None
    assert (whole.interval.low, whole.value, whole.interval.high) == (0.75, 0.75, 0.75)


@pytest.mark.long
def test_of_just_these_items_a_score_is_decided_sooner(conn: sqlite3.Connection, tmp_path: Path) -> None:
    """Of sixty items some forty that are right decide that the score is above 0.9; of such items all sixty do not."""
    answers = {f"Question {number}?": "yes" for number in range(60)}
    pack, right = write_pack(tmp_path / "many", answers, name="many"), by_question({"Question": "Answer: yes"})
    of_these = planned(conn, pack, until_above=0.9, these_items=True, n_parallel=1)
    # so slowly that a look at the score, one a second, falls between the item that decides and the last one
    ending = on_mock(conn, of_these, right, sleeps=True, step_s=0.02)
    assert "the score of just these items is above 90 %" in (ending.reason or "")
    run = runs.get(conn, of_these)
    assert run.n_done < 60
    report = evaluation.load(conn, run)
    assert report.strict is not None
    assert report.strict.interval.estimand == "these items"
    assert "sequence" in report.strict.interval.method
    of_such = planned(conn, pack, until_above=0.9, n_parallel=1)
    assert on_mock(conn, of_such, right, sleeps=True, step_s=0.005).reason is None
    assert runs.get(conn, of_such).n_done == 60


def test_a_budget_counts_the_work_of_all_workers(conn: sqlite3.Connection, pack: Path) -> None:
    run_id = planned(conn, pack, n_parallel=1, budget_s=3_600.0)
    life.add_work_time(conn, run_id, 3_599.99)
    ending = on_mock(conn, run_id, RIGHT, sleeps=True, step_s=0.002)
    assert ending.state == "finished"
    assert "the time budget of 60 min is used" in (ending.reason or "")
    run = runs.get(conn, run_id)
    assert 0 < run.n_done < 12
    assert run.worked_s > 3_599.99
    n_before = run.n_done
    on_mock(conn, run_id, RIGHT)
    assert runs.get(conn, run_id).n_done == n_before, "what is used up is used up"
    life.set_settings_value(conn, run_id, "budget_s", 7_200.0)
    on_mock(conn, run_id, RIGHT)
    assert runs.get(conn, run_id).n_done == 12


def test_work_without_a_finished_sample_counts_too(conn: sqlite3.Connection, pack: Path) -> None:
    run_id = planned(conn, pack, n_parallel=1)

    def fails(engine: MockEngine) -> None:
        engine.raises_at_step = 5

    with pytest.raises(EngineError):
        on_mock(conn, run_id, RIGHT, fails, sleeps=True, step_s=0.01)
    run = runs.get(conn, run_id)
    assert run.n_done == 0
    assert run.worked_s > 0


def test_figures_of_a_run_that_failed_are_those_of_its_report(conn: sqlite3.Connection, pack: Path) -> None:
    """Short answers end first: samples after the first gap are in no figure, neither here nor on the leaderboard."""
    replies = by_question(
        {
            question: Reply(f"Answer: {answer}", "x" * (300 if number == 2 else 3))
            for number, (question, answer) in enumerate(ANSWERS.items())
        }
    )
    run_id = planned(conn, pack, n_parallel=4)

    def fails(engine: MockEngine) -> None:
        engine.raises_at_step = 70

    with pytest.raises(EngineError):
        on_mock(conn, run_id, replies, fails)
    life.end(conn, run_id, "failed", "llama.cpp failed")
    run = runs.get(conn, run_id)
    shown = evaluation.load(conn, run)
    figure = runs.result_of(conn, run).measurements.get("eval.small.score_strict")
    n_shown = shown.summary.all.n_graded
    assert shown.summary.n_left_out > 0 or n_shown == len(shown.samples)
    assert (figure.n if figure else 0) == n_shown


def test_figures_of_a_killed_run_are_those_of_its_report(conn: sqlite3.Connection, pack: Path) -> None:
    run_id = planned(conn, pack, n_parallel=1)
    on_mock(conn, run_id, RIGHT)
    # As a worker leaves it that is killed: its last figures are some seconds old, and one sample is missing.
    conn.execute("UPDATE runs SET state = 'running', pid = 999999999, pid_started_at = 1 WHERE id = ?", (run_id,))
    conn.execute("DELETE FROM eval_samples WHERE run_id = ? AND position = 7", (run_id,))
    assert settle_orphans(conn) == [run_id]
    run = runs.get(conn, run_id)
    figures = runs.result_of(conn, run).measurements
    shown = evaluation.load(conn, run)
    assert (figures["eval.small.score_strict"].n, shown.summary.all.n_graded, shown.summary.n_left_out) == (7, 7, 4)


def test_there_is_no_index_while_a_category_has_no_score(conn: sqlite3.Connection, tmp_path: Path) -> None:
    pack = write_pack(tmp_path / "small", ANSWERS)
    run_id = planned(conn, pack, limit=1)
    on_mock(conn, run_id, RIGHT)
    assert runs.get(conn, run_id).settings["categories"] == ["first", "second"]
    assert evaluation.load(conn, runs.get(conn, run_id)).summary.index is None
    life.set_settings_value(conn, run_id, "limit", 12)
    on_mock(conn, run_id, RIGHT)
    assert evaluation.load(conn, runs.get(conn, run_id)).summary.index is not None


def test_finish_ends_after_what_is_being_written(conn: sqlite3.Connection, pack: Path) -> None:
    from aa_tui.actions.runs import finish

    run_id = planned(conn, pack, n_parallel=2)
    begun: list[str] = []

    def replies(question: str, _seed: int) -> Reply:
        begun.append(question)
        if len(begun) == 2:
            finish(conn, run_id)
        return Reply("Answer: yes", "y" * 300)

    ending = on_mock(conn, run_id, replies, sleeps=True, step_s=0.005)
    assert ending.state == "stopped"
    assert "after the samples that were being written" in (ending.reason or "")
    assert runs.get(conn, run_id).n_done == len(begun) == 2, "nothing that was begun is lost"


def test_a_skipped_sample_is_noted_in_no_score_and_not_asked_again(conn: sqlite3.Connection, pack: Path) -> None:
    from aa_tui.actions.runs import skip

    run_id = planned(conn, pack, n_parallel=1, limit=3)
    begun: list[str] = []

    def replies(question: str, _seed: int) -> Reply:
        begun.append(question)
        if len(begun) == 1:
            number = int(question.removeprefix("What is ").removesuffix("?"))
            skip(conn, run_id, f"item-{number:03}")
            return Reply("Answer: late", "z" * 2_000)
        return Reply("Answer: no", "hm")

    assert on_mock(conn, run_id, replies, sleeps=True, step_s=0.005, loop_guard=False).state == "finished"
    shown = evaluation.load(conn, runs.get(conn, run_id))
    assert [row.outcome for row in shown.samples] == ["error", "wrong", "wrong"]
    assert shown.summary.all.n_graded == 2
    assert samples.get(conn, shown.samples[0].id).message == "skipped by the user"
    on_mock(conn, run_id, replies)
    assert len(begun) == 3
    assert runs.get(conn, run_id).skip is None


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("engine", "the build of llama.cpp was b1"),
        ("machine", "the machine was b1"),
        ("file_sha256", "the file's content was b1"),
        ("template_sha256", "the model's chat template was b1"),
    ],
)
def test_a_run_goes_on_only_as_what_it_was_begun_as(
    conn: sqlite3.Connection, pack: Path, part: str, words: str
) -> None:
    run_id = planned(conn, pack, pilot=3)
    assert on_mock(conn, run_id, RIGHT).state == "planned"
    parts = {**runs.get(conn, run_id).identity_parts, part: "b1"}
    life.set_identity(conn, run_id, identity_of(parts), parts)
    with pytest.raises(RunError, match=words) as refused:
        on_mock(conn, run_id, RIGHT)
    assert "What it has stays; start a new run." in str(refused.value)
    assert runs.get(conn, run_id).n_done == 3


def test_changed_settings_are_named_one_by_one(conn: sqlite3.Connection, pack: Path) -> None:
    run_id = planned(conn, pack, pilot=3)
    assert on_mock(conn, run_id, RIGHT).state == "planned"
    for name, value in (("temperature", 0.7), ("max_output_tokens", 99)):
        life.set_settings_value(conn, run_id, name, value)
    with pytest.raises(RunError) as refused:
        on_mock(conn, run_id, RIGHT)
    assert "the settings: max_output_tokens was 4000, is 99" in str(refused.value)
    assert "temperature was 0" in str(refused.value)
    assert "n_ctx" not in str(refused.value)
