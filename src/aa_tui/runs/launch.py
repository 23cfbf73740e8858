"""Start a run's worker, and find runs whose worker is gone."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from aa_tui.catalog import life, private, runs, samples, trials
from aa_tui.catalog.clock import seconds_since
from aa_tui.catalog.db import path_of, reads_only
from aa_tui.catalog.rows import RunRow
from aa_tui.host import children
from aa_tui.library import engine_trial
from aa_tui.runs import conditions as night
from aa_tui.runs import engine_check, locks
from aa_tui.runs.death import Death, last_lines, words
from aa_tui.runs.errors import RunError
from aa_tui.textsafe import clean

START_GRACE_S = 60.0
"""How long a queued run may be without a worker before it counts as never started."""

LAST_ONE_ENDS_S = 15.0
"""A worker may have noted its end and not be gone yet: it frees a large model, say."""

LOG_TAIL_LINES = 3
_AGAIN = "`aa-tui runs start` starts it again"


def start(catalog_path: Path, conn: sqlite3.Connection, run_id: int) -> None:
    """Start the worker of a queued run, in a session of its own: it outlives this process and its terminal.

    What the worker and llama.cpp say goes to a log beside the catalog.
    """
    environment = children.environment(computes=True, more=_for_servers(conn, run_id))
    log_path = catalog_path.absolute().parent / "logs" / f"run-{run_id}.log"
    private.make_folder(log_path.parent)
    runs.set_log_path(conn, run_id, str(log_path))
    command = children.python("aa_tui.runs.worker", str(catalog_path.absolute()), str(run_id))
    with private.open_to_append(log_path) as log:
        # The worker forks once and its first process ends at once, so nothing is left to wait for.
        try:
            first = children.start(command, stdout=log, stderr=log, env=environment)
            children.finish(first, START_GRACE_S)
        except (OSError, children.ChildError) as error:
            raise RunError(
                f"The worker of run {run_id} could not be started ({clean(str(error))[:200]}): `aa-tui runs start` "
                "tries again."
            ) from error


def _for_servers(conn: sqlite3.Connection, run_id: int) -> dict[str, str]:
    """The keys of a run's servers, which the worker finds in its environment and nowhere else."""
    run = runs.get(conn, run_id)
    if not run.file.is_served:
        return {}
    from aa_tui.runs.serving.keys import for_worker
    from aa_tui.runs.serving.servers import of_settings

    return for_worker(of_settings(conn, run.settings))


def resume(
    catalog_path: Path,
    conn: sqlite3.Connection,
    run_id: int,
    conditions: Mapping[str, Any] | None = None,
    *,
    changes: Mapping[str, Any] | None = None,
) -> None:
    """Go on with a run: one that pauses, one that is planned, one that ended early. Raises `RunError`.

    Nothing that is finished is done again; samples that came to nothing are asked once more, of a finished run too. The
    worker itself refuses to continue what has become another run. With `changes` of how far it is to go a finished one
    is continued too; nothing is changed where it cannot go on. Its conditions stay as they were where none are given,
    but for hours that have passed.
    """
    settle_orphans(conn)
    run = _once_settled(catalog_path, conn, run_id)
    if not run.file.is_served:
        engine_check.check_installed()
    n_failed = samples.n_failed(conn, run_id) if run.kind == "eval" else 0
    if why := why_not_resume(run, changes=changes, conditions=conditions, n_failed=n_failed):
        raise RunError(why)
    if run.is_live:  # it was asked to pause, which is taken back
        life.ask(conn, run_id, None)
        return
    if conditions is not None:
        night.check(conditions, night.now())
    from aa_tui.runs import guard  # reads headers, which no list of runs needs

    guard.check_content(conn, run)
    _for_servers(conn, run_id)  # where a key is missing nothing is changed
    own = locks.run_lock(catalog_path, run_id)
    if not own.take_within(LAST_ONE_ENDS_S):  # whoever has it could still end the run that is queued here
        raise RunError(f"The last worker of run {run_id} has not ended yet: try again in a moment.")
    try:
        terms = night.still_to_come(run.conditions) if conditions is None else conditions
        for name, value in (changes or {}).items():
            life.set_settings_value(conn, run_id, name, value)
        queued = life.requeue(conn, run_id, terms, seen=run.state)
        if queued and run.kind != "speed":
            samples.drop_changed(conn, run_id)  # the file is the right one again: they are answered anew
        if queued and n_failed:
            samples.drop_failed(conn, run_id)
    finally:
        own.release()
    if not queued:
        raise RunError(f"Run {run_id} was started by another program: `aa-tui runs follow {run_id}` shows it.")
    start(catalog_path, conn, run_id)


