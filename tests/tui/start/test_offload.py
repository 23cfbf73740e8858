"""Where a model's layers go, said in the app as in the shell."""

from __future__ import annotations

import sqlite3

import pytest
from tests.support.driven import Drive, Driven, both_sizes, told
from tests.support.working import without_workers
from textual.widgets import Input

from aa_tui.catalog import runs
from aa_tui.gguf.bundled import bundled_model
from aa_tui.runs.target import find_file


async def type_into(app: Driven, words: str) -> None:
    """Replace what the box for devices says, and press Enter in it."""
    box = app.app.screen.query_one("#offload", Input)
    box.focus()
    box.value = words
    await app.press("enter")


@pytest.mark.long
@both_sizes
def test_in_the_form_of_a_measurement(
    drive: Drive, filled: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    find_file(filled, str(bundled_model()))
    started = without_workers(monkeypatch)

    async def walk(app: Driven) -> None:
        await app.press("slash", *"aa-nano", "enter")
        await app.shows("aa-nano")
        await app.press("b")
        await app.shows("Measure aa-nano", "-ngl 20 --device CUDA0")
        await type_into(app, "--gpu 1")
        await app.shows("GPU: “--gpu” is none of --device")
        await type_into(app, "--device CUDA77")
        await app.shows("There is no device CUDA77 for layers")
        await type_into(app, "--rpc 127.0.0.1:1")
        await told(app, "neither authentication nor encryption")
        await app.shows("127.0.0.1:1 cannot be reached")
        await type_into(app, "--device CPU")
        await app.until(lambda: started != [], "a run")

    drive(walk, size)
    assert runs.get(filled, started[0]).settings["devices"] == ["CPU"]


@pytest.mark.long
@both_sizes
def test_in_the_form_of_an_evaluation(
    drive: Drive, filled: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    find_file(filled, str(bundled_model()))
    started = without_workers(monkeypatch)

    async def walk(app: Driven) -> None:
        await app.press("slash", *"aa-nano", "enter")
        await app.shows("aa-nano")
        await app.press("E")
        await app.shows("Evaluate on this machine: aa-nano", "-ngl 20 --device CUDA0", "Esc close")
        await type_into(app, "--tensor-split much")
        await app.shows("GPU: --tensor-split: it must be shares such as 3,1")
        await type_into(app, "--device CPU -ngl 3")
        await app.until(lambda: started != [], "a run")

    drive(walk, size)
    settings = runs.get(filled, started[0]).settings
    assert (settings["devices"], settings["n_gpu_layers"]) == (["CPU"], 3)
