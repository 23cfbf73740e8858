"""What lies on this machine: folders to look in, files seen there, and how fast the memory is."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from aa_tui.catalog.clock import utc_now
from aa_tui.catalog.paths import stored, told
from aa_tui.catalog.reliability import unreliable


class SeenFile(NamedTuple):
    """A file at a path, unchanged as long as size and mtime are. Hashes in hexadecimal.

    `sha256` was computed here, `stated_sha256` is what `stated_by` says; `summary` is the digest of its header.
    """

    path: str
    size_bytes: int
    mtime_ns: int
    sha256: str | None
    stated_sha256: str | None
    stated_by: str | None
    summary: dict[str, Any]
    model_id: int | None


class Bandwidth(NamedTuple):
    """How fast a machine read its memory when that was measured (UTC)."""

    bytes_per_s: float
    n_threads: int
    measured_at: str


_COLUMNS = ", ".join(SeenFile._fields)


def folders(conn: sqlite3.Connection) -> list[str]:
    """The folders that the user added, by path."""
    return [told(row[0]) for row in conn.execute("SELECT path FROM file_folders ORDER BY path")]


def add_folder(conn: sqlite3.Connection, path: str) -> None:
    """Look in this folder from now on."""
    with conn:
        conn.execute("INSERT INTO file_folders VALUES (?, ?) ON CONFLICT DO NOTHING", (stored(path), utc_now()))


def remove_folder(conn: sqlite3.Connection, path: str) -> bool:
    """Look in this folder no more. False when it was not among them."""
    with conn:
        return conn.execute("DELETE FROM file_folders WHERE path = ?", (stored(path),)).rowcount == 1


def seen(conn: sqlite3.Connection) -> dict[str, SeenFile]:
    """Every file that was seen, by path."""
    rows = map(_seen, conn.execute(f"SELECT {_COLUMNS} FROM seen_files"))
    return {row.path: row for row in rows}


def seen_at(conn: sqlite3.Connection, path: str) -> SeenFile | None:
    """The file seen at this path."""
    row = conn.execute(f"SELECT {_COLUMNS} FROM seen_files WHERE path = ?", (stored(path),)).fetchone()
    return _seen(row) if row else None


def seen_of_model(conn: sqlite3.Connection, model_id: int) -> list[SeenFile]:
    """The files seen of a model, smallest first."""
    query = f"SELECT {_COLUMNS} FROM seen_files WHERE model_id = ? ORDER BY size_bytes, path"
    return [_seen(row) for row in conn.execute(query, (model_id,))]


def note(conn: sqlite3.Connection, files: Iterable[SeenFile]) -> None:
    """Note files as they are now; one that changed since loses what was known of its content."""
    values = [
        (
            stored(one.path),
            one.size_bytes,
            one.mtime_ns,
            one.sha256,
            one.stated_sha256,
            one.stated_by,
            json.dumps(one.summary),
            one.model_id,
            utc_now(),
        )
        for one in files
    ]
    with conn:
        conn.executemany(
            f"INSERT INTO seen_files ({_COLUMNS}, seen_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (path) "
            "DO UPDATE SET size_bytes = excluded.size_bytes, mtime_ns = excluded.mtime_ns, "
            "sha256 = excluded.sha256, stated_sha256 = excluded.stated_sha256, stated_by = excluded.stated_by, "
            "summary = excluded.summary, model_id = excluded.model_id, seen_at = excluded.seen_at",
            values,
        )


def set_sha256(conn: sqlite3.Connection, path: str, sha256: str) -> None:
    """Note the content's hash of a file that was seen."""
    with conn:
        conn.execute("UPDATE seen_files SET sha256 = ? WHERE path = ?", (sha256, stored(path)))


def forget(conn: sqlite3.Connection, paths: Iterable[str]) -> None:
    """Forget files that are gone. What was measured of their contents stays."""
    with conn:
        conn.executemany("DELETE FROM seen_files WHERE path = ?", [(stored(path),) for path in paths])


