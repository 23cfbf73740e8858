"""The worker's part of a study: see that the file is the planned one and stays it, and have it studied."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from importlib import import_module

from aa_tui.catalog.rows import RunRow
from aa_tui.engine.errors import EngineError, GivenUpError
from aa_tui.gguf.errors import GGUFError
from aa_tui.runs.ending import FINISHED, Ending
from aa_tui.runs.errors import RunError
from aa_tui.runs.guard import Guard
from aa_tui.runs.machine_state import note_machine
from aa_tui.runs.reporter import Reporter
from aa_tui.runs.studies.desk import Desk

Study = Callable[[Desk], bool]
"""Does what is left of a study, and notes each piece when it is done. False when it was stopped before the end."""

STUDIES: dict[str, str] = {
    "cache": "aa_tui.runs.studies.cache",
    "divergence": "aa_tui.runs.studies.divergence",
    "speculation": "aa_tui.runs.studies.speculation",
    "watch": "aa_tui.runs.studies.probe",
}
"""The module of each study by its name; its function `study` is a `Study`."""


def study(conn: sqlite3.Connection, run: RunRow, reporter: Reporter) -> Ending:
    """Do what is left of a study. Raises RunError for one that this version does not know."""
    name = run.setup.study
    if name not in STUDIES:
        raise RunError(f"This version of aa-tui knows no study of {name or 'this kind'}: update it.")
    do: Study = import_module(STUDIES[name]).study
    guard = Guard(conn, run)
    reporter.guard(guard.look)
    note_machine(conn, run)
    try:
        if do(Desk(conn, run, reporter, guard)):
            return FINISHED
    except (EngineError, GGUFError) as error:  # a file that is being overwritten may be anything
        guard.check(error)
        if not isinstance(error, GivenUpError):
            raise
    guard.check()
    return Ending("stopped", f"{reporter.stop_reason}; what was found until then is kept", reporter.stopped_by)
