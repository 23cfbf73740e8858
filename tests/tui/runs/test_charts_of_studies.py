"""The charts of a study, from its own screen."""

from __future__ import annotations

import sqlite3

import pytest
from tests.support.driven import Drive, Driven
from tests.support.ladder import both, divergence, finish, speed

from aa_tui.catalog import runs
from aa_tui.catalog.rows import Figure
from aa_tui.charts import book
from aa_tui.tui.core.places import Place
from aa_tui.tui.shell.links import UnknownPlaceError, place_of


def test_the_key_for_charts_opens_the_one_of_the_study(drive: Drive, filled: sqlite3.Connection) -> None:
    q8, q4 = both(filled)
    run_id = divergence(filled, q4, q8, 0.02)

    async def walk(app: Driven) -> None:
        await app.shows("How far aa-nano-Q4_0.gguf is from")
        await app.press("C")
        await app.shows("Divergence against size", "nats")
        await app.lacks("Nothing was measured here yet")

    drive(walk, (120, 40), Place("run", run_id=run_id))


def test_a_study_without_a_chart_says_so(drive: Drive, filled: sqlite3.Connection) -> None:
    q8, _ = both(filled)
    run_id = runs.create(filled, kind="study", file=q8, settings={"study": "tomorrow"})
    finish(filled, run_id, [Figure("tomorrow.plain", 10.0, "tokens/s")])

    async def walk(app: Driven) -> None:
        await app.shows("aa-nano")
        await app.press("C")
        await app.shows(f"Run {run_id} has no chart")

    drive(walk, (120, 40), Place("run", run_id=run_id))
    with pytest.raises(UnknownPlaceError, match="has no chart"):
        place_of(filled, f"runs/{run_id}/charts")


def test_charts_of_studies_are_left_out_of_measurements(conn: sqlite3.Connection) -> None:
    q8, q4 = both(conn)
    measured, compared = (runs.get(conn, made) for made in (speed(conn, q8, 20.0), divergence(conn, q4, q8, 0.02)))
    assert "here-speed" in book.of_run(measured)
    assert not {*book.STUDIES.values()} & {*book.of_run(measured)}
    assert book.of_run(compared) == ["here-divergence"]
    with pytest.raises(UnknownPlaceError, match="its chart is here-divergence"):
        place_of(conn, f"runs/{compared.id}/charts/here-speed")
