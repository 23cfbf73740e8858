"""Two evaluations compared item by item, as plain values with stable keys."""

from __future__ import annotations

from typing import Any

from aa_tui.pages.json import scores
from aa_tui.pages.paired import Pair


def as_json(pair: Pair) -> dict[str, Any]:
    """As plain values with stable keys; differences are a - b."""
    found: dict[str, Any] = {
        "run_a": pair.a.id,
        "run_b": pair.b.id,
        "pack": pair.a.pack,
        "matched_by": "content" if pair.by_content else "item",
        "n_undecided": pair.n_undecided,
        "n_errors": pair.n_errors,
        "why_not": pair.why_not or None,
        "caution": pair.caution or None,
    }
    if pair.result is not None:
        one = pair.result
        found |= {
            "n_both_right": one.n_both,
            "n_only_a_right": one.n_only_a,
            "n_only_b_right": one.n_only_b,
            "n_neither_right": one.n_neither,
            "n_missing_a": one.n_missing_a,
            "n_missing_b": one.n_missing_b,
            "difference": one.difference,
            "interval": scores.as_json(one.interval),
            "bootstrap": scores.as_json(one.bootstrap),
            "p_value_mcnemar_mid_p": one.p_value,
            "p_value_mcnemar_exact": one.p_value_exact,
            "p_value_any_time": one.p_value_any_time,
        }
    if pair.means is not None:
        means = pair.means
        found |= {"n": means.n, "difference": means.difference, "interval": scores.as_json(means.interval)}
    found["differing_items"] = [
        {"item_id": one.item_id, "category": one.category, "outcome_a": one.outcome_a, "outcome_b": one.outcome_b}
        for one in pair.differences
    ]
    return found
