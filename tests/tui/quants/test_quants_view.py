"""The quantizations of a model in the app: the table, what to take, the way to runs, and measuring what is missing."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from tests.support.driven import Drive, Driven, both_sizes, told
from tests.support.evaluating import write_pack
from tests.support.ladder import both, divergence, evaluation, speed
from tests.support.working import without_workers

from aa_tui.catalog import runs
from aa_tui.tui.core.places import Place

RIGHT = {f"What is {number}?": f"number {number}" for number in range(80)}
ANSWERED = {question: f"Answer: {answer}" for question, answer in RIGHT.items()}


@pytest.fixture
def measured(filled: sqlite3.Connection, tmp_path: Path) -> sqlite3.Connection:
    """Both files of the bundled model with speeds, a divergence and answers."""
    large, small = both(filled)
    pack = write_pack(tmp_path / "small", RIGHT)
    speed(filled, large, 100.0)
    speed(filled, small, 190.0)
    divergence(filled, small, large, 0.02)
    evaluation(filled, large, pack, ANSWERED)
    flipped = {**ANSWERED, "What is 7?": "Answer: nothing"}
    evaluation(filled, small, pack, flipped)
    return filled


@both_sizes
def test_the_table_says_which_file_to_take(drive: Drive, measured: sqlite3.Connection, size: tuple[int, int]) -> None:
    async def walk(app: Driven) -> None:
        await app.app.go(Place("quants", "aa-nano"))
        await app.shows("Take Q8_0", "Q4_0: too few items to tell", "KLD mean", "Flips")
        row = app.row_of("Q4_0 ")
        assert "1.90" in row
        assert "1 (-1 +0)" in row
        assert ("0.0200 (0.0180–0.0220)" in row) == (size[0] >= 120), "intervals where there is room"

    drive(walk, size)


def test_files_and_page_lead_there_and_enter_to_the_runs(
    drive: Drive, measured: sqlite3.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))

    async def walk(app: Driven) -> None:
        await app.press("F")
        await app.shows("aa-nano")
        await app.press("equals_sign")
        await app.shows("Take Q8_0")
        await app.press("escape")
        await app.until(lambda: app.app.views.current == "files", "back")
        await app.app.go(Place("page", "aa-nano"))
        await app.shows("SPEED HERE")
        await app.press("equals_sign")
        await app.shows("Take Q8_0")
        await app.move_to("Q4_0")
        await app.press("D")
        await app.shows("1 of 80 items differ")
        await app.press("escape")
        await app.shows("Take Q8_0")
        await app.press("enter")
        await app.until(lambda: app.app.views.current == "runs", "the runs")
        newest = max(run.id for run in runs.list_runs(measured))
        await app.until(lambda: str(newest) in app.cursor_line, "the newest run of the file")

    drive(walk, (120, 34))


def test_what_is_missing_is_told_before_it_is_measured(
    drive: Drive, filled: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = without_workers(monkeypatch)
    large, _ = both(filled)
    speed(filled, large, 100.0)

    async def walk(app: Driven) -> None:
        await app.app.go(Place("quants", "aa-nano"))
        await app.shows("No recommendation", "not measured: ")
        await app.press("b")
        await app.shows("Measure what is missing of 2 files", "speed of Q4_0, divergence of")
        assert len(runs.list_runs(filled)) == 1, "nothing is queued before Enter"
        await app.press("down", *"20", "enter")
        await app.shows("choose a pack")
        await app.press("backspace", "backspace", "enter")
        await told(app, "2 runs have been queued")
        assert [run.setup.study or run.kind for run in runs.list_runs(filled)[:2]] == ["divergence", "speed"]
        assert len(started) == 2
        await app.shows("under way: run")

    drive(walk, (110, 34))


def test_another_reference_and_a_link(drive: Drive, measured: sqlite3.Connection) -> None:
    async def walk(app: Driven) -> None:
        await app.shows("Q8_0 (reference)")
        await app.move_to("Q4_0")
        await app.press("colon", *"compare with this one", "enter")
        await app.shows("Q4_0 (reference)")

    from aa_tui.tui.shell.links import place_of

    drive(walk, (100, 30), place_of(measured, "quants/aa-nano"))


def test_the_app_says_how_answers_are_compared_in_the_app(drive: Drive, filled: sqlite3.Connection) -> None:
    large, small = both(filled)
    divergence(filled, small, large, 0.02)

    async def walk(app: Driven) -> None:
        await app.app.go(Place("quants", "aa-nano"))
        await app.shows("nothing of answers: b with a pack compares those")
        await app.lacks("--pack")

    drive(walk, (120, 34))


def test_one_file_alone_is_said(drive: Drive, filled: sqlite3.Connection, tmp_path: Path) -> None:
    from tests.support.ladder import LARGE

    from aa_tui.runs.target import find_file

    find_file(filled, str(LARGE))

    async def walk(app: Driven) -> None:
        await app.app.go(Place("quants", "aa-nano"))
        await app.shows("One file alone cannot be compared")

    drive(walk, (100, 30))
