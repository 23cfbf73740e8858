"""The app on a catalog that is deleted, replaced or damaged while it is open."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from tests.support.damaging import sql
from tests.support.driven import Drive, Driven
from tests.support.noted import measure

from aa_tui.catalog import db


def delete(path: Path) -> None:
    for end in ("", "-wal", "-shm"):
        path.with_name(f"{path.name}{end}").unlink(missing_ok=True)


def test_a_deleted_catalog_is_told_and_not_made_anew(drive: Drive, fresh: Path) -> None:
    async def walk(app: Driven) -> None:
        delete(fresh)
        await app.shows("! catalog in trouble")
        await app.until(
            lambda: any("deleted or moved away" in one.message for one in app.app._notifications), "a toast"
        )
        assert not fresh.exists()
        await app.press("R")
        await app.press("F")
        await app.press("escape")
        assert not fresh.exists()
        db.open_catalog(fresh).close()  # put back
        await app.lacks("! catalog in trouble")

    drive(walk, size=(110, 30))


def test_a_catalog_in_its_place_is_shown_instead(drive: Drive, filled: sqlite3.Connection, fresh: Path) -> None:
    async def walk(app: Driven) -> None:
        await app.press("R")
        await app.shows("Nothing was measured yet")
        other = fresh.with_name("other.db")
        with closing(db.open_catalog(other)) as conn:
            measure(conn)
        delete(fresh)
        other.rename(fresh)
        await app.shows("Nanbeige4.1-3B")
        await app.lacks("! catalog in trouble")

    filled.close()
    drive(walk, size=(110, 30))


@pytest.mark.long
def test_what_a_damaged_catalog_breaks_is_told_in_a_sentence(fresh: Path) -> None:
    with closing(db.open_catalog(fresh)) as conn:
        measure(conn)
    sql("UPDATE leaderboard SET intelligence_index = 'many', total_params_b = 'much', context_tokens = 'x'")(fresh)
    program = """
import sys
from pathlib import Path
from aa_tui.tui.app import AATuiApp
app = AATuiApp(Path(sys.argv[1]))
app.run(headless=True, size=(110, 30))
sys.exit(app.return_code)
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(fresh)],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        env={**os.environ, "COLUMNS": "500"},  # whatever the path's length
    )
    told = " ".join(done.stderr.split())
    assert done.returncode == 1
    assert told.startswith(f"The catalog {fresh} is damaged"), told
    assert "Traceback" not in told
    assert "errors shown" not in told
