"""A run's work done here and now, as its worker would, on an engine that writes what it is told."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aa_tui.catalog import life, runs
from aa_tui.catalog.db import path_of
from aa_tui.catalog.rows import RunRow
from aa_tui.engine.mock import MockEngine, Replies
from aa_tui.engine.settings import EngineSettings
from aa_tui.runs.ending import Ending
from aa_tui.runs.patience import patiently
from aa_tui.runs.reporter import Reporter

Opener = Callable[..., MockEngine]
"""What loads a file."""


def opener(replies: Replies, made: Callable[[MockEngine], object] = lambda _: None, **options: Any) -> Opener:
    """Opens any file that is there as a mock."""

    def open_mock(path: Path, settings: EngineSettings, on_progress: object = None) -> MockEngine:
        assert path.is_file()
        resolved = settings.resolved(default_threads=2, gpu_offload=False)
        engine = MockEngine(replies=replies, settings=resolved, **options)
        made(engine)
        return engine

    return open_mock


def worked(conn: sqlite3.Connection, run_id: int, work: Callable[[RunRow, Reporter], Ending]) -> Ending:
    """Claim the run, do its work and note how it ended."""
    if runs.get(conn, run_id).state != "queued":
        assert life.requeue(conn, run_id)
    assert patiently(lambda: life.claim(conn, run_id, 1, 1.0))
    assert patiently(lambda: life.begin(conn, run_id))
    with Reporter(path_of(conn), run_id) as reporter:
        ending = work(runs.get(conn, run_id), reporter)
    patiently(lambda: life.end(conn, run_id, ending.state, ending.reason, by=ending.by))
    return ending
