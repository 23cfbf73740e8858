"""What a worker may load: in the way in which llama.cpp works here, and no file that crashed it unless asked to."""

from __future__ import annotations

import sqlite3

from aa_tui.catalog import life, trials
from aa_tui.catalog.rows import FileRow, RunRow
from aa_tui.catalog.trials import FileCrash
from aa_tui.engine.binaries import not_installed
from aa_tui.engine.errors import EngineError
from aa_tui.engine.ways import Way
from aa_tui.library.engine_trial import as_test, check, known, none_works
from aa_tui.runs.death import doing
from aa_tui.runs.errors import RunError
from aa_tui.runs.patience import patiently


def check_installed() -> None:
    """Raises EngineError where llama.cpp is not installed. Asked before a run is noted: it could not begin."""
    if words := not_installed():
        raise EngineError(words)


def way_to_run(conn: sqlite3.Connection) -> Way:
    """The way in which a worker runs llama.cpp. Raises EngineError where none works."""
    check_installed()
    test = as_test(patiently(lambda: check(conn)))
    if not test.ok:
        raise EngineError(none_works(test))
    return test.way


def check_not_crashed(conn: sqlite3.Connection, run: RunRow) -> None:
    """A file that has crashed llama.cpp since this run was asked for is not loaded. Raises RunError."""
    found = crash_here(conn, run.file.id)
    if found is not None and found.at > max(
        (event.at for event in life.events(conn, run.id) if event.state == "queued"), default=run.created_at
    ):
        raise RunError(crash_words(run, found))


def check_may_run(conn: sqlite3.Connection, file: FileRow) -> None:
    """Raises RunError for a file that crashes the build of llama.cpp that is installed."""
    found = crash_here(conn, file.id)
    if found is not None:
        raise RunError(
            f"{file.shown_name} crashed llama.cpp in run {found.run_id} ({found.signal} {doing(found.phase)}): "
            f"`aa-tui runs show {found.run_id}` tells more, --force tries it again."
        )


def crash_words(run: RunRow, found: FileCrash) -> str:
    """Why a run is not begun of its own accord."""
    return (
        f"Run {run.id} was not begun: {run.file.shown_name} crashed llama.cpp in run {found.run_id} "
        f"({found.signal} {doing(found.phase)}). `aa-tui runs resume {run.id}` tries it all the same."
    )


def crash_here(conn: sqlite3.Connection, file_id: int) -> FileCrash | None:
    """How a file crashed the build that is installed, None where it did not, or nobody knows which build this is."""
    trial = known(conn)
    return None if trial is None else trials.crash_of_file(conn, file_id, trial.build)
