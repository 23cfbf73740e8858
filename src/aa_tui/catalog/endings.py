"""What earlier versions told in words only, read from those words for the last time: here, and nowhere else.

Their metrics of single published evaluations were called as those of evaluations made here, and get a prefix of their
own.
"""

from __future__ import annotations

import sqlite3

from aa_tui.catalog.metric_names import MADE_HERE, PUBLISHED, between

_ENDED_BY = """
UPDATE runs SET ended_by = CASE
    WHEN state = 'failed' THEN 'failure'
    WHEN state = 'finished' AND reason LIKE '%at any stopping time%' THEN 'aim'
    WHEN state = 'finished' AND reason LIKE 'the time budget of %' THEN 'time'
    WHEN state = 'finished' THEN 'items'
    WHEN reason LIKE 'its time was over%' THEN 'time'
    WHEN reason LIKE 'stopped by the system%' OR reason LIKE 'its catalog % was %' THEN 'system'
    ELSE 'user' END
WHERE ended_by IS NULL AND state IN ('finished', 'stopped', 'failed')
"""
_KIND = """
UPDATE measurements SET interval_kind = CASE WHEN interval_method LIKE '%sequence%' THEN 'any-time' ELSE 'fixed' END
WHERE interval_kind IS NULL AND interval_method IS NOT NULL
"""
_NAMES = f"""
UPDATE OR REPLACE measurements SET metric = '{PUBLISHED}' || substr(metric, {len(MADE_HERE) + 1})
WHERE run_id IS NULL AND {between(MADE_HERE)}
"""


def mend_words(conn: sqlite3.Connection) -> None:
    """Note as facts what the catalog holds in words. Changes nothing where that was done."""
    for statement in (_ENDED_BY, _KIND, _NAMES):
        conn.execute(statement)
