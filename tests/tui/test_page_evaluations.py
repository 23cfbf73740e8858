"""Evaluations on a model's page in the app: the words, the charts, and what is under the cursor."""

from __future__ import annotations

import sqlite3

import pytest
from tests.charts.evaluated import MODEL, evaluate_here
from tests.charts.test_here_eval import SEVEN
from tests.tui.conftest import SIZES, Drive, Driven
from tests.tui.test_charts_in_app import drawn, pointed_at

from aa_tui.tui.page_view import chart_names
from aa_tui.tui.sections import BY_NAME


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_scores_and_their_charts_are_one_key_away(
    filled: sqlite3.Connection, drive: Drive, size: tuple[int, int]
) -> None:
    evaluate_here(filled, "Q4_K_M", SEVEN)
    evaluate_here(filled, "Q8_0", SEVEN, size_bytes=4_000_000_000)

    async def walk(app: Driven) -> None:
        await app.press("m")
        await app.shows("quick 1.0 · n 7", "42.9 % (15.8–75.0)", "thinking 339, answer 10")
        await app.press("n")
        await drawn(app)
        await app.shows("2 of 15", "Quant against quant", "Q8_0 · box")
        assert pointed_at(app).startswith("Q8_0 · box · 42.9 % (15.8–75.0) n 7 · % right")
        assert "run 2" in pointed_at(app)
        await app.press("n")
        await drawn(app)
        await app.shows("Accuracy against speed")
        assert "42.9 % (15.8–75.0), n 7" in pointed_at(app)
        await app.press("n", "n", "n", "n")
        await drawn(app)
        await app.shows("Outcomes by category", "3 of 7 correct")
        assert "3 of 7 correct" in pointed_at(app)
        assert "no answer 1" in pointed_at(app)

    drive(walk, size, MODEL)


def test_what_was_measured_comes_first() -> None:
    section = BY_NAME["measured"]
    assert chart_names(section)[:2] == ("", "here-speed")
    assert chart_names(section, {"speed", "eval"}) == chart_names(section)
    of_evaluations = chart_names(section, {"eval"})
    assert of_evaluations[:2] == ("", "here-scores")
    assert sorted(of_evaluations) == sorted(chart_names(section)), "none is left out"
    assert chart_names(BY_NAME["index"], {"eval"})[0] == "intelligence"


def test_the_pack_of_the_charts_is_chosen_and_kept(filled: sqlite3.Connection, drive: Drive) -> None:
    evaluate_here(filled, "Q4_K_M", SEVEN, pack="nano")
    evaluate_here(filled, "Q4_K_M", SEVEN, pack="quick")

    async def choose(app: Driven) -> None:
        await app.press("m", "n")
        await drawn(app)
        await app.shows("quick 1.0")
        await app.press("f", *["down"] * 15)
        await app.until(lambda: "of the newest evaluation" in app.cursor_line, "the packs")
        await app.press("down", "enter", "escape")
        await app.shows("nano 1.0")

    async def again(app: Driven) -> None:
        await app.press("m", "n")
        await drawn(app)
        await app.shows("nano 1.0")

    drive(choose, (120, 40), MODEL)
    drive(again, (120, 40), MODEL)
