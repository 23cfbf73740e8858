"""The study of cache types is started from the files, as in the shell."""

from __future__ import annotations

import sqlite3

import pytest
from tests.support.driven import Drive, Driven, both_sizes
from tests.support.working import without_workers
from textual.widgets import Input

from aa_tui.catalog import runs
from aa_tui.gguf.bundled import bundled_model
from aa_tui.runs.target import find_file


@pytest.mark.long
@both_sizes
def test_a_study_of_cache_types_is_started_from_the_files(
    drive: Drive, filled: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    find_file(filled, str(bundled_model()))
    started = without_workers(monkeypatch)

    async def walk(app: Driven) -> None:
        await app.press("F")
        await app.shows("known models available", bundled_model().name)
        await app.press("down", "colon")
        await app.press(*"types of kv")
        await app.shows("Types of KV cache")
        await app.press("enter")
        await app.shows(f"Types of KV cache for {bundled_model().name}", "0,4k,16k,64k")
        assert "left" in app.text, "the sentence is whole on a narrow terminal too"
        assert "out." in app.text
        box = app.app.screen.query_one("#types", Input)
        box.value = "q9_0"
        await app.press("enter")
        await app.shows("Types: “q9_0” is no type of a KV cache")
        box.value = "q8_0/q4_0"
        app.app.screen.query_one("#threads", Input).value = "1"
        layers = app.app.screen.query_one("#layers", Input)
        layers.value = "some"
        await app.press("enter")
        await app.shows("On the GPU: “some” is no whole number above 0")
        layers.value = "0"
        await app.press("enter")
        await app.until(lambda: started != [], "a run")

    drive(walk, size)
    settings = runs.get(filled, started[0]).settings
    assert settings["study"] == "cache"
    assert (settings["n_threads"], settings["n_gpu_layers"]) == (1, 0)
    assert settings["types"] == [["f16", "f16"], ["q8_0", "q4_0"]]
    assert {one["depth_tokens"] for one in settings["left_out"]} == {4096, 16_384, 65_536}
