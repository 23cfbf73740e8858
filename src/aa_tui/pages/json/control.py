"""A score that was estimated with a control, as plain values with stable keys."""

from __future__ import annotations

from typing import Any

from aa_tui.pages.control import Control
from aa_tui.pages.json import scores


def as_json(one: Control | None) -> dict[str, Any] | None:
    """The estimate and what it rests on; None where there is none."""
    if one is None:
        return None
    found = one.result
    return {
        "run_id": one.control.id,
        "score_estimated": found.value if found else None,
        "interval": scores.as_json(found.interval if found else None),
        "n": found.n if found else None,
        "n_population": found.population if found else None,
        "n_worth": found.n_worth if found else None,
        "unexplained": found.unexplained if found else None,
        "why_not": one.why_not or None,
    }
