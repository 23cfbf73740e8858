"""Which files of a model can be compared, and which runs tell of them."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest
from tests.support.evaluating import write_pack
from tests.support.ladder import LARGE, SMALL, both, divergence, evaluation, speed

from aa_tui.runs.errors import OptionsError, RunError
from aa_tui.runs.quants import files_of, ladder_runs

RIGHT = {f"What is {number}?": f"number {number}" for number in range(4)}
ANSWERED = {question: f"Answer: {answer}" for question, answer in RIGHT.items()}


def test_the_largest_is_the_reference_unless_one_is_named(conn: sqlite3.Connection) -> None:
    large, small = both(conn)
    found = files_of(conn, [str(SMALL), str(LARGE)])
    assert (found.files, found.reference, found.left_out) == ([large, small], large, ())
    assert files_of(conn, [str(SMALL), str(LARGE)], reference=str(SMALL)).reference == small


def test_what_cannot_be_compared(conn: sqlite3.Connection, tmp_path: Path) -> None:
    copy = tmp_path / "copy.gguf"
    shutil.copyfile(LARGE, copy)
    with pytest.raises(OptionsError, match="named twice"):
        files_of(conn, [str(LARGE), str(copy)])
    with pytest.raises(OptionsError, match="One file alone"):
        files_of(conn, [str(LARGE)])
    with pytest.raises(RunError, match="no-such"):
        files_of(conn, [str(LARGE), str(tmp_path / "no-such.gguf")])


def test_the_newest_runs_tell(conn: sqlite3.Connection, tmp_path: Path) -> None:
    large, small = both(conn)
    pack = write_pack(tmp_path / "small", RIGHT)
    speed(conn, large, 100.0)
    newest = speed(conn, large, 120.0)
    far = divergence(conn, small, large, 0.02)
    asked = evaluation(conn, large, pack, ANSWERED)
    also = evaluation(conn, small, pack, ANSWERED)
    found = ladder_runs(conn, [large, small], large)
    told = found.of(large), found.of(small)
    assert told[0].speed is not None
    assert told[0].speed.id == newest
    assert told[1].speed is None
    assert (told[0].divergence, told[1].divergence and told[1].divergence.id) == (None, far)
    assert [one.evaluation and one.evaluation.id for one in told] == [asked, also]
    assert found.pack == "small"


def test_a_divergence_from_another_reference_does_not_tell(conn: sqlite3.Connection) -> None:
    large, small = both(conn)
    divergence(conn, large, small, 0.02)
    assert ladder_runs(conn, [large, small], large).of(large).divergence is None
    assert ladder_runs(conn, [large, small], small).of(large).divergence is not None
