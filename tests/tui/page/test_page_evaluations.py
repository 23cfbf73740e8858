"""Evaluations on a model's page in the app: the words, the charts, and what is under the cursor."""

from __future__ import annotations

import sqlite3

import pytest
from tests.support.driven import SIZES, Drive, Driven, drawn, pointed_at
from tests.support.evaluated import MODEL, SEVEN, Told, evaluate_here

from aa_tui.tui.core.sections import BY_NAME
from aa_tui.tui.page.view import chart_names


@pytest.mark.long
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
        await app.shows("2 of 27", "Quant against quant", "Q8_0 · box")
        assert pointed_at(app).startswith("Q8_0 · box · 42.9 % (15.8–75.0) n 7 · % right")
        assert "run 2" in pointed_at(app)
        await app.press("n")
        await drawn(app)
        await app.shows("Score by kind and level", "Q4_K_M · box", "code")
        await app.press("n")
        await drawn(app)
        await app.shows("4 of 27", "Accuracy against speed")
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


@pytest.mark.long
def test_the_pack_of_the_charts_is_chosen_and_kept(filled: sqlite3.Connection, drive: Drive) -> None:
    evaluate_here(filled, "Q4_K_M", SEVEN, pack="nano")
    evaluate_here(filled, "Q4_K_M", SEVEN, pack="quick")

    async def choose(app: Driven) -> None:
        await app.press("m", "n")
        await drawn(app)
        await app.shows("quick 1.0")
        await app.press("f")
        await app.until(lambda: len(app.app.screen_stack) > 1, "what is drawn")
        await app.press(*["down"] * 15)
        await app.until(lambda: "of the newest evaluation" in app.cursor_line, "the packs")
        await app.press("down", "enter", "escape")
        await app.shows("nano 1.0")

    async def again(app: Driven) -> None:
        await app.press("m", "n")
        await drawn(app)
        await app.shows("nano 1.0")

    drive(choose, (120, 40), MODEL)
    drive(again, (120, 40), MODEL)


def test_what_is_undecided_and_why_there_is_no_score_is_seen(filled: sqlite3.Connection, drive: Drive) -> None:
    told = [Told("maths", "correct")] * 38 + [Told("code", "wrong")] * 15 + [Told("code", "no_single_answer")] * 3
    evaluate_here(filled, "Q4_K_M", [*told, *[Told("maths", "undecided")] * 4])
    evaluate_here(filled, "Q8_0", [*told, *[Told("maths", "error", 0, 0)] * 4], size_bytes=4_000_000_000)

    async def walk(app: Driven) -> None:
        await app.press("R")
        await app.shows("67.9 % (54.8–78.6)", "60/60 · no score: 4 of", "no score: 4 of 60 samples are errors")
        await app.press("enter")
        await app.shows("run 2", "no score: 4 of 60 samples are errors, more than 2 %", "error 4")
        await app.lacks("strict")
        await app.press("escape", "down", "enter")
        await app.shows("score 67.9 % (54.8–78.6)     4 undecided", "63.3–70.0 by how 4 undecided would be graded")
        await app.press("a")
        await app.shows("60 samples")
        await app.press("f", "f")
        await app.shows("3 of 60 samples · no single answer", "/ no single")
        await app.press("f")
        await app.shows("4 of 60 samples · undecided", "? undecided")

    drive(walk, (80, 24))


def test_on_a_models_page_the_bounds_stand_below_the_score(filled: sqlite3.Connection, drive: Drive) -> None:
    told = [Told("maths", "correct")] * 38 + [Told("code", "wrong")] * 18
    evaluate_here(filled, "Q4_K_M", [*told, *[Told("maths", "undecided")] * 4])
    evaluate_here(filled, "Q8_0", [*told, *[Told("maths", "error", 0, 0)] * 4], size_bytes=4_000_000_000)

    async def walk(app: Driven) -> None:
        await app.press("m")
        await app.shows("undecided", "4, so 63.3–70.0 %", "4 of 60 samples are errors, more than 2 %")

    drive(walk, (80, 24), MODEL)
