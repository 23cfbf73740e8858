"""Studies that are made in the tests' own process, as their worker would make them."""

from __future__ import annotations

import os
import sqlite3

from aa_tui.catalog import life, runs
from aa_tui.catalog.db import path_of
from aa_tui.catalog.rows import RunRow
from aa_tui.host.machine import process_started_at
from aa_tui.runs.reporter import Reporter
from aa_tui.runs.studies.work import study


class _Impatient(Reporter):
    """One that asks to stop once so many pieces are noted."""

    def __init__(self, conn: sqlite3.Connection, run_id: int, most: int | None) -> None:
        super().__init__(path_of(conn), run_id)
        self._conn, self._id, self._most = conn, run_id, most

    def should_stop(self) -> bool:
        """Whether enough is noted."""
        return self._most is not None and runs.get(self._conn, self._id).n_done >= self._most


def studied(conn: sqlite3.Connection, run_id: int, *, most: int | None = None) -> RunRow:
    """Do what is left of a study, or stop once `most` pieces are noted."""
    if runs.get(conn, run_id).state == "stopped":
        assert life.requeue(conn, run_id, None, seen="stopped")
    assert life.claim(conn, run_id, os.getpid(), process_started_at())
    assert life.begin(conn, run_id)
    ending = study(conn, runs.get(conn, run_id), _Impatient(conn, run_id, most))
    life.end(conn, run_id, ending.state, ending.reason, by=ending.by)
    return runs.get(conn, run_id)
