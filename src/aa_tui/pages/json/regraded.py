"""What grading again has changed, or would change, as plain values with stable keys."""

from __future__ import annotations

from typing import Any

from aa_tui.pages.json.scores import bounds_json, score_json
from aa_tui.runs.evaluation.regrade import Regraded


def as_json(found: Regraded) -> dict[str, Any]:
    """As plain values with stable keys."""
    return {
        "run_id": found.run.id,
        "is_kept": found.is_kept,
        "n_graded": found.n_graded,
        "score_before": score_json(found.before.all.strict),
        "score_after": score_json(found.after.all.strict),
        "bounds_before": bounds_json(found.before.all.bounds),
        "bounds_after": bounds_json(found.after.all.bounds),
        "no_headline_reason_before": found.before.no_headline,
        "no_headline_reason_after": found.after.no_headline,
        "extraction_before": found.extraction_before,
        "extraction_after": found.extraction,
        "outcomes_before": dict(found.before.all.outcomes),
        "outcomes_after": dict(found.after.all.outcomes),
        "transitions": [
            {
                "grader_before": one.grader_before,
                "grader_after": one.grader_after,
                "before": one.before,
                "after": one.after,
                "n": one.n,
            }
            for one in found.transitions
        ],
        "changes": [
            {
                "item_id": change.item_id,
                "epoch": change.epoch,
                "before": change.before.outcome,
                "after": change.after.outcome,
                "grader_before": change.before.grader,
                "grader_after": change.after.grader,
                "extracted_before": change.before.extracted,
                "extracted_after": change.after.extracted,
                "detail_before": change.before.detail,
                "detail_after": change.after.detail,
            }
            for change in found.changes
        ],
    }
