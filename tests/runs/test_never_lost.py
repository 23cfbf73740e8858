"""Runs are never lost: the real worker on the real model, killed, hung up on, without room, without its catalog."""

from __future__ import annotations

import os
import signal
import sqlite3
import threading
from pathlib import Path

import pytest
from tests.support import disturbing
from tests.support.absence import nothing_happens_for, settles
from tests.support.disturbing import Answers, answers, ended, fill, kill, kill_at_random, plan, until

from aa_tui import runs
from aa_tui.actions import runs as actions
from aa_tui.catalog import db, life
from aa_tui.catalog import runs as catalog_runs
from aa_tui.catalog.rows import RunRow
from aa_tui.runs import locks
from aa_tui.runs.errors import RunError

LIMIT = 14
LONG = 120
"""Items of a run that is still going on when it is asked to pause."""

KILLS = 6
"""Enough for a test; `tests/bench/never_lost.py` kills a hundred times and prints the counts."""


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    """What the run comes to when nothing happens to it."""
    path = tmp_path_factory.mktemp("undisturbed") / "catalog.db"
    conn = db.open_catalog(path)
    found = disturbing.undisturbed(conn, path, LIMIT)
    conn.close()
    return found


def test_a_worker_killed_again_and_again_loses_nothing(
    conn: sqlite3.Connection, catalog_path: Path, expected: Answers
) -> None:
    run_id = plan(conn, LIMIT)
    told = kill_at_random(conn, catalog_path, run_id, n_kills=KILLS, seed=1)
    assert told.n_kills > 0
    assert answers(conn, run_id) == expected, "one slot, greedy: the result is that of an undisturbed run"
    assert catalog_runs.get(conn, run_id).n_done == LIMIT


@pytest.mark.long
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_signals_end_a_run_early_or_not_at_all(
    conn: sqlite3.Connection, catalog_path: Path, expected: Answers, number: int
) -> None:
    run_id = plan(conn, LIMIT)
    runs.start(catalog_path, conn, run_id)
    run = until(conn, run_id, lambda run: run.n_done >= 2 or not run.is_live)
    os.kill(run.pid or 0, number)
    run = ended(conn, run_id)
    if number == signal.SIGTERM:
        assert run.state == "stopped"
        assert "SIGTERM" in (run.reason or "")
        runs.resume(catalog_path, conn, run_id)
        run = ended(conn, run_id)
    assert run.state == "finished"
    assert answers(conn, run_id) == expected


