"""What anyone may ask of a run: pause, resume, stop, finish, skip, delete, grade again; and why that cannot be done.

The catalog is the only channel: what is asked for is a column that the run's worker reads.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from aa_tui.catalog import life, local_pages, runs
from aa_tui.catalog.db import path_of
from aa_tui.catalog.rows import WORKING_STATES, RunRow
from aa_tui.errors import UsageError
from aa_tui.runs import launch, locks
from aa_tui.runs.errors import RunError

if TYPE_CHECKING:
    from aa_tui.runs.evaluation.regrade import Regraded

Action = Literal["pause", "resume", "stop", "finish", "skip", "delete", "regrade", "samples", "plan"]


class Waiting(NamedTuple):
    """What became of the runs that waited to be started: the numbers of those that were, and why others were not."""

    started: list[int]
    refused: dict[int, str]


def why_not(action: Action, run: RunRow) -> str:
    """Why this cannot be done with a run as it is, in one sentence with the next step; empty where it can."""
    return _WHY_NOT[action](run)


def is_to_pause(run: RunRow) -> bool:
    """Whether it is running, so that who wants it paused or resumed wants it paused."""
    return run.is_live and run.state != "paused" and run.control != "pause"


def pause(conn: sqlite3.Connection, run_id: int) -> None:
    """Ask the worker to pause. It keeps its model in memory and lets others have their turn.

    One that waits in the queue loads nothing before it is resumed. Raises `RunError`, for instance of a speed run that
    measures: a test with a gap in it is none.
    """
    _check("pause", conn, run_id)
    life.ask(conn, run_id, "pause")


def resume(
    conn: sqlite3.Connection,
    run_id: int,
    changes: Mapping[str, Any] | None = None,
    conditions: Mapping[str, Any] | None = None,
) -> None:
    """Resume a run that is paused, planned or has ended early; with `changes` of its settings, further than before.

    Its conditions stay as they were where none are given. Raises as `check_changes` and `launch.resume`; nothing is
    changed then.
    """
    check_changes(runs.get(conn, run_id), changes or {})
    launch.resume(path_of(conn), conn, run_id, conditions or None, changes=changes)


def check_changes(run: RunRow, changes: Mapping[str, Any]) -> None:
    """Raises `RunError` for an aim that cannot be reached, UsageError where a run has no such settings."""
    from aa_tui.runs.evaluation.options import EvalOptions
    from aa_tui.runs.evaluation.plan import check_aims

    if changes and run.kind == "ask":
        raise UsageError(f"Run {run.id} is a conversation: it goes as far as it is asked (`aa-tui ask run:{run.id}`).")
    if changes and run.kind == "study":
        raise UsageError(f"Run {run.id} is a study: how far it goes was set when it was begun.")
    if changes and run.kind != "eval":
        raise UsageError(f"Run {run.id} measures speed: how far it goes is set by its tests.")
    if "max_usd" in changes and not run.file.is_served:
        raise UsageError(f"Run {run.id} measures a file on this machine: it costs nothing, so leave --max-usd out.")
    if changes:
        check_aims(EvalOptions.from_settings({**run.settings, **changes}))


def start_waiting(conn: sqlite3.Connection) -> Waiting:
    """Start every planned run and every one whose worker was lost, oldest first. One that cannot holds up no other."""
    refused: dict[int, str] = {}
    return Waiting(launch.start_waiting(path_of(conn), conn, refused.__setitem__), refused)


def stop(conn: sqlite3.Connection, run_id: int) -> bool:
    """Ask the worker to stop now. What it has finished stays; what it is writing is written again on resuming.

    False where the run had ended already.
    """
    return life.ask(conn, run_id, "stop") or runs.get(conn, run_id).is_live


def follow(conn: sqlite3.Connection, run_id: int) -> Iterator[RunRow]:
    """The run now, after each change and every two seconds, until it has ended. Raises as `runs.follow.follow`."""
    from aa_tui.runs import follow as following

    return following.follow(conn, run_id)


def finish(conn: sqlite3.Connection, run_id: int) -> None:
    """Ask the worker to stop once the samples that it is writing are finished. Raises `RunError`."""
    _check("finish", conn, run_id)
    life.ask(conn, run_id, "finish")


def skip(conn: sqlite3.Connection, run_id: int, item_id: str) -> None:
    """Ask the worker to leave out the sample of an item that it is writing. Raises `RunError`."""
    _check("skip", conn, run_id)
    life.ask_to_skip(conn, run_id, item_id)


def delete(conn: sqlite3.Connection, run_id: int) -> str | None:
    """Delete a run and all that it measured. Raises `RunError` while a worker has it.

    The page of a model that is known from files here only goes with the last that was on it: its name is returned.
    """
    launch.settle_orphans(conn)
    run = _check("delete", conn, run_id)
    own = locks.run_lock(path_of(conn), run_id)
    if not own.take_within(launch.LAST_ONE_ENDS_S):
        raise RunError(f"The last worker of run {run_id} has not ended yet: try again in a moment.")
    try:
        runs.delete(conn, run)
        locks.forget(path_of(conn), run_id)
    finally:
        own.release()
    return run.target if local_pages.remove_if_empty(conn, run.file.model_id) else None


def grade_again(
    conn: sqlite3.Connection, run_id: int, on_progress: Callable[[float], object] | None = None
) -> Regraded:
    """What the graders of today would change in a run; nothing is written. Raises `RunError`, PackError."""
    from aa_tui.runs.evaluation import regrade

    return regrade.grade_again(conn, run_id, on_progress)


def keep_verdicts(conn: sqlite3.Connection, found: Regraded) -> Regraded:
    """Let the verdicts of `grade_again` count. Raises `RunError` where the run is running again."""
    from aa_tui.runs.evaluation import regrade

    return regrade.keep(conn, found)


def _check(action: Action, conn: sqlite3.Connection, run_id: int) -> RunRow:
    run = runs.get(conn, run_id)
    if why := why_not(action, run):
        raise RunError(why)
    return run


def _no_pause(run: RunRow) -> str:
    if run.is_live and run.kind == "ask":
        return (
            f"Run {run.id} answers a prompt and cannot pause: stop it (`aa-tui runs stop {run.id}`) to end the answer."
        )
    if run.is_live and run.kind != "eval" and run.state != "queued":
        return (
            f"Run {run.id} {_DOES[run.kind]} and cannot pause: stop it (`aa-tui runs stop {run.id}`), and a resume "
            "does what is left."
        )
    return "" if run.is_live else _nothing_to("pause", run)


def _no_stop(run: RunRow) -> str:
    return "" if run.is_live or run.state == "planned" else _nothing_to("stop", run)


def _nothing_to(act: str, run: RunRow) -> str:
    if run.state == "planned":
        return f"Run {run.id} has not begun (`aa-tui runs start {run.id}` begins it): there is nothing to {act}."
    return f"Run {run.id} has ended ({run.state}): there is nothing to {act}."


def _no_sample_to(act: str, run: RunRow) -> str:
    if run.kind in ("speed", "study"):
        instead = f"stop it instead (`aa-tui runs stop {run.id}`)."
        return f"Run {run.id} {_DOES[run.kind]}: it has no samples to {act}; {instead}"
    if run.state in WORKING_STATES:
        return ""
    stop_it = f"; stop it instead (`aa-tui runs stop {run.id}`)" if run.is_live else ""
    return f"Run {run.id} is writing no samples now ({run.state}){stop_it}."


def _no_delete(run: RunRow) -> str:
    if not run.is_live:
        return ""
    return f"Run {run.id} has not ended ({run.state}): stop it first (`aa-tui runs stop {run.id}`)."


def _no_regrade(run: RunRow) -> str:
    from aa_tui.runs.evaluation.regrade import why_not

    return why_not(run)


def _no_samples(run: RunRow) -> str:
    return f"Run {run.id} {_DID[run.kind]}: it has no samples." if run.kind in _DID else ""


def _no_plan(run: RunRow) -> str:
    if run.kind != "eval":
        return f"Run {run.id} {_DOES[run.kind]}: there is nothing to plan."
    if run.origin == "log":
        return f"Run {run.id} was {run.read_from}: it says nothing of how long this machine would take."
    return f"Run {run.id} has not ended ({run.state}): it can be planned again once it has." if run.is_live else ""


_DOES = {"speed": "measures speed", "ask": "is a conversation", "study": "is a study"}
_DID = {"speed": "measured speed", "study": "is a study"}

_WHY_NOT: dict[Action, Callable[[RunRow], str]] = {
    "pause": _no_pause,
    "resume": launch.why_not_resume,
    "stop": _no_stop,
    "finish": lambda run: _no_sample_to("finish", run),
    "skip": lambda run: _no_sample_to("skip", run),
    "delete": _no_delete,
    "regrade": _no_regrade,
    "samples": _no_samples,
    "plan": _no_plan,
}
