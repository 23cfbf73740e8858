"""Answers graded from elsewhere, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from aa_tui import outcomes
from aa_tui.analysis import display
from aa_tui.evals.elsewhere import Graded
from aa_tui.pages.graded import GradedPack, agreement_of, agrees, were_wrong
from aa_tui.pages.text import evaluation as evaluation_text
from aa_tui.pages.text import scores as scores_text
from aa_tui.pages.text.agreement import count, words
from aa_tui.textsafe import clean_line

MOST_NAMED = 5


def outcome_words(graded: Sequence[Graded]) -> str:
    """How many there are of each outcome, the most frequent first."""
    counts = Counter(one.outcome for one in graded)
    return " · ".join(f"{outcomes.outcome_words(name)} {n:,}" for name, n in counts.most_common()) or "–"


def pack_lines(found: GradedPack) -> list[str]:
    """The report of a pack as text."""
    read, summary = found.read, found.summary
    n_items = len(read.pack.items)
    out = [f"Answers to {read.pack.name} {read.pack.version}, graded here"]
    out.append(f"  answers      {len(found.graded):,} to {n_items - len(read.not_answered):,} of {n_items:,} items")
    if read.not_answered:
        share = were_wrong(found)
        other = "" if share is None else f" (strict, were they wrong: {display.score(share)})"
        out.append(f"  not answered {count(len(read.not_answered), 'item')}, in no score{other}")
        out.append(f"               {named(read.not_answered)}")
    if read.unknown:
        out.append(f"  unknown      {len(read.unknown):,} ids that no item of the pack has: {named(read.unknown)}")
    out += evaluation_text.score_lines(summary, n_items)
    if len(summary.by_level) > 1:
        for level, one_level in summary.by_level.items():
            out.append(
                f"    {f'level {level}':<22} {scores_text.score_words(one_level.strict):<24} n {one_level.n_graded}"
            )
    thought = [one.n_thinking for one in found.graded if one.n_thinking]
    if thought:
        out.append(
            f"  thinking     in {len(thought):,} of {len(found.graded):,} answers, not graded; "
            f"{sum(thought) / len(thought):,.0f} characters on average"
        )
    return out


def cases_lines(graded: Sequence[Graded]) -> list[str]:
    """What single cases add up to, as text."""
    out = [f"{count(len(graded), 'case')}: {outcome_words(graded)}"]
    found = agreement_of(graded)
    if found is not None:
        out.append(f"agreement: {words(found)}")
    return out


def table(graded: Sequence[Graded]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Head and rows of a table of single cases; what disagrees with `right` has a mark."""
    head = ("Case", "Outcome", "Right", "Extracted", "Why")
    marks = {True: "", False: " ✗", None: " ?"}
    body: list[tuple[str, ...]] = []
    for one in graded:
        verdict, right = one.verdict, one.answer.right
        body.append(
            (
                one.answer.id[:24],
                outcomes.outcome_words(verdict.outcome),
                "–" if right is None else right.replace("_", " ") + marks[agrees(one)],
                clean_line(verdict.extracted or "–")[:32],
                f"{verdict.grader} {clean_line(verdict.detail)}".strip(),
            )
        )
    return head, body


def named(ids: Sequence[str]) -> str:
    """Some ids, and how many more there are."""
    more = f" and {len(ids) - MOST_NAMED:,} more" if len(ids) > MOST_NAMED else ""
    return ", ".join(ids[:MOST_NAMED]) + more
