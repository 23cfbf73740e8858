"""What is remembered from one start to the next, and what a broken memory does: nothing."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from tests.support.driven import Drive, Driven

from aa_tui.tui.core.memory import FORMAT, MOST_BYTES, Memory, path_beside


@pytest.mark.long
def test_the_leaderboard_is_as_it_was_left(drive: Drive, fresh: Path) -> None:
    seen: dict[str, str] = {}

    async def first(app: Driven) -> None:
        await app.press("1", "w", "z", "s", "down", "enter")
        await app.lacks("Sort by")
        await app.press("vertical_line", "space", "escape")
        await app.lacks("Columns")
        await app.press("home", "space")
        app.app.action_toggle_theme()
        await app.pilot.pause()
        seen["header"], seen["row"] = app.lines[3], app.cursor_line
        seen["theme"] = app.app.theme
        assert "folded" in app.lines[2]

    async def again(app: Driven) -> None:
        assert app.lines[3] == seen["header"]
        assert app.cursor_line == seen["row"]
        assert app.cursor_line.startswith("•")
        assert "folded" in app.lines[2]
        assert "• 1" in app.lines[2]
        assert app.app.theme == seen["theme"] == "aa-light"
        query = app.app.views.leaderboard.models.query
        assert (query.tab, query.open_weights, query.sort) == (0, True, "index_output_tokens_m")

    drive(first)
    state = json.loads((fresh.parent / "state.json").read_text())
    assert state["format"] == FORMAT
    assert "text" not in state["leaderboard.query"]
    drive(again)
    before = (fresh.parent / "state.json").read_text()

    async def by_link(app: Driven) -> None:
        await app.shows("Nanbeige4.1-3B")
        await app.press("escape")
        await app.shows("Tokens")

    drive(by_link, start="nanbeige4.1-3b")
    assert (fresh.parent / "state.json").read_text() == before, "a deep link changes nothing"


@pytest.mark.long
def test_columns_are_remembered_for_each_width(drive: Drive) -> None:
    async def narrow(app: Driven) -> None:
        await app.press("vertical_line", "J", "escape")
        await app.lacks("Columns")
        assert app.lines[3].index("Tokens") < app.lines[3].index("Index")

    async def wide(app: Driven) -> None:
        assert app.lines[5].index("Index") < app.lines[5].index("Tokens")

    async def narrow_again(app: Driven) -> None:
        assert app.lines[3].index("Tokens") < app.lines[3].index("Index")
        await app.press("vertical_line", "u", "y", "escape")
        await app.lacks("Columns")
        assert app.lines[3].index("Index") < app.lines[3].index("Tokens")

    drive(narrow)
    drive(wide, (160, 48))
    drive(narrow_again)


@pytest.mark.parametrize(
    "text",
    [
        "{broken",
        "[1, 2]",
        '{"format": "' + FORMAT + '", "leaderboard.query": {"tab": 3, "sort": "; DROP TABLE", "creator": 7}, '
        '"marked": [1, null, "no-such-model"], "columns.narrow": ["nonsense", 4, "index"], "theme": {}}',
        '{"format": "' + FORMAT + '", "leaderboard.query": [], "marked": {}, "columns.narrow": "index"}',
    ],
)
def test_a_memory_that_makes_no_sense_is_no_trouble(drive: Drive, fresh: Path, text: str) -> None:
    (fresh.parent / "state.json").write_text(text)

    async def walk(app: Driven) -> None:
        await app.press("8")
        assert "157 models" in app.text
        assert "Index▾" in app.text
        await app.press("down", "t")
        assert "88 of 157" in app.text

    drive(walk)


def test_a_place_that_cannot_be_written_keeps_nobody_from_leaving(tmp_path: Path) -> None:
    (tmp_path / "state.json").mkdir()
    memory = Memory(tmp_path / "state.json")
    memory.put("a", 1)
    memory.save()
    gone = Memory(tmp_path / "no" / "such" / "state.json")
    gone.put("a", 1)
    gone.save()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["state.json"]


def test_files_of_other_programs_stay_as_they_are(tmp_path: Path) -> None:
    for text in ('{"mine": 1}', " " * (MOST_BYTES + 1)):
        path = tmp_path / "state.json"
        path.write_text(text)
        memory = Memory(path)
        memory.put("a", 1)
        memory.save()
        assert path.read_text() == text


def test_values_come_back_by_their_type_and_are_written_once(tmp_path: Path) -> None:
    told: list[bool] = []
    path = path_beside(tmp_path / "mine.db")
    assert path.name == "mine.state.json"
    memory = Memory(path, lambda: told.append(True))
    memory.put("names", ["模", "\x1b[2J"])
    memory.put("names", ["模", "\x1b[2J"])
    memory.put("on", True)
    memory.save()
    assert told == [True]
    assert "\x1b" not in path.read_text()
    kept = Memory(path)
    nothing: list[str] = []
    assert kept.get("names", nothing) == ["模", "\x1b[2J"]
    assert kept.get("on", False) is True
    assert kept.get("on", 3) == 3
    assert kept.get("other", "x") == "x"


def test_a_marked_model_that_is_gone_is_no_trouble(drive: Drive, filled: sqlite3.Connection, fresh: Path) -> None:
    state = {"format": FORMAT, "marked": ["no-such-model", "nanbeige4-1-3b"]}
    (fresh.parent / "state.json").write_text(json.dumps(state))

    async def walk(app: Driven) -> None:
        await app.press("c")
        await app.shows("no-such-model")
        await app.press("escape")
        await app.shows("157 models")

    drive(walk)
