"""What became of right answers, in the shell."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from tests.support.lost_rows import evaluated_rows
from tests.support.program import Answer, Program

from aa_tui.analysis.lost import LOST
from aa_tui.cli import run_arguments


@pytest.fixture
def run_id(conn: sqlite3.Connection, tmp_path: Path) -> str:
    return str(evaluated_rows(conn, tmp_path))


def test_the_classes_that_can_be_asked_for_are_those_there_are() -> None:
    assert tuple(map(str, LOST)) == run_arguments.LOST


def test_samples_of_a_class_are_listed_and_one_says_where_it_had_the_answer(
    run_id: str, program: Program, answer: Answer
) -> None:
    listed = answer("samples", run_id, "--lost", "left", "--lost", "ran_on")
    assert {one["item_id"]: one["lost"] for one in listed} == {"item-000": "left", "item-002": "ran_on"}
    assert {(one["lost_evidence"], one["reached_in"]) for one in listed} == {("text", "thinking")}
    every = {one["item_id"] for one in answer("samples", run_id, "--lost")}
    assert every == {f"item-00{number}" for number in range(5)}  # of the sixth nothing is known
    assert "lost" not in answer("samples", run_id)[0]
    table = program("samples", run_id, "--lost", "starved").stdout
    assert "What became of it" in table
    assert "starved by the cap" in table
    assert "right answer: reached and left, after about" in program("samples", run_id, "item-000").stdout


def test_the_run_tells_how_many_had_it(run_id: str, program: Program, answer: Answer) -> None:
    assert "2 of 4 failures had the right answer" in program("runs", "show", run_id).stdout
    assert answer("runs", "show", run_id)["lost"]["n_had_it"] == 2


def test_an_unknown_class_is_refused_with_those_that_there_are(run_id: str, program: Program) -> None:
    done = program("samples", run_id, "--lost", "found")
    assert done.returncode == 2
    assert "starved" in done.stderr
