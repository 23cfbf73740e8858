"""`aa-tui` and `aa-tui open`: the app."""

from __future__ import annotations

import argparse
import sqlite3
from typing import TYPE_CHECKING

from aa_tui.cli import output
from aa_tui.cli.catalog_option import catalog_path
from aa_tui.errors import FAILURE, INTERRUPTED
from aa_tui.terminal import refusal

if TYPE_CHECKING:
    from pathlib import Path

    from aa_tui.tui.core.places import Place

CRASH_FILE = "app-crash.txt"
"""Beside the catalog: where in the code the app crashed last."""


def run(options: argparse.Namespace) -> int:
    """Open the app; where it cannot be drawn, say which plain command to use."""
    path = catalog_path(options)
    place: Place | None = None
    if options.command == "open":
        from aa_tui.catalog import db
        from aa_tui.tui.shell.links import place_of

        with db.noting(path) as conn:
            place = place_of(conn, options.place)  # what is meant is known before anything is drawn
    reason = refusal()
    if reason is not None:
        output.say(f"aa-tui: {reason}")
        return FAILURE
    status = run_guarded(path, place)
    if status in (0, INTERRUPTED):
        _tell_what_continues(path)
    return status


def _tell_what_continues(catalog: Path) -> None:
    """On leaving: which runs continue in the background, and how to come back to them."""
    from aa_tui.catalog import db, runs
    from aa_tui.pages.text import live

    try:
        with db.noting(catalog) as conn:
            found = runs.live_runs(conn)
    except (db.CatalogError, sqlite3.Error):  # which the app has said
        return
    for run in found:
        output.say(
            f"{live.continues(run)} `aa-tui runs follow {run.id}` shows it, `aa-tui runs stop {run.id}` ends it."
        )


def run_guarded(catalog: Path, place: Place | None) -> int:
    """The app in a child process; this one waits for it. Returns or ends with its exit status.

    What was imported up to here is in both, so nothing that draws is.
    """
    from aa_tui.cli import index_version
    from aa_tui.tui.terminal import guard

    index_version.show_as_set(catalog)

    def app(waiting: guard.Guard | None) -> int:
        from aa_tui.tui.app import run_app

        return run_app(catalog, place, guard=waiting)

    return guard.guarded(app, catalog.with_name(CRASH_FILE))
