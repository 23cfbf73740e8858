"""What the list of runs says of runs with tests of their own."""

from __future__ import annotations

import sqlite3

from tests.support.noted import put_file
from tests.support.program import Program

from aa_tui.catalog import life, runs


def measured(conn: sqlite3.Connection, figures: dict[str, float]) -> int:
    """A finished run with these rates."""
    run_id = runs.create(conn, kind="speed", file=put_file(conn), settings={})
    assert life.claim(conn, run_id, 1, 1.0)
    assert life.begin(conn, run_id)
    for name, value in figures.items():
        runs.put_measurement(conn, runs.get(conn, run_id), name, value, "tokens/s", stdev=0.5, n=2)
    life.end(conn, run_id, "finished")
    return run_id


def test_a_run_with_other_tests_shows_their_rates(conn: sqlite3.Connection, program: Program) -> None:
    measured(conn, {"tg128": 20.0, "pp512": 900.0, "pp2048": 700.0})
    measured(conn, {"pp64": 120.0, "pp256": 110.0, "tg16": 33.0})
    measured(conn, {"tg4": 44.0})
    alone, newest, oldest = program("runs").stdout.splitlines()[1:]
    assert alone.endswith("speed  tg4 44.0 ± 0.5 tok/s")
    assert "pp64 120.0 ± 0.5 · tg16 33.0 ± 0.5 tok/s" in newest
    assert "pp512 900.0 ± 0.5 · tg128 20.0 ± 0.5 tok/s" in oldest
