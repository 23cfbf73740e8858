"""A run's life: who works on it, what is asked of it, how it ends. Each call is one short transaction.

Every change of state is conditional on the state before it, so that two programs that act at once cannot undo one
another, and is noted as an event with its time and reason.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from aa_tui.catalog import asked
from aa_tui.catalog.clock import utc_now
from aa_tui.catalog.rows import LIVE_STATES, WORKING_STATES, EndedBy, LiveSlot, RunEvent, RunRow, RunState
from aa_tui.catalog.texts import storable
from aa_tui.catalog.transaction import transaction

Control = Literal["stop", "finish", "pause"]
"""What can be asked of a worker: stop now, stop after the samples that are being written, pause."""

STOPPED_BEFORE = "stopped before it began"

_USUALLY: Mapping[RunState, EndedBy] = {"finished": "items", "stopped": "user", "failed": "failure"}
_NEVER_BEGUN = "UPDATE runs SET ended_at = ?, ended_by = 'user', progress_text = '' WHERE id = ?"


def events(conn: sqlite3.Connection, run_id: int) -> list[RunEvent]:
    """The turns of a run's life, oldest first."""
    query = "SELECT at, state, reason FROM run_events WHERE run_id = ? ORDER BY id"
    return [RunEvent(*row) for row in conn.execute(query, (run_id,))]


# -- what the worker does


def claim(conn: sqlite3.Connection, run_id: int, pid: int, pid_started_at: float | None) -> bool:
    """Make this process the run's worker. False when another took it or it has ended: two never run one run."""
    with conn:
        changed = conn.execute(
            "UPDATE runs SET pid = ?, pid_started_at = ?, heartbeat_at = ?, progress_text = 'waiting for its turn' "
            "WHERE id = ? AND state = 'queued' AND pid IS NULL",
            (pid, pid_started_at, utc_now(), run_id),
        ).rowcount
    return changed == 1


def begin(conn: sqlite3.Connection, run_id: int) -> bool:
    """The worker's turn has come. False when the run was stopped while it waited."""
    with transaction(conn):
        changed = conn.execute(
            "UPDATE runs SET started_at = coalesce(started_at, ?), progress_text = 'starting' "
            "WHERE id = ? AND state = 'queued'",
            (utc_now(), run_id),
        ).rowcount
        return changed == 1 and _turn(conn, run_id, "starting", None, ("queued",))


def set_working(conn: sqlite3.Connection, run_id: int, state: RunState, reason: str | None = None) -> bool:
    """From one working state to another: running, or paused for a reason. False when it has ended meanwhile."""
    with transaction(conn):
        return _turn(conn, run_id, state, reason, WORKING_STATES)


def set_progress(
    conn: sqlite3.Connection,
    run_id: int,
    fraction: float,
    text: str,
    *,
    live: Mapping[str, Any] | None = None,
    slots: Sequence[LiveSlot] | None = None,
) -> None:
    """The live row: how far (0 to 1), what goes on, what each slot writes. A sign of life as well."""
    with transaction(conn):
        started = conn.execute("SELECT state FROM runs WHERE id = ?", (run_id,)).fetchone()
        if started is None or started[0] not in WORKING_STATES:  # one that still waits has nothing to tell
            return
        if started[0] == "starting":
            _turn(conn, run_id, "running", None, ("starting",))
        conn.execute(
            "UPDATE runs SET progress = ?, progress_text = ?, heartbeat_at = ?, live = coalesce(?, live) WHERE id = ?",
            (fraction, storable(text), utc_now(), None if live is None else json.dumps(dict(live)), run_id),
        )
        if slots is not None:
            conn.execute("DELETE FROM live_slots WHERE run_id = ?", (run_id,))
            marks = ", ".join("?" * (len(LiveSlot._fields) + 1))
            conn.executemany(
                f"INSERT INTO live_slots (run_id, {', '.join(LiveSlot._fields)}) VALUES ({marks})",
                [(run_id, *slot) for slot in slots],
            )


def beat(conn: sqlite3.Connection, run_id: int, text: str) -> None:
    """A sign of life of a worker that waits."""
    with conn:
        conn.execute(
            "UPDATE runs SET heartbeat_at = ?, progress_text = ? WHERE id = ? AND state = 'queued'",
            (utc_now(), storable(text), run_id),
        )


