"""Had it, lost it, as plain values with stable keys."""

from __future__ import annotations

from typing import Any

from aa_tui.analysis.budget_advice import Advice, Choice
from aa_tui.analysis.lost import LOST, Fate, Tally
from aa_tui.pages.json.scores import interval_json
from aa_tui.pages.lost import LostReport


def as_json(report: LostReport) -> dict[str, Any]:
    """The whole report, without its samples."""
    return {
        **tally_json(report.all),
        "by_category": {name: tally_json(one) for name, one in report.by_category.items()},
        "why_untold": dict(report.why_untold),
        "advice": _advice(report.advice),
    }


def tally_json(one: Tally) -> dict[str, Any]:
    """What some samples add up to."""
    return {
        "n_right": one.n_right,
        "n_failed": one.n_failed,
        "n_had_it": one.n_had_it,
        "n_told": one.n_told,
        "classes": {str(name): one.classes.get(name, 0) for name in LOST},
        "evidence": dict(one.evidence),
        "n_placed": one.n_placed,
        "tokens_useful": one.useful,
        "tokens_after": one.after,
        "tokens_not_known": one.not_known,
        "tokens_lost": one.lost,
        "tokens_lost_after": one.lost_after,
        "share_after": one.tax,
    }


def fate_json(one: Fate) -> dict[str, Any]:
    """What became of one sample, as keys beside its others."""
    return {
        "lost": None if one.lost is None else str(one.lost),
        "lost_evidence": one.evidence or None,
        "reached_tokens": one.reached_tokens,
        "tokens_after": one.tokens_after,
        "reached_in": None if one.start is None else "answer" if one.in_answer else "thinking",
        "reached_from": one.start,
        "reached_to": one.end,
    }


def _advice(advice: Advice | None) -> dict[str, Any] | None:
    if advice is None:
        return None
    crossed, before = advice.crossed, advice.crossed_as_it_was
    return {
        "n_items": advice.n_items,
        "budgets": list(advice.budgets),
        "chosen": _choice(advice.first),
        "chosen_by_the_other_half": _choice(advice.second),
        "crossed_score": crossed.value if crossed else None,
        "crossed_interval": interval_json(crossed),
        "crossed_score_as_it_was": before.value if before else None,
        "crossed_interval_as_it_was": interval_json(before),
    }


def _choice(one: Choice | None) -> dict[str, Any] | None:
    if one is None:
        return None
    return {
        "budget_tokens": one.budget_tokens,
        "n_items": one.n_items,
        "score": one.score.value,
        "interval": interval_json(one.score),
        "score_as_it_was": one.as_it_was.value,
        "interval_as_it_was": interval_json(one.as_it_was),
        "mean_tokens": one.mean_tokens,
        "mean_tokens_as_it_was": one.mean_tokens_as_it_was,
    }
