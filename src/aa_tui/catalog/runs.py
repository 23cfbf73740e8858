"""Runs and what they measured. Each writer's call is one short transaction."""

from __future__ import annotations

import json
import re
import sqlite3
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from aa_tui.catalog import asked, files, leaderboard, scores
from aa_tui.catalog.clock import utc_now
from aa_tui.catalog.models import measurement
from aa_tui.catalog.paths import stored, told
from aa_tui.catalog.rows import (
    LIVE_STATES,
    Figure,
    FileRow,
    LocalResult,
    MachineRow,
    RunKind,
    RunRow,
    RunState,
    SampleRow,
)
from aa_tui.catalog.timeline import timeline
from aa_tui.catalog.transaction import transaction
from aa_tui.errors import UsageError

_MACHINE = MachineRow._fields
_SAMPLE = SampleRow._fields
_OBJECTS = ("settings", "engine", "identity_parts", "conditions", "live", "origin_facts")
_MADE = frozenset({"file", "machine", "target", *_OBJECTS})
_SUSTAINED = re.compile(r"sustained(@|\.)").match
_LIVE = ", ".join(f"'{state}'" for state in LIVE_STATES)
LAST_DELETED = "last_deleted_run"
NEXT_ID = (
    "1 + max((SELECT coalesce(max(id), 0) FROM runs), "
    f"(SELECT coalesce(max(CAST(value AS INTEGER)), 0) FROM meta WHERE key = '{LAST_DELETED}'))"
)
_SELECT = f"""
SELECT r.*, {files.COLUMNS_SQL}, {", ".join(f"h.{name} AS h_{name}" for name in _MACHINE)},
  (SELECT l.slug FROM leaderboard l WHERE l.model_id = f.model_id ORDER BY l.reasoning DESC, l.id LIMIT 1) AS slug,
  (SELECT m.name FROM models m WHERE m.id = f.model_id) AS model_name
FROM runs r JOIN gguf_files f ON f.id = r.file_id LEFT JOIN machines h ON h.id = r.machine_id
"""


class UnknownRunError(UsageError):
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


def packs(conn: sqlite3.Connection) -> list[str]:
    """The packs of which there are evaluations, by name."""
    query = "SELECT DISTINCT pack FROM runs WHERE kind = 'eval' AND pack IS NOT NULL ORDER BY pack"
    return [row["pack"] for row in conn.execute(query)]


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


def results_of_model(conn: sqlite3.Connection, model_id: int, *, everywhere: bool = False) -> list[LocalResult]:
    """Every run of this model, but for studies, that has figures and was made here or `everywhere`, newest first."""
    query = f"""{_SELECT} WHERE f.model_id = ? AND r.kind != 'study' {"" if everywhere else "AND r.origin = 'here'"}
                AND EXISTS (SELECT 1 FROM measurements m WHERE m.run_id = r.id)
                ORDER BY r.id DESC"""
    return [result_of(conn, _run(row)) for row in conn.execute(query, (model_id,))]


def studies_of_model(conn: sqlite3.Connection, model_id: int) -> list[RunRow]:
    """Every study of a file of this model that was made here and has found something, newest first."""
    query = f"{_SELECT} WHERE f.model_id = ? AND r.kind = 'study' AND r.origin = 'here' AND r.n_done ORDER BY r.id DESC"
    return [_run(row) for row in conn.execute(query, (model_id,))]


def studies_called(conn: sqlite3.Connection, study: str) -> list[RunRow]:
    """Every run of this study, wherever it was made, oldest first."""
    query = f"{_SELECT} WHERE r.kind = 'study' AND json_extract(r.settings, '$.study') = ? ORDER BY r.id"
    return [_run(row) for row in conn.execute(query, (study,))]


def result_of(conn: sqlite3.Connection, run: RunRow) -> LocalResult:
    """A run with its figures; a run with too many errors has no scores among them."""
    query = """SELECT metric, value, unit, stdev, n, is_estimate, run_id, NULL AS source_name, NULL AS source_url,
                 NULL AS index_version, created_at AS as_of, interval_low, interval_high, interval_method,
                 interval_kind, pack_version
               FROM measurements WHERE run_id = ? ORDER BY id"""
    found = {row["metric"]: measurement(row) for row in conn.execute(query, (run.id,))}
    why = scores.no_headline(conn, run)
    shown = scores.told(found, run, why)
    return LocalResult(run, shown, timeline(conn, run.id) if any(map(_SUSTAINED, found)) else (), why)