def add_work_time(conn: sqlite3.Connection, run_id: int, seconds: float) -> None:
    """Note time spent working, pauses and gaps left out."""
    with conn:
        conn.execute("UPDATE runs SET worked_s = worked_s + ? WHERE id = ?", (seconds, run_id))


def set_identity(conn: sqlite3.Connection, run_id: int, identity: str, parts: Mapping[str, Any]) -> None:
    """Note what the run is, when it begins for the first time."""
    with conn:
        conn.execute(
            "UPDATE runs SET identity = ?, identity_parts = ? WHERE id = ?", (identity, json.dumps(dict(parts)), run_id)
        )


def end(
    conn: sqlite3.Connection,
    run_id: int,
    state: RunState,
    reason: str | None = None,
    peak_memory_bytes: int | None = None,
    *,
    by: EndedBy | None = None,
    interrupted: bool = False,
    crash: Mapping[str, Any] | None = None,
    seen: RunRow | None = None,
    while_answered: bool = False,
) -> bool:
    """End a live run; one that has ended already stays as it is. `crash` is how its worker died.

    `by` is why; None is what usually leads to that state.

    With `seen`, only one that is still as it was seen then: another program may have given it a new worker since.
    `while_answered`: only where nothing that was asked in it is left; else False is returned.
    """
    with transaction(conn):
        if while_answered and asked.n_left(conn, run_id):
            return False
        if _is_as(conn, seen) and _turn(conn, run_id, state, reason, LIVE_STATES):
            conn.execute(
                "UPDATE runs SET ended_at = ?, progress_text = '', control = NULL, skip = NULL, interrupted = ?, "
                "ended_by = ?, crash = ?, peak_memory_bytes = max(coalesce(?, 0), coalesce(peak_memory_bytes, 0)), "
                "progress = CASE WHEN ? = 'finished' THEN 1 ELSE progress END WHERE id = ?",
                (
                    utc_now(),
                    interrupted,
                    by or _USUALLY.get(state),
                    None if crash is None else json.dumps(dict(crash)),
                    peak_memory_bytes,
                    state,
                    run_id,
                ),
            )
            conn.execute("UPDATE runs SET peak_memory_bytes = nullif(peak_memory_bytes, 0) WHERE id = ?", (run_id,))
            conn.execute("DELETE FROM live_slots WHERE run_id = ?", (run_id,))
        return True


def control_of(conn: sqlite3.Connection, run_id: int) -> tuple[str | None, str | None]:
    """What is asked of the worker, and the sample that is not wanted. A run that is gone asks to stop."""
    row = conn.execute("SELECT control, skip FROM runs WHERE id = ?", (run_id,)).fetchone()
    return ("stop", None) if row is None else (row[0], row[1])


def skipped(conn: sqlite3.Connection, run_id: int, sample: str) -> None:
    """The sample has been skipped: the wish is done with."""
    with conn:
        conn.execute("UPDATE runs SET skip = NULL WHERE id = ? AND skip = ?", (run_id, sample))


def live_slots(conn: sqlite3.Connection, run_id: int) -> list[LiveSlot]:
    """What each slot is writing now."""
    query = f"SELECT {', '.join(LiveSlot._fields)} FROM live_slots WHERE run_id = ? ORDER BY slot"
    return [LiveSlot(*row) for row in conn.execute(query, (run_id,))]


# -- what others do


def ask(conn: sqlite3.Connection, run_id: int, control: Control | None) -> bool:
    """Ask a live run's worker for something, or take a pause back (None). False when the run has ended.

    A run that no worker has taken yet, or that only waits for its turn, is stopped here.
    """
    with transaction(conn):
        if control in ("stop", "finish") and _turn(conn, run_id, "stopped", STOPPED_BEFORE, ("planned",)):
            conn.execute(_NEVER_BEGUN, (utc_now(), run_id))
            return True
        live = ", ".join(f"'{state}'" for state in LIVE_STATES)
        changed = conn.execute(
            f"UPDATE runs SET control = ? WHERE id = ? AND state IN ({live}) AND "
            "(control IS NULL OR control != 'stop')",  # what is to stop is not held up again
            (control, run_id),
        ).rowcount
        if control in ("stop", "finish") and _turn(conn, run_id, "stopped", STOPPED_BEFORE, ("queued",)):
            conn.execute(_NEVER_BEGUN, (utc_now(), run_id))
    return changed == 1


