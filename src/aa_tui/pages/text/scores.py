"""Scores and their intervals in words."""

from __future__ import annotations

from aa_tui.analysis import display
from aa_tui.analysis.evaluation import Bounds
from aa_tui.analysis.intervals import Score
from aa_tui.outcomes import undecided_words


def score_words(score: Score | None) -> str:
    """A share with its interval: "71.0 % (50.1–86.2)"; a dash where there is none."""
    if score is None:
        return "–"
    one = score.interval
    return display.score(score.value, one.low, one.high)


def bounds_words(bounds: Bounds | None) -> str:
    """The bounds beside a share: "80.3–84.0 by how 2 undecided would be graded"; empty where nothing is undecided."""
    return "" if bounds is None else undecided_words(100 * bounds.low, 100 * bounds.high, bounds.n_undecided)
