"""A study of speculation, asked for in the app as in the shell."""

from __future__ import annotations

import sqlite3

import pytest
from tests.support.driven import Drive, Driven
from tests.support.working import without_workers
from textual.widgets import Input

from aa_tui.catalog import runs
from aa_tui.gguf.bundled import bundled_model
from aa_tui.runs.target import find_file

SMALL = str(bundled_model().with_name("aa-nano-Q4_0.gguf"))


async def fill(app: Driven, **values: str) -> None:
    """Write into the boxes, and press Enter."""
    for name, value in values.items():
        box = app.app.screen.query_one(f"#{name}", Input)
        box.focus()
        box.value = value
    await app.press("enter")


def test_in_the_palette_of_the_files(drive: Drive, filled: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    find_file(filled, str(bundled_model()))
    started = without_workers(monkeypatch)

    async def walk(app: Driven) -> None:
        await app.press("F")
        await app.shows("known models available", bundled_model().name)
        await app.press("colon", *"speculate")
        await app.shows("Speculate", "speculative decoding")
        await app.press("enter")
        await app.shows("Does speculation make", "faster here?", "Enter start")
        await fill(app, kinds="verse")
        await app.shows("There are no texts of the kind “verse”")
        await fill(app, kinds="code", ngram="perhaps")
        await app.shows("Lookup: write yes or no.")
        await fill(app, ngram="no", mtp="maybe")
        await app.shows("MTP: write yes or no.")
        await fill(app, mtp="no")
        await app.shows("There is nothing to draft with")
        await fill(app, draft=SMALL, n_draft="2,4", exhaustive="yes", repetitions="2", max_output="24", threads="1")
        await app.until(lambda: started != [], "a run")

    drive(walk, (100, 30))
    found = runs.get(filled, started[0]).settings["speculation"]
    assert (found["draft"], found["kinds"], found["n_draft"]) == (SMALL, ["code"], [2, 4])
    assert (found["ngram"], found["mtp"], found["exhaustive"]) == (False, False, True)
    assert (found["repetitions"], found["max_output"]) == (2, 24)
    assert runs.get(filled, started[0]).settings["n_threads"] == 1
