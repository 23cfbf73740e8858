"""Every dialog with doubled keys, as a slow line or a repeating key brings them: opened once, closed once."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support.driven import Drive, Driven
from textual import events
from textual.widgets._toast import Toast

from aa_tui.catalog import runs
from aa_tui.gguf.bundled import bundled_model
from aa_tui.runs import prepare
from aa_tui.tui.start.go_on_dialog import GoOnDialog
from aa_tui.tui.widgets.dialog import Dialog, ask
from aa_tui.tui.widgets.question import Answer, Question

CHARACTERS = {"question_mark": "?", "vertical_line": "|"}
OPENED_BY = {
    "s": ("Choice",),
    "f": ("FilterDialog",),
    "vertical_line": ("ColumnChooser",),
    "question_mark": ("Help",),
    "T": ("ThemeChoice",),
    "e": ("ExportDialog",),
    "b": ("MeasureDialog",),
    "E": ("EvalDialog",),
}
TOGGLES = ("f", "vertical_line", "question_mark")
"""The second press closes what the first has opened."""


async def twice(app: Driven, key: str) -> None:
    """Both before the app has done anything about the first."""
    driver = app.app._driver
    assert driver is not None
    for _ in range(2):
        message = events.Key(key, CHARACTERS.get(key, key if len(key) == 1 else None))
        message.set_sender(app.app)
        driver.send_message(message)
    await app.pilot.pause()
    await app.pilot.pause()


async def depth_is(app: Driven, depth: int) -> None:
    await app.until(lambda: len(app.app.screen_stack) == depth, f"{depth} screens")


@pytest.mark.long
@pytest.mark.parametrize("key", OPENED_BY)
@pytest.mark.repeats
def test_the_leaderboards_dialogs(drive: Drive, filled: sqlite3.Connection, key: str) -> None:
    prepare(filled, str(bundled_model()))  # a model with a file, to measure

    async def walk(app: Driven) -> None:
        await app.press("G")
        await app.until(lambda: "aa-nano" in app.cursor_line, "the bundled model")
        for close in ("escape", "enter"):
            await (app.press(key) if key in TOGGLES else twice(app, key))
            await depth_is(app, 2)
            assert type(app.app.screen).__name__ in OPENED_BY[key]
            if close == "enter" and key not in "ebE":
                await twice(app, close)
            await twice(app, "escape")
            await depth_is(app, 1)
        await app.shows("Leaderboard")

    drive(walk)


@pytest.mark.parametrize(
    ("view", "keys", "text"),
    [
        ("charts", ("C", "f", "SelectionDialog"), "Intelligence Index"),
        ("files", ("F", "i", "InspectDialog"), "aa-nano"),
    ],
)
def test_the_other_views_dialogs(  # noqa: PLR0917
    drive: Drive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, view: str, keys: tuple[str, str, str], text: str
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))

    async def walk(app: Driven) -> None:
        await app.press(keys[0])
        await app.until(lambda: app.app.views.current == view, view)
        await app.app.workers.wait_for_complete()
        await app.shows(text)
        await app.press(keys[1])
        await depth_is(app, 2)
        assert type(app.app.screen).__name__ == keys[2]
        await twice(app, "escape")
        await depth_is(app, 1)
        await app.shows("157 models")  # the second one left the view as well

    drive(walk)


@pytest.mark.long
def test_questions_about_a_run(drive: Drive, filled: sqlite3.Connection) -> None:
    """Each is answered once, whatever comes after the first answer."""
    run_id = prepare(filled, str(bundled_model()))
    run = runs.get(filled, run_id)
    dialogs: tuple[Callable[[], Dialog[Any]], ...] = (
        lambda: Question("Sure?", "do it"),
        lambda: Question("Said", "keep", no="leave", lines=["a", "b"]),
        lambda: Question("Stop?", "now", also=(Answer("f", "later"),)),
        lambda: GoOnDialog(run, 5),
    )

    async def walk(app: Driven) -> None:
        heard: list[object] = []
        for make in dialogs:
            for close in ("escape", "enter"):
                ask(app.app, make(), heard.append)
                await depth_is(app, 2)
                ask(app.app, make(), heard.append)
                await twice(app, close)
                await twice(app, "escape")
                await depth_is(app, 1)
        assert [one if one is None else type(one).__name__ for one in heard] == [
            *([None] * 6),
            *(None, "GoOn"),
        ]

    drive(walk)


def test_a_notice_whose_time_is_over_when_it_is_shown_stops_nothing(drive: Drive) -> None:
    """As when a dialog is closed in the very moment: Textual's timer would go round for ever."""

    async def walk(app: Driven) -> None:
        app.app.toast("a word")
        await app.until(lambda: len(app.app._notifications) == 1, "the notice")
        notice = next(iter(app.app._notifications))
        notice.raised_at -= 60
        assert notice.has_expired
        toast = Toast(notice)
        await app.app.screen.mount(toast)
        await app.until(lambda: not toast.is_attached, "it to go")
        await app.press("j", "enter")
        await app.shows("INTELLIGENCE")

    drive(walk)
