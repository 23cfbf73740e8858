"""Undecided samples and errors in every face: bounds beside the score, and no score where there are too many errors."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from typing import Any

import pytest
from tests.support.evaluated import MODEL, Told, evaluate_here
from tests.support.program import Program

from aa_tui.catalog import facts, runs, scores
from aa_tui.catalog.rows import Figure
from aa_tui.charts import book
from aa_tui.charts.draw.render import draw
from aa_tui.pages import compare, evaluation, local_evaluations, paired
from aa_tui.pages.json import evaluation as evaluation_json
from aa_tui.pages.json import local_evaluations as evaluations_json
from aa_tui.pages.page import load
from aa_tui.pages.scene import load_scene
from aa_tui.pages.text import compare as compare_text
from aa_tui.pages.text import evaluation as evaluation_text
from aa_tui.pages.text import local_evaluations as evaluations_text
from aa_tui.pages.text import paired as paired_text

WHY = "no score: 3 of 60 samples are errors, more than 2 %"


def told(**counts: int) -> list[Told]:
    """So many samples of each outcome, in two categories that take turns."""
    every = [name for name, count in counts.items() for _ in range(count)]
    return [Told(("maths", "code")[number % 2], name) for number, name in enumerate(every)]


UNDECIDED = told(correct=38, wrong=15, undecided=4, no_single_answer=3)
"""38 of 56 decided are right: 67.9 %; of all 60 it is 38 to 42, 63.3 to 70.0 %."""

FAILED = told(correct=40, wrong=17, error=3)


def report_of(conn: sqlite3.Connection, run_id: int) -> evaluation.EvalReport:
    return evaluation.load(conn, runs.get(conn, run_id))


def test_the_score_is_of_what_was_decided_and_has_its_bounds(conn: sqlite3.Connection) -> None:
    run_id = evaluate_here(conn, "Q4_K_M", UNDECIDED)
    report = report_of(conn, run_id)
    shown = evaluation_json.as_json(report)
    assert shown["score_strict"] == pytest.approx(38 / 56)
    assert shown["bounds"] == pytest.approx({"low": 38 / 60, "high": 42 / 60})
    assert (shown["n_undecided"], shown["no_headline_reason"]) == (4, None)
    assert shown["score_completed"] == pytest.approx(38 / 56), "two answers at once have come to an end of their own"
    assert shown["outcomes"]["no_single_answer"] == 3
    by_category = shown["by_category"].values()
    assert sum(one["n_undecided"] for one in by_category) == 4
    low = sum(one["bounds"]["low"] for one in by_category) / 2
    assert shown["index_bounds"]["low"] == pytest.approx(100 * low)
    text = "\n".join(evaluation_text.lines(report))
    assert "63.3–70.0 by how 4 undecided would be graded" in text
    assert "no single answer 3" in text
    figures = runs.result_of(conn, report.run).measurements
    assert figures["eval.quick.score_strict"].n == 56
    assert figures["eval.quick.score_strict_low"].value == pytest.approx(38 / 60)
    assert figures["eval.quick.score_strict_high"].n == 60


def test_bounds_stand_beside_the_score_on_the_page_in_charts_and_in_a_comparison(conn: sqlite3.Connection) -> None:
    first = evaluate_here(conn, "Q4_K_M", UNDECIDED)
    second = evaluate_here(conn, "Q8_0", told(correct=40, wrong=20))
    page = load(conn, MODEL)
    of_first = next(row for row in local_evaluations.rows(page.measured_here) if row.run_id == first)
    assert of_first.undecided == "4 undecided: 63.3–70.0"
    assert any("4, so 63.3–70.0 %" in line for line in evaluations_text.lines(page.measured_here, page.model, 80))
    one = next(one for one in evaluations_json.as_json(page.measured_here) if one["run_id"] == first)
    assert (one["n_undecided"], one["bounds"]["low"]) == (4, pytest.approx(38 / 60))
    chart = book.kind("here-scores").build(load_scene(conn, MODEL))
    assert "4 undecided: 63.3–70.0" in draw(chart, 120, 20).plain()
    table = "\n".join(compare_text.lines(compare.load(conn, [f"run:{first}", f"run:{second}"]), 160))
    assert "67.9 % (54.8–78.6)" in table
    assert "4 undecided: 63.3–70.0" in table
    assert "strict low" not in table


def test_undecided_items_are_in_no_paired_comparison(conn: sqlite3.Connection) -> None:
    first = evaluate_here(conn, "Q4_K_M", told(correct=30, undecided=4, wrong=26))
    second = evaluate_here(conn, "Q8_0", told(correct=34, wrong=26))
    pair = paired.load(conn, runs.get(conn, first), runs.get(conn, second))
    assert pair is not None
    assert pair.result is not None
    assert (pair.result.n_both, pair.result.n_only_a, pair.result.n_only_b, pair.result.n_neither) == (30, 0, 0, 26)
    assert (pair.n_undecided, pair.result.n_missing_a, pair.result.n_missing_b) == (4, 0, 0)
    assert "left out in both: 4 undecided samples and 0 errors" in "\n".join(paired_text.lines(pair))


@pytest.mark.long
def test_too_many_errors_leave_no_score_in_any_face(
    conn: sqlite3.Connection, answer: Callable[..., Any], program: Program
) -> None:
    run_id = evaluate_here(conn, "Q4_K_M", FAILED)
    good = evaluate_here(conn, "Q8_0", told(correct=40, wrong=19, error=1))
    report = report_of(conn, run_id)
    shown = evaluation_json.as_json(report)
    assert shown["no_headline_reason"] == WHY
    names = ("score_strict", "interval", "bounds", "score_completed", "truncation_rate", "index")
    assert [shown[name] for name in names] == [None] * len(names)
    assert {one["score_strict"] for one in shown["by_category"].values()} == {None}
    assert shown["outcomes"]["error"] == 3, "what became of the samples is shown all the same"
    assert shown["output_tokens"], "and so are their tokens"
    assert not any(scores.is_score(name) for name in runs.result_of(conn, report.run).measurements)
    assert WHY in "\n".join(evaluation_text.lines(report))
    page = load(conn, MODEL)
    assert WHY.removeprefix("no score: ") in "\n".join(evaluations_text.lines(page.measured_here, page.model, 100))
    chart = book.kind("here-scores").build(load_scene(conn, MODEL))
    assert [bar.key for bar in chart.bars] == [str(good)]  # type: ignore[union-attr]
    assert f"run {run_id} has {WHY}" in chart.note
    pair = paired.load(conn, runs.get(conn, run_id), runs.get(conn, good))
    assert pair is not None
    assert (pair.result, pair.why_not) == (None, f"run {run_id} has {WHY}")
    assert f"Run {run_id}: {WHY}." in compare.load(conn, [f"run:{run_id}", f"run:{good}"]).notes
    conn.close()
    listed = {one["run_id"]: one["no_headline_reason"] for one in answer("runs")}
    assert listed == {run_id: WHY, good: None}
    assert WHY in program("runs").stdout
    assert json.loads(program("runs", "export", str(run_id)).stdout)["score_strict"] is None
    markdown = program("export", MODEL, "--format", "md", "--output", "-")
    assert f"Run {run_id}, quick 1.0: {WHY}." in markdown.stdout


def test_one_error_in_fifty_is_not_too_many(conn: sqlite3.Connection) -> None:
    run_id = evaluate_here(conn, "Q4_K_M", told(correct=40, wrong=9, error=1))
    assert report_of(conn, run_id).strict is not None


def test_scores_that_an_earlier_version_noted_are_not_shown_either(conn: sqlite3.Connection) -> None:
    run_id = evaluate_here(conn, "Q4_K_M", FAILED, pack="local-index")
    run = runs.get(conn, run_id)
    conn.executemany(
        "INSERT INTO measurements (file_id, metric, value, unit, n, run_id, created_at) VALUES (?, ?, ?, ?, ?, ?, '')",
        [
            (run.file.id, "eval.local-index.score_strict", 0.857, "share", 57, run_id),
            (run.file.id, "eval.local-index.index", 85.7, "points", 57, run_id),
        ],
    )
    with conn:
        facts.load(conn)  # what opening a catalog of an earlier version does
    assert not any(scores.is_score(name) for name in runs.result_of(conn, run).measurements)
    assert [row[0] for row in conn.execute("SELECT DISTINCT here_index FROM leaderboard")] == [None]
    good = evaluate_here(conn, "Q8_0", told(correct=40, wrong=20), pack="local-index")
    assert good > run_id
    found = [row[0] for row in conn.execute("SELECT here_index FROM leaderboard WHERE here_index IS NOT NULL")]
    assert found
    assert set(found) == {found[0]}
    assert found[0] == pytest.approx(200 / 3)


def test_an_unscored_run_does_not_hide_one_with_a_score(conn: sqlite3.Connection) -> None:
    good = evaluate_here(conn, "Q4_K_M", told(correct=40, wrong=20))
    evaluate_here(conn, "Q4_K_M", FAILED)
    assert [row.run_id for row in local_evaluations.rows(load(conn, MODEL).measured_here)] == [good]


def test_figures_that_are_no_longer_told_are_gone(conn: sqlite3.Connection) -> None:
    run = runs.get(conn, evaluate_here(conn, "Q4_K_M", UNDECIDED))
    runs.put_figures(conn, run, [Figure("eval.quick.score_strict", 0.7, "share", n=60)])
    left = {name for name in runs.result_of(conn, run).measurements if scores.is_score(name)}
    assert left == {"eval.quick.score_strict"}
    assert "eval.quick.output_tokens_per_item" in runs.result_of(conn, run).measurements


def test_intervals_that_an_earlier_version_noted_after_a_stop_by_the_score_are_not_shown(
    conn: sqlite3.Connection,
) -> None:
    run = runs.get(conn, evaluate_here(conn, "Q4_K_M", told(correct=40, wrong=20)))
    conn.execute(
        "UPDATE measurements SET interval_method = 'Beta-binomial confidence sequence', interval_kind = 'any-time' "
        "WHERE metric = 'eval.quick.score_strict'"
    )
    figures = runs.result_of(conn, run).measurements
    assert figures["eval.quick.score_strict"].interval_low is not None
    for name in ("index", "score_completed", "truncation_rate", "maths.score_strict"):
        row = figures[f"eval.quick.{name}"]
        assert (row.interval_low, row.interval_high, row.interval_method) == (None, None, None), name
        assert row.value is not None


def test_two_runs_that_stopped_by_their_scores_are_compared_for_any_stopping_time(conn: sqlite3.Connection) -> None:
    first = evaluate_here(conn, "Q4_K_M", told(correct=40, wrong=20))
    second = evaluate_here(conn, "Q8_0", told(correct=30, wrong=30))
    conn.execute("UPDATE runs SET ended_by = 'aim'")
    pair = paired.load(conn, runs.get(conn, first), runs.get(conn, second))
    assert pair is not None
    assert pair.result is not None
    assert pair.result.interval is not None
    assert "sequence" in pair.result.interval.method
    assert (pair.result.p_value, pair.result.bootstrap) == (None, None)
    assert "at any stopping time" in "\n".join(paired_text.lines(pair))
    strict = report_of(conn, first).summary
    assert "sequence" in (strict.index.interval.method if strict.index else "")
    conn.execute("UPDATE eval_samples SET position = 59 - position WHERE run_id = ?", (second,))
    apart = paired.load(conn, runs.get(conn, first), runs.get(conn, second))
    assert apart is not None
    assert apart.result is not None
    assert (apart.result.interval, apart.result.p_value_any_time) == (None, None)
    assert "in different orders: no interval holds then" in "\n".join(paired_text.lines(apart))
