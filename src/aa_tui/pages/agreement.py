"""How graders and people agree, in words and as plain values."""

from __future__ import annotations

from typing import Any

from aa_tui.analysis.agreement import Agreement
from aa_tui.pages.evaluation import interval_json, score_words


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


def words(found: Agreement) -> str:
    """In one line: "48 of 50, 96.0 % (86.5–98.9) · 1 wrong accept · 1 wrong reject · 2 undecided"."""
    share = f", {score_words(found.score)}" if found.score else ""
    parts = [f"{found.agree} of {found.n_compared}{share}"]
    parts += [count(found.wrong_accepts, "wrong accept"), count(found.wrong_rejects, "wrong reject")]
    apart = {"undecided": found.undecided, "unclear": found.unclear, "not compared": found.not_compared}
    return " · ".join(parts + [f"{n} {name}" for name, n in apart.items() if n])


def count(n: int, word: str) -> str:
    """How many of something: "1 case", "2 cases"."""
    return f"{n:,} {word}{'' if n == 1 else 's'}"
