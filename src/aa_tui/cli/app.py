"""`aa-tui` and `aa-tui open`: the app."""

from __future__ import annotations

import argparse
import sys
from contextlib import closing

from aa_tui.cli.main import FAILURE, catalog_path
from aa_tui.tui.terminal import refusal


def run(options: argparse.Namespace) -> int:
    """Open the app; where it cannot be drawn, say which plain command to use."""
    reason = refusal()
    if reason is not None:
        sys.stderr.write(f"aa-tui: {reason}\n")
        return FAILURE
    path = catalog_path(options)
    slug = None
    if options.command == "open":
        from aa_tui.catalog import db, models

        with closing(db.open_best(path)) as conn:
            slug = models.resolve(conn, options.model).slug
    from aa_tui.tui.app import run_app

    return run_app(path, slug)
