"""Another chat template than the file's own, named in the app as in the shell."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from tests.support.driven import Drive, Driven, both_sizes
from tests.support.working import without_workers
from textual.widgets import Input

from aa_tui.catalog import runs
from aa_tui.engine.chat import CHATML
from aa_tui.gguf.bundled import bundled_model
from aa_tui.runs.target import find_file
from aa_tui.tui.widgets.form import Cycle


@pytest.mark.long
@both_sizes
def test_in_the_form_of_an_evaluation(
    drive: Drive, filled: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, size: tuple[int, int]
) -> None:
    find_file(filled, str(bundled_model()))
    started = without_workers(monkeypatch)
    bad, good = tmp_path / "bad.jinja", tmp_path / "good.jinja"
    bad.write_text("{% if %}")
    good.write_text(CHATML)

    async def typed(app: Driven, words: str) -> None:
        box = app.app.screen.query_one("#template", Input)
        box.focus()
        box.value = words
        await app.press("enter")

    async def walk(app: Driven) -> None:
        await app.press("slash", *"aa-nano", "enter")
        await app.shows("aa-nano")
        await app.press("E")
        await app.shows("Evaluate on this machine: aa-nano", "Esc close")
        assert "Template" not in app.text
        app.app.screen.query_one("#prompt", Cycle).focus()
        await app.press("left")
        await app.shows("another chat template, of a file:", "Template", "Esc close")
        await typed(app, "")
        await app.shows("Type the path of a Jinja chat template.")
        await typed(app, str(bad))
        await app.shows("bad.jinja is not valid")
        await typed(app, str(good))
        await app.until(lambda: started != [], "a run")

    drive(walk, size)
    assert runs.get(filled, started[0]).settings["template"] == {"name": "good.jinja", "text": CHATML}
