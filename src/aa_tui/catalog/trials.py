"""What was found out about llama.cpp on this machine: how it works, and which files crash it."""

from __future__ import annotations

import json
import sqlite3
from typing import Any, NamedTuple

from aa_tui.catalog.clock import utc_now
from aa_tui.catalog.paths import told


class EngineTrial(NamedTuple):
    """How a build works with a processor and a driver; `mode` None: not at all."""

    build: str
    processor: str
    driver: str
    stamp: str
    mode: str | None
    tried: list[dict[str, Any]]
    engine: dict[str, Any]
    tried_at: str


class FileCrash(NamedTuple):
    """A file that crashed a build of llama.cpp, and in which run."""

    file_id: int
    build: str
    run_id: int
    signal: str
    phase: str
    at: str


_TRIAL = ", ".join(EngineTrial._fields)
_CRASH = ", ".join(FileCrash._fields)


def by_stamp(conn: sqlite3.Connection, stamp: str, processor: str, driver: str) -> EngineTrial | None:
    """What is known of these very files, None where nothing is."""
    query = f"SELECT {_TRIAL} FROM engine_trials WHERE stamp = ? AND processor = ? AND driver = ?"
    return _trial(conn.execute(query, (stamp, processor, driver)).fetchone())


def by_build(conn: sqlite3.Connection, build: str, processor: str, driver: str) -> EngineTrial | None:
    """What is known of a build by its content."""
    query = f"SELECT {_TRIAL} FROM engine_trials WHERE build = ? AND processor = ? AND driver = ?"
    return _trial(conn.execute(query, (build, processor, driver)).fetchone())


def put(conn: sqlite3.Connection, trial: EngineTrial) -> None:
    """Keep what was found; of the same build, processor and driver the newest counts."""
    row = (*trial[:5], json.dumps(trial.tried), json.dumps(trial.engine), trial.tried_at)
    with conn:
        conn.execute(f"INSERT OR REPLACE INTO engine_trials ({_TRIAL}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)


def crash_of_file(conn: sqlite3.Connection, file_id: int, build: str) -> FileCrash | None:
    """How a file crashed this build, None where it did not."""
    query = f"SELECT {_CRASH} FROM file_crashes WHERE file_id = ? AND build = ?"
    row = conn.execute(query, (file_id, build)).fetchone()
    return FileCrash(*row) if row else None


def crashes(conn: sqlite3.Connection) -> dict[str, FileCrash]:
    """The newest crash of each file that has one, by its sha256 and by its path."""
    query = f"""SELECT f.sha256, f.path, {", ".join(f"c.{name}" for name in FileCrash._fields)}
                FROM file_crashes c JOIN gguf_files f ON f.id = c.file_id ORDER BY c.at"""
    return {key: FileCrash(*row[2:]) for row in conn.execute(query) for key in (row[0], told(row[1]))}


def note_crash(conn: sqlite3.Connection, file_id: int, build: str, run_id: int, *, signal: str, phase: str) -> None:
    """Mark a file as one that crashes this build."""
    row = FileCrash(file_id, build, run_id, signal, phase, utc_now())
    with conn:
        conn.execute(f"INSERT OR REPLACE INTO file_crashes ({_CRASH}) VALUES (?, ?, ?, ?, ?, ?)", row)


def forget_crash(conn: sqlite3.Connection, file_id: int) -> None:
    """The file has been run to its end: it does not crash."""
    with conn:
        conn.execute("DELETE FROM file_crashes WHERE file_id = ?", (file_id,))


def _trial(row: sqlite3.Row | None) -> EngineTrial | None:
    if row is None:
        return None
    values = dict(zip(EngineTrial._fields, tuple(row), strict=True))
    return EngineTrial(**{**values, "tried": json.loads(values["tried"]), "engine": json.loads(values["engine"])})
