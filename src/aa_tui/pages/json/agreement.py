"""How graders and people agree, as plain values with stable keys."""

from __future__ import annotations

from typing import Any

from aa_tui.analysis.agreement import Agreement
from aa_tui.pages.json.scores import interval_json


def as_json(found: Agreement) -> dict[str, Any]:
    """As plain values with stable keys; `share` is that of the compared ones that agree, 0 to 1."""
    return {
        "n_labelled": found.n,
        "n_compared": found.n_compared,
        "agree": found.agree,
        "share": found.score.value if found.score else None,
        "interval": interval_json(found.score),
        "wrong_accepts": found.wrong_accepts,
        "wrong_rejects": found.wrong_rejects,
        "undecided": found.undecided,
        "unclear": found.unclear,
        "not_compared": found.not_compared,
    }
