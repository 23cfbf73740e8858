"""`aa-tui compare`: models and runs side by side."""

from __future__ import annotations

import argparse
import sqlite3
import sys
from contextlib import closing
from typing import TYPE_CHECKING

from aa_tui.catalog import db
from aa_tui.cli import output
from aa_tui.cli.main import catalog_path

if TYPE_CHECKING:
    from aa_tui.pages.compare import Comparison
    from aa_tui.pages.paired import Pair


def run(options: argparse.Namespace) -> int:
    """Print a comparison as text, Markdown or JSON."""
    from aa_tui.pages import compare, compare_text, paired

    with closing(db.open_best(catalog_path(options))) as conn:
        comparison = compare.load(conn, options.targets)
        pair = _pair(conn, comparison)
    if options.json:
        found = compare_text.as_json(comparison)
        output.print_json({**found, "paired": paired.as_json(pair) if pair else None})
    elif options.markdown:
        sys.stdout.write(compare_text.markdown(comparison, differences=options.differences))
    else:
        output.write_lines(compare_text.lines(comparison, output.width(), differences=options.differences))
        if pair is not None:
            output.write_lines(["", *paired.lines(pair)])
    return 0


def _pair(conn: sqlite3.Connection, comparison: Comparison) -> Pair | None:
    """Two evaluations of one pack are compared item by item."""
    from aa_tui.pages import paired

    runs = [subject.result.run for subject in comparison.subjects if subject.model is None and subject.result]
    return paired.load(conn, runs[0], runs[1]) if len(runs) == len(comparison.subjects) == 2 else None
