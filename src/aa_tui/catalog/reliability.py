"""Which speeds say more about the machine's other work than about the file: the rule's figures, and the rule in SQL."""

from __future__ import annotations

UNSTEADY_SHARE = 0.10
"""A standard deviation above this share of the mean is no measurement of the file."""

BUSY_SHARE = 0.5
"""So much load for each thread, before the run begins, takes a visible part of the speed."""


def unreliable(run: str, figure: str) -> str:
    """SQL for whether a speed is unreliable, for the names of a row of `runs` and of one with value and stdev."""
    return (
        f"(coalesce({figure}.stdev > {UNSTEADY_SHARE} * {figure}.value, 0) OR CASE WHEN json_valid({run}.settings) "
        f"THEN coalesce(json_array_length({run}.settings, '$.cautions'), 0) > 0 OR "
        f"coalesce({run}.settings ->> '$.load_1m_before' > {BUSY_SHARE} * ({run}.settings ->> '$.n_threads'), 0) "
        "ELSE 0 END)"
    )
