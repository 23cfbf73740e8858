"""What grading answers from elsewhere has given: the report of a pack, and a table of single cases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aa_tui import outcomes
from aa_tui.analysis.agreement import Agreement, agreement, kind_of
from aa_tui.analysis.evaluation import Summary, summarise
from aa_tui.evals.cases import PackAnswers
from aa_tui.evals.elsewhere import Graded
from aa_tui.outcomes import OUTCOMES, UNKNOWN
from aa_tui.pages import evaluation
from aa_tui.pages.agreement import as_json, count, words
from aa_tui.textsafe import clean_line

MOST_NAMED = 5


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
            row |= {"right": answer.right, "agrees": _agrees(one)}
        found.append(row)
    return found


def _agrees(one: Graded) -> bool | None:
    kind = None if one.answer.label is None else kind_of(one.outcome, one.answer.label)
    return {"agree": True, "wrong_accept": False, "wrong_reject": False}.get(kind or "")


def agreement_of(graded: Sequence[Graded]) -> Agreement | None:
    """How the verdicts agree with what the cases say is right; None where none says so."""
    told = [(one.answer.id, one.outcome, one.answer.label) for one in graded if one.answer.label is not None]
    return agreement(told) if told else None


def outcome_words(graded: Sequence[Graded]) -> str:
    """How many there are of each outcome, the most frequent first."""
    counts = Counter(one.outcome for one in graded)
    return " · ".join(f"{outcomes.outcome_words(name)} {n:,}" for name, n in counts.most_common()) or "–"


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
        "n_errors": part.outcomes["error"],
        "no_headline_reason": summary.no_headline,
        "score_strict": part.strict.value if part.strict else None,
        "score_strict_not_answered_wrong": _were_wrong(found),
        "score_completed": part.completed.value if part.completed else None,
        "truncation_rate": part.truncation.value if part.truncation else None,
        "interval": evaluation.interval_json(part.strict),
        "bounds": evaluation.bounds_json(part.bounds),
        "index": evaluation.score_json(summary.index),
        "index_bounds": evaluation.bounds_json(summary.index_bounds),
        "by_category": {name: evaluation.part_json(one) for name, one in summary.by_category.items()},
        "by_level": {str(level): evaluation.part_json(one) for level, one in summary.by_level.items()},
        "thinking_chars": sum(one.n_thinking for one in found.graded),
        "answer_chars": sum(one.n_answer for one in found.graded),
        "graders": sorted({one.verdict.grader for one in found.graded}),
    }


def pack_lines(found: GradedPack) -> list[str]:
    """The report of a pack as text."""
    read, summary = found.read, found.summary
    n_items = len(read.pack.items)
    out = [f"Answers to {read.pack.name} {read.pack.version}, graded here"]
    out.append(f"  answers      {len(found.graded):,} to {n_items - len(read.not_answered):,} of {n_items:,} items")
    if read.not_answered:
        were_wrong = _were_wrong(found)
        other = "" if were_wrong is None else f" (strict, were they wrong: {were_wrong:.1%})".replace("%", " %")
        out.append(f"  not answered {count(len(read.not_answered), 'item')}, in no score{other}")
        out.append(f"               {named(read.not_answered)}")
    if read.unknown:
        out.append(f"  unknown      {len(read.unknown):,} ids that no item of the pack has: {named(read.unknown)}")
    out += evaluation.score_lines(summary, n_items)
    if len(summary.by_level) > 1:
        for level, one_level in summary.by_level.items():
            out.append(
                f"    {f'level {level}':<22} {evaluation.score_words(one_level.strict):<24} n {one_level.n_graded}"
            )
    thought = [one.n_thinking for one in found.graded if one.n_thinking]
    if thought:
        out.append(
            f"  thinking     in {len(thought):,} of {len(found.graded):,} answers, not graded; "
            f"{sum(thought) / len(thought):,.0f} characters on average"
        )
    return out


def _were_wrong(found: GradedPack) -> float | None:
    """The strict score, 0 to 1, were the items without an answer answered wrong."""
    strict = found.summary.all.strict
    if strict is None:
        return None
    n_told = len({one.item_id for one in found.graded if one.outcome not in UNKNOWN})
    return strict.value * n_told / (n_told + len(found.read.not_answered))


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


def cases_lines(graded: Sequence[Graded]) -> list[str]:
    """What single cases add up to, as text."""
    out = [f"{count(len(graded), 'case')}: {outcome_words(graded)}"]
    found = agreement_of(graded)
    if found is not None:
        out.append(f"agreement: {words(found)}")
    return out


def table(graded: Sequence[Graded]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Head and rows of a table of single cases; what disagrees with `right` has a mark."""
    head = ("Case", "Outcome", "Right", "Taken as the answer", "Why")
    marks = {True: "", False: " ✗", None: " ?"}
    body: list[tuple[str, ...]] = []
    for one in graded:
        verdict, right = one.verdict, one.answer.right
        body.append(
            (
                one.answer.id[:24],
                outcomes.outcome_words(verdict.outcome),
                "–" if right is None else right.replace("_", " ") + marks[_agrees(one)],
                clean_line(verdict.extracted or "–")[:32],
                f"{verdict.grader} {clean_line(verdict.detail)}".strip(),
            )
        )
    return head, body


def named(ids: Sequence[str]) -> str:
    """Some ids, and how many more there are."""
    more = f" and {len(ids) - MOST_NAMED:,} more" if len(ids) > MOST_NAMED else ""
    return ", ".join(ids[:MOST_NAMED]) + more
