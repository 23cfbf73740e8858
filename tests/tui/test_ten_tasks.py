"""What people do most takes the fewest keys there can be: counted in the real app, from where each task begins."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from tests.support.driven import Drive, Driven, both_sizes
from tests.support.evaluated import Told, evaluate_here
from tests.support.noted import a_file
from tests.support.working import without_workers

from aa_tui.catalog import models, runs
from aa_tui.gguf.bundled import bundled_model
from aa_tui.tui.core.places import Place
from aa_tui.tui.files.pull_dialog import PullDialog
from aa_tui.tui.start.bench_dialog import MeasureDialog

NANBEIGE = "nanbeige4-1-3b"


class Counted:
    """Keys as they are pressed, one by one."""

    def __init__(self, app: Driven) -> None:
        self.app = app
        self.n = 0

    async def press(self, *keys: str) -> None:
        """Each key counts."""
        self.n += len(keys)
        await self.app.press(*keys)


def told(*right: bool) -> list[Told]:
    return [Told("maths", "correct" if one else "wrong") for one in right]


@both_sizes
def test_find_a_model_open_it_and_see_a_chart(drive: Drive, size: tuple[int, int]) -> None:
    async def walk(app: Driven) -> None:
        keys = Counted(app)
        await keys.press("slash", *"nanb")
        await app.shows("1 of ", "Nanbeige4.1-3B")
        assert keys.n == 5
        await keys.press("enter")
        await app.shows("INTELLIGENCE")
        assert keys.n == 6
        await keys.press("5")
        await app.shows("Output tokens to run the index")
        assert keys.n == 7

    drive(walk, size)


@both_sizes
def test_what_fits_this_machine_is_one_key_away(drive: Drive, size: tuple[int, int]) -> None:
    async def walk(app: Driven) -> None:
        await app.press("9")
        await app.until(lambda: app.app.views.leaderboard.models.query.tab == 8, "what fits")

    drive(walk, size)


def test_pull_a_quant_from_the_page_and_measure_it(
    drive: Drive, filled: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """p Enter pulls the best that fits; b Enter, below, measures it. Downloads have tests of their own."""
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")

    async def walk(app: Driven) -> None:
        keys = Counted(app)
        await app.shows("INTELLIGENCE")
        await keys.press("p")
        await app.until(lambda: isinstance(app.app.screen, PullDialog), "what can be pulled")
        await app.shows("best that fits")
        assert "▌Q8_0" in app.row_of("best that fits"), "the cursor is on it already"
        await keys.press("enter")
        await app.until(lambda: not isinstance(app.app.screen, PullDialog), "the download to start")
        assert keys.n == 2

    drive(walk, (100, 30), NANBEIGE)


@both_sizes
def test_measure_and_evaluate_from_the_page_are_two_keys(
    drive: Drive,
    filled: sqlite3.Connection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    size: tuple[int, int],
) -> None:
    started = without_workers(monkeypatch)
    path = tmp_path / "Nanbeige4.1-3B.Q4_K_M.gguf"
    path.write_bytes(bundled_model().read_bytes())
    a_file(filled, path, models.resolve(filled, NANBEIGE).model_id)

    async def walk(app: Driven) -> None:
        keys = Counted(app)
        await app.shows("INTELLIGENCE")
        await keys.press("b")
        await app.until(lambda: isinstance(app.app.screen, MeasureDialog), "the measurement")
        await keys.press("enter")
        await app.until(lambda: len(started) == 1, "a measurement")
        assert keys.n == 2
        keys = Counted(app)
        await keys.press("E")
        await app.shows("Evaluate on this machine")
        await keys.press("enter")
        await app.until(lambda: len(started) == 2, "an evaluation that shows its plan first")
        assert keys.n == 2
        assert [run.kind for run in runs.list_runs(filled)] == ["eval", "speed"]

    drive(walk, size, NANBEIGE)


@both_sizes
def test_wrong_answers_compare_and_share(
    drive: Drive,
    filled: sqlite3.Connection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    size: tuple[int, int],
) -> None:
    monkeypatch.chdir(tmp_path)
    better = evaluate_here(filled, "Q8_0", told(*[True] * 30, *[False] * 5))
    evaluate_here(filled, "Q4_K_M", told(*[True] * 10, *[False] * 25))

    async def walk(app: Driven) -> None:
        keys = Counted(app)
        await app.shows("outcomes")
        await keys.press("a", "f")
        await app.shows("5 of 35 samples · wrong")
        assert keys.n == 2, "the wrong answers of a run"

    async def compare(app: Driven) -> None:
        keys = Counted(app)
        await keys.press("R", "space", "down", "space", "c")
        await app.shows("points better")
        assert keys.n == 5, "two quants side by side, with the verdict in words"
        keys = Counted(app)
        await keys.press("e")
        await app.shows("comparison.html")
        await keys.press("enter")
        await app.until((tmp_path / "comparison.html").is_file, "the report")
        assert keys.n == 2

    drive(walk, size, Place("run", run_id=better))
    drive(compare, size)
