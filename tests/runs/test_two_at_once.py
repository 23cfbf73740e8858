"""Two that act on one run at the same time, runs that are gone, and what else could go wrong between programs."""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.support.disturbing import ended, plan, until

from aa_tui import runs
from aa_tui.actions import runs as actions
from aa_tui.actions.runs import delete
from aa_tui.catalog import db, life
from aa_tui.catalog import runs as catalog_runs
from aa_tui.gguf.bundled import bundled_manifest, bundled_model
from aa_tui.runs import locks
from aa_tui.runs.errors import RunError
from aa_tui.runs.evaluation.options import EvalOptions
from aa_tui.runs.evaluation.plan import prepare_eval, prepare_evals
from aa_tui.runs.follow import follow

LONG_AGO = "2020-01-01T00:00:00.000+00:00"


def test_of_two_that_resume_one_succeeds(conn: sqlite3.Connection, catalog_path: Path) -> None:
    run_id = plan(conn, 2)
    actions.stop(conn, run_id)
    told: list[str] = []
    together = threading.Barrier(4)

    def resume() -> None:
        with closing(db.open_catalog(catalog_path)) as own:
            together.wait()
            try:
                runs.resume(catalog_path, own, run_id)
            except RunError as error:
                told.append(str(error))
            except Exception as error:
                told.append(f"not one sentence but {error!r}")
                raise
            else:
                told.append("")

    threads = [threading.Thread(target=resume) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(bool, told)) == [False, True, True, True], told
    assert not [words for words in told if words.startswith("not one sentence")], told
    assert (ended(conn, run_id).state, catalog_runs.get(conn, run_id).n_done) == ("finished", 2)
    assert [event.state for event in life.events(conn, run_id)].count("starting") == 1


def test_a_run_that_finished_since_it_was_looked_at_is_not_started_again(conn: sqlite3.Connection) -> None:
    run_id = plan(conn, 2)
    actions.stop(conn, run_id)
    seen = catalog_runs.get(conn, run_id).state
    assert life.requeue(conn, run_id, seen=seen)
    life.end(conn, run_id, "finished")
    assert not life.requeue(conn, run_id, seen=seen)
    assert catalog_runs.get(conn, run_id).state == "finished"


def test_runs_of_two_catalogs_take_turns(conn: sqlite3.Connection, catalog_path: Path, tmp_path: Path) -> None:
    """One machine measures one thing at a time, whatever file it is written to."""
    path = tmp_path / "elsewhere" / "mine.db"
    with closing(db.open_catalog(path)) as other:
        turn = locks.turn_lock(catalog_path)
        assert turn.take()
        run_id = plan(other, 2)
        runs.start(path, other, run_id)
        until(other, run_id, lambda run: run.progress_text == "waiting for its turn")
        turn.release()
        assert ended(other, run_id).state == "finished"


def test_stopping_and_resuming_a_waiting_run_at_once(conn: sqlite3.Connection, catalog_path: Path) -> None:
    """The worker that waited must not end the run that was queued again, nor take it without being known."""
    turn = locks.turn_lock(catalog_path)
    assert turn.take()
    run_id = plan(conn, 2)
    runs.start(catalog_path, conn, run_id)
    first = until(conn, run_id, lambda run: run.pid is not None).pid
    actions.stop(conn, run_id)
    runs.resume(catalog_path, conn, run_id)
    turn.release()
    run = ended(conn, run_id)
    assert (run.state, run.n_done) == ("finished", 2)
    assert run.pid not in (None, first)


def test_an_old_look_ends_no_run_that_has_a_new_worker(conn: sqlite3.Connection) -> None:
    run_id = plan(conn, 2)
    assert life.claim(conn, run_id, 11, 1.0)
    seen = catalog_runs.get(conn, run_id)
    life.end(conn, run_id, "failed", "its worker died", seen=seen)
    assert life.requeue(conn, run_id)
    life.end(conn, run_id, "failed", "its worker died", seen=seen)
    life.put_back(conn, seen, "its worker is gone")
    assert catalog_runs.get(conn, run_id).state == "queued"
    assert life.claim(conn, run_id, 12, 1.0)
    life.end(conn, run_id, "failed", "its worker died", seen=seen)
    assert catalog_runs.get(conn, run_id).state == "queued"


def test_looking_for_a_worker_disturbs_nobody(conn: sqlite3.Connection, catalog_path: Path) -> None:
    run_id = plan(conn, 2)
    own = locks.run_lock(catalog_path, run_id)
    assert own.take()
    assert locks.has_worker(catalog_path, run_id)
    own.release()
    assert not locks.has_worker(catalog_path, run_id)
    assert not locks.has_worker(catalog_path, 99)


def test_a_run_is_deleted_while_another_terminal_follows_it(conn: sqlite3.Connection, catalog_path: Path) -> None:
    run_id = plan(conn, 2)
    with closing(db.open_catalog(catalog_path)) as other:
        following = follow(other, run_id)
        assert next(following).state == "queued"
        with pytest.raises(RunError, match="stop it first"):
            delete(conn, run_id)
        actions.stop(conn, run_id)
        delete(conn, run_id)
        with pytest.raises(catalog_runs.UnknownRunError):
            list(following)
    assert plan(conn, 2) == run_id + 1, "whoever still looks at its number finds no other run"