def next_id(conn: sqlite3.Connection) -> int:
    """The number of the next run: none that was ever given before. The caller holds the transaction."""
    return int(conn.execute(f"SELECT {NEXT_ID}").fetchone()[0])


def create(
    conn: sqlite3.Connection,
    *,
    kind: RunKind,
    file: FileRow,
    settings: Mapping[str, Any],
    conditions: Mapping[str, Any] | None = None,
    pack: str | None = None,
    pack_version: str | None = None,
    n_items: int | None = None,
    planned: bool = False,
    prompt: str | None = None,
) -> int:
    """Queue a run, or only plan it. Returns its number. `prompt` is the first thing that is asked in it."""
    state: RunState = "planned" if planned else "queued"
    now = utc_now()
    with transaction(conn):
        row = conn.execute(
            "INSERT INTO runs (id, kind, state, file_id, settings, created_at, heartbeat_at, progress_text, "
            f"conditions, pack, pack_version, n_items) VALUES ({NEXT_ID}, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
            "RETURNING id",
            (
                kind,
                state,
                file.id,
                json.dumps(dict(settings)),
                now,
                now,
                "waiting to be started" if planned else "waiting for its worker",
                json.dumps(dict(conditions or {})),
                pack,
                pack_version,
                n_items,
            ),
        ).fetchone()
        _event(conn, int(row[0]), state)
        if prompt is not None:
            asked.put(conn, int(row[0]), prompt)
    return int(row[0])


def set_log_path(conn: sqlite3.Connection, run_id: int, log_path: str) -> None:
    """Note where the worker's own words go."""
    with conn:
        conn.execute("UPDATE runs SET log_path = ? WHERE id = ?", (stored(log_path), run_id))


def set_machine(conn: sqlite3.Connection, run_id: int, machine: Mapping[str, Any], engine: Mapping[str, Any]) -> None:
    """Note the machine that measures and the engine's build."""
    values = {name: machine[name] for name in _MACHINE if name != "id"}
    columns, marks = ", ".join(values), ", ".join("?" * len(values))
    updates = ", ".join(f"{name} = excluded.{name}" for name in values)
    with transaction(conn):
        machine_id = conn.execute(
            f"INSERT INTO machines ({columns}) VALUES ({marks}) "
            f"ON CONFLICT (fingerprint) DO UPDATE SET {updates} RETURNING id",
            tuple(values.values()),
        ).fetchone()[0]
        conn.execute(
            "UPDATE runs SET machine_id = ?, engine = ? WHERE id = ?",
            (machine_id, json.dumps(dict(engine)), run_id),
        )


def set_engine(conn: sqlite3.Connection, run_id: int, engine: Mapping[str, Any]) -> None:
    """Note what computes elsewhere; no machine of the user's has a part in it."""
    with conn:
        conn.execute("UPDATE runs SET machine_id = NULL, engine = ? WHERE id = ?", (json.dumps(dict(engine)), run_id))


def set_settings(conn: sqlite3.Connection, run_id: int, settings: Mapping[str, Any]) -> None:
    """Note the settings as they came to be, defaults filled in; the leaderboard hears what speaks against figures."""
    measured = (
        "SELECT f.model_id FROM runs r JOIN gguf_files f ON f.id = r.file_id WHERE r.id = ? AND f.model_id IS NOT NULL "
        "AND EXISTS (SELECT 1 FROM measurements m WHERE m.run_id = r.id)"
    )
    with transaction(conn):
        conn.execute("UPDATE runs SET settings = ? WHERE id = ?", (json.dumps(dict(settings)), run_id))
        for (model_id,) in conn.execute(measured, (run_id,)).fetchall():
            leaderboard.refresh_model(conn, model_id)


def set_load_time(conn: sqlite3.Connection, run_id: int, load_s: float) -> None:
    """How long the file took to load, in seconds."""
    with conn:
        conn.execute("UPDATE runs SET load_s = ? WHERE id = ?", (load_s, run_id))


def add_sample(conn: sqlite3.Connection, run_id: int, sample: SampleRow) -> None:
    """Journal one repetition; when this returns it survives anything but the disk."""
    add_samples(conn, run_id, [sample])


