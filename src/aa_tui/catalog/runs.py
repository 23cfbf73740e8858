"""Runs and what they measured. Each writer's call is one short transaction."""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Mapping
from typing import Any

from aa_tui.catalog import files, leaderboard
from aa_tui.catalog.clock import utc_now
from aa_tui.catalog.models import measurement
from aa_tui.catalog.rows import LIVE_STATES, FileRow, LocalResult, MachineRow, RunRow, RunState, SampleRow

_MACHINE = MachineRow._fields
_SAMPLE = SampleRow._fields
_LIVE = ", ".join(f"'{state}'" for state in LIVE_STATES)
_SELECT = f"""
SELECT r.*, {files.COLUMNS_SQL}, {", ".join(f"h.{name} AS h_{name}" for name in _MACHINE)},
  (SELECT l.slug FROM leaderboard l WHERE l.model_id = f.model_id ORDER BY l.reasoning DESC, l.id LIMIT 1) AS slug,
  (SELECT m.name FROM models m WHERE m.id = f.model_id) AS model_name
FROM runs r JOIN gguf_files f ON f.id = r.file_id LEFT JOIN machines h ON h.id = r.machine_id
"""


class UnknownRunError(Exception):
    """There is no run with this number."""

    def __init__(self, run_id: int) -> None:
        super().__init__(f"There is no run {run_id}; `aa-tui runs` lists them.")


def data_version(conn: sqlite3.Connection) -> int:
    """A number that changes when another connection has changed the catalog."""
    return int(conn.execute("PRAGMA data_version").fetchone()[0])


def list_runs(conn: sqlite3.Connection, limit: int | None = None) -> list[RunRow]:
    """All runs, newest first."""
    query = f"{_SELECT} ORDER BY r.id DESC LIMIT ?"
    return [_run(row) for row in conn.execute(query, (-1 if limit is None else limit,))]


def live_runs(conn: sqlite3.Connection) -> list[RunRow]:
    """The runs that a worker still has to do something for, oldest first."""
    return [_run(row) for row in conn.execute(f"{_SELECT} WHERE r.state IN ({_LIVE}) ORDER BY r.id")]


def get(conn: sqlite3.Connection, run_id: int) -> RunRow:
    """One run. Raises `UnknownRunError`."""
    row = conn.execute(f"{_SELECT} WHERE r.id = ?", (min(run_id, sys.maxsize),)).fetchone()  # SQLite's largest
    if row is None:
        raise UnknownRunError(run_id)
    return _run(row)


def samples(conn: sqlite3.Connection, run_id: int) -> list[SampleRow]:
    """Every repetition of a run as clocked, in the order measured."""
    query = f"SELECT {', '.join(_SAMPLE)} FROM speed_samples WHERE run_id = ? ORDER BY id"
    return [SampleRow(**{**dict(row), "warmup": bool(row["warmup"])}) for row in conn.execute(query, (run_id,))]


def results_of_model(conn: sqlite3.Connection, model_id: int) -> list[LocalResult]:
    """Every run of a file of this model that has figures, newest first."""
    query = f"""{_SELECT} WHERE f.model_id = ? AND EXISTS (SELECT 1 FROM measurements m WHERE m.run_id = r.id)
                ORDER BY r.id DESC"""
    return [result_of(conn, _run(row)) for row in conn.execute(query, (model_id,))]


def result_of(conn: sqlite3.Connection, run: RunRow) -> LocalResult:
    """A run with its figures."""
    query = """SELECT metric, value, unit, stdev, n, is_estimate, run_id, NULL AS source_name, NULL AS source_url,
                 NULL AS index_version, created_at AS as_of
               FROM measurements WHERE run_id = ? ORDER BY id"""
    found = {row["metric"]: measurement(row) for row in conn.execute(query, (run.id,))}
    return LocalResult(run, found)


def create(
    conn: sqlite3.Connection,
    *,
    kind: str,
    file: FileRow,
    settings: Mapping[str, Any],
    log_path: str | None = None,
) -> int:
    """Queue a run. Returns its number."""
    with conn:
        row = conn.execute(
            "INSERT INTO runs (kind, state, file_id, settings, created_at, log_path, progress_text) "
            "VALUES (?, 'queued', ?, ?, ?, ?, 'waiting for its worker') RETURNING id",
            (kind, file.id, json.dumps(dict(settings)), utc_now(), log_path),
        ).fetchone()
    return int(row[0])


def set_log_path(conn: sqlite3.Connection, run_id: int, log_path: str) -> None:
    """Note where the worker's own words go."""
    with conn:
        conn.execute("UPDATE runs SET log_path = ? WHERE id = ?", (log_path, run_id))


def claim(conn: sqlite3.Connection, run_id: int, pid: int, pid_started_at: float) -> bool:
    """Make this process the run's worker. False when another took it or it has ended: two never run one run."""
    with conn:
        changed = conn.execute(
            "UPDATE runs SET pid = ?, pid_started_at = ?, heartbeat_at = ? "
            "WHERE id = ? AND state = 'queued' AND pid IS NULL",
            (pid, pid_started_at, utc_now(), run_id),
        ).rowcount
    return changed == 1


def begin(conn: sqlite3.Connection, run_id: int) -> bool:
    """The worker's turn has come. False when the run was stopped while it waited."""
    now = utc_now()
    with conn:
        changed = conn.execute(
            "UPDATE runs SET state = 'starting', started_at = ?, heartbeat_at = ?, progress_text = 'starting' "
            "WHERE id = ? AND state = 'queued'",
            (now, now, run_id),
        ).rowcount
    return changed == 1