def test_a_worker_of_a_deleted_run_goes(conn: sqlite3.Connection, catalog_path: Path) -> None:
    turn = locks.turn_lock(catalog_path)
    assert turn.take()
    run_id = plan(conn, 2)
    runs.start(catalog_path, conn, run_id)
    until(conn, run_id, lambda run: run.pid is not None)
    actions.stop(conn, run_id)
    delete(conn, run_id)
    assert not (catalog_path.parent / "locks" / f"run-{run_id}.lock").exists(), "it has gone by now"
    turn.release()


def test_a_worker_that_never_came_is_started_with_what_waits(conn: sqlite3.Connection, catalog_path: Path) -> None:
    """As after a power cut between queueing and the worker's first word."""
    run_id = plan(conn, 2)
    conn.execute("UPDATE runs SET heartbeat_at = ?", (LONG_AGO,))
    assert runs.settle_orphans(conn) == [run_id]
    assert runs.start_waiting(catalog_path, conn) == [run_id]
    assert ended(conn, run_id).state == "finished"


def test_what_cannot_be_started_holds_up_nothing_else(
    conn: sqlite3.Connection, catalog_path: Path, tmp_path: Path
) -> None:
    gone = Path(shutil.copy(bundled_model(), tmp_path / "gone.gguf"))
    options = EvalOptions(limit=2, n_parallel=1, n_threads=1, budgets=(), conditions={"nice": 0})
    first = prepare_eval(conn, str(gone), "nano", options=options, planned=True)
    conn.execute("UPDATE gguf_files SET sha256 = 'another'")  # the same content would be the same file
    second = prepare_eval(conn, str(bundled_model()), "nano", options=options, planned=True)
    gone.unlink()
    refused: dict[int, str] = {}
    assert runs.start_waiting(catalog_path, conn, refused.__setitem__) == [second]
    assert "no longer at" in refused[first]
    assert ended(conn, second).state == "finished"


def test_a_file_that_was_only_touched_is_the_same_file(
    conn: sqlite3.Connection, catalog_path: Path, tmp_path: Path
) -> None:
    path = Path(shutil.copy(bundled_model(), tmp_path / "mine.gguf"))
    options = EvalOptions(limit=2, n_parallel=1, n_threads=1, budgets=(), conditions={"nice": 0})
    run_id = prepare_eval(conn, str(path), "nano", options=options, planned=True)
    os.utime(path, (1, 1))
    runs.resume(catalog_path, conn, run_id)
    assert ended(conn, run_id).state == "finished"


def test_settings_of_a_live_run_stay_as_they_are(conn: sqlite3.Connection) -> None:
    run_id = plan(conn, 2)
    life.set_settings_value(conn, run_id, "limit", 9)
    assert catalog_runs.get(conn, run_id).settings["limit"] == 2
    actions.stop(conn, run_id)
    life.set_settings_value(conn, run_id, "limit", 9)
    assert catalog_runs.get(conn, run_id).settings["limit"] == 9


def test_a_speed_run_that_measures_refuses_to_pause(conn: sqlite3.Connection) -> None:
    run_id = runs.prepare(conn, bundled_manifest().slug, options=runs.SpeedOptions(tests=("pp32",)))
    assert life.claim(conn, run_id, 1, 1.0)
    assert life.begin(conn, run_id)
    for ask in (actions.pause, actions.finish):
        with pytest.raises(RunError, match="measures speed"):
            ask(conn, run_id)
    actions.stop(conn, run_id)
    assert catalog_runs.get(conn, run_id).control == "stop"
    life.ask(conn, run_id, "pause")
    assert catalog_runs.get(conn, run_id).control == "stop", "what is to stop is not held up again"


def test_several_files_are_queued_together_or_not_at_all(conn: sqlite3.Connection, tmp_path: Path) -> None:
    here = str(bundled_model())
    with pytest.raises(RunError, match="There is no file"):
        prepare_evals(conn, [here, str(tmp_path / "missing.gguf")], "nano")
    assert catalog_runs.list_runs(conn) == []
    assert prepare_evals(conn, [here, bundled_manifest().slug], "nano", planned=True) == [1, 2]


@pytest.mark.long
def test_several_files_run_one_after_the_other(answer: Callable[..., Any], program: Callable[..., Any]) -> None:
    few = ("--pack", "nano", "--limit", "2", "--parallel", "1", "-t", "1", "--nice", "0", "--no-budget-curve")
    path = str(bundled_model())
    later = answer("eval", path, "aa-nano", *few, "--later")
    assert [(one["run_id"], one["status"]) for one in later] == [(1, "planned"), (2, "planned")]
    for one in ("1", "2"):
        assert program("runs", "delete", one, "--yes").returncode == 0
    done = answer("eval", path, path, *few)
    assert [(one["run_id"], one["status"], one["n_done"]) for one in done] == [
        (3, "finished", 2),
        (4, "finished", 2),
    ]
    assert done[1]["started_at"] >= done[0]["ended_at"]


@pytest.mark.parametrize(
    "action", ["show", "follow", "start", "resume", "pause", "stop", "finish", "export", "regrade"]
)
@pytest.mark.repeats
def test_a_run_that_is_not_there_is_one_sentence(program: Callable[..., Any], action: str) -> None:
    done = program("runs", action, "99")
    assert done.returncode != 0
    assert "There is no run 99" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_catalog_by_another_name_has_the_same_locks(catalog_path: Path, tmp_path: Path) -> None:
    catalog_path.parent.mkdir(parents=True, exist_ok=True)
    catalog_path.touch()
    link = tmp_path / "elsewhere" / "mine.db"
    link.parent.mkdir()
    link.symlink_to(catalog_path)
    own = locks.run_lock(link, 1)
    assert own.take()
    assert locks.has_worker(catalog_path, 1)
    own.release()
