"""From how an answer ended to its verdict: only one that came to an end of its own is given to a grader."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from aa_tui.evals.items import Item, Outcome, Pack, Verdict

if TYPE_CHECKING:
    from aa_tui.evals.grading import Grading

NOT_GRADED: Mapping[str, Outcome] = {
    "length": Outcome.TRUNCATED,
    "loop": Outcome.LOOP,
    "timeout": Outcome.TIMEOUT,
    "error": Outcome.ERROR,
    "cancelled": Outcome.ERROR,
    "changed": Outcome.ERROR,  # the model's file was changed in its time
}
"""Reasons to end of samples that are no answers, and the outcome of each. All other reasons are ends of their own."""

FINISH_GRADER = "finish/1"


def verdict_of(
    grading: Grading,
    pack: Pack,
    item: Item | None,
    answer: str,
    *,
    finish_reason: str,
    has_thought: bool,
    message: str = "",
) -> Verdict:
    """What became of a text: how it ended, and where it ended of itself what its grader says.

    `answer` is the text after the thinking, `message` what the engine said of an end that was none.
    """
    outcome = NOT_GRADED.get(finish_reason)
    if outcome is not None:
        return Verdict(outcome, None, FINISH_GRADER, message)
    if item is None:
        return Verdict(Outcome.ERROR, None, FINISH_GRADER, "the pack has no such item any more")
    if not answer.strip():
        detail = "the thinking ended without an answer" if has_thought else "the output is empty"
        return Verdict(Outcome.NO_ANSWER, None, FINISH_GRADER, detail)
    return graded(grading, pack, item, answer)


def graded(grading: Grading, pack: Pack, item: Item, answer: str) -> Verdict:
    """The grader's verdict. What it has never been seen to fail with is an error too: who asks must live on."""
    from aa_tui.evals.grading import FAULTS

    try:
        return grading.grade(pack, item, answer)
    except FAULTS as error:
        name = pack.grader_of(item)
        return Verdict(Outcome.ERROR, None, name, f"the grader failed: {type(error).__name__}: {str(error)[:300]}")
