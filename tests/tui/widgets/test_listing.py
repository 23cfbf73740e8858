"""Searching and sorting in every list: the same keys, and what is typed is never a command."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from tests.support.driven import Drive, Driven, both_sizes
from tests.support.evaluating import on_mock, planned, write_pack
from textual import events

from aa_tui.engine.mock import by_question
from aa_tui.tui.core.places import Place
from aa_tui.tui.widgets.columns import Column, Sorting
from aa_tui.tui.widgets.listing import Listing
from aa_tui.tui.widgets.rows import ListRows
from aa_tui.tui.widgets.sifted import Sifted

ANSWERS = {f"What is {number}?": f"number {number}" for number in range(12)}


def cells(app: Driven) -> list[str]:
    """What the first column of the list on screen says, row by row."""
    table = app.app.screen.query_one(Listing).table
    rows = [row for place in range(len(table.source)) if (row := table.source.row(place)) is not None]
    return ["".join(text for text, _ in table.columns[0].cell(row, 60)) for row in rows]


async def at_once(app: Driven, keys: str) -> None:
    """All keys in one piece, as a slow line brings them: before the app has done anything about the first."""
    driver = app.app._driver
    assert driver is not None
    for key in keys:
        message = events.Key("slash" if key == "/" else key, key)
        message.set_sender(app.app)
        driver.send_message(message)
    await app.pilot.pause()
    await app.pilot.pause()


@pytest.mark.long
@both_sizes
def test_files_are_searched_and_sorted(drive: Drive, size: tuple[int, int]) -> None:
    async def walk(app: Driven) -> None:
        await app.press("F")
        await app.shows("known models available", "aa-nano-Q4_0.gguf")
        every = cells(app)
        await app.press("slash", *"nanb")
        await app.shows(f"1 of {len(every)}")
        assert cells(app) == ["Nanbeige4.1-3B"]
        assert len(app.app.screen_stack) == 1, "b measures, but not in the box"
        await app.press("enter")
        await app.shows("/ nanb")
        assert app.app.views.here.model is not None
        assert app.app.views.here.model.name == "Nanbeige4.1-3B"
        await app.press("escape")
        assert cells(app) == every
        assert "Nanbeige4.1-3B" in app.cursor_line, "the cursor stays on its row"
        await app.press("slash", *"no such file")
        await app.shows("Nothing here has “no such file”: Esc clears the search.")
        await app.press("escape")
        assert cells(app) == every
        await app.press("j")
        assert app.app.views.current == "files", "Esc leaves the box, and j moves again"

    async def sorted_walk(app: Driven) -> None:
        await app.press("F")
        await app.shows("known models available")
        every = cells(app)
        await app.press("S")
        assert cells(app) == sorted(every, key=str.casefold)
        await app.press("S")
        assert cells(app) == sorted(every, key=str.casefold, reverse=True)
        await app.press("s", "slash", *"siz", "enter")
        await app.press("enter")
        await app.lacks("Sort by")
        await app.shows("Size▾")
        await app.press("s", "home", "enter")
        await app.lacks("Sort by")
        assert cells(app) == every, "as they come"

    drive(walk, size)
    drive(sorted_walk, size)


def test_what_is_typed_in_one_piece_runs_no_command(drive: Drive) -> None:
    async def walk(app: Driven) -> None:
        for view, letters in (("leaderboard", "/qbnanbeige"), ("files", "/qbxsR")):
            await app.app.go(Place(view))
            await app.until(lambda view=view: app.app.views.current == view, view)  # type: ignore[misc]
            await at_once(app, letters)
            await app.shows(letters[1:])
            assert len(app.app.screen_stack) == 1
            assert app.app.views.current == view
            await app.press("escape")

    drive(walk, (100, 30))


@pytest.mark.long
def test_samples_pairs_and_runs(drive: Drive, filled: sqlite3.Connection, tmp_path: Path) -> None:
    pack = write_pack(tmp_path / "small", ANSWERS)
    made = []
    for wrong in ("number 3", "number 4"):
        made.append(planned(filled, pack, budgets=()))
        said = {key: "Answer: no" if value == wrong else f"Answer: {value}" for key, value in ANSWERS.items()}
        on_mock(filled, made[-1], by_question(said))

    async def walk(app: Driven) -> None:
        await app.app.go(Place("samples", run_id=made[0]))
        await app.shows("12 samples")
        await app.press("slash", *"wrong", "enter")
        await app.shows("1 of 12")
        assert cells(app) == ["item-003"]
        await app.press("escape", "s", "end", "enter")
        await app.shows("Right answer▴")
        await app.app.go(Place("pairs", run_id=made[0], other=made[1]))
        await app.shows("2 of 12 items differ")
        await app.press("slash", *"004", "enter")
        await app.shows("1 of 2")
        await app.press("escape")
        await app.app.go(Place("runs"))
        await app.press("slash", *"small", "enter")
        await app.shows("2 of 2")
        await app.press("slash", "x", "enter")
        await app.shows("Nothing here has “smallx”")
        await app.press("escape")
        await app.lacks("Nothing here has")

    drive(walk, (100, 30))


@pytest.mark.long
def test_lists_to_choose_from_are_searched(drive: Drive) -> None:
    async def walk(app: Driven) -> None:
        await app.press("f")
        await app.shows("Filters")
        await app.press("slash", *"creator", "enter", "enter")
        await app.shows("Alibaba")
        await app.press("slash", *"nanbeige", "enter")
        await app.press("enter")
        await app.shows("1 of 157")
        await app.press("escape", "escape")
        await app.lacks("Filters")
        assert app.app.views.leaderboard.models.query.creator is not None
        await app.press("vertical_line")
        await app.shows("Columns")
        await app.press("slash", *"licence", "enter", "space")
        await app.press("escape", "escape")
        await app.lacks("in terminals of")
        assert "license" not in app.app.views.leaderboard.board.shown

    drive(walk)


def test_rows_without_a_value_come_last_and_numbers_in_words_count() -> None:
    column: Column[str] = Column("name", "Name", 10, lambda row, _: ((row, ""),), right=False)
    sifted = Sifted(ListRows(["Q10", "–", "q9", "Q2_K"]))
    for descending, wanted in ((False, ["Q2_K", "q9", "Q10", "–"]), (True, ["Q10", "q9", "Q2_K", "–"])):
        sifted.sorting = Sorting("name", descending)
        sifted.sift([column])
        assert [sifted.row(place) for place in range(len(sifted))] == wanted
    sifted.text = "q 2"
    sifted.sift([column])
    assert [sifted.row(place) for place in range(len(sifted))] == ["Q2_K"]
    assert sifted.place_of(0) is None
    assert sifted.index_at(0) == 3


@pytest.mark.long
def test_what_charts_draw_can_be_searched(drive: Drive) -> None:
    async def walk(app: Driven) -> None:
        await app.press("C")
        await app.shows("Intelligence Index")
        await app.press("f")
        await app.shows("What charts draw")
        await app.press("slash", *"anthropic", "enter")
        await app.lacks("reasoning only")
        await app.press("enter")
        await app.shows("● Anthropic")

    drive(walk, (160, 48))
