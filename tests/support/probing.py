"""Probes of watched files, made in the tests' own process and short, so that they are quick."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

from aa_tui.catalog import life, runs
from aa_tui.catalog.db import path_of
from aa_tui.catalog.rows import RunRow
from aa_tui.gguf.bundled import models_folder
from aa_tui.host.machine import process_started_at
from aa_tui.runs.reporter import Reporter
from aa_tui.runs.studies import probe as study
from aa_tui.runs.studies import work
from aa_tui.runs.studies.desk import Desk
from aa_tui.runs.studies.probe_plan import WatchOptions, prepare_watch

Q8, Q4 = (str(models_folder() / f"aa-nano-{quant}.gguf") for quant in ("Q8_0", "Q4_0"))
SHORT: dict[str, Any] = {
    "N_ITEMS": 6,
    "N_BLOCKS": 2,
    "REPETITIONS": 2,
    "ROUNDS": 2,
    "MORE_ROUNDS": 0,
    "ANSWER_TOKENS": 12,
}


class StoppedError(Exception):
    """The worker is gone, as if it had been killed."""


def work_on(conn: sqlite3.Connection, run_id: int, *, dies_after: int | None = None) -> RunRow:
    """Do what is left of a short probe as its worker would; raise StoppedError once so many pieces are noted."""
    life.claim(conn, run_id, os.getpid(), process_started_at())
    life.begin(conn, run_id)
    note: Callable[..., Any] = Desk.note
    noted = 0

    def noting(desk: Desk, *facts: Any) -> None:
        nonlocal noted
        if noted == dies_after:
            raise StoppedError
        note(desk, *facts)
        noted += 1

    with patch.multiple(study, **SHORT), patch.object(Desk, "note", noting):
        ending = work.study(conn, runs.get(conn, run_id), Reporter(path_of(conn), run_id))
    life.end(conn, run_id, ending.state, ending.reason)
    return runs.get(conn, run_id)


def probe(conn: sqlite3.Connection, target: str = Q8, **options: Any) -> RunRow:
    """A finished short probe."""
    return work_on(conn, prepare_watch(conn, target, options=WatchOptions(**{"n_threads": 1, **options})))
