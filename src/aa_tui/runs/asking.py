"""What anyone may ask of a run's worker, through the catalog."""

from __future__ import annotations

import sqlite3

from aa_tui.catalog import life, runs
from aa_tui.catalog.db import path_of
from aa_tui.runs import locks
from aa_tui.runs.errors import RunError
from aa_tui.runs.launch import LAST_ONE_ENDS_S, settle_orphans


def request_stop(conn: sqlite3.Connection, run_id: int) -> None:
    """Ask the worker to stop now. What it has finished stays; what it is writing is written again on resuming."""
    life.ask(conn, run_id, "stop")


def request_finish(conn: sqlite3.Connection, run_id: int) -> None:
    """Ask the worker to stop once the samples that it is writing are finished. Raises `RunError` of a speed run."""
    run = runs.get(conn, run_id)
    if run.kind != "eval" and run.state not in ("planned", "queued"):
        raise RunError(
            f"Run {run_id} measures speed: it has no samples to finish. `aa-tui runs stop {run_id}` stops it."
        )
    life.ask(conn, run_id, "finish")


def request_pause(conn: sqlite3.Connection, run_id: int) -> None:
    """Ask the worker to pause. It keeps its model in memory and lets others have their turn.

    One that waits in the queue loads nothing before it goes on. Raises `RunError` of a speed run that measures: a test
    with a gap in it is none.
    """
    run = runs.get(conn, run_id)
    if run.kind != "eval" and run.state not in ("planned", "queued"):
        raise RunError(
            f"Run {run_id} measures speed and cannot pause: `aa-tui runs stop {run_id}` stops it, and a resume goes on "
            "with the tests that are left."
        )
    life.ask(conn, run_id, "pause")


def request_skip(conn: sqlite3.Connection, run_id: int, item_id: str) -> None:
    """Ask the worker to leave out the sample of an item that it is writing."""
    life.ask_to_skip(conn, run_id, item_id)


def delete(conn: sqlite3.Connection, run_id: int) -> None:
    """Delete a run and all that it measured. Raises `RunError` while a worker has it."""
    settle_orphans(conn)
    run = runs.get(conn, run_id)
    if run.is_live:
        raise RunError(f"Run {run_id} goes on ({run.state}): stop it first with `aa-tui runs stop {run_id}`.")
    own = locks.run_lock(path_of(conn), run_id)
    if not own.take_within(LAST_ONE_ENDS_S):
        raise RunError(f"The last worker of run {run_id} has not ended yet: try again in a moment.")
    try:
        runs.delete(conn, run)
        locks.forget(path_of(conn), run_id)
    finally:
        own.release()