def ask_to_skip(conn: sqlite3.Connection, run_id: int, sample: str) -> bool:
    """Ask a run's worker to leave out a sample that it is writing. False when the run has ended."""
    working = ", ".join(f"'{state}'" for state in WORKING_STATES)
    with conn:
        return (
            conn.execute(f"UPDATE runs SET skip = ? WHERE id = ? AND state IN ({working})", (sample, run_id)).rowcount
            == 1
        )


def requeue(
    conn: sqlite3.Connection,
    run_id: int,
    conditions: Mapping[str, Any] | None = None,
    *,
    seen: RunState | None = None,
) -> bool:
    """Queue a run again that is planned or has ended, so that a new worker can claim it. False when it cannot be.

    The caller has made sure that no worker has it. With `seen`, only one that is still in the state it was seen in:
    another program may have started it since, and it may have finished.
    """
    resting: tuple[RunState, ...] = ("planned", "stopped", "failed", "finished")
    with transaction(conn):
        if not _turn(conn, run_id, "queued", None, resting if seen is None else (seen,)):
            return False
        conn.execute(
            "UPDATE runs SET pid = NULL, pid_started_at = NULL, control = NULL, skip = NULL, ended_at = NULL, "
            "ended_by = NULL, reason = NULL, interrupted = 0, crash = NULL, live = '{}', heartbeat_at = ?, "
            "progress_text = 'waiting for its worker', conditions = coalesce(?, conditions) WHERE id = ?",
            (utc_now(), None if conditions is None else json.dumps(dict(conditions)), run_id),
        )
    return True


def put_back(conn: sqlite3.Connection, seen: RunRow, reason: str) -> None:
    """A queued run whose worker is gone waits to be started again, if it is still as it was seen."""
    with transaction(conn):
        if _is_as(conn, seen) and _turn(conn, seen.id, "planned", reason, ("queued",)):
            conn.execute(
                "UPDATE runs SET pid = NULL, pid_started_at = NULL, control = NULL, interrupted = 1, "
                "progress_text = 'waiting to be started' WHERE id = ?",
                (seen.id,),
            )


def set_settings_value(conn: sqlite3.Connection, run_id: int, name: str, value: Any) -> None:
    """Change how far a run is to go; what decides its results is never changed, and nothing of a live one."""
    with transaction(conn):
        row = conn.execute("SELECT settings, state FROM runs WHERE id = ?", (run_id,)).fetchone()
        if row is None or row[1] in LIVE_STATES:
            return
        settings = {**json.loads(row[0]), name: value}
        conn.execute("UPDATE runs SET settings = ? WHERE id = ?", (json.dumps(settings), run_id))


def set_n_items(conn: sqlite3.Connection, run_id: int, n_items: int) -> None:
    """How many samples are wanted now."""
    with conn:
        conn.execute("UPDATE runs SET n_items = ? WHERE id = ?", (n_items, run_id))


def _is_as(conn: sqlite3.Connection, seen: RunRow | None) -> bool:
    """Whether a run has the same worker and the same last sign of life as when it was seen."""
    if seen is None:
        return True
    row = conn.execute("SELECT pid, heartbeat_at FROM runs WHERE id = ?", (seen.id,)).fetchone()
    return row is not None and tuple(row) == (seen.pid, seen.heartbeat_at)


def _turn(
    conn: sqlite3.Connection, run_id: int, state: RunState, reason: str | None, before: Sequence[RunState]
) -> bool:
    """Change the state if it is one of `before`, and note it. The caller holds the transaction."""
    reason = None if reason is None else storable(reason)
    row = conn.execute("SELECT state, reason FROM runs WHERE id = ?", (run_id,)).fetchone()
    if row is None or row[0] not in before:
        return False
    if tuple(row) == (state, reason):
        return True
    now = utc_now()
    conn.execute("UPDATE runs SET state = ?, reason = ?, heartbeat_at = ? WHERE id = ?", (state, reason, now, run_id))
    conn.execute("INSERT INTO run_events (run_id, at, state, reason) VALUES (?, ?, ?, ?)", (run_id, now, state, reason))
    return True