def _once_settled(catalog_path: Path, conn: sqlite3.Connection, run_id: int) -> RunRow:
    """The run; where its worker has just died, as soon as the one who watched over it has told what of."""
    run = runs.get(conn, run_id)
    if run.is_live and run.pid is not None and not _is_alive(run):
        own = locks.run_lock(catalog_path, run_id)
        if own.take_within(LAST_ONE_ENDS_S):
            own.release()
        run = runs.get(conn, run_id)
    return run


def why_not_resume(
    run: RunRow,
    *,
    changes: Mapping[str, Any] | None = None,
    conditions: Mapping[str, Any] | None = None,
    n_failed: int | None = None,
) -> str:
    """Why a run cannot be resumed, or not on other terms, in one sentence; empty where it can.

    `n_failed` are its samples that came to nothing; None for as many as its worker noted at its end.
    """
    if run.origin == "log":
        return f"Run {run.id} was {run.read_from}: only the program that made it can continue it."
    if run.origin == "machine":
        where = run.machine.name if run.machine is not None else "another machine"
        return f"Run {run.id} was made on {where}: resume it there, then merge that catalog again."
    stop_first = f"stop it first (`aa-tui runs stop {run.id}`) to resume it on others."
    if run.is_live and run.control == "pause":
        return f"Run {run.id} is to pause and keeps its terms: {stop_first}" if changes or conditions else ""
    if run.state == "paused":
        return f"Run {run.id} resumes when its conditions allow ({run.reason}): {stop_first}"
    if run.is_live:
        return f"Run {run.id} has not ended ({run.state}): `aa-tui runs follow {run.id}` shows it."
    failed = run.kind == "eval" and (run.setup.n_failed if n_failed is None else n_failed)
    is_over = run.kind == "ask" or (run.state == "finished" and not changes and not failed)
    return _nothing_left(run) if is_over else ""


def _nothing_left(run: RunRow) -> str:
    if run.kind != "ask":
        further = (
            f" A higher limit makes it go further (`aa-tui runs resume {run.id} --limit N`)."
            if run.kind == "eval" and run.setup.limit and run.setup.limit < _n_to_ask(run)
            else ""
        )
        return f"Run {run.id} is finished: there is nothing left to do.{further}"
    if run.n_done < (run.n_items or 0):
        return ""
    return f"All that was asked in run {run.id} is answered: `aa-tui ask run:{run.id} PROMPT` asks more."


def _n_to_ask(run: RunRow) -> int:
    """The most items that an evaluation can ask: its pack's, or those that were chosen; 0 where that is not known."""
    short = run.setup.short
    return len(short.items) if short is not None else run.setup.n_items_of_pack or 0


def start_waiting(
    catalog_path: Path,
    conn: sqlite3.Connection,
    on_refused: Callable[[int, str], object] = lambda _run_id, _why: None,
) -> list[int]:
    """Start every planned run and every one whose worker was lost, oldest first. Returns their numbers.

    One that cannot go on holds up no other: `on_refused` is told its number and why.
    """
    settle_orphans(conn)
    started = []
    for run in reversed(runs.list_runs(conn)):
        if not run.can_resume or not (run.state == "planned" or run.interrupted):
            continue
        if (found := engine_check.crash_here(conn, run.file.id)) is not None:
            on_refused(run.id, engine_check.crash_words(run, found))
            continue
        try:
            resume(catalog_path, conn, run.id)
        except RunError as error:
            on_refused(run.id, str(error))
        else:
            started.append(run.id)
    return started


