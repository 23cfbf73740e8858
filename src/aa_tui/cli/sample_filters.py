"""Which samples of a run a command is about."""

from __future__ import annotations

import argparse
import sqlite3

from aa_tui.analysis.agreement import disagree
from aa_tui.catalog import samples
from aa_tui.catalog.rows import RunRow, ScoredSample


def wanted(conn: sqlite3.Connection, one: RunRow, options: argparse.Namespace) -> list[ScoredSample]:
    """The samples that the filters let through."""
    rows = samples.search(conn, one.id, outcomes=options.outcome or (), categories=options.category or ())
    if options.unlabelled or options.labelled:
        return [row for row in rows if (row.label is not None) == options.labelled]
    return [row for row in rows if disagree(row.outcome, row.label)] if options.disagree else rows
