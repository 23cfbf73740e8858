"""What became of right answers, in the shell."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from tests.support.ladder import both
from tests.support.lost_rows import evaluated_rows
from tests.support.program import Answer, Program

from aa_tui.analysis.display import threads_words
from aa_tui.analysis.lost import LOST
from aa_tui.catalog import runs
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
    assert every == {f"item-00{number}" for number in range(4)}  # the others are right
    assert "lost" not in answer("samples", run_id)[0]
    table = program("samples", run_id, "--lost", "starved").stdout
    assert "What became of it" in table
    assert "starved by the cap" in table
    assert " tokens" in program("samples", run_id, "--lost", "left").stdout
    assert "right answer: reached and left, after about" in program("samples", run_id, "item-000").stdout


def test_the_run_tells_how_many_had_it(run_id: str, program: Program, answer: Answer) -> None:
    assert "2 of 4 failures had the right answer" in program("runs", "show", run_id).stdout
    assert answer("runs", "show", run_id)["lost"]["n_had_it"] == 2


def test_a_study_has_no_samples_and_no_lost_answers(conn: sqlite3.Connection, program: Program) -> None:
    q8, _ = both(conn)
    study = runs.create(conn, kind="study", file=q8, settings={"study": "cache"})
    for words in ((), ("--lost",)):
        done = program("samples", str(study), *words)
        assert (done.returncode, done.stdout) == (2, "")
        assert "is a study, no evaluation" in done.stderr


def test_one_thread_is_no_threads() -> None:
    assert (threads_words(1), threads_words(2)) == ("1 thread", "2 threads")


def test_an_unknown_class_is_refused_with_those_that_there_are(run_id: str, program: Program) -> None:
    done = program("samples", run_id, "--lost", "found")
    assert done.returncode == 2
    assert "starved" in done.stderr