def settle_orphans(conn: sqlite3.Connection) -> list[int]:
    """End the runs whose worker died without a word, naming its last ones. Returns their numbers.

    One that only waited for its turn has lost nothing and waits to be started again. In a catalog that can only be
    read they stay as they are.
    """
    catalog_path = path_of(conn)
    gone = [run for run in runs.live_runs(conn) if not _has_worker(catalog_path, run)]
    if reads_only(conn):
        return [run.id for run in gone]
    for run in gone:
        if run.state == "queued" and run.pid is not None:
            life.put_back(conn, run, f"its worker is gone; {_AGAIN}")
        else:
            life.end(conn, run.id, "failed", _last_words(run), interrupted=True, seen=run)
            if runs.get(conn, run.id).interrupted:
                _put_last_figures(conn, run)
    return [run.id for run in gone]


def settle_dead(conn: sqlite3.Connection, run: RunRow, death: Death) -> None:
    """End a run whose worker was seen to die, and mark a file that crashed llama.cpp.

    Not one whose layers another machine held: llama.cpp aborts where that goes away.
    """
    if run.state == "queued" and run.pid is not None and not death.is_crash:
        life.put_back(conn, run, f"its worker was ended while it waited ({death.signal}); {_AGAIN}")
        return
    from aa_tui.runs import guard

    changed = guard.changed_words(run.file) if death.is_crash else guard.cut_words(run.file)
    told = words(run, death) if changed is None else f"{changed}: {words(run, death)}"
    life.end(conn, run.id, "failed", told, interrupted=True, crash=death.to_dict())
    if changed is not None:
        guard.mark(conn, run.id, guard.last_looks(), changed)
    is_own_fault = death.is_crash and not (run.setup.rpc or run.file.is_served) and changed is None
    if is_own_fault and death.signal is not None and (trial := engine_trial.known(conn)) is not None:
        trials.note_crash(conn, run.file.id, trial.build, run.id, signal=death.signal, phase=death.phase)
    _put_last_figures(conn, run)


def _put_last_figures(conn: sqlite3.Connection, run: RunRow) -> None:
    """Those of what an evaluation had answered."""
    if run.kind == "eval" and run.n_done:
        from aa_tui.runs.evaluation.keeper import put_last_figures

        put_last_figures(conn, run)


def _has_worker(catalog_path: Path, run: RunRow) -> bool:
    if run.pid is None:  # started, but its worker has not come as far as to take the run
        is_new = abs(seconds_since(run.heartbeat_at or run.created_at)) < START_GRACE_S
        return is_new or locks.has_worker(catalog_path, run.id)
    if locks.is_kept(catalog_path, run.id):
        return locks.has_worker(catalog_path, run.id)
    return _is_alive(run)


def _is_alive(run: RunRow) -> bool:
    """By process id and start time: of a run that an earlier version of the program began, without a lock."""
    import psutil

    try:
        process = psutil.Process(run.pid)
        same = run.pid_started_at is None or abs(process.create_time() - run.pid_started_at) < 1.0
        return same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True


def _last_words(run: RunRow) -> str:
    """What is known of a worker that went together with the one who watched over it, from the end of its log."""
    tail = " / ".join(line.strip() for line in last_lines(run.log_path)[-LOG_TAIL_LINES:])
    if run.pid is None:
        return f"Its worker never started{f': {tail}' if tail else ''}."
    said = f" The last lines of its log: {tail}." if tail else ""
    return (
        "The worker and its watcher are gone without a word, as when the machine is switched off or a whole group of "
        f"processes is killed; what was measured until then is kept and `aa-tui runs resume {run.id}` continues from "
        f"there.{said}"
    )
