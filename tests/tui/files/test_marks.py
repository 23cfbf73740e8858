"""Files that are marked in the files view, and compared without the others: by keys, by mouse, after another look."""

from __future__ import annotations

import os
import sqlite3
from functools import partial
from pathlib import Path

import pytest
from tests.support import tiny
from tests.support.driven import Drive, Driven, both_sizes, told
from tests.support.ladder import LARGE, SMALL, both, speed

from aa_tui.runs.target import find_file

EIGHT, FOUR = LARGE.name, SMALL.name


@pytest.fixture(autouse=True)
def environment(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))


def at(app: Driven, name: str) -> bool:
    """Whether the cursor is on a file."""
    return name in app.cursor_line


def own(name: str, content: bytes) -> Path:
    """A file in the own folder."""
    folder = Path(os.environ["AA_TUI_HOME"]) / "models"
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.fixture
def three(filled: sqlite3.Connection) -> sqlite3.Connection:
    """Three files of one model, of which the own one is in no catalog yet."""
    large, small = both(filled)
    speed(filled, large, 100.0)
    speed(filled, small, 190.0)
    own("aa-nano-more-Q8_0.gguf", LARGE.read_bytes() + bytes(64))
    return filled


@both_sizes
def test_marked_files_alone_are_compared(drive: Drive, three: sqlite3.Connection, size: tuple[int, int]) -> None:
    async def walk(app: Driven) -> None:
        await app.press("F")
        await app.shows(EIGHT[:12], "aa-nano-more")
        await app.lacks(" marked: ")
        await app.move_to(FOUR)
        await app.press("space")
        await app.shows("1 marked: mark another one to compare")
        await app.press("equals_sign")
        await told(app, "One file alone cannot be compared")
        await app.press("g")
        await app.move_to("aa-nano-more")
        await app.press("space")
        await app.shows("2 marked: = compares just these", "•")
        await app.press("r")
        await app.shows("2 marked")
        await app.press("equals_sign")
        await app.shows("These are the 2 files that were marked.", "Q8_0 (reference)", "Q4_0 ")
        await app.lacks(EIGHT)
        await app.press("escape")
        await app.shows("2 marked")
        await app.press("u")
        await app.lacks(" marked: ")
        await app.press("equals_sign")
        await app.shows("aa-nano-more", EIGHT)  # two of one quantization are told apart by their names
        await app.lacks("that were marked")

    drive(walk, size)


def test_the_mouse_marks_and_compares_too(drive: Drive, three: sqlite3.Connection) -> None:
    async def click(app: Driven, words: str, *, row: int | None = None) -> None:
        row = next(n for n, line in enumerate(app.lines) if words in line) if row is None else row
        await app.pilot.click(offset=(app.lines[row].index(words) + 1, row))
        await app.pilot.pause()

    async def walk(app: Driven) -> None:
        await app.press("F")
        await app.shows(EIGHT[:12], FOUR[:12])
        for name in (FOUR, EIGHT):
            if name not in app.cursor_line:  # another click there opens the page
                await click(app, name)
            await app.until(partial(at, app, name), "the cursor is there")
            await click(app, "mark", row=23)
        await app.shows("2 marked")
        await click(app, "compare", row=23)
        await app.shows("These are the 2 files that were marked.")

    drive(walk, (80, 24))


def test_marks_of_files_that_are_gone_go_too_and_others_stay(drive: Drive, three: sqlite3.Connection) -> None:
    async def walk(app: Driven) -> None:
        await app.press("F")
        await app.move_to("aa-nano-more")
        await app.press("space", "g")
        await app.move_to(FOUR)
        await app.press("space")
        await app.shows("2 marked")
        own("aa-nano-more-Q8_0.gguf", b"").unlink()
        await app.press("r")
        await app.shows("1 marked")
        await app.lacks("aa-nano-more")
        await app.press("space")
        await app.lacks(" marked: ")

    drive(walk, (100, 30))


def test_what_cannot_be_compared_is_said_where_it_is_compared(drive: Drive, three: sqlite3.Connection) -> None:
    other = tiny.write(own("other-Q8_0.gguf", b""), {"a": "b"}, None)
    own("no [b]model.gguf", b"GGUF and nothing")
    find_file(three, str(other))

    async def walk(app: Driven) -> None:
        await app.press("F")
        await app.move_to("no [b]model")
        await app.press("space")
        await app.lacks(" marked: ")
        await app.press("g")
        await app.move_to("other-Q8_0")
        await app.press("space")
        await app.press("g")
        await app.move_to(FOUR)
        await app.press("space", "equals_sign")
        await app.shows("name files of one model")

    drive(walk, (100, 30))
