"""A score that was estimated with a cheaper run as its control: in the shell, the app's text, JSON and the plan."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Callable
from typing import Any

import pytest
from tests.support.evaluated import Told, evaluate_here

from aa_tui.catalog import runs
from aa_tui.pages import compare, control, evaluation, plan
from aa_tui.pages.json import evaluation as evaluation_json
from aa_tui.pages.text import compare as compare_text
from aa_tui.pages.text import evaluation as evaluation_text
from aa_tui.pages.text import plan as plan_text
from aa_tui.tui.runs.detail import eval_detail

N, FEW = 200, 60


def answers(seed: int, *, like: list[Told] | None = None, n: int = N) -> list[Told]:
    """Half of them right; with `like` those of another run, of which one in fifteen differs."""
    rng = random.Random(seed)
    if like is None:
        return [Told("maths" if place % 2 else "code", rng.choice(("correct", "wrong"))) for place in range(n)]
    other = {"correct": "wrong", "wrong": "correct"}
    return [one._replace(outcome=other[one.outcome]) if rng.random() < 1 / 15 else one for one in like[:n]]


@pytest.fixture
def two(conn: sqlite3.Connection) -> tuple[int, int]:
    """A Q4_0 that has answered all of a pack, and a Q8_0 that has answered a part and agrees with it mostly."""
    cheap = answers(1)
    whole = evaluate_here(conn, "Q4_0", cheap, n_pack=N, size_bytes=1_000_000_000)
    part = evaluate_here(conn, "Q8_0", answers(2, like=cheap, n=FEW), n_pack=N)
    return whole, part


def test_the_estimate_stands_beside_the_score_and_says_what_it_rests_on(
    conn: sqlite3.Connection, two: tuple[int, int]
) -> None:
    whole, part = two
    report = evaluation.load(conn, runs.get(conn, part))
    assert report.control is not None
    assert report.control.result is not None
    assert report.strict is not None
    assert report.control.control.id == whole
    found = report.control.result
    assert found.interval.half_width < 0.9 * report.strict.interval.half_width
    lines = evaluation_text.lines(report)
    (place,) = (n for n, line in enumerate(lines) if line.startswith("  estimated "))
    assert f"with run {whole} as control, for similar items; not a measured score" in lines[place]
    assert lines[place + 1].strip() == f"60 items tell as much as {int(found.n_worth)} would without it"
    value = evaluation_json.as_json(report)
    assert value["score_strict"] == report.strict.value
    assert value["control"]["score_estimated"] == found.value
    assert value["control"]["n_population"] == N


def test_the_apps_view_of_the_run_has_it_as_well(conn: sqlite3.Connection, two: tuple[int, int]) -> None:
    whole, part = two
    run = runs.get(conn, part)
    shown = eval_detail(run, evaluation.load(conn, run), [], 120).plain
    assert f"with run {whole} as control, for similar items; not a measured score" in shown


def test_what_is_left_out_goes_on_below_itself(conn: sqlite3.Connection) -> None:
    items = [f"a-long-name-of-an-item-{number}" for number in range(4)]
    settings = {"too_long": {"context_tokens": 4096, "items": items}}
    run = runs.get(conn, evaluate_here(conn, "Q4_0", answers(1, n=9), more_settings=settings))
    lines = eval_detail(run, evaluation.load(conn, run), [], 76).plain.split("\n")
    (place,) = (number for number, line in enumerate(lines) if "left out: 4 items" in line)
    (end,) = (number for number, line in enumerate(lines) if "--context" in line)
    assert end > place
    assert {len(line) - len(line.lstrip()) for line in lines[place : end + 1]} == {13}
    assert max(map(len, lines[place : end + 1])) <= 76


def test_an_estimate_is_never_noted_as_a_score(conn: sqlite3.Connection, two: tuple[int, int]) -> None:
    _, part = two
    run = runs.get(conn, part)
    before = runs.result_of(conn, run).measurements
    evaluation.load(conn, run)
    assert runs.result_of(conn, run).measurements == before
    assert not any("estimated" in metric or "control" in metric for metric in before)


def test_it_is_about_just_these_items_where_the_run_is(conn: sqlite3.Connection, two: tuple[int, int]) -> None:
    _, part = two
    such, these = (evaluation.load(conn, runs.get(conn, part), these_items=one).control for one in (False, True))
    assert such is not None
    assert such.result is not None
    assert these is not None
    assert these.result is not None
    assert such.result.interval.estimand == "such items"
    assert these.result.interval.half_width < such.result.interval.half_width
    assert "for just the 200 items" in "\n".join(
        evaluation_text.lines(evaluation.load(conn, runs.get(conn, part), these_items=True))
    )


def test_the_control_is_chosen_without_a_look_at_the_answers(conn: sqlite3.Connection, two: tuple[int, int]) -> None:
    """The file that is nearest in size, whatever it answered."""
    _, part = two
    nearer = evaluate_here(conn, "Q6_K", answers(9), n_pack=N, size_bytes=1_900_000_000)
    run = runs.get(conn, part)
    chosen = evaluation.load(conn, run).control
    assert chosen is not None
    assert chosen.control.id == nearer
    assert chosen.result is not None
    assert "says too little of these answers" in "\n".join(evaluation_text.lines(evaluation.load(conn, run)))


def test_a_run_that_has_all_items_needs_no_control(conn: sqlite3.Connection, two: tuple[int, int]) -> None:
    whole, _ = two
    assert evaluation.load(conn, runs.get(conn, whole)).control is None


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"epochs": 2}, "it answers each item several times"),
        pytest.param({"pack": "nano"}, "the two are of different packs", marks=pytest.mark.repeats),
        pytest.param({"n": 10}, "10 items are answered, and 16 are the least", marks=pytest.mark.repeats),
        pytest.param({"n": 1}, "1 item is answered, and 16 are the least", marks=pytest.mark.repeats),
    ],
)
def test_what_cannot_be_estimated_says_why(
    conn: sqlite3.Connection, two: tuple[int, int], more: dict[str, Any], why: str
) -> None:
    whole, _ = two
    epochs = {"epochs": more["epochs"]} if "epochs" in more else None
    other = evaluate_here(
        conn, "Q5_0", answers(4, n=more.get("n", 30)), pack=more.get("pack", "quick"), n_pack=N, more_settings=epochs
    )
    found = control.with_control(conn, runs.get(conn, other), runs.get(conn, whole))
    assert found.result is None
    assert found.why_not.startswith(why)


def test_a_control_that_lacks_items_is_refused(conn: sqlite3.Connection, two: tuple[int, int]) -> None:
    _, part = two
    other = evaluate_here(conn, "Q5_0", answers(4, n=40), n_pack=N)
    found = control.with_control(conn, runs.get(conn, part), runs.get(conn, other))
    assert found.why_not == f"20 of its items are missing in run {other}"


def test_too_many_errors_make_no_estimate(conn: sqlite3.Connection, two: tuple[int, int]) -> None:
    _, part = two
    broken = [one._replace(outcome="error") if place % 10 == 0 else one for place, one in enumerate(answers(5))]
    other = evaluate_here(conn, "Q5_0", broken, n_pack=N)
    found = control.with_control(conn, runs.get(conn, part), runs.get(conn, other))
    assert found.why_not.startswith(f"run {other} has no score: ")


def test_items_that_the_control_left_undecided_are_estimated_all_the_same(
    conn: sqlite3.Connection, two: tuple[int, int]
) -> None:
    _, part = two
    open_ones = [one._replace(outcome="undecided") if place % 9 == 0 else one for place, one in enumerate(answers(1))]
    other = evaluate_here(conn, "Q5_0", open_ones, n_pack=N)
    found = control.with_control(conn, runs.get(conn, part), runs.get(conn, other)).result
    assert found is not None
    assert (found.n, found.population) == (FEW, N)


def test_the_plan_says_how_many_items_a_control_saves(conn: sqlite3.Connection, two: tuple[int, int]) -> None:
    whole, _ = two
    part = evaluate_here(conn, "Q8_0", answers(2, like=answers(1), n=FEW), n_pack=N, state="stopped")
    planned = plan.of_run(conn, runs.get(conn, part))
    assert planned.rows
    row = next(row for row in planned.rows if row.n == 100)
    worth = planned.n_worth(row)
    assert worth is not None
    assert 120 < worth < N
    assert f"with run {whole} as control, which has answered all: " in "\n".join(plan_text.lines(planned))
    assert f"100 items tell as much as {int(worth)}" in "\n".join(plan_text.lines(planned))
    assert planned.n_worth(planned.rows[-1]) is None  # with all of them there is nothing left to estimate


def test_comparing_the_two_says_it_too(conn: sqlite3.Connection, two: tuple[int, int]) -> None:
    whole, part = two
    comparison = compare.load(conn, [f"run:{part}", f"run:{whole}"])
    (sentence,) = (one for one in compare_text.verdicts(comparison) if "as control" in one)
    assert sentence.startswith(f"Run {part}, estimated on all 200 items with run {whole} as control: ")


def test_the_shell_takes_a_control_and_refuses_what_is_none(
    conn: sqlite3.Connection, two: tuple[int, int], program: Callable[..., Any]
) -> None:
    whole, part = two
    conn.commit()
    done = program("runs", "show", str(part), "--control", str(whole), "--json")
    assert json.loads(done.stdout)["control"]["run_id"] == whole
    refused = program("runs", "show", str(whole), "--control", str(part))
    assert refused.returncode == 2
    assert refused.stderr.strip().splitlines() == [
        f"aa-tui: Run {part} cannot be the control of run {whole}: 140 of its items are missing in run {part}."
    ]
