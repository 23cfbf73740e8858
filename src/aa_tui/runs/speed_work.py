"""The worker's part of a speed run: see that the file is the planned one, and measure it."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from aa_tui.catalog import runs
from aa_tui.catalog.rows import RunRow
from aa_tui.engine.errors import GivenUpError
from aa_tui.runs.ending import FINISHED, Ending
from aa_tui.runs.reporter import Reporter


def measure(conn: sqlite3.Connection, run: RunRow, reporter: Reporter) -> Ending:
    """Load the file and run its tests."""
    from aa_tui.runs.speed_bench import check_same_machine, measure_tests

    check_unchanged(run)
    check_same_machine(conn, run)
    note_machine(conn, run)
    with suppress(GivenUpError):
        if measure_tests(conn, run, reporter):
            return FINISHED
    return Ending("stopped", f"{reporter.stop_reason}; what was measured until then is kept")


def note_machine(conn: sqlite3.Connection, run: RunRow) -> None:
    """Note the machine that measures, its build of llama.cpp and its devices, lent ones too.

    Where the build is run in a safer way than as it was built, why is noted as well.
    """
    from aa_tui.engine.build import describe_build
    from aa_tui.engine.offload import ask_build
    from aa_tui.host import machine
    from aa_tui.runs import engine_check

    rpc = tuple(run.settings.get("rpc") or ())
    if rpc:
        ask_build(rpc)  # where a server does not answer, that process is lost and not this one
    build = describe_build(rpc).to_dict()
    trial = engine_check.known(conn)
    told = engine_check.caution(engine_check.as_test(trial)) if trial is not None else None
    engine = {**build, "caution": told} if told else build
    runs.set_machine(conn, run.id, asdict(machine.describe()), engine)


def check_unchanged(run: RunRow) -> None:
    """The figures are about the content that was hashed, not about whatever lies at its path now."""
    stat = Path(run.file.path).stat()
    if (stat.st_size, stat.st_mtime_ns) != (run.file.size_bytes, run.file.mtime_ns):
        raise OSError(f"{Path(run.file.path).name} has changed since the run was planned; measure it anew.")