def add_samples(conn: sqlite3.Connection, run_id: int, samples: Iterable[SampleRow]) -> None:
    """The same of several in one transaction."""
    marks = ", ".join("?" * (len(_SAMPLE) + 1))
    with transaction(conn):
        conn.executemany(
            f"INSERT INTO speed_samples (run_id, {', '.join(_SAMPLE)}) VALUES ({marks})",
            [(run_id, *sample) for sample in samples],
        )


def drop_samples(conn: sqlite3.Connection, run_id: int, tests: Iterable[str]) -> None:
    """Forget what was clocked of tests that were cut short: they are made again as a whole."""
    with transaction(conn):
        conn.executemany("DELETE FROM speed_samples WHERE run_id = ? AND test = ?", [(run_id, test) for test in tests])


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
    put_figures(conn, run, [Figure(metric, value, unit, stdev=stdev, n=n)])


def put_figures(conn: sqlite3.Connection, run: RunRow, figures: Iterable[Figure]) -> None:
    """Note figures of a run in one transaction; the model's lines on the leaderboard follow at once.

    The scores of an evaluation replace all that it had: one that is no longer told is gone.
    """
    figures = list(figures)
    columns = ", ".join(Figure._fields)
    marks = ", ".join("?" * (len(Figure._fields) + 3))
    updates = ", ".join(f"{name} = excluded.{name}" for name in Figure._fields[1:])
    now = utc_now()
    with transaction(conn):
        if run.kind == "eval":
            names = {figure.metric for figure in figures}
            noted = conn.execute("SELECT id, metric FROM measurements WHERE run_id = ?", (run.id,)).fetchall()
            gone = [(row[0],) for row in noted if scores.is_score(row[1]) and row[1] not in names]
            conn.executemany("DELETE FROM measurements WHERE id = ?", gone)
        conn.executemany(
            f"INSERT INTO measurements ({columns}, file_id, run_id, created_at) VALUES ({marks}) "
            f"ON CONFLICT (run_id, file_id, metric) WHERE run_id IS NOT NULL DO UPDATE SET {updates}, "
            "created_at = excluded.created_at",  # of two catalogs' figures those that were noted last count
            [(*figure, run.file.id, run.id, now) for figure in figures],
        )
        if run.file.model_id is not None:
            leaderboard.refresh_model(conn, run.file.model_id)


def delete(conn: sqlite3.Connection, run: RunRow) -> None:
    """Delete a run with all that it measured. The caller has made sure that no worker has it.

    Its number is not given again: whoever follows it, and its log, would take another run for it. Nor does it come
    again unasked with another catalog that has it.
    """
    with transaction(conn):
        conn.execute(
            "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE "
            "SET value = max(CAST(value AS INTEGER), CAST(excluded.value AS INTEGER))",
            (LAST_DELETED, str(run.id)),
        )
        conn.execute("INSERT OR REPLACE INTO deleted_runs (uid, deleted_at) VALUES (?, ?)", (run.uid, utc_now()))
        conn.execute("DELETE FROM runs WHERE id = ?", (run.id,))
        if run.file.model_id is not None:
            leaderboard.refresh_model(conn, run.file.model_id)


def _run(row: sqlite3.Row) -> RunRow:
    file = files.file_of(row)
    machine = MachineRow(**{name: row[f"h_{name}"] for name in _MACHINE}) if row["h_id"] else None
    own = {name: row[name] for name in RunRow._fields if name not in _MADE}
    own |= {name: json.loads(row[name]) for name in _OBJECTS}
    own["interrupted"] = bool(own["interrupted"])
    own["log_path"] = None if own["log_path"] is None else told(own["log_path"])
    own["crash"] = json.loads(own["crash"]) if own["crash"] else None
    return RunRow(**own, file=file, machine=machine, target=row["model_name"] or file.name or file.shown_name)


def _event(conn: sqlite3.Connection, run_id: int, state: RunState, reason: str | None = None) -> None:
    """Note a turn of a run's life. The caller holds the transaction."""
    conn.execute(
        "INSERT INTO run_events (run_id, at, state, reason) VALUES (?, ?, ?, ?)", (run_id, utc_now(), state, reason)
    )
