"""Studies of the file under the cursor that are started from the palette of Files."""

from __future__ import annotations

import sqlite3

import pytest
from tests.support.driven import Drive, Driven
from tests.support.ladder import LARGE, SMALL, both
from tests.support.working import without_workers
from textual.widgets import Input

from aa_tui.catalog import runs
from aa_tui.tui.widgets.form import Cycle


def test_a_divergence_is_measured_from_the_files(
    drive: Drive, filled: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    both(filled)
    started = without_workers(monkeypatch)

    async def walk(app: Driven) -> None:
        await app.press("F")
        await app.shows("known models available", SMALL.name)
        await app.move_to(SMALL.name)
        await app.press("colon", *"divergence", "enter")
        await app.shows(f"How far is {SMALL.name} from its reference?")
        await app.press("enter")
        await app.shows("Reference: name the file to measure against.")
        app.app.screen.query_one("#reference", Input).value = str(LARGE)
        app.app.screen.query_one("#blocks", Input).value = "4"
        app.app.screen.query_one("#how", Cycle).focus()
        await app.press("right")
        await app.shows("exact: all tokens, gigabytes of disk")
        await app.press("enter")
        await app.until(lambda: started != [], "a run")

    drive(walk, (100, 34))
    run = runs.get(filled, started[0])
    assert (run.setup.study, run.file.shown_name, run.settings["max_blocks"]) == ("divergence", SMALL.name, 4)
    assert run.settings["reference"]["path"] == str(LARGE)
    assert run.setup.is_exact


def test_a_file_is_watched_from_the_files(
    drive: Drive, filled: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    both(filled)
    started = without_workers(monkeypatch)

    async def walk(app: Driven) -> None:
        await app.press("F")
        await app.shows("known models available", SMALL.name)
        await app.move_to(SMALL.name)
        await app.press("colon", *"regression watch", "enter")
        await app.shows(f"Has {SMALL.name} become slower", "is pinned as that", "are compared with it")
        await app.press("enter")
        await app.until(lambda: started != [], "a run")

    drive(walk, (80, 24))
    run = runs.get(filled, started[0])
    assert (run.setup.study, run.file.shown_name, run.settings["pinned"]) == ("watch", SMALL.name, True)
