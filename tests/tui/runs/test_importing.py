"""Logs come in by the palette's Import, and runs go out in other programs' formats by `e`."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import pytest
from tests.support.driven import Drive, Driven
from tests.support.evaluated import SEVEN, evaluate_here
from tests.support.logged import INSPECT, INSPECT_JSON, LM_EVAL

from aa_tui.actions import logs
from aa_tui.catalog import runs
from aa_tui.formats import recognise
from aa_tui.tui.core.places import Place


@pytest.mark.long
def test_a_log_is_imported_and_shown_as_read_from_one(drive: Drive, filled: sqlite3.Connection, tmp_path: Path) -> None:
    shutil.copy(INSPECT, tmp_path / "tiny.eval")

    async def walk(app: Driven) -> None:
        app.app.action_more("import")
        await app.shows("logs of inspect")
        await app.press("enter")
        await app.shows("Type the path of a log")
        await app.press(*str(tmp_path / "no.eval"), "enter")
        await app.shows("no.eval cannot be read")
        assert runs.list_runs(filled) == []
        await app.press(*["backspace"] * len("no.eval"), *"tiny.eval", "enter")
        await app.until(lambda: len(runs.list_runs(filled)) == 1, "the run")
        await app.app.go(Place("runs"))
        await app.shows("mockllm/model", "tiny", "inspect's log")
        await app.press("enter")
        await app.shows("read from inspect's log tiny.eval")

    drive(walk, (120, 40))


@pytest.mark.long
def test_a_run_is_saved_as_a_log_of_inspect_and_into_a_folder(
    drive: Drive, filled: sqlite3.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run_id = evaluate_here(filled, "Q8_0", SEVEN)

    async def save(app: Driven, downs: int) -> None:
        await app.press("e")
        await app.shows("For other programs", "inspect log")
        await app.press(*["down"] * downs, "enter")
        await app.until(lambda: "For other programs" not in app.text, "the dialog to close")

    async def walk(app: Driven) -> None:
        await app.app.go(Place("run", run_id=run_id))
        await app.shows("quick")
        await app.press("e")
        await app.shows("For other programs")
        dialog = app.app.screen
        names = [kind.key for _, kind in dialog._choices]  # type: ignore[attr-defined]
        await app.press("escape")
        await save(app, names.index("inspect"))
        await save(app, names.index("lm-eval"))

    drive(walk, (120, 40))
    (log,) = tmp_path.glob("*.eval")
    found = recognise.read(log)
    assert isinstance(found, recognise.Logs)
    assert [one.outcome for one in found.logs[0].samples()] == [one.outcome for one in SEVEN]
    (folder,) = (one for one in tmp_path.iterdir() if one.is_dir() and list(one.rglob("results_*.json")))
    assert len(list(folder.rglob("samples_*.jsonl"))) == 1


def test_items_that_differ_are_found_by_their_texts(drive: Drive, filled: sqlite3.Connection, tmp_path: Path) -> None:
    """What inspect calls a1 and lm-eval 0 is one question; the others have no partner."""
    value = json.loads(INSPECT_JSON.read_bytes())
    for sample in value["samples"]:
        sample["input"] = "2+2?" if sample["id"] == "a1" else "another"
    path = tmp_path / "other.json"
    path.write_text(json.dumps(value))
    first, second, _ = logs.take_in(filled, logs.read_all([path, LM_EVAL]))

    async def walk(app: Driven) -> None:
        await app.app.go(Place("pairs", run_id=first.run_id, other=second.run_id))
        await app.shows("1 of 1 items differ", "a1")

    drive(walk, (120, 40))
