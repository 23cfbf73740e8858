"""`aa-tui chart` on evaluations: of a run alone, of one pack, and what cannot be asked for."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

import pytest
from tests.support.evaluated import MODEL, SEVEN, evaluate_here
from tests.support.program import Program


@pytest.mark.long
def test_a_run_alone_and_one_pack(conn: sqlite3.Connection, program: Program, answer: Callable[..., Any]) -> None:
    first = evaluate_here(conn, "Q4_K_M", SEVEN)
    evaluate_here(conn, "Q8_0", SEVEN)
    evaluate_here(conn, "Q8_0", SEVEN, pack="nano")
    conn.close()
    of_run = answer("chart", "here-scores", f"run:{first}")
    assert [bar["key"] for bar in of_run["bars"]] == [str(first)]
    assert of_run["note"].startswith(f"run {first}, quick 1.0")
    of_pack = answer("chart", "here-scores", MODEL, "--pack", "quick")
    assert len(of_pack["bars"]) == 2
    drawn = program("chart", "here-outcomes", f"run:{first}", "--size", "80x20", "--ascii")
    assert drawn.returncode == 0
    assert "3 of 7 correct" in drawn.stdout
    assert drawn.stdout.isascii()
    saved = program("export", f"run:{first}", "--chart", "here-outcomes", "--output", "-")
    assert saved.returncode == 0
    assert "3 of 7 correct" in saved.stdout


@pytest.mark.long
def test_what_a_run_cannot_show_is_said_in_one_sentence(conn: sqlite3.Connection, program: Program) -> None:
    run_id = evaluate_here(conn, "Q4_K_M", SEVEN)
    conn.close()
    published = program("chart", "intelligence", f"run:{run_id}")
    assert published.returncode != 0
    assert "shows published figures" in published.stderr
    absent = program("chart", "here-scores", "run:99")
    assert absent.returncode != 0
    assert "There is no run 99" in absent.stderr
    report = program("export", "run:99")
    assert report.returncode != 0
    assert "There is no run 99" in report.stderr
    assert "Traceback" not in published.stderr + absent.stderr + report.stderr
