"""Scores and their intervals as plain values with stable keys."""

from __future__ import annotations

from typing import Any

from aa_tui.analysis.evaluation import Bounds, Part
from aa_tui.analysis.intervals import Interval, Score


def interval_json(score: Score | None) -> dict[str, Any] | None:
    """The interval of a score."""
    return as_json(None if score is None else score.interval)


def as_json(one: Interval | None) -> dict[str, Any] | None:
    """An interval with its method and level, of whatever it is: the shape is one."""
    if one is None:
        return None
    return {"low": one.low, "high": one.high, "method": one.method, "level": one.level, "estimand": one.estimand}


def bounds_json(bounds: Bounds | None) -> dict[str, Any] | None:
    """What a score would be with all that is undecided wrong, and right."""
    return None if bounds is None else {"low": bounds.low, "high": bounds.high}


def score_json(score: Score | None) -> dict[str, Any] | None:
    """A score with its interval."""
    return None if score is None else {"value": score.value, "interval": interval_json(score)}


def part_json(part: Part) -> dict[str, Any]:
    """A category or level."""
    return {
        "n": part.n,
        "outcomes": dict(part.outcomes),
        "n_undecided": part.n_undecided,
        "score_strict": part.strict.value if part.strict else None,
        "interval": interval_json(part.strict),
        "bounds": bounds_json(part.bounds),
        "score_completed": part.completed.value if part.completed else None,
        "truncation_rate": part.truncation.value if part.truncation else None,
        "output_tokens_mean": part.tokens.mean if part.tokens else None,
    }
