"""`runs wait` and `runs log`, and what a terminal is told at a run's end."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from tests.support.evaluated import Told, evaluate_here
from tests.support.noted import measure
from tests.support.program import Program

from aa_tui.catalog import life, runs
from aa_tui.terminal import MOST_TOLD, notification

XTERM = {"TERM": "xterm-256color"}
RIGHT = [Told("maths", "correct")] * 3


def test_waiting_says_how_each_run_ended_and_its_status_is_that_of_the_first_that_did_not_finish(
    conn: sqlite3.Connection, program: Program
) -> None:
    finished, stopped = evaluate_here(conn, "Q8_0", RIGHT), evaluate_here(conn, "Q4_0", RIGHT, state="stopped")
    conn.close()
    done = program("runs", "wait", str(finished))
    assert (done.returncode, done.stdout) == (0, "Run 1 of Nanbeige4.1-3B Q8_0 finished.\n")
    both = program("runs", "wait", str(finished), str(stopped))
    assert (both.returncode, both.stdout.splitlines()[1]) == (130, "Run 2 of Nanbeige4.1-3B Q4_0 was stopped.")
    listed = json.loads(program("runs", "wait", str(finished), str(stopped), "--json").stdout)
    assert [one["status"] for one in listed] == ["finished", "stopped"]


def test_waiting_gives_up_in_time_and_refuses_what_is_no_run(conn: sqlite3.Connection, program: Program) -> None:
    run_id = measure(conn)
    waiting = runs.create(conn, kind="speed", file=runs.get(conn, run_id).file, settings={})
    conn.close()
    late = program("runs", "wait", str(waiting), "--timeout", "0.1s")
    assert late.returncode == 124
    assert f"Run {waiting} has not ended yet (queued)" in late.stderr
    mistakes = {("wait", "99"): "There is no run 99", ("wait", "1", "x"): "“x” is no", ("pause", "1", "2"): "2"}
    for words, said in mistakes.items():
        refused = program("runs", *words)
        assert refused.returncode == 2
        assert said in refused.stderr


def test_the_log_of_a_worker_is_printed_with_what_it_died_of(
    conn: sqlite3.Connection, program: Program, tmp_path: Path
) -> None:
    run_id = measure(conn)
    log = tmp_path / "run.log"
    log.write_bytes(b"loading\n\x1b[31mGGML_ASSERT failed\n")
    runs.set_log_path(conn, run_id, str(log))
    other = runs.create(conn, kind="speed", file=runs.get(conn, run_id).file, settings={})
    crash = {"signal": "SIGABRT", "phase": "loading", "log_path": str(log), "last_lines": ["GGML_ASSERT failed"]}
    life.end(conn, other, "failed", "It crashed.", crash=crash)
    conn.close()
    shown = program("runs", "log", str(run_id))
    assert shown.returncode == 0
    assert shown.stdout.splitlines()[0] == "loading"
    assert "GGML_ASSERT failed" in shown.stdout
    assert "\x1b" not in shown.stdout
    dead = program("runs", "log", str(other))
    assert "died of SIGABRT, phase loading" in dead.stdout
    told = json.loads(program("runs", "log", str(run_id), "--json").stdout)
    assert (told["run_id"], told["lines"][0], told["crash"]) == (run_id, "loading", None)


def test_times_are_the_users_own_and_say_how_far_they_are_from_utc(conn: sqlite3.Connection, program: Program) -> None:
    run_id = evaluate_here(conn, "Q8_0", RIGHT)
    conn.execute("UPDATE runs SET created_at = '2026-01-01T23:30:00.000+00:00' WHERE id = ?", (run_id,))
    conn.commit()
    conn.close()
    listed = program("runs", TZ="Etc/GMT-2").stdout
    assert "Created (UTC+02:00)" in listed
    assert "2026-01-02 01:30" in listed
    assert "history, UTC+02:00" in program("runs", "show", str(run_id), TZ="Etc/GMT-2").stdout
    assert json.loads(program("runs", "--json", TZ="Etc/GMT-2").stdout)[0]["created_at"].startswith("2026-01-01T23:30")


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        (XTERM, "\a\x1b]9;aa-tui: Run 3 finished.\x1b\\"),
        ({"TERM": "rxvt-unicode"}, "\a\x1b]777;notify;aa-tui;Run 3 finished.\x1b\\"),
        ({**XTERM, "VTE_VERSION": "7000"}, "\a\x1b]777;notify;aa-tui;Run 3 finished.\x1b\\"),
        ({**XTERM, "TMUX": "x"}, "\a\x1bPtmux;\x1b\x1b]9;aa-tui: Run 3 finished.\x1b\x1b\\\x1b\\"),
        ({"TERM": "linux"}, "\a"),
        ({"TERM": "dumb"}, ""),
        ({}, ""),
    ],
)
def test_each_terminal_is_told_in_its_own_way(environ: dict[str, str], expected: str) -> None:
    assert notification("Run 3 finished.", environ) == expected


def test_nothing_that_a_terminal_would_obey_is_in_a_notification() -> None:
    told = notification("a\x1b\\\x07b\n\x9c" + "x" * 1_000, XTERM)
    inside = told.removeprefix("\a\x1b]9;").removesuffix("\x1b\\")
    assert inside.isprintable()
    assert len(inside) <= MOST_TOLD + len("aa-tui: ")
