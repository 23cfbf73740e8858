"""What grading again has changed: for the shell and JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from aa_tui.pages.evaluation import score_json, score_words
from aa_tui.runs.regrade import Regraded


def as_json(found: Regraded) -> dict[str, Any]:
    """As plain values with stable keys."""
    return {
        "run_id": found.run.id,
        "n_graded": found.n_graded,
        "score_before": score_json(found.before.all.strict),
        "score_after": score_json(found.after.all.strict),
        "outcomes_before": dict(found.before.all.outcomes),
        "outcomes_after": dict(found.after.all.outcomes),
        "changes": [asdict(change) for change in found.changes],
    }


def lines(found: Regraded) -> list[str]:
    """As text."""
    out = [
        f"Run {found.run.id}: {found.n_graded} samples graded again, {len(found.changes)} with another outcome.",
        f"  before  {score_words(found.before.all.strict)}",
        f"  now     {score_words(found.after.all.strict)}",
    ]
    for change in found.changes:
        out.append(
            f"  {change.item_id}: {change.before or 'not graded'} ({change.grader_before or '–'}) → "
            f"{change.after} ({change.grader_after})"
        )
    return out