def hash_known(conn: sqlite3.Connection, path: str, size_bytes: int, mtime_ns: int) -> str | None:
    """The hash of an unchanged file, as a run or an earlier look computed it."""
    for table in ("gguf_files", "seen_files"):
        row = conn.execute(
            f"SELECT sha256 FROM {table} WHERE path = ? AND size_bytes = ? AND mtime_ns = ? AND sha256 IS NOT NULL",
            (stored(path), size_bytes, mtime_ns),
        ).fetchone()
        if row:
            return str(row[0])
    return None


def model_of_content(conn: sqlite3.Connection, sha256: str) -> int | None:
    """The model that a file of this content was linked to."""
    row = conn.execute("SELECT model_id FROM gguf_files WHERE sha256 = ?", (sha256,)).fetchone()
    return None if row is None or row[0] is None else int(row[0])


def model_slugs(conn: sqlite3.Connection) -> dict[int, tuple[str, str]]:
    """The slug and name by which each model is shown, by its id: those of its reasoning variant if it has one."""
    query = "SELECT model_id, slug, name FROM leaderboard ORDER BY reasoning, id DESC"
    return {row[0]: (row[1], row[2]) for row in conn.execute(query)}


def bandwidth(conn: sqlite3.Connection, fingerprint: str) -> Bandwidth | None:
    """The bandwidth of the machine with this fingerprint, if it was measured."""
    row = conn.execute(
        "SELECT bytes_per_s, n_threads, measured_at FROM memory_bandwidth WHERE fingerprint = ?", (fingerprint,)
    ).fetchone()
    return Bandwidth(*row) if row else None


def put_bandwidth(conn: sqlite3.Connection, fingerprint: str, bytes_per_s: float, n_threads: int) -> Bandwidth:
    """Note a measurement of now, and say what holds: the best there was, since anything that goes on lowers it."""
    found = Bandwidth(bytes_per_s, n_threads, utc_now())
    with conn:
        conn.execute(
            "INSERT INTO memory_bandwidth VALUES (?, ?, ?, ?) ON CONFLICT (fingerprint) DO UPDATE SET "
            "bytes_per_s = excluded.bytes_per_s, n_threads = excluded.n_threads, measured_at = excluded.measured_at "
            "WHERE excluded.bytes_per_s > bytes_per_s",
            (fingerprint, *found),
        )
    return bandwidth(conn, fingerprint) or found


class MeasuredSpeed(NamedTuple):
    """Generation of a file on a machine: tokens/s in a run, and whether they are unreliable."""

    sha256: str
    size_bytes: int
    tps: float
    run_id: int
    is_unreliable: bool


def measured_tg(conn: sqlite3.Connection, fingerprint: str) -> list[MeasuredSpeed]:
    """Generation speeds measured on a machine, the newest run's of each file."""
    query = f"""
SELECT f.sha256, f.size_bytes, m.value, m.run_id, {unreliable("r", "m")} FROM measurements m
JOIN gguf_files f ON f.id = m.file_id JOIN runs r ON r.id = m.run_id JOIN machines h ON h.id = r.machine_id
WHERE h.fingerprint = ? AND m.metric LIKE 'tg%' AND m.metric NOT LIKE '%.%' ORDER BY m.run_id DESC, m.id"""
    found: dict[str, MeasuredSpeed] = {}
    for sha256, size_bytes, tps, run_id, flag in conn.execute(query, (fingerprint,)):
        found.setdefault(sha256, MeasuredSpeed(sha256, size_bytes, tps, run_id, bool(flag)))
    return list(found.values())


def quick_check(conn: sqlite3.Connection, seconds: float) -> str | None:
    """What SQLite's own check says of the database ("ok" when sound), None when it took longer than `seconds`."""
    import time

    deadline = time.monotonic() + seconds
    conn.set_progress_handler(lambda: int(time.monotonic() > deadline), 10_000)
    try:
        return str(conn.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
            return None
        raise
    finally:
        conn.set_progress_handler(None, 0)


def _seen(row: Mapping[str, Any]) -> SeenFile:
    values = {name: row[name] for name in SeenFile._fields}
    values |= {"path": told(values["path"]), "summary": json.loads(values["summary"])}
    return SeenFile(**values)
