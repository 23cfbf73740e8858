"""Samples that are conversations, in the app."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from tests.support.driven import Drive, Driven, both_sizes, told
from tests.support.evaluating import planned
from tests.support.noted import take
from tests.support.toy_talk import evaluated_sums, register, sums_pack

from aa_tui.catalog import db, life
from aa_tui.catalog.rows import LiveSlot
from aa_tui.tui.shell.links import place_of


@pytest.fixture
def talked(filled: sqlite3.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    return evaluated_sums(filled, tmp_path, monkeypatch)


@both_sizes
def test_a_conversation_is_shown_whole_and_raw(drive: Drive, fresh: Path, talked: int, size: tuple[int, int]) -> None:
    with db.open_catalog(fresh) as conn:
        place = place_of(conn, f"runs/{talked}/samples/item-000")

    async def walk(app: Driven) -> None:
        await app.shows("› Add 0 and 10", "→ add(a=0, b=10)", "first those two")
        await app.press("tab", "end")
        await app.shows("← add: 1010", "The sum is 1010.", " kept), thinking")
        await app.press("V", "home")
        await app.shows("Turn 1", '<tool_call>{"name": "add"')
        await app.press("V", "z")
        await app.shows("z folds")
        await app.press("y")
        await told(app, "Copied the sample")

    drive(walk, size, place)


def test_faults_stand_on_top_and_hostile_texts_stay_text(drive: Drive, fresh: Path, talked: int) -> None:
    with db.open_catalog(fresh) as conn:
        place = place_of(conn, f"runs/{talked}/samples/item-001")

    async def walk(app: Driven) -> None:
        await app.shows("fault  model: function", "[@click=app.leave]x[/]")
        assert not any(character in app.text for character in "\x1b\x07\u202e")
        await app.press("V")
        await app.shows("[@click=app.leave]x[/]")
        assert not any(character in app.text for character in "\x1b\x07\u202e")

    drive(walk, (120, 40), place)


def test_the_page_of_the_run_counts_faults_and_tokens_kept(drive: Drive, fresh: Path, talked: int) -> None:
    with db.open_catalog(fresh) as conn:
        place = place_of(conn, f"runs/{talked}")

    async def walk(app: Driven) -> None:
        await app.shows("prompt tokens kept of", "format: broken", "model: function")

    drive(walk, (120, 60), place)


@pytest.fixture
def going_on(filled: sqlite3.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """A run that writes a conversation, in the hands of this process."""
    register(monkeypatch)
    run_id = planned(filled, sums_pack(tmp_path / "sums"), n_parallel=2)
    take(filled, run_id)
    return run_id


@both_sizes
def test_a_run_that_goes_on_says_which_turn_is_written(
    drive: Drive, filled: sqlite3.Connection, going_on: int, size: tuple[int, int]
) -> None:
    run_id = going_on
    slots = [LiveSlot(0, "item-000", "turn 3: calling", 12, 3.0, "", "<tool_call>")]
    life.set_progress(filled, run_id, 0.1, "0 of 4", live={}, slots=slots)

    async def walk(app: Driven) -> None:
        await app.shows("turn 3: calling", "item-000")

    drive(walk, size, place_of(filled, f"runs/{run_id}"))
