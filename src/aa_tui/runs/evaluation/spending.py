"""What the answers of a run took, from its samples and the machine's power while it worked."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from aa_tui.analysis.costs import Spent, spent
from aa_tui.analysis.evaluation import in_turn
from aa_tui.catalog import telemetry
from aa_tui.catalog.rows import RunRow, ScoredSample


def spent_of(
    conn: sqlite3.Connection, run: RunRow, rows: Sequence[ScoredSample], *, in_turn_only: bool = False
) -> Spent | None:
    """Seconds and joules; through a server seconds alone. None where nothing was clocked.

    `in_turn_only`: of a run that was cut off only those before the first gap, as in its score.
    """
    powers = [] if run.file.is_served else telemetry.of_run(conn, run.id)
    return spent(in_turn(rows) if in_turn_only else rows, powers, idle_w=run.setup.idle_power_w)