@pytest.mark.long
def test_a_locked_catalog_only_delays(conn: sqlite3.Connection, catalog_path: Path, expected: Answers) -> None:
    run_id = plan(conn, LIMIT)
    runs.start(catalog_path, conn, run_id)
    until(conn, run_id, lambda run: run.n_done >= 1)
    other = sqlite3.connect(catalog_path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    held = threading.Event()
    held.wait(10)  # what the issue names: another program holds the catalog for ten seconds
    other.execute("ROLLBACK")
    other.close()
    assert ended(conn, run_id).state == "finished"
    assert answers(conn, run_id) == expected


def test_a_full_disk_pauses_the_run_until_there_is_room(small_disk: Path, expected: Answers) -> None:
    path = small_disk / "catalog.db"
    conn = db.open_catalog(path)
    run_id = plan(conn, LIMIT)
    runs.start(path, conn, run_id)
    until(conn, run_id, lambda run: run.n_done >= 1)
    filler = small_disk / "filler"
    fill(filler)
    log = Path(catalog_runs.get(conn, run_id).log_path or "")
    n_done = catalog_runs.get(conn, run_id).n_done
    run = until_stuck(conn, run_id, log)
    assert run.is_live
    filler.unlink()
    assert ended(conn, run_id).state == "finished"
    assert answers(conn, run_id) == expected
    assert n_done <= LIMIT
    assert conn.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    conn.close()


def until_stuck(conn: sqlite3.Connection, run_id: int, log: Path) -> RunRow:
    """Wait until the worker cannot write; what it says goes to its log, which may have no room either."""
    settles(lambda: catalog_runs.data_version(conn), 4)
    return catalog_runs.get(conn, run_id)


def test_two_workers_never_run_one_run(conn: sqlite3.Connection, catalog_path: Path) -> None:
    run_id = plan(conn, 3)
    own = locks.run_lock(catalog_path, run_id)
    assert own.take()
    runs.start(catalog_path, conn, run_id)
    runs.start(catalog_path, conn, run_id)
    run = nothing_happens_for(2.0, lambda: catalog_runs.get(conn, run_id))
    assert (run.pid, run.state) == (None, "queued"), "no worker takes a run whose lock is held"
    own.release()
    run = ended(conn, run_id)
    assert (run.state, run.n_done) == ("finished", 3), "one of the two takes it then"


def test_a_clock_that_jumps_makes_no_orphan(conn: sqlite3.Connection, catalog_path: Path) -> None:
    run_id = plan(conn, LIMIT)
    runs.start(catalog_path, conn, run_id)
    until(conn, run_id, lambda run: run.state == "running")
    conn.execute(
        "UPDATE runs SET pid_started_at = pid_started_at - 7200, heartbeat_at = '2020-01-01T00:00:00.000+00:00' "
        "WHERE id = ?",
        (run_id,),
    )
    assert runs.settle_orphans(conn) == []
    assert ended(conn, run_id).state == "finished"


def test_a_run_pauses_and_goes_on_where_it_was(conn: sqlite3.Connection, catalog_path: Path, expected: Answers) -> None:
    run_id = plan(conn, LONG)
    runs.start(catalog_path, conn, run_id)
    until(conn, run_id, lambda run: run.n_done >= 1)
    actions.pause(conn, run_id)
    run = until(conn, run_id, lambda run: run.state == "paused" or not run.is_live)
    assert run.state == "paused"
    assert run.reason == "paused by the user"
    turn = locks.turn_lock(catalog_path)
    assert turn.take(), "others have their turn while it pauses"
    settles(lambda: catalog_runs.get(conn, run_id).n_done, 1.0)  # what was finished is still being written and graded
    assert nothing_happens_for(1.0, lambda: catalog_runs.get(conn, run_id).n_done) < LONG
    turn.release()
    runs.resume(catalog_path, conn, run_id)
    assert ended(conn, run_id).state == "finished"
    found = answers(conn, run_id)
    assert len(found) == LONG
    assert {item_id: found[item_id] for item_id in expected} == expected
    assert [event.state for event in life.events(conn, run_id)] == [
        "queued",
        "starting",
        "running",
        "paused",
        "running",
        "finished",
    ]


def test_a_queued_run_whose_worker_is_lost_waits_to_be_started(conn: sqlite3.Connection, catalog_path: Path) -> None:
    turn = locks.turn_lock(catalog_path)
    assert turn.take()
    run_id = plan(conn, 2)
    runs.start(catalog_path, conn, run_id)
    run = until(conn, run_id, lambda run: run.pid is not None)
    assert kill(run)
    until(conn, run_id, lambda run: run.state == "planned")  # as after a reboot: nothing was lost
    turn.release()
    assert runs.start_waiting(catalog_path, conn) == [run_id]
    assert ended(conn, run_id).state == "finished"


def test_a_changed_file_is_not_continued(conn: sqlite3.Connection, catalog_path: Path, tmp_path: Path) -> None:
    from shutil import copy

    from aa_tui.gguf.bundled import bundled_model
    from aa_tui.runs.evaluation.options import EvalOptions
    from aa_tui.runs.evaluation.plan import prepare_eval

    path = Path(copy(bundled_model(), tmp_path / "mine.gguf"))
    options = EvalOptions(limit=10, n_parallel=1, n_threads=1, budgets=())
    run_id = prepare_eval(conn, str(path), "nano", options=options)
    runs.start(catalog_path, conn, run_id)
    kill(until(conn, run_id, lambda run: run.n_done >= 1))
    ended(conn, run_id)
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(RunError, match="has changed since run"):
        runs.resume(catalog_path, conn, run_id)
    assert catalog_runs.get(conn, run_id).n_done >= 1


def test_what_is_finished_cannot_be_resumed_but_go_further(conn: sqlite3.Connection, catalog_path: Path) -> None:
    run_id = plan(conn, 2)
    runs.start(catalog_path, conn, run_id)
    assert ended(conn, run_id).state == "finished"
    with pytest.raises(RunError, match="nothing left to do"):
        runs.resume(catalog_path, conn, run_id)
    runs.resume(catalog_path, conn, run_id, changes={"limit": 4})
    run = ended(conn, run_id)
    assert (run.state, run.n_done, run.n_items) == ("finished", 4, 4)
