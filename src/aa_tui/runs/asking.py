"""What anyone may ask of a run's worker, through the catalog."""

from __future__ import annotations

import sqlite3

from aa_tui.catalog import life, runs
from aa_tui.runs import locks
from aa_tui.runs.errors import RunError
from aa_tui.runs.launch import settle_orphans


def request_stop(conn: sqlite3.Connection, run_id: int) -> None:
    """Ask the worker to stop now. What it has finished stays; what it is writing is written again on resuming."""
    life.ask(conn, run_id, "stop")


def request_finish(conn: sqlite3.Connection, run_id: int) -> None:
    """Ask the worker to stop once the samples that it is writing are finished."""
    life.ask(conn, run_id, "finish")


def request_pause(conn: sqlite3.Connection, run_id: int) -> None:
    """Ask the worker to pause. It keeps its model in memory and lets others have their turn."""
    life.ask(conn, run_id, "pause")


def request_skip(conn: sqlite3.Connection, run_id: int, item_id: str) -> None:
    """Ask the worker to leave out the sample of an item that it is writing."""
    life.ask_to_skip(conn, run_id, item_id)


def delete(conn: sqlite3.Connection, run_id: int) -> None:
    """Delete a run and all that it measured. Raises `RunError` while a worker has it."""
    from aa_tui.catalog.db import path_of

    settle_orphans(conn)
    run = runs.get(conn, run_id)
    if run.is_live:
        raise RunError(f"Run {run_id} goes on ({run.state}): stop it first with `aa-tui runs stop {run_id}`.")
    runs.delete(conn, run)
    locks.forget(path_of(conn), run_id)
