"""What can become of a sample, and which of it counts how: the one list that every room and face goes by.

Strict scores are of the samples that were told and decided: right answers of all but errors and undecided ones.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Outcome(StrEnum):
    """What became of one sample. Only the first two are answers; the others are told apart from wrong ones."""

    CORRECT = "correct"
    WRONG = "wrong"
    NO_SINGLE_ANSWER = "no_single_answer"
    """It names two different ones, or says what is not the answer."""
    NO_ANSWER = "no_answer"
    """It ended of itself, but nothing in it could be taken as an answer."""
    UNDECIDED = "undecided"
    """There is an answer, and the grader cannot tell whether it is right."""
    TRUNCATED = "truncated"
    """Cut at its token limit."""
    LOOP = "loop"
    """Stopped since it went in circles."""
    TIMEOUT = "timeout"
    """Stopped at its time limit."""
    ERROR = "error"
    """The engine, the grader or the pack failed; what an answer itself causes is never an error."""


OUTCOMES: Final = tuple(Outcome)

CUT_SHORT: Final = frozenset({Outcome.TRUNCATED, Outcome.LOOP, Outcome.TIMEOUT})
"""Outcomes of samples that did not come to an end of their own."""

ENDED: Final = frozenset({Outcome.CORRECT, Outcome.WRONG, Outcome.NO_SINGLE_ANSWER, Outcome.NO_ANSWER})
"""Outcomes of samples that did, and of which it is known whether they are right."""

UNKNOWN: Final = frozenset({Outcome.UNDECIDED, Outcome.ERROR})
"""Outcomes that say nothing of right or wrong: in no strict score."""

MOST_ERRORS: Final = 0.02
"""With more than this share of errors a run has no score: nobody knows what the others would have been."""


CHOSEN_ITEMS: Final = "no score: its items were chosen to tell much, so that their mean is not the pack's score"
"""Of a run that asked the items of a short pack: what they tell of all items is estimated."""


def outcome_words(outcome: str | None) -> str:
    """An outcome as it reads: "no answer"; None is one that waits for its grader."""
    return (outcome or "not graded").replace("_", " ")


def undecided_words(low: float, high: float, n: int) -> str:
    """A score's bounds as they read beside it: "80.3–84.0 by how 2 undecided would be graded"."""
    return f"{low:.1f}–{high:.1f} by how {n:,} undecided would be graded"


def why_no_headline(n_errors: int, n: int) -> str | None:
    """Why a run with so many errors among `n` graded samples shows no score; None where it does."""
    if n_errors <= MOST_ERRORS * n:
        return None
    return f"no score: {n_errors:,} of {n:,} samples are errors, more than {MOST_ERRORS:.0%}".replace("%", " %")
