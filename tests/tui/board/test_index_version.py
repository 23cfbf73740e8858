"""Another version of the index, chosen in the app: lists and pages follow, and the first line says which it is."""

from __future__ import annotations

import csv
import sqlite3
from pathlib import Path

import pytest
from tests.support.driven import Drive, Driven

from aa_tui.catalog import facts, index_versions
from aa_tui.cli import index_version, main

COMMAND = "leaderboard.index_version"


@pytest.fixture
def both(filled: sqlite3.Connection) -> sqlite3.Connection:
    """Every model has a score of v4.1 too, which is half as high."""
    with facts.FACTS_FILE.open(encoding="utf-8") as lines:
        found = [
            {
                **row,
                "as_of": "2026-07-10",
                "index_version": "v4.1",
                "intelligence_index": str(float(row["intelligence_index"]) / 2),
            }
            for row in csv.DictReader(lines)
        ]
    filled.execute("BEGIN IMMEDIATE")
    facts.load_rows(filled, found)
    filled.execute("COMMIT")
    return filled


async def ask_for_the_command(app: Driven) -> None:
    await app.press("colon", *"index version")
    await app.shows("of which version of the Intelligence Index")
    await app.press("enter")


@pytest.mark.long
def test_a_version_is_chosen_and_everything_follows(drive: Drive, both: sqlite3.Connection) -> None:
    async def walk(app: Driven) -> None:
        await app.shows("index v4.1")
        best = app.cursor_line
        await ask_for_the_command(app)
        await app.shows("Show the Intelligence Index of", "index v4.0, table of 2026-06-15")
        await app.press("up", "enter")  # the older one stands above the usual choice
        await app.shows("are of index v4.0 now")
        await app.until(lambda: "index v4.0" in app.lines[0], "the first line")
        await app.until(lambda: app.cursor_line != best, "the scores")
        await app.press("enter")
        await app.shows("Index version", "v4.0")
        await app.press("O")
        await app.shows("Score history", "2026-07-10  v4.1", "2026-06-15  v4.0")

    drive(walk, (160, 48))
    assert index_versions.chosen(both) == "v4.0"


@pytest.mark.long
def test_with_one_version_there_is_nothing_to_choose(drive: Drive, filled: sqlite3.Connection) -> None:
    async def walk(app: Driven) -> None:
        assert "index v4.0" not in app.lines[0]
        await ask_for_the_command(app)
        await app.shows("There is nothing to choose")

    drive(walk, (160, 48))
    assert index_versions.chosen(filled) is None


def test_the_settings_choose_for_shell_and_app(both: sqlite3.Connection, capsys: pytest.CaptureFixture[str]) -> None:
    path = Path(both.execute("PRAGMA database_list").fetchone()[2])
    assert main.run(["config", "set", "index_version", "v4.0"]) == 0
    capsys.readouterr()
    assert main.run(["models", "--limit", "1", "--json"]) == 0
    assert '"index_version": "v4.0"' in capsys.readouterr().out
    assert index_versions.shown(both) == "v4.1", "a look changes nothing"
    index_version.show_as_set(path)
    assert index_versions.shown(both) == "v4.0"
    assert main.run(["config", "set", "index_version", "v9"]) == 0
    capsys.readouterr()
    assert main.run(["models", "--limit", "1", "--json"]) == 0
    said = capsys.readouterr()
    assert '"index_version": "v4.0"' in said.out
    assert "no index of version “v9”" in said.err


def test_the_shell_chooses_the_same_way(both: sqlite3.Connection, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["catalog", "index-version", "4.0"]) == 0
    assert index_versions.chosen(both) == "v4.0"
    capsys.readouterr()
    assert main.run(["models", "--index-version", "v4.1", "--limit", "1", "--json"]) == 0
    assert '"index_version": "v4.1"' in capsys.readouterr().out
    assert main.run(["models", "--index-version", "v9"]) == 2
    assert "it has v4.1, v4.0" in capsys.readouterr().err
    assert main.run(["catalog", "index-version", "usual"]) == 0
    assert index_versions.chosen(both) is None
