"""What grading again has changed, or would change, in words."""

from __future__ import annotations

from aa_tui.analysis.intervals import Score
from aa_tui.outcomes import outcome_words
from aa_tui.pages.text.scores import score_words
from aa_tui.runs.evaluation.regrade import Regraded, Told
from aa_tui.textsafe import clean_line

SHOWN_CHARS = 120


def lines(found: Regraded) -> list[str]:
    """As text: the scores, how many went from which outcome to which by whose verdict, and each that changed."""
    n = len(found.changes)
    head = f"Run {found.run.id}: {found.n_graded} samples graded again, {n} with another outcome"
    out = [
        f"{head}{'.' if found.is_kept else '; nothing is written yet.'}",
        f"  before  {_score(found.before.all.strict, found.before.no_headline)}",
        f"  now     {_score(found.after.all.strict, found.after.no_headline)}",
    ]
    if found.extraction_before != found.extraction:
        out.append(f"  answers taken by {found.extraction_before}, now by {found.extraction}")
    shown = ""
    for one in found.transitions:
        graders = _graders(one.grader_before, one.grader_after)
        if graders != shown:
            out.append(f"  {graders}")
            shown = graders
        words = outcome_words(one.before)
        words += " as before" if one.before == one.after else f" → {outcome_words(one.after)}"
        out.append(f"    {words:<34} {one.n:>6,}")
    for change in found.changes:
        again = f" #{change.epoch}" if change.epoch > 1 else ""
        before, after = change.before, change.after
        out.append(
            f"  {clean_line(change.item_id)}{again}: {outcome_words(before.outcome)} ({before.grader or '–'}) → "
            f"{outcome_words(after.outcome)} ({after.grader or '–'})"
        )
        out += [f"    before  {_why(before)}", f"    now     {_why(after)}"]
    return out


def _score(score: Score | None, why: str | None) -> str:
    return why or score_words(score)


def _graders(before: str | None, after: str | None) -> str:
    return f"{before or 'not graded'} → {after or '–'}" if before != after else f"{after or '–'}"


def _why(told: Told) -> str:
    """What was taken as the answer, and the grader's words."""
    taken = "nothing taken" if told.extracted is None else f"took “{clean_line(told.extracted)[:SHOWN_CHARS]}”"
    detail = clean_line(told.detail or "")[:SHOWN_CHARS]
    return f"{taken}: {detail}" if detail else taken
