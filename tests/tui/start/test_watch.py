"""A watch started in the app as in the shell."""

from __future__ import annotations

import sqlite3

import pytest
from tests.support.driven import Drive, Driven, both_sizes
from tests.support.probing import probe
from tests.support.working import without_workers

from aa_tui.catalog import runs
from aa_tui.gguf.bundled import bundled_model
from aa_tui.runs.studies.probe_plan import BASELINE, PINNED
from aa_tui.runs.target import find_file


@pytest.mark.long
@both_sizes
def test_a_file_is_watched_from_the_form_of_a_measurement(
    drive: Drive, filled: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    file = find_file(filled, str(bundled_model()))
    first = probe(filled, file.path)
    started = without_workers(monkeypatch)

    async def walk(app: Driven) -> None:
        await app.press("slash", *"aa-nano", "enter")
        await app.shows("aa-nano")
        await app.press("b")
        await app.shows("Measure aa-nano", "Ctrl+R watch")
        await app.press("ctrl+r")
        await app.shows("Compare with its baseline", "Pin a new baseline", f"Compare with run {first.id}")
        await app.shows("the finding is on", "page.")
        await app.shows("the first probe is pinned as that", "later probes are compared with it")
        await app.press("down", "enter")
        await app.until(lambda: started != [], "a run")

    drive(walk, size)
    settings = runs.get(filled, started[0]).settings
    assert (settings[PINNED], settings[BASELINE], settings["study"]) == (True, None, "watch")
