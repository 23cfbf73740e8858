"""Marking and comparing, with each key, narrow and wide."""

from __future__ import annotations

import sqlite3

import pytest
from tests.support.driven import Drive, Driven, both_sizes
from tests.support.evaluated import Told, evaluate_here

from aa_tui.catalog import life, runs
from aa_tui.runs import prepare
from aa_tui.tui.core.places import Place


async def mark(app: Driven, count: int) -> None:
    """Mark the first models of the list."""
    await app.press("home")
    for number in range(count):
        await app.press(*(["down"] if number else []), "space")


@pytest.mark.long
@both_sizes
def test_marking_and_every_key_of_the_comparison(drive: Drive, size: tuple[int, int]) -> None:
    async def walk(app: Driven) -> None:
        await app.press("c")
        await app.shows("Mark 2 to 6 models with Space")
        await mark(app, 1)
        assert app.cursor_line.startswith("•▌")
        assert "• 1 marked" in app.text
        await app.press("space")
        assert app.cursor_line.startswith(" ▌")
        assert "marked" not in app.text
        await mark(app, 7)
        await app.press("c")
        await app.shows("At most 6 can be compared")
        await app.press("space", "c")
        await app.shows("Intelligence Index", "Esc back")
        fit = 6 if size[0] == 160 else 3
        first = app.app.views.leaderboard.models.row(0)
        last = app.app.views.leaderboard.models.row(5)
        assert first is not None
        assert last is not None
        head = 2 if size[0] == 160 else 1
        assert f"▌ {first.name[:14]}" in app.lines[head]
        assert ("1–3 of 6" in app.text) is (fit == 3)
        assert all(len(line) == size[0] for line in app.lines)
        assert "65 * #1/35" in app.row_of("Intelligence Index")
        assert "▰▰▰▰" in app.row_of("Output speed")

        await app.press("right", "l", "right", "right", "right", "right")
        assert f"▌ {last.name[:14]}" in app.lines[head]
        assert "Intelligence Index" in app.text, "the metric's name stays"
        await app.press("left", "h", "left", "left", "left", "left")
        assert f"▌ {first.name[:14]}" in app.lines[head]

        await app.press("G")
        await app.shows("best of its row")
        await app.press("g")
        assert "share of the best" in app.text
        await app.press("end", "f")
        await app.shows("alike left out")
        assert "Index version" not in app.text
        await app.press("f", "end")
        await app.shows("Index version")

        await app.press("home", "d")
        await app.until(lambda: len(app.app.views.leaderboard.marked) == 5, "one mark less")
        await app.until(lambda: first.name[:14] not in app.lines[head], "the first to go")
        await app.press("question_mark")
        await app.shows("Compare: keys", "only the rows that differ")
        await app.press("escape")
        await app.press("enter")
        await app.shows("INTELLIGENCE")
        await app.press("escape")
        await app.shows("Intelligence Index", "f differences")
        for _ in range(3):
            await app.press("delete")
            await app.pilot.app.workers.wait_for_complete()
        await app.press("d")
        await app.shows("Two are the fewest")
        await app.press("escape")
        await app.shows("• 2 marked")
        await app.press("u")
        await app.lacks("• 2 marked")
        assert app.app.views.leaderboard.marked == []

    drive(walk, size)


@pytest.mark.long
def test_runs_beside_models_and_strange_names(drive: Drive, filled: sqlite3.Connection) -> None:
    for rate in (100.0, 101.0):
        run_id = prepare(filled, "aa-nano")
        run = runs.get(filled, run_id)
        runs.put_measurement(filled, run, "tg128", rate, "tokens/s", stdev=2.0, n=5)
        life.end(filled, run_id, "finished")
    name = "模型 [red] $x 長" * 20
    filled.execute("UPDATE leaderboard SET name = ? WHERE slug = 'minicpm5-1b'", (name,))

    async def walk(app: Driven) -> None:
        await app.app.go(Place("compare", slugs=("run:1", "run:2", "minicpm5-1b")))
        await app.shows("⌂ tg128", "run 1 · aa-nano", "模型 [red]")
        await app.press("end")
        await app.shows("100.0 ± 2.0 ≈", "not distinguishable: the two means")
        await app.press("enter")
        await app.shows("aa-nano")
        await app.press("escape")
        await app.pilot.resize_terminal(160, 48)
        await app.shows("Generation (tg128)")
        await app.pilot.resize_terminal(60, 16)
        await app.shows("1–2 of 3")
        await app.press("right", "right")
        await app.shows("2–3 of 3", "▌ 模型")
        await app.press("home")
        assert app.row_of("Intelligence Index").index("18 #2") == app.lines[1].index("模型"), "below its name"
        await app.press("y")
        copied = app.app.clipboard
        assert "| Generation (tg128) | 100.0 ± 2.0 ≈ | 101.0 ± 2.0 ≈ | – |" in copied.replace(", tokens/s", "")
        assert "模型 [red]" in copied.replace("\\", "")
        await app.press("R")
        await app.shows("Run 2")
        await app.press("y")
        assert app.app.clipboard.startswith("Run 2  ")
        assert "101.0 ± 2.0 tokens/s" in app.app.clipboard
        await app.press("Y")
        assert app.app.clipboard.count("| aa-nano |") == 2

    drive(walk)


def test_a_run_that_leaves_the_comparison_loses_its_mark(drive: Drive, filled: sqlite3.Connection) -> None:
    for quant in ("Q8_0", "Q5_K_M", "Q4_K_M"):
        evaluate_here(filled, quant, [Told("maths", "correct")] * 3)

    async def walk(app: Driven) -> None:
        await app.press("R", "space", "down", "space", "down", "space", "c")
        await app.shows("run 3 ·", "run 1 ·")
        await app.press("home", "d")
        await app.lacks("run 3 ·")
        await app.press("escape")
        await app.until(lambda: app.text.count("•") == 2, "two marks")
        assert "•" not in app.row_of("Q4_K_M")

    drive(walk, (160, 48))


def test_the_comparison_follows_the_catalog(drive: Drive, filled: sqlite3.Connection) -> None:
    async def walk(app: Driven) -> None:
        await app.app.go(Place("compare", slugs=("nanbeige4-1-3b", "minicpm5-1b")))
        await app.shows("Nanbeige4.1-3B", "16 #5/43")
        run_id = prepare(filled, "aa-nano")
        filled.execute("UPDATE leaderboard SET intelligence_index = 40 WHERE slug = 'nanbeige4-1-3b'")
        runs.put_measurement(filled, runs.get(filled, run_id), "tg128", 1.0, "tokens/s", stdev=0.1, n=5)
        await app.shows("40 * #1/43")

    drive(walk)


@pytest.mark.long
def test_two_evaluations_are_compared_from_the_runs_and_back(drive: Drive, filled: sqlite3.Connection) -> None:
    for quant, n_right in (("Q4_0", 80), ("Q8_0", 95)):
        evaluate_here(filled, quant, [Told("maths", "correct" if n < n_right else "wrong") for n in range(100)])

    async def walk(app: Driven) -> None:
        await app.press("R", "space", "down", "space", "c")
        await app.shows("Q8_0 is 15.0 points better", "Score, strict")
        await app.press("D")
        await app.shows("15 of 100 items differ", "Q8_0 is 15.0 points better")
        await app.press("escape")
        await app.shows("Score, strict")
        await app.press("escape")
        await app.until(lambda: app.app.views.current == "runs", "the runs")

    drive(walk)
