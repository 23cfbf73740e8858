"""`aa-tui` and `aa-tui open`: the app."""

from __future__ import annotations

import argparse
import sys
from contextlib import closing
from typing import TYPE_CHECKING

from aa_tui.cli.main import FAILURE, catalog_path
from aa_tui.tui.terminal import refusal

if TYPE_CHECKING:
    from aa_tui.tui.places import Place


def run(options: argparse.Namespace) -> int:
    """Open the app; where it cannot be drawn, say which plain command to use."""
    path = catalog_path(options)
    place: Place | None = None
    if options.command == "open":
        from aa_tui.catalog import db
        from aa_tui.tui.places import place_of

        with closing(db.open_best(path)) as conn:
            place = place_of(conn, options.place)  # what is meant is known before anything is drawn
    reason = refusal()
    if reason is not None:
        sys.stderr.write(f"aa-tui: {reason}\n")
        return FAILURE
    from aa_tui.tui.app import run_app

    return run_app(path, place)
