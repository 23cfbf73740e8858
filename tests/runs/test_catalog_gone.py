"""A worker, and whoever follows it, whose catalog is deleted, moved or replaced while they use it."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psutil
import pytest
from tests.support.disturbing import plan, until

from aa_tui.catalog import db
from aa_tui.catalog import runs as catalog_runs
from aa_tui.runs import locks, start
from aa_tui.runs.follow import follow

DEADLINE_S = 90.0


def begun(conn: sqlite3.Connection, path: Path) -> int:
    """A long evaluation that has something in hand."""
    run_id = plan(conn, 280)
    start(path, conn, run_id)
    until(conn, run_id, lambda run: run.n_done >= 1)
    return run_id


def waited_for(true: Callable[[], bool]) -> bool:
    give_up_at = time.monotonic() + DEADLINE_S
    while not true():
        if time.monotonic() > give_up_at:
            return False
        time.sleep(0.1)
    return True


def delete(path: Path) -> None:
    for end in ("", "-wal", "-shm"):
        path.with_name(f"{path.name}{end}").unlink(missing_ok=True)


def replace(path: Path) -> None:
    other = path.with_name("other.db")
    db.open_catalog(other).close()
    delete(path)
    other.rename(path)


def move(path: Path) -> None:
    path.rename(path.with_name("elsewhere.db"))


@pytest.mark.parametrize("fate", [delete, replace, move], ids=lambda one: one.__name__)
def test_a_worker_whose_catalog_is_gone_ends_saves_it_and_holds_nothing(
    conn: sqlite3.Connection, catalog_path: Path, fate: Callable[[Path], None]
) -> None:
    run_id = begun(conn, catalog_path)
    pid = catalog_runs.get(conn, run_id).pid
    n_done = catalog_runs.get(conn, run_id).n_done
    log = catalog_path.parent / "logs" / f"run-{run_id}.log"
    conn.close()
    fate(catalog_path)
    assert waited_for(lambda: not locks.has_worker(catalog_path, run_id)), log.read_text()
    assert waited_for(lambda: not psutil.pid_exists(pid or 0))
    turn = locks.turn_lock(catalog_path)
    assert turn.take(), "the new catalog's run does not wait"
    turn.release()
    told = log.read_text()
    assert f"The catalog {catalog_path} was " in told
    assert "it stops" in told
    kept = catalog_path.with_name("catalog.rescued-1.db")
    assert f"is in {kept}" in told
    assert kept.stat().st_mode & 0o777 == 0o600
    with closing(db.open_catalog(kept)) as rescued:
        run = catalog_runs.get(rescued, run_id)
        assert run.n_done >= n_done, "nothing that was finished is lost"
        assert run.state == "stopped"
        assert "its catalog" in (run.reason or "")
    if fate is not replace:
        assert not catalog_path.exists(), "a worker never makes a new one"
    else:
        with closing(db.open_catalog(catalog_path)) as new:
            assert catalog_runs.list_runs(new) == [], "nothing is written into what is another's"


def test_a_worker_whose_whole_folder_is_gone_ends(conn: sqlite3.Connection, catalog_path: Path) -> None:
    run_id = begun(conn, catalog_path)
    pid = catalog_runs.get(conn, run_id).pid
    conn.close()
    shutil.rmtree(catalog_path.parent)

    assert waited_for(lambda: not psutil.pid_exists(pid or 0))
    assert not catalog_path.parent.exists()


def test_whoever_follows_is_told_that_the_catalog_is_gone(conn: sqlite3.Connection, catalog_path: Path) -> None:
    run_id = begun(conn, catalog_path)
    seen = follow(conn, run_id)
    next(seen)
    delete(catalog_path)
    with pytest.raises(db.CatalogGoneError, match="deleted or moved away while it was in use"):
        for _ in seen:
            pass
    assert waited_for(lambda: not locks.has_worker(catalog_path, run_id))
