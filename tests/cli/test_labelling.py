"""Labelling by eye in the shell: one by one in a pipe and on a terminal, by name, and what becomes of the labels."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support.evaluating import on_mock, planned, write_pack
from tests.support.program import Program
from tests.support.terminal import Terminal

from aa_tui.catalog import labels, samples
from aa_tui.engine.mock import Reply, by_question

ANSWERS = {f"What is {number}?": f"number {number}" for number in range(8)}
GRADED = 7
"""Item 4 is cut short, so that no grader has judged it."""


@pytest.fixture
def run_id(conn: sqlite3.Connection, tmp_path: Path) -> int:
    """An evaluation in which items 1 and 2 are graded wrong."""
    said = {
        question: Reply(f"Answer: {answer if question not in ('What is 1?', 'What is 2?') else 'another'}")
        for question, answer in ANSWERS.items()
    }
    said["What is 4?"] = Reply("Answer: num", fault="length")
    said["What is 5?"] = Reply("\x1b[2J\x9b31m[bold]Answer: number 5")
    made = planned(conn, write_pack(tmp_path / "small", ANSWERS), budgets=())
    on_mock(conn, made, by_question(said))
    return made


@pytest.fixture
def typed(home: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """`aa-tui` with lines on its standard input."""

    def run(lines: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "aa_tui", *arguments],
            input=lines,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env={**os.environ, "AA_TUI_HOME": str(home), "COLUMNS": "100"},
        )

    return run


def told(conn: sqlite3.Connection, run_id: int) -> dict[str, str]:
    return {row.item_id: row.label for row in samples.scored(conn, run_id) if row.label}


def order(conn: sqlite3.Connection, run_id: int) -> list[str]:
    return [row.item_id for row in samples.scored(conn, run_id) if row.outcome != "truncated"]


def test_one_by_one_in_a_pipe(conn: sqlite3.Connection, run_id: int, typed: Program) -> None:
    done = typed("r\nwrong\nn two readings\nu\ns\nb\nr\nq\n", "samples", str(run_id), "--label")
    assert done.returncode == 0, done.stderr
    first, second, third, fourth, *_ = order(conn, run_id)
    assert told(conn, run_id) == {first: "right", second: "wrong", third: "unclear", fourth: "right"}
    assert f"1 of {GRADED} ·" in done.stdout
    assert "Labelled 4 answers: right 2 · wrong 1 · unclear 1." in done.stdout
    by_item = {row.item_id: row.id for row in samples.scored(conn, run_id)}
    kept = labels.of_run(conn, run_id)
    assert kept[by_item[third]].note == "two readings"
    assert all(one.blind for one in kept.values())


@pytest.mark.long
def test_what_is_labelled_is_not_asked_again(conn: sqlite3.Connection, run_id: int, typed: Program) -> None:
    typed("r\nr\n", "samples", str(run_id), "--label")
    done = typed("w\n" * 20, "samples", str(run_id), "--label")
    assert f"1 of {GRADED - 2} ·" in done.stdout
    assert list(told(conn, run_id).values()).count("right") == 2
    assert len(told(conn, run_id)) == GRADED, "what was cut short is not asked"
    done = typed("", "samples", str(run_id), "--label")
    assert done.returncode == 2
    assert "no such answers to label" in done.stderr


@pytest.mark.long
def test_the_verdict_is_hidden_until_there_is_a_label(conn: sqlite3.Connection, run_id: int, typed: Program) -> None:
    done = typed("", "samples", str(run_id), "--label")
    assert "graded" not in done.stdout
    assert "exact/" not in done.stdout
    done = typed("r\n", "samples", str(run_id), "--label")
    before, _, after = done.stdout.partition("right; graded")
    assert "graded" not in before
    assert after
    seen = typed("r\n", "samples", str(run_id), "--label", "--show-verdict")
    assert seen.stdout.index("graded") < seen.stdout.index("right;")
    asked = typed("v\nr\n", "samples", str(run_id), "--label")
    assert asked.stdout.index("graded") < asked.stdout.index("right;")
    first, second, third = order(conn, run_id)[:3]
    items = {row.id: row.item_id for row in samples.scored(conn, run_id)}
    blind = {items[one.sample_id]: one.blind for one in labels.of_run(conn, run_id).values()}
    assert blind == {first: True, second: False, third: False}
    typed("w\n", "samples", str(run_id), first, "--label")
    found = samples.find(conn, run_id, first)
    assert found is not None
    again = labels.get(conn, found)
    assert again is not None
    assert (again.label, again.blind) == ("wrong", False), "the verdict was told after the first label"


@pytest.mark.long
def test_one_by_name(conn: sqlite3.Connection, run_id: int, program: Program, answer: Callable[..., Any]) -> None:
    row = answer("samples", str(run_id), "item-001", "--label", "right", "--note", "it is\x1b[2J another")
    assert (row["item_id"], row["label"], row["outcome"]) == ("item-001", "right", "wrong")
    shown = program("samples", str(run_id), "item-001").stdout
    assert "by eye: right" in shown
    assert "\x1b" not in shown
    assert program("samples", str(run_id), "item-001", "--label", "wrong").returncode == 0
    assert "another" in program("samples", str(run_id), "item-001").stdout, "the note stays with another label"
    assert program("samples", str(run_id), "item-001", "--label", "none").returncode == 0
    assert told(conn, run_id) == {}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--label", "right"), "name the item that is right"),
        (("no-such-item", "--label", "right"), "has no finished sample of no-such-item"),
        (("no-such-item", "--label"), "no such answers"),
        (("--label", "perhaps"), "invalid choice"),
        (("--note", "x"), "go with --label"),
        (("--label", "--labelled", "--disagree"), "not allowed with"),
    ],
)
def test_bad_usage_is_one_sentence(arguments: tuple[str, ...], words: str, run_id: int, program: Program) -> None:
    done = program("samples", str(run_id), *arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.long
def test_agreement_stands_on_the_runs_page(run_id: int, program: Program, answer: Callable[..., Any]) -> None:
    assert answer("runs", "show", str(run_id))["agreement"] is None
    for item, label in (("item-000", "right"), ("item-001", "right"), ("item-003", "wrong"), ("item-005", "unclear")):
        program("samples", str(run_id), item, "--label", label)
    found = answer("runs", "show", str(run_id))["agreement"]
    assert (found["n_labelled"], found["n_compared"], found["agree"], found["n_blind"]) == (4, 3, 1, 0)
    assert (found["wrong_accepts"], found["wrong_rejects"], found["unclear"]) == (1, 1, 1)
    assert found["share"] == pytest.approx(1 / 3)
    assert found["interval"]["method"] == "Wilson"
    text = program("runs", "show", str(run_id)).stdout
    assert "grader and person agree on 1 of 3, 33.3 % (6.1–79.2) · 1 wrong accept · 1 wrong reject · 1 unclear" in text
    assert "4 labels given with the verdict in view" in text


@pytest.mark.long
def test_lists_tell_labels_and_filter_by_them(run_id: int, program: Program, answer: Callable[..., Any]) -> None:
    assert "By eye" not in program("samples", str(run_id)).stdout
    for item, label in (("item-000", "right"), ("item-001", "right")):
        program("samples", str(run_id), item, "--label", label)
    assert "By eye" in program("samples", str(run_id)).stdout
    by_flag = {
        flag: {row["item_id"] for row in answer("samples", str(run_id), flag)}
        for flag in ("--labelled", "--unlabelled", "--disagree")
    }
    assert by_flag["--labelled"] == {"item-000", "item-001"}
    assert by_flag["--disagree"] == {"item-001"}
    assert len(by_flag["--unlabelled"]) == len(ANSWERS) - 2


@pytest.mark.long
def test_labels_are_exported_as_cases_that_are_graded_the_same(
    run_id: int, program: Program, answer: Callable[..., Any], tmp_path: Path
) -> None:
    none = program("runs", "export", str(run_id), "--format", "labels")
    assert none.returncode == 1
    assert "has no labels" in none.stderr
    for item, label in (("item-000", "right"), ("item-001", "right"), ("item-005", "wrong")):
        program("samples", str(run_id), item, "--label", label)
    path = str(tmp_path / "cases.jsonl")
    assert program("runs", "export", str(run_id), "--format", "labels", "--output", path).returncode == 0
    cases = {case["id"]: case for case in map(json.loads, Path(path).read_text().splitlines())}
    assert set(cases) == {"item-000", "item-001", "item-005"}
    one = cases["item-001"]
    assert (one["area"], one["key"], one["right"], one["today"]) == ("exact", "number 1", "correct", "wrong")
    rows = answer("grade", "--grader", "exact", path)
    assert {row["id"]: row["outcome"] for row in rows} == {name: case["today"] for name, case in cases.items()}
    assert {row["id"]: row["agrees"] for row in rows} == {"item-000": True, "item-001": False, "item-005": False}


@pytest.mark.long
def test_a_private_packs_texts_stay_out_of_the_export(
    conn: sqlite3.Connection, tmp_path: Path, program: Program
) -> None:
    folder = write_pack(tmp_path / "secret", ANSWERS, name="secret")
    manifest = folder / "pack.toml"
    manifest.write_text("private_items = true\n" + manifest.read_text())
    made = planned(conn, folder, budgets=())
    on_mock(conn, made, by_question({question: f"Answer: {said}" for question, said in ANSWERS.items()}))
    program("samples", str(made), "item-000", "--label", "right")
    done = program("runs", "export", str(made), "--format", "labels")
    assert done.returncode == 0, done.stderr
    assert "number 0" not in done.stdout
    assert "What is" not in done.stdout
    assert json.loads(done.stdout)["right"] == "correct"


def test_one_key_at_a_time_on_a_terminal(conn: sqlite3.Connection, run_id: int, home: Path) -> None:
    command = [sys.executable, "-m", "aa_tui", "samples", str(run_id), "--label"]
    with Terminal(command, columns=80, rows=24, env={"AA_TUI_HOME": str(home)}) as terminal:

        def shows(text: str) -> None:
            deadline = time.monotonic() + 20
            while text not in terminal.text:
                assert time.monotonic() < deadline, terminal.text
                terminal.pump()

        shows("q quit")
        assert not any(len(line.rstrip()) > 80 for line in terminal.lines)
        terminal.send("r")
        shows(f"2 of {GRADED}")
        terminal.send("up", "x")
        shows("none of the keys")
        terminal.send("n")
        shows("note:")
        terminal.send("hm", "enter", "w")
        shows(f"3 of {GRADED}")
        terminal.send("q")
        shows("Labelled 2 answers")
    first, second, *_ = order(conn, run_id)
    assert told(conn, run_id) == {first: "right", second: "wrong"}
    found = samples.find(conn, run_id, second)
    assert found is not None
    label = labels.get(conn, found)
    assert label is not None
    assert label.note == "hm"
