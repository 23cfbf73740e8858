"""Files, figures and runs noted in a catalog, as the program notes them."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import psutil

from aa_tui.catalog import files, life, models, runs
from aa_tui.catalog.rows import FileRow, SampleRow


def put_file(conn: sqlite3.Connection, name: str = "Model-Q8_0", sha256: str = "a" * 64) -> FileRow:
    return files.put(
        conn,
        path=f"/models/{name}.gguf",
        sha256=sha256,
        size_bytes=1000,
        mtime_ns=1,
        quant="Q8_0",
        architecture="llama",
        n_params=3_930_000_000,
        context_tokens=4096,
        name=name,
        metadata={},
    )


def measure(conn: sqlite3.Connection, slug: str = "nanbeige4-1-3b", tg: float = 18.5) -> int:
    """A finished run with a figure, as the worker notes it."""
    file = put_file(conn)
    model = models.resolve(conn, slug)
    files.link(conn, file.id, model.model_id)
    run_id = runs.create(conn, kind="speed", file=files.get(conn, file.id), settings={"n_threads": 2})
    assert life.claim(conn, run_id, 1, 1.0)
    assert life.begin(conn, run_id)
    sample = SampleRow("tg128", 1, False, 0, 128, 128 / tg, tg, None, None, None, "2026-11-24T00:00:00+00:00")
    runs.add_sample(conn, run_id, sample)
    runs.put_measurement(conn, runs.get(conn, run_id), "tg128", tg, "tokens/s", stdev=0.1, n=1)
    life.end(conn, run_id, "finished")
    return run_id


SLUG = "nanbeige4-1-3b"


def a_file(conn: sqlite3.Connection, path: Path, model_id: int | None, sha256: str = "ab" * 32) -> FileRow:
    """A file of a model, noted in the catalog."""
    file = files.put(
        conn,
        path=str(path),
        sha256=sha256,
        size_bytes=2_400_000_000,
        mtime_ns=1,
        quant="Q4_K_M",
        architecture="llama",
        n_params=3_930_000_000,
        context_tokens=4096,
        name="model",
        metadata={},
    )
    if model_id is not None:
        files.link(conn, file.id, model_id)
    return files.get(conn, file.id)


def take(conn: sqlite3.Connection, run_id: int) -> None:
    """Make this process the run's worker; one that is not there would be found out at once."""
    life.claim(conn, run_id, os.getpid(), psutil.Process().create_time())
    life.begin(conn, run_id)


def model_id_of(conn: sqlite3.Connection, slug: str = SLUG) -> int:
    """The id of a model's weights."""
    return int(conn.execute("SELECT model_id FROM leaderboard WHERE slug = ?", (slug,)).fetchone()[0])
