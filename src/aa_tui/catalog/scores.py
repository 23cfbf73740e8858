"""Scores of evaluations as the catalog may tell them, whatever an earlier version of the program noted.

Figures are noted while a run goes on and stay. So what must not be shown is decided when they are read: scores of a run
with too many errors, and, of a run that ended because of its score, intervals that do not hold then.
"""

from __future__ import annotations

import sqlite3

from aa_tui.catalog import metric_names
from aa_tui.catalog.rows import MeasurementRow, RunRow
from aa_tui.outcomes import CHOSEN_ITEMS, MOST_ERRORS, why_no_headline

NAMES = frozenset(
    {"score_strict", "score_completed", "truncation_rate", "index", "seconds_per_right", "joules_per_right"}
    | {f"{name}_{end}" for name in ("score_strict", "index") for end in ("low", "high")}
)
"""The last part of a score's metric `eval.PACK.NAME` or `eval.PACK.CATEGORY.NAME`."""

TOO_MANY_ERRORS = f"""(SELECT sum(s.outcome = 'error') > {MOST_ERRORS} * count(*) FROM samples_now s
  WHERE s.run_id = {{run_id}} AND s.outcome IS NOT NULL)"""
"""SQL for whether a run has no score, for `{run_id}`; the same rule as `outcomes.why_no_headline`."""


def is_score(metric: str) -> bool:
    """Whether a figure is a score of an evaluation, or a bound of one."""
    return metric_names.is_made_here(metric) and metric_names.last_part(metric) in NAMES


def no_headline(conn: sqlite3.Connection, run: RunRow) -> str | None:
    """Why a run has no score; None where nothing speaks against one."""
    if run.kind != "eval":
        return None
    if run.setup.is_chosen:
        return CHOSEN_ITEMS
    query = (
        "SELECT coalesce(sum(outcome = 'error'), 0), count(*) FROM samples_now WHERE run_id = ? AND outcome IS NOT NULL"
    )
    return why_no_headline(*conn.execute(query, (run.id,)).fetchone())


def told(found: dict[str, MeasurementRow], run: RunRow, why_not: str | None) -> dict[str, MeasurementRow]:
    """A run's figures without those that must not be shown; `why_not` is what `no_headline` says."""
    if why_not is not None:
        return {metric: row for metric, row in found.items() if not is_score(metric)}
    strict = found.get(metric_names.of_evaluation(run.pack, "score_strict"))
    if strict is None or strict.interval_kind != "any-time":
        return found
    return {metric: _valid_then(row) if is_score(metric) else row for metric, row in found.items()}


def _valid_then(row: MeasurementRow) -> MeasurementRow:
    """The figure, without an interval that holds for a number of items set beforehand only."""
    if row.interval_kind in (None, "any-time"):
        return row
    return row._replace(interval_low=None, interval_high=None, interval_method=None, interval_kind=None)
