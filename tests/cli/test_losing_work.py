"""What would lose work asks who sits at a terminal; `--yes` and a script are taken at their word."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from tests.support.evaluated import Told, evaluate_here
from tests.support.evaluating import planned, write_pack
from tests.support.noted import take
from tests.support.program import Program
from tests.support.terminal import Terminal, environment
from tests.support.working import ANSWERS, tell

from aa_tui.catalog import labels, life, samples, upkeep


def walk(path: Path, words: Sequence[str], question: str, kept: str, lost: Callable[[], bool]) -> None:
    """It asks; Enter is no, `y` is yes, and nothing is asked a second time of what is gone."""
    argv = [sys.executable, "-m", "aa_tui", *words, "--catalog", str(path)]
    for said in ("", "y"):
        with Terminal(argv, columns=200, env=environment()) as shell:
            shell.wait(lambda: f"{question} [y/N]" in shell.text, "the question")
            assert not lost()
            shell.send(said, "enter")
            assert shell.wait_exit() == 0, shell.text
            assert (kept in shell.text) is not bool(said)
        assert lost() is bool(said)


@pytest.fixture
def going_on(conn: sqlite3.Connection, tmp_path: Path) -> int:
    run_id = planned(conn, write_pack(tmp_path / "small", ANSWERS), n_parallel=3)
    take(conn, run_id)
    tell(conn, run_id)
    return run_id


def test_a_run_is_stopped(conn: sqlite3.Connection, fresh: Path, going_on: int) -> None:
    words = ("runs", "stop", str(going_on))
    walk(
        fresh,
        words,
        "`aa-tui runs finish 1` would keep it.",
        "Nothing was stopped.",
        lambda: life.control_of(conn, going_on)[0] == "stop",
    )


def test_an_item_is_skipped(conn: sqlite3.Connection, fresh: Path, going_on: int) -> None:
    words = ("runs", "skip", str(going_on), "item-007")
    walk(
        fresh,
        words,
        "Leave out item-007 of run 1? What is written of it is lost.",
        "Nothing was left out.",
        lambda: life.control_of(conn, going_on)[1] == "item-007",
    )


def test_a_label_is_taken_away(conn: sqlite3.Connection, fresh: Path) -> None:
    run_id = evaluate_here(conn, "Q8_0", [Told("maths", "correct")])
    sample_id = samples.find(conn, run_id, "item-0", 1)
    assert sample_id is not None
    labels.put(conn, sample_id, "right", note="why")
    walk(
        fresh,
        ("samples", str(run_id), "item-0", "--label", "none"),
        "Take away the label of item-0 and its note?",
        "The label is kept.",
        lambda: labels.get(conn, sample_id) is None,
    )


def test_thinking_is_dropped(conn: sqlite3.Connection, fresh: Path) -> None:
    run_id = evaluate_here(conn, "Q8_0", [Told("maths", "correct")] * 2)
    conn.execute("UPDATE runs SET ended_at = '2020-01-01T00:00:00.000+00:00' WHERE id = ?", (run_id,))
    walk(
        fresh,
        ("catalog", "vacuum", "--keep-thinking", "30"),
        "Drop 2 thinking texts for good?",
        "Nothing was dropped.",
        lambda: upkeep.size(conn).thinking_bytes == 0,
    )
    assert upkeep.retention(conn) == 30


def test_nobody_is_asked_who_says_yes_or_is_no_terminal(
    conn: sqlite3.Connection, fresh: Path, going_on: int, program: Program
) -> None:
    done = program("runs", "skip", str(going_on), "item-007", "--catalog", str(fresh))
    assert (done.returncode, done.stderr) == (0, "")
    assert life.control_of(conn, going_on)[1] == "item-007"
    argv = [sys.executable, "-m", "aa_tui", "runs", "stop", str(going_on), "--yes", "--catalog", str(fresh)]
    with Terminal(argv, env=environment()) as shell:
        assert shell.wait_exit() == 0, shell.text
        assert "[y/N]" not in shell.text
    assert life.control_of(conn, going_on)[0] == "stop"


def test_a_run_that_has_ended_is_not_asked_about(conn: sqlite3.Connection, fresh: Path) -> None:
    run_id = evaluate_here(conn, "Q8_0", [Told("maths", "correct")])
    argv = [sys.executable, "-m", "aa_tui", "runs", "stop", str(run_id), "--catalog", str(fresh)]
    with Terminal(argv, env=environment()) as shell:
        assert shell.wait_exit() == 0, shell.text
        assert "[y/N]" not in shell.text
        assert "nothing to stop" in shell.text
