"""Looking on: two apps and a worker on one catalog, followers in a pipe, and Ctrl-C that leaves the run alone."""

from __future__ import annotations

import io
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from tests.support.disturbing import ended, plan, until

from aa_tui import runs
from aa_tui.actions import runs as actions
from aa_tui.catalog import life, samples
from aa_tui.catalog import runs as catalog_runs
from aa_tui.cli import output

LOOKS = 200
LATE_S = 1.0


@pytest.mark.long
def test_two_apps_and_a_worker_see_everything_and_never_wait(conn: sqlite3.Connection, catalog_path: Path) -> None:
    run_id = plan(conn, 30)
    program = Path(__file__).with_name("watching.py")
    command = [sys.executable, str(program), str(catalog_path), str(run_id), str(LOOKS)]
    apps = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for app in apps:
        assert app.stdout is not None
        assert app.stdout.readline() == "looking\n"
    runs.start(catalog_path, conn, run_id)
    assert ended(conn, run_id).state == "finished"
    # A verdict is given after its sample was written: from then on everybody sees it.
    written = sorted(
        datetime.fromisoformat(samples.scores(conn, row.id)[-1].graded_at or "").timestamp()
        for row in samples.scored(conn, run_id)
    )
    for app in apps:
        told = json.loads(app.communicate(timeout=300)[0])
        assert told["troubles"] == []
        assert len(told["looks"]) >= LOOKS
        assert (told["state"], told["looks"][-1][1]) == ("finished", 30)
        assert told["looks"][0][1] < 30, "it looked on while the run went on"
        for at, n_seen in told["looks"]:
            n_due = sum(moment <= at - LATE_S for moment in written)
            assert n_seen >= n_due, "an update was missed for longer than a second"


@pytest.mark.long
def test_several_followers_in_pipes_are_told_and_interrupted_alone(
    conn: sqlite3.Connection, catalog_path: Path
) -> None:
    run_id = plan(conn, 280)
    runs.start(catalog_path, conn, run_id)
    until(conn, run_id, lambda run: run.n_done >= 1)
    command = [sys.executable, "-m", "aa_tui", "runs", "follow", str(run_id)]
    followers = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
        for _ in range(2)
    ]
    first, second = followers
    assert first.stderr is not None
    line = first.stderr.readline()
    assert "of 280" in line, "a line of words, whole"
    assert "\x1b" not in line
    assert "\r" not in line
    os.kill(first.pid, signal.SIGINT)
    first.communicate(timeout=60)
    assert first.returncode == 130
    run = catalog_runs.get(conn, run_id)
    assert (run.is_live, run.control) == (True, None), "the run is left alone"
    actions.stop(conn, run_id)
    assert ended(conn, run_id).state == "stopped"
    out, _ = second.communicate(timeout=60)
    assert second.returncode == 130
    assert f"Run {run_id}" in out, "and the other follower tells what came of it"


def test_lines_in_a_pipe_come_every_five_seconds_at_most(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = iter(range(1000))
    monkeypatch.setattr(time, "monotonic", lambda: float(next(clock)))
    line = output.ProgressLine()  # at 0 s
    for number in range(1, 21):  # a second each
        line.show(number / 20, f"{number} of 20")
    assert capsys.readouterr().err.splitlines() == [
        " 25%  5 of 20",
        " 50%  10 of 20",
        " 75%  15 of 20",
        "100%  20 of 20",
    ]


def test_on_a_terminal_one_line_is_drawn_over(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.TextIOWrapper):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("TERM", "xterm")
    drawn = io.BytesIO()
    terminal = Terminal(drawn)
    monkeypatch.setattr(sys, "stderr", terminal)
    line = output.ProgressLine()
    line.show(0.5, "half")
    line.show(0.5, "half")
    assert drawn.getvalue().count(b"half") == 1, "what is the same is not sent again: the line may be slow"
    line.clear()
    assert drawn.getvalue().endswith(b"\r\x1b[K")


def test_a_paused_run_says_why_to_who_follows(conn: sqlite3.Connection, answer: Callable[..., Any]) -> None:
    run_id = plan(conn, 2)
    assert life.claim(conn, run_id, 1, 1.0)
    assert life.begin(conn, run_id)
    life.set_working(conn, run_id, "paused", "the disk is full: the run waits until there is room")
    from aa_tui.pages.text import live

    assert live.words(catalog_runs.get(conn, run_id)) == "the disk is full: the run waits until there is room"
    life.end(conn, run_id, "stopped", "enough")
    assert answer("runs", "show", str(run_id))["reason"] == "enough"
