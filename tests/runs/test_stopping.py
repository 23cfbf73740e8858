"""A worker that is told to end, or has no room, at every stage of its life; each time the row ends right."""

from __future__ import annotations

import os
import signal
import sqlite3
from pathlib import Path

import pytest
from tests.support.disturbing import ended, fill, plan, until

from aa_tui import runs
from aa_tui.actions import runs as actions
from aa_tui.catalog import db, life, slot_probes
from aa_tui.catalog import runs as catalog_runs
from aa_tui.gguf.bundled import bundled_model
from aa_tui.runs import locks
from aa_tui.runs.ending import Ending
from aa_tui.runs.evaluation.options import EvalOptions
from aa_tui.runs.evaluation.plan import prepare_eval
from aa_tui.runs.evaluation.work import evaluate
from aa_tui.runs.reporter import Reporter


def went_on(conn: sqlite3.Connection, path: Path, run_id: int, n_items: int) -> None:
    """It can be continued, and comes to its end."""
    runs.resume(path, conn, run_id)
    run = ended(conn, run_id)
    assert (run.state, run.n_done) == ("finished", n_items)


def test_the_system_ends_a_worker_that_waits_for_its_turn(conn: sqlite3.Connection, catalog_path: Path) -> None:
    turn = locks.turn_lock(catalog_path)
    assert turn.take()
    run_id = plan(conn, 2)
    runs.start(catalog_path, conn, run_id)
    run = until(conn, run_id, lambda run: run.progress_text == "waiting for its turn" and run.pid is not None)
    until(conn, run_id, lambda now: (now.heartbeat_at or "") > (run.heartbeat_at or ""))
    os.kill(run.pid or 0, signal.SIGTERM)
    run = ended(conn, run_id)
    assert (run.state, run.reason) == ("stopped", "stopped by the system (SIGTERM)")
    turn.release()
    went_on(conn, catalog_path, run_id, 2)


@pytest.mark.long
@pytest.mark.parametrize("how", ["SIGTERM", "stop"])
def test_a_paused_run_is_ended(conn: sqlite3.Connection, catalog_path: Path, how: str) -> None:
    run_id = plan(conn, 280)
    runs.start(catalog_path, conn, run_id)
    until(conn, run_id, lambda run: run.state == "running" and run.n_done >= 1)
    actions.pause(conn, run_id)
    run = until(conn, run_id, lambda run: run.state == "paused")
    if how == "stop":
        actions.stop(conn, run_id)
    else:
        os.kill(run.pid or 0, signal.SIGTERM)
    run = ended(conn, run_id)
    assert run.state == "stopped"
    assert (run.reason or "").startswith("stopped by the user" if how == "stop" else "stopped by the system")
    assert run.control is None
    life.set_settings_value(conn, run_id, "limit", run.n_done + 1)
    went_on(conn, catalog_path, run_id, run.n_done + 1)


def test_the_system_ends_a_worker_that_only_begins(conn: sqlite3.Connection, catalog_path: Path) -> None:
    run_id = plan(conn, 3)
    runs.start(catalog_path, conn, run_id)
    run = until(conn, run_id, lambda run: run.state in ("starting", "running"))
    os.kill(run.pid or 0, signal.SIGTERM)
    run = ended(conn, run_id)
    assert run.state in ("stopped", "finished"), "it may have been quicker"
    if run.state == "stopped":
        went_on(conn, catalog_path, run_id, 3)


@pytest.mark.parametrize("n_parallel", [2, None])
def test_loading_is_given_up_when_the_run_is_to_stop(
    conn: sqlite3.Connection, catalog_path: Path, n_parallel: int | None
) -> None:
    """Loading a large file takes a minute; nobody waits for that. Neither for the probe's."""
    options = EvalOptions(limit=2, n_parallel=n_parallel, n_threads=1)
    run_id = prepare_eval(conn, str(bundled_model()), "nano", options=options)
    assert life.claim(conn, run_id, os.getpid(), 1.0)
    assert life.begin(conn, run_id)
    with Reporter(catalog_path, run_id) as reporter:
        reporter.stop("stopped by the system (SIGTERM)", "system")
        ending = evaluate(conn, catalog_runs.get(conn, run_id), reporter, locks.turn_lock(catalog_path))
    assert ending == Ending("stopped", "stopped by the system (SIGTERM)", "system")
    run = catalog_runs.get(conn, run_id)
    assert (run.load_s, run.n_done) == (None, 0)


def test_a_probe_that_is_cut_off_is_not_kept(conn: sqlite3.Connection, catalog_path: Path) -> None:
    options = EvalOptions(limit=2, n_threads=1, budgets=(), conditions={"nice": 0})
    run_id = prepare_eval(conn, str(bundled_model()), "nano", options=options)
    runs.start(catalog_path, conn, run_id)
    run = until(conn, run_id, lambda run: run.progress_text.startswith("probing"))
    actions.stop(conn, run_id)
    run = ended(conn, run_id)
    assert (run.state, run.n_done) == ("stopped", 0)
    assert run.machine is not None
    assert slot_probes.newest(conn, run.machine.fingerprint, run.file.sha256) is None


@pytest.mark.long
def test_a_worker_without_room_waits_at_its_beginning_and_at_its_end(small_disk: Path, tmp_path: Path) -> None:
    path = small_disk / "catalog.db"
    (tmp_path / "logs").mkdir()
    (small_disk / "logs").symlink_to(tmp_path / "logs")  # has room, so that the test hears the worker
    conn = db.open_catalog(path)
    turn = locks.turn_lock(path)
    assert turn.take()
    run_id = plan(conn, 2)
    runs.start(path, conn, run_id)
    worker = until(conn, run_id, lambda run: run.pid is not None).pid
    filler = small_disk / "filler"
    conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # or there would be room in the log for a while
    fill(filler)
    turn.release()
    until_it_says(conn, run_id, "disk is full")
    assert catalog_runs.get(conn, run_id).state == "queued"
    filler.unlink()
    run = ended(conn, run_id)
    assert (run.state, run.n_done, run.pid) == ("finished", 2, worker)
    run_id = plan(conn, 280)
    runs.start(path, conn, run_id)
    worker = until(conn, run_id, lambda run: run.n_done >= 1).pid
    conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    fill(filler)
    os.kill(worker or 0, signal.SIGTERM)
    until_it_says(conn, run_id, "disk is full")
    filler.unlink()
    run = ended(conn, run_id)
    assert (run.state, run.pid) == ("stopped", worker), "it waited until it could say how it ended"
    assert "SIGTERM" in (run.reason or "")
    assert conn.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    conn.close()


def until_it_says(conn: sqlite3.Connection, run_id: int, words: str) -> None:
    """Wait for words in the worker's log."""
    log = Path(catalog_runs.get(conn, run_id).log_path or "")
    until(conn, run_id, lambda _run: words in log.read_text())
