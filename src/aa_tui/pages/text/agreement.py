"""How graders and people agree, in words."""

from __future__ import annotations

from aa_tui.analysis.agreement import Agreement
from aa_tui.pages.text.scores import score_words


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
