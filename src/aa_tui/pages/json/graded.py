"""Answers graded from elsewhere, as plain values with stable keys."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from aa_tui.evals.elsewhere import Graded
from aa_tui.outcomes import OUTCOMES, Outcome
from aa_tui.pages.graded import GradedPack, agreement_of, agrees, were_wrong
from aa_tui.pages.json import scores as scores_json
from aa_tui.pages.json.agreement import as_json
from aa_tui.textsafe import clean_line


def rows(graded: Sequence[Graded]) -> list[dict[str, Any]]:
    """Each answer's verdict as a flat object with stable keys; `right` and `agrees` where the case says what is right.

    `agrees` is null where the two cannot be compared.
    """
    found = []
    for one in graded:
        verdict, answer = one.verdict, one.answer
        row: dict[str, Any] = {
            "id": answer.id,
            "outcome": verdict.outcome,
            "extracted": verdict.extracted,
            "detail": clean_line(verdict.detail),
            "grader": verdict.grader,
        }
        if one.answer.pack.items:
            row |= {"epoch": one.epoch, "category": one.category, "level": one.level}
        if verdict.parts:
            row["parts"] = dict(verdict.parts)
        if answer.right is not None:
            row |= {"right": answer.right, "agrees": agrees(one)}
        found.append(row)
    return found


def pack_json(found: GradedPack) -> dict[str, Any]:
    """The report of a pack with the keys of a run's."""
    part, summary, read = found.summary.all, found.summary, found.read
    return {
        "pack": read.pack.name,
        "pack_version": read.pack.version,
        "n_items": len(read.pack.items),
        "n_done": len(found.graded),
        "n_not_answered": len(read.not_answered),
        "not_answered": list(read.not_answered),
        "unknown_ids": list(read.unknown),
        "outcomes": dict(part.outcomes),
        "n_undecided": part.n_undecided,
        "n_errors": part.outcomes[Outcome.ERROR],
        "no_headline_reason": summary.no_headline,
        "score_strict": part.strict.value if part.strict else None,
        "score_strict_not_answered_wrong": were_wrong(found),
        "score_completed": part.completed.value if part.completed else None,
        "truncation_rate": part.truncation.value if part.truncation else None,
        "interval": scores_json.interval_json(part.strict),
        "bounds": scores_json.bounds_json(part.bounds),
        "index": scores_json.score_json(summary.index),
        "index_bounds": scores_json.bounds_json(summary.index_bounds),
        "by_category": {name: scores_json.part_json(one) for name, one in summary.by_category.items()},
        "by_level": {str(level): scores_json.part_json(one) for level, one in summary.by_level.items()},
        "thinking_chars": sum(one.n_thinking for one in found.graded),
        "answer_chars": sum(one.n_answer for one in found.graded),
        "graders": sorted({one.verdict.grader for one in found.graded}),
    }


def cases_json(graded: Sequence[Graded]) -> dict[str, Any]:
    """What single cases add up to."""
    counts = Counter(one.outcome for one in graded)
    return {
        "n": len(graded),
        "outcomes": {outcome: counts[outcome] for outcome in OUTCOMES},
        "agreement": _agreement_json(graded),
        "graders": sorted({one.verdict.grader for one in graded}),
    }


def _agreement_json(graded: Sequence[Graded]) -> dict[str, Any] | None:
    found = agreement_of(graded)
    return None if found is None else as_json(found)
