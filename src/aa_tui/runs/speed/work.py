"""The worker's part of a speed run: see that the file is the planned one and stays it, and measure it."""

from __future__ import annotations

import sqlite3

from aa_tui.catalog.rows import RunRow
from aa_tui.engine.errors import EngineError, GivenUpError
from aa_tui.gguf.errors import GGUFError
from aa_tui.runs.ending import FINISHED, Ending
from aa_tui.runs.guard import Guard
from aa_tui.runs.machine_state import note_machine
from aa_tui.runs.reporter import Reporter


def measure(conn: sqlite3.Connection, run: RunRow, reporter: Reporter) -> Ending:
    """Load the file and run its tests; of a served model ask its server."""
    if run.file.is_served:
        from aa_tui.runs.speed.load import measure_load

        return measure_load(conn, run, reporter)
    from aa_tui.runs.speed.bench import check_same_machine, measure_tests

    guard = Guard(conn, run)
    reporter.guard(guard.look)
    check_same_machine(conn, run)
    note_machine(conn, run)
    try:
        if measure_tests(conn, run, reporter, guard):
            return FINISHED
    except (EngineError, GGUFError) as error:  # a file that is being overwritten may be anything
        guard.check(error)
        if not isinstance(error, GivenUpError):
            raise
    guard.check()
    words = f"{reporter.stop_reason}; what was measured until then is kept"
    return Ending("stopped", words, reporter.stopped_by)
