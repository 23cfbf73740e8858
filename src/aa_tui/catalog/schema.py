"""The schema, as migrations. A migration that has landed is never edited: a change is a new one below it.

Their SQL is in `migrations/`, a file each. Each ends by setting `PRAGMA user_version`, so that opening a catalog can
tell from one number, without importing sqlite-utils, whether anything is to be done.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from sqlite_utils import Database, Migrations

from aa_tui.catalog.endings import mend_words
from aa_tui.catalog.mending import mend_paths

migrations = Migrations("aa_tui")

_FOLDER = Path(__file__).parent / "migrations"


def _run(db: Database, name: str) -> None:
    """Statement by statement: `executescript` would commit the surrounding transaction."""
    statement = ""
    for line in (_FOLDER / f"{name}.sql").read_text(encoding="utf-8").splitlines(keepends=True):
        statement += line
        if line.rstrip().endswith(";") and sqlite3.complete_statement(statement):
            db.conn.execute(statement)
            statement = ""
    db.conn.execute(f"PRAGMA user_version = {int(name[:3])}")


@migrations()
def m001_first(db: Database) -> None:
    """Everything that the first release holds."""
    _run(db, "001_first")


@migrations()
def m002_best_first(db: Database) -> None:
    """The index of the leaderboard's default order."""
    _run(db, "002_best_first")


@migrations()
def m003_files_here(db: Database) -> None:
    """The library of files, and the machine's memory bandwidth."""
    _run(db, "003_files_here")


@migrations()
def m004_evaluations(db: Database) -> None:
    """Evaluations: samples, verdicts, the live view, and a run's identity and life."""
    _run(db, "004_evaluations")


@migrations()
def m005_speed_elsewhere(db: Database) -> None:
    """Speeds measured on other machines."""
    _run(db, "005_speed_elsewhere")


@migrations()
def m006_here_index(db: Database) -> None:
    """The index made here as a column of the leaderboard."""
    _run(db, "006_here_index")


@migrations()
def m007_engine_trials(db: Database) -> None:
    """How llama.cpp works here, how a worker died, which files crash."""
    _run(db, "007_engine_trials")


@migrations()
def m008_labels(db: Database) -> None:
    """What people say of samples."""
    _run(db, "008_labels")


@migrations()
def m009_paths_as_they_are(db: Database) -> None:
    """Paths to the byte."""
    mend_paths(db.conn)
    _run(db, "009_paths_as_they_are")


@migrations()
def m010_facts_not_words(db: Database) -> None:
    """Why a run has ended and which kind an interval is, as facts; published evaluations with a prefix of their own."""
    _run(db, "010_facts_not_words")
    mend_words(db.conn)


@migrations()
def m011_asked(db: Database) -> None:
    """Prompts that people try."""
    _run(db, "011_asked")


@migrations()
def m012_machine_busy(db: Database) -> None:
    """How busy processor and GPUs are while a run works."""
    _run(db, "012_machine_busy")


@migrations()
def m013_served(db: Database) -> None:
    """Models that servers serve."""
    _run(db, "013_served")


@migrations()
def m014_origin(db: Database) -> None:
    """Runs' names among all catalogs, and where they were made."""
    _run(db, "014_origin")


@migrations()
def m015_index_version(db: Database) -> None:
    """Figures of one version of the index at a time."""
    _run(db, "015_index_version")


@migrations()
def m016_syncs(db: Database) -> None:
    """What sources were asked for, and what came of it."""
    _run(db, "016_syncs")


@migrations()
def m017_merging(db: Database) -> None:
    """Which runs were deleted; the newest figures by when they were made."""
    _run(db, "017_merging")


@migrations()
def m018_query_views(db: Database) -> None:
    """Views that are pleasant to query."""
    _run(db, "018_query_views")


@migrations()
def m019_logs(db: Database) -> None:
    """What other programs' logs tell of their samples."""
    _run(db, "019_logs")


@migrations()
def m020_studies(db: Database) -> None:
    """What studies find, a piece at a time."""
    _run(db, "020_studies")


@migrations()
def m021_turns(db: Database) -> None:
    """Turns of conversations; whose fault a failure is."""
    _run(db, "021_turns")
