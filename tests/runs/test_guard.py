"""A file that changes while it is measured ends the run, and what was answered since counts in no score."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.disturbing import ended, until
from tests.support.evaluating import on_mock, write_pack
from tests.support.gguf_files import split_model

from aa_tui import runs
from aa_tui.catalog import files, samples, trials
from aa_tui.catalog import runs as catalog_runs
from aa_tui.catalog.rows import FileRow
from aa_tui.engine.mock import Replies, Reply
from aa_tui.gguf.bundled import bundled_model
from aa_tui.library.registering import register
from aa_tui.runs.errors import RunError
from aa_tui.runs.evaluation.options import EvalOptions
from aa_tui.runs.evaluation.plan import prepare_eval
from aa_tui.runs.evaluation.regrade import grade_again
from aa_tui.runs.guard import Guard, check_content

N_ITEMS = 60
CHANGES_AT = 20


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A copy of the bundled model."""
    path = tmp_path / "mine.gguf"
    shutil.copy(bundled_model(), path)
    return path


def overwrite(path: Path) -> None:
    """Other bytes in the same file, of the same size."""
    with path.open("r+b") as file:
        file.seek(-4096, os.SEEK_END)
        file.write(os.urandom(4096))


def right_until(change: Callable[[], object]) -> Replies:
    """Right answers; the file changes when one of them is asked for."""
    asked: list[str] = []

    def reply(message: str, _seed: int) -> Reply:
        asked.append(message)
        if len(asked) == CHANGES_AT:
            change()
        return Reply("Answer: yes")

    return reply


def planned_of(conn: sqlite3.Connection, path: Path, folder: Path) -> int:
    pack = write_pack(folder / "many", {f"Question {number}?": "yes" for number in range(N_ITEMS)}, name="many")
    return prepare_eval(conn, str(path), str(pack), options=EvalOptions(n_parallel=1))


def test_an_overwritten_file_ends_the_run(conn: sqlite3.Connection, mine: Path, tmp_path: Path) -> None:
    before = mine.read_bytes()
    run_id = planned_of(conn, mine, tmp_path)
    ending = on_mock(conn, run_id, right_until(lambda: overwrite(mine)), sleeps=True, step_s=0.02)
    assert ending.state == "failed"
    assert "mine.gguf was overwritten while it was measured" in (ending.reason or "")
    rows = samples.scored(conn, run_id)
    assert CHANGES_AT / 2 < len(rows) < N_ITEMS
    assert {row.outcome for row in rows if row.position >= CHANGES_AT} <= {"error"}
    assert any(row.outcome == "correct" for row in rows)
    marked = [row for row in rows if row.finish_reason == samples.CHANGED]
    assert all("was overwritten" in (row.detail or "") for row in marked)
    assert all(samples.get(conn, row.id).answer == "Answer: yes" for row in marked)  # they can still be seen
    assert not grade_again(conn, run_id).changes
    with pytest.raises(RunError, match="has changed since run"):
        check_content(conn, catalog_runs.get(conn, run_id))

    mine.write_bytes(before)  # put back: the marked ones are answered anew
    check_content(conn, catalog_runs.get(conn, run_id))
    assert samples.drop_changed(conn, run_id) == len(marked)
    assert catalog_runs.get(conn, run_id).n_done == len(rows) - len(marked)
    assert on_mock(conn, run_id, lambda _message, _seed: Reply("Answer: yes")).state == "finished"
    assert {row.outcome for row in samples.scored(conn, run_id)} == {"correct"}


@pytest.mark.parametrize("what", ["touched", "copied back", "removed"])
@pytest.mark.repeats
def test_the_same_content_goes_on(conn: sqlite3.Connection, mine: Path, tmp_path: Path, what: str) -> None:
    def change() -> None:
        if what == "touched":
            mine.touch()
        elif what == "removed":
            mine.unlink()
        else:
            shutil.copy(bundled_model(), mine.with_name("new"))
            mine.with_name("new").replace(mine)

    run_id = planned_of(conn, mine, tmp_path)
    assert on_mock(conn, run_id, right_until(change), sleeps=True, step_s=0.005).state == "finished"
    assert {row.outcome for row in samples.scored(conn, run_id)} == {"correct"}


def test_a_file_that_is_cut_is_told_of_after_a_bus_error(
    conn: sqlite3.Connection, catalog_path: Path, mine: Path
) -> None:
    options = EvalOptions(n_parallel=1, n_threads=1, budgets=(), conditions={"nice": 0})
    run_id = prepare_eval(conn, str(mine), "nano", options=options)
    runs.start(catalog_path, conn, run_id)
    until(conn, run_id, lambda run: run.n_done >= 3)
    os.truncate(mine, 300_000)
    run = ended(conn, run_id)
    assert run.state == "failed"
    assert "mine.gguf was cut from 2,721,888 to 300,000 bytes while it was measured" in (run.reason or "")
    assert not trials.crashes(conn)  # the file is not what crashes llama.cpp
    last = samples.scored(conn, run_id)[-1]
    assert (last.outcome, last.finish_reason) == ("error", samples.CHANGED)


def noted(conn: sqlite3.Connection, path: Path) -> tuple[Guard, FileRow]:
    file, _ = register(conn, path)
    return Guard(conn, catalog_runs.get(conn, catalog_runs.create(conn, kind="speed", file=file, settings={}))), file


def test_times_that_are_set_back_hide_nothing(conn: sqlite3.Connection, mine: Path) -> None:
    guard, file = noted(conn, mine)
    assert guard.settle() is None
    overwrite(mine)
    os.utime(mine, ns=(file.mtime_ns, file.mtime_ns))
    with pytest.raises(RunError, match="was overwritten while it was measured; the tests that were done before"):
        guard.check()


def test_all_parts_are_looked_after(conn: sqlite3.Connection, tmp_path: Path) -> None:
    paths = split_model(tmp_path)
    guard, file = noted(conn, paths[1])
    assert file.path == str(paths[0])
    assert file.size_bytes == sum(path.stat().st_size for path in paths)
    assert file.n_params == 256 * 6
    assert guard.look() is None
    paths[2].with_name("new").write_bytes(paths[2].read_bytes()[:-1] + b"x")
    paths[2].with_name("new").replace(paths[2])
    assert guard.settle() == f"{paths[0].name} was replaced by another file while it was measured"
    again, _ = register(conn, paths[0])
    assert again.sha256 != file.sha256  # a changed part makes another model


def test_a_model_noted_by_its_first_part_becomes_whole(conn: sqlite3.Connection, tmp_path: Path) -> None:
    paths = split_model(tmp_path)
    status = paths[0].stat()
    old = files.put(
        conn,
        path=str(paths[0]),
        sha256="0" * 64,
        size_bytes=status.st_size,
        mtime_ns=status.st_mtime_ns,
        quant="F32",
        architecture="llama",
        n_params=256,
        context_tokens=None,
        name="Split",
        metadata={},
    )
    file, _ = register(conn, paths[0])
    assert (file.id, file.n_params) == (old.id, 256 * 6)
    assert file.sha256 != old.sha256
