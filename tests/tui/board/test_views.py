"""Views under names: saved, shown, replaced and deleted in the app, and listed in the shell."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest
from tests.support.driven import Drive, Driven
from tests.support.program import Program

from aa_tui.tui.core.memory import Memory


def names(app: Driven) -> list[str]:
    return app.app.views.leaderboard.board.view_names


def test_a_view_is_saved_shown_replaced_deleted_and_read_by_the_shell(
    drive: Drive, fresh: Path, program: Program
) -> None:
    async def save(app: Driven) -> None:
        await app.press("1", "t", "s", "down", "enter")
        await app.shows("Tokens▾")
        await app.press("vertical_line", "space", "escape", "f", "e")
        await app.shows("Save what is listed now as", "No view has been saved yet.")
        await app.press(*"thrifty qB", "enter")
        await app.lacks("Save what is listed now as")
        assert names(app) == ["thrifty qB"]
        await app.press("escape", "8", "escape")
        await app.shows("157 models")
        await app.press("f", "o", "enter")
        await app.lacks("Save what is listed now as")
        await app.press("escape")
        query = app.app.views.leaderboard.models.query
        assert (query.tab, query.reasoning, query.sort) == (0, True, "index_output_tokens_m")
        await app.press("f", "e", *"THRIFTY QB", "enter")
        await app.shows("There is a view “THRIFTY QB”. Replace it?")
        await app.press("n", "escape", "escape")

    async def delete(app: Driven) -> None:
        await app.press("f", "o", "d")
        await app.shows("Delete the view “thrifty qB”?")
        await app.press("n")
        assert names(app) == ["thrifty qB"]
        await app.press("d", "y")
        await app.until(lambda: not names(app), "the view to go")

    drive(save, (100, 30))
    listed = program("models", "--view", "Thrifty QB", "--csv").stdout
    rows = list(csv.DictReader(io.StringIO(listed)))
    assert rows
    assert all(float(row["total_params_b"]) <= 4.5 and row["reasoning"] == "True" for row in rows)
    tokens = [float(row["index_output_tokens_m"]) for row in rows if row["index_output_tokens_m"]]
    assert tokens == sorted(tokens, reverse=True)
    assert json.loads(program("models", "--views", "--json").stdout)[0]["name"] == "thrifty qB"
    head = program("models", "--view", "thrifty qb").stdout.splitlines()[0]
    assert "Tokens" in head
    assert re.search(r"(?<!⌂) Index\b", head) is None, "that column was taken out"
    assert program("models", "--view", "thrifty qB", "--open").returncode == 2
    refused = program("models", "--view", "no such")
    assert refused.returncode == 2
    assert "There is no view “no such”; there are thrifty qB." in refused.stderr
    drive(delete, (100, 30))
    assert "No view is saved yet" in program("models", "--views").stderr


@pytest.mark.long
def test_the_shell_saves_a_view_that_both_show(drive: Drive, fresh: Path, program: Program) -> None:
    line = ("--class", "small", "--reasoning", "--commercial", "--max-params", "9", "--sort", "output_tps", "--reverse")
    assert program("models", *line, "--columns", "tps,params", "--save-view", "quick ones").returncode == 0
    assert program("models", "--view", "quick ones", "--json").stdout == program("models", *line, "--json").stdout
    head = program("models", "--view", "quick ones").stdout.splitlines()[0]
    assert head.split() == ["Model", "tok/s", "Params", "B"]
    assert program("models", "--open", "--save-view", "Quick Ones").returncode == 2, "nobody is there to be asked"
    for wrong in (("--columns", "nonsense"), ("--view", "quick ones"), ("--input", "audio")):
        assert program("models", *wrong, "--save-view", "other").returncode == 2
    assert program("models", "--open", "--save-view", "Quick Ones", "--yes").returncode == 0
    assert [one["filters"] for one in json.loads(program("models", "--views", "--json").stdout)] == [["open_weights"]]

    async def shown(app: Driven) -> None:
        await app.press("f", "o", "enter", "escape")
        query = app.app.views.leaderboard.models.query
        assert (query.open_weights, query.sort) == (True, "intelligence_index")

    drive(shown, (100, 30))


def test_the_shell_deletes_a_view(fresh: Path, program: Program) -> None:
    memory = Memory(fresh.with_name("state.json"))
    memory.put("leaderboard.views", {"a\x1b[2Jb": {"query": 7, "columns": [1]}, "broken": 3})
    memory.save()
    assert "\x1b" not in program("models", "--views").stdout
    assert program("models", "--delete-view", "BROKEN", "--yes").returncode == 2, "it holds no view"
    assert program("models", "--view", "a\x1b[2Jb").returncode == 0
    assert program("models", "--delete-view", "a\x1b[2Jb", "--yes").returncode == 0
