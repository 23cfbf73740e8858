"""The journal of studies: what was found stays, one piece at a time, and goes with its run."""

from __future__ import annotations

import sqlite3

import pytest
from tests.support.merging import Run, add

from aa_tui.catalog import runs, studies


@pytest.fixture
def study(conn: sqlite3.Connection) -> int:
    return add(conn, Run("a", kind="study", settings='{"study": "divergence"}'))


def test_pieces_come_back_in_their_order(conn: sqlite3.Connection, study: int) -> None:
    for number in (2, 0, 1):
        studies.add(conn, study, "blocks", number, {"kld": number / 2})
    studies.add(conn, study, "text", 0, {"name": "prose"})
    assert [one.facts["kld"] for one in studies.points(conn, study, "blocks")] == [0.0, 0.5, 1.0]
    assert [(one.part, one.number) for one in studies.points(conn, study)][-1] == ("text", 0)
    assert runs.get(conn, study).n_done == 4


def test_a_piece_that_is_made_again_is_replaced(conn: sqlite3.Connection, study: int) -> None:
    studies.add(conn, study, "blocks", 0, {"kld": 1.0})
    studies.add(conn, study, "blocks", 0, {"kld": 2.0})
    (point,) = studies.points(conn, study)
    assert (point.facts, runs.get(conn, study).n_done) == ({"kld": 2.0}, 1)


def test_a_figure_that_is_no_number_is_not_noted(conn: sqlite3.Connection, study: int) -> None:
    with pytest.raises(ValueError, match="JSON"):
        studies.add(conn, study, "blocks", 0, {"kld": float("nan")})
    assert studies.points(conn, study) == []


def test_a_part_can_be_made_anew(conn: sqlite3.Connection, study: int) -> None:
    studies.add(conn, study, "blocks", 0, {})
    studies.add(conn, study, "text", 0, {})
    studies.forget(conn, study, ["blocks"])
    assert [one.part for one in studies.points(conn, study)] == ["text"]
    assert runs.get(conn, study).n_done == 1


def test_what_it_found_is_deleted_with_a_run(conn: sqlite3.Connection, study: int) -> None:
    studies.add(conn, study, "blocks", 0, {})
    runs.delete(conn, runs.get(conn, study))
    assert conn.execute("SELECT count(*) FROM study_points").fetchone()[0] == 0
