"""What grading answers from elsewhere has given: the report of a pack, and a table of single cases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from aa_tui.analysis.agreement import Agreement, agreement, kind_of
from aa_tui.analysis.evaluation import Summary, summarise
from aa_tui.evals.cases import PackAnswers
from aa_tui.evals.elsewhere import Graded
from aa_tui.outcomes import UNKNOWN


@dataclass(frozen=True, slots=True)
class GradedPack:
    """The answers to a pack's items with their verdicts, and what they add up to."""

    read: PackAnswers
    graded: Sequence[Graded]
    summary: Summary


def of_pack(read: PackAnswers, graded: Sequence[Graded], *, these_items: bool = False) -> GradedPack:
    """Add up graded answers as a run's samples are. `these_items`: intervals for just the pack's items."""
    sizes = Counter(item.category for item in read.pack.items)
    summary = summarise(graded, categories=sizes, population=sizes if these_items else None)
    return GradedPack(read, graded, summary)


def agrees(one: Graded) -> bool | None:
    """Whether the verdict is what the case says is right; None where it says nothing, or the two cannot be compared."""
    kind = None if one.answer.label is None else kind_of(one.outcome, one.answer.label)
    return {"agree": True, "wrong_accept": False, "wrong_reject": False}.get(kind or "")


def agreement_of(graded: Sequence[Graded]) -> Agreement | None:
    """How the verdicts agree with what the cases say is right; None where none says so."""
    told = [(one.answer.id, one.outcome, one.answer.label) for one in graded if one.answer.label is not None]
    return agreement(told) if told else None


def were_wrong(found: GradedPack) -> float | None:
    """The strict score, 0 to 1, were the items without an answer answered wrong."""
    strict = found.summary.all.strict
    if strict is None:
        return None
    n_told = len({one.item_id for one in found.graded if one.outcome not in UNKNOWN})
    return strict.value * n_told / (n_told + len(found.read.not_answered))