def set_machine(conn: sqlite3.Connection, run_id: int, machine: Mapping[str, Any], engine: Mapping[str, Any]) -> None:
    """Note the machine that measures and the engine's build."""
    values = {name: machine[name] for name in _MACHINE if name != "id"}
    columns, marks = ", ".join(values), ", ".join("?" * len(values))
    updates = ", ".join(f"{name} = excluded.{name}" for name in values)
    with conn:
        conn.execute("BEGIN IMMEDIATE")
        machine_id = conn.execute(
            f"INSERT INTO machines ({columns}) VALUES ({marks}) "
            f"ON CONFLICT (fingerprint) DO UPDATE SET {updates} RETURNING id",
            tuple(values.values()),
        ).fetchone()[0]
        conn.execute(
            "UPDATE runs SET machine_id = ?, engine = ? WHERE id = ?",
            (machine_id, json.dumps(dict(engine)), run_id),
        )


def set_settings(conn: sqlite3.Connection, run_id: int, settings: Mapping[str, Any]) -> None:
    """Note the settings as they came to be, defaults filled in."""
    with conn:
        conn.execute("UPDATE runs SET settings = ? WHERE id = ?", (json.dumps(dict(settings)), run_id))


def set_progress(conn: sqlite3.Connection, run_id: int, fraction: float, text: str) -> None:
    """The live row: how far (0 to 1) and what is going on. A sign of life as well."""
    with conn:
        conn.execute(
            "UPDATE runs SET state = 'running', progress = ?, progress_text = ?, heartbeat_at = ? "
            "WHERE id = ? AND state IN ('starting', 'running')",  # one that still waits has nothing to tell
            (fraction, text, utc_now(), run_id),
        )


def set_load_time(conn: sqlite3.Connection, run_id: int, load_s: float) -> None:
    """How long the file took to load, in seconds."""
    with conn:
        conn.execute("UPDATE runs SET load_s = ? WHERE id = ?", (load_s, run_id))


def add_sample(conn: sqlite3.Connection, run_id: int, sample: SampleRow) -> None:
    """Journal one repetition; when this returns it survives anything but the disk."""
    marks = ", ".join("?" * (len(_SAMPLE) + 1))
    with conn:
        conn.execute(
            f"INSERT INTO speed_samples (run_id, {', '.join(_SAMPLE)}) VALUES ({marks})",
            (run_id, *sample),
        )


def put_measurement(
    conn: sqlite3.Connection,
    run: RunRow,
    metric: str,
    value: float,
    unit: str,
    *,
    stdev: float | None = None,
    n: int | None = None,
) -> None:
    """Note a figure of a run; the model's lines on the leaderboard follow at once."""
    with conn:
        conn.execute("BEGIN IMMEDIATE")
        conn.execute(
            "INSERT INTO measurements (file_id, metric, value, unit, stdev, n, run_id, created_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (run_id, file_id, metric) WHERE run_id IS NOT NULL "
            "DO UPDATE SET value = excluded.value, stdev = excluded.stdev, n = excluded.n",
            (run.file.id, metric, value, unit, stdev, n, run.id, utc_now()),
        )
        if run.file.model_id is not None:
            leaderboard.refresh_model(conn, run.file.model_id)


def request_stop(conn: sqlite3.Connection, run_id: int) -> None:
    """Ask the worker to stop. What it has finished stays. A run that no worker has taken yet ends here."""
    with conn:
        conn.execute(f"UPDATE runs SET control = 'stop' WHERE id = ? AND state IN ({_LIVE})", (run_id,))
        conn.execute(
            "UPDATE runs SET state = 'stopped', reason = 'stopped before it began', ended_at = ? "
            "WHERE id = ? AND state = 'queued'",
            (utc_now(), run_id),
        )


def stop_requested(conn: sqlite3.Connection, run_id: int) -> bool:
    """Whether somebody asked this run's worker to stop."""
    row = conn.execute("SELECT control FROM runs WHERE id = ?", (run_id,)).fetchone()
    return row is None or row[0] == "stop"


def end(
    conn: sqlite3.Connection,
    run_id: int,
    state: RunState,
    reason: str | None = None,
    peak_memory_bytes: int | None = None,
) -> None:
    """End a live run; one that has ended already stays as it is."""
    with conn:
        conn.execute(
            "UPDATE runs SET state = ?, reason = ?, ended_at = ?, progress_text = '', "
            "peak_memory_bytes = coalesce(?, peak_memory_bytes), "
            f"progress = CASE WHEN ? = 'finished' THEN 1 ELSE progress END WHERE id = ? AND state IN ({_LIVE})",
            (state, reason, utc_now(), peak_memory_bytes, state, run_id),
        )


def _run(row: sqlite3.Row) -> RunRow:
    file = files.file_of(row)
    machine = MachineRow(**{name: row[f"h_{name}"] for name in _MACHINE}) if row["h_id"] else None
    own = {
        name: row[name] for name in RunRow._fields if name not in ("file", "machine", "target", "settings", "engine")
    }
    return RunRow(
        **own,
        file=file,
        machine=machine,
        target=row["model_name"] or file.name or file.path,
        settings=json.loads(row["settings"]),
        engine=json.loads(row["engine"]),
    )
