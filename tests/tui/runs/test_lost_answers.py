"""What became of right answers, in the app: of a run, and of its samples class by class."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from tests.support.driven import Drive, Driven
from tests.support.lost_rows import evaluated_rows

from aa_tui.pages import lost
from aa_tui.tui.core.places import Place


def test_a_run_tells_how_many_failures_had_the_answer(drive: Drive, filled: sqlite3.Connection, tmp_path: Path) -> None:
    run_id = evaluated_rows(filled, tmp_path)

    async def walk(app: Driven) -> None:
        await app.shows("lost answers 2 of 4 failures had the right answer")

    drive(walk, (120, 60), Place("run", run_id=run_id))


def test_samples_are_listed_class_by_class_and_say_where_the_answer_stood(
    drive: Drive, filled: sqlite3.Connection, tmp_path: Path
) -> None:
    run_id = evaluated_rows(filled, tmp_path)

    async def walk(app: Driven) -> None:
        await app.shows("6 samples", "right answer: reached and left")
        await app.press("H")
        await app.shows("1 of 6 samples", "reached and left", "it stands in “So the answer is 40.”")
        await app.press("H")
        await app.shows("1 of 6 samples", "reached, ran on", "item-002")
        await app.press("H")
        await app.shows("never reached", "item-001")
        await app.press("u")
        await app.shows("6 samples · all outcomes")

    drive(walk, (160, 48), Place("samples", run_id=run_id, item="item-000"))


def test_who_asks_before_the_texts_are_read_is_not_told_that_nothing_is_known(
    drive: Drive, filled: sqlite3.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = evaluated_rows(filled, tmp_path)
    may_read, load = Event(), lost.load

    def later(*arguments: Any, **named: Any) -> lost.LostReport:
        may_read.wait(60)
        return load(*arguments, **named)

    monkeypatch.setattr(lost, "load", later)

    async def walk(app: Driven) -> None:
        await app.shows("6 samples")
        await app.press("H")
        await app.shows("still being read")
        may_read.set()
        await app.shows("1 of 6 samples", "reached and left", "item-000")

    drive(walk, (160, 48), Place("samples", run_id=run_id))


def test_who_labels_blind_is_not_told(drive: Drive, filled: sqlite3.Connection, tmp_path: Path) -> None:
    run_id = evaluated_rows(filled, tmp_path)

    async def walk(app: Driven) -> None:
        await app.shows("right answer: reached and left")
        await app.press("B")
        await app.shows("blind", "the verdict is hidden")
        await app.lacks("right answer: reached and left")
        await app.lacks("reached and left")

    drive(walk, (160, 48), Place("samples", run_id=run_id, item="item-000"))
