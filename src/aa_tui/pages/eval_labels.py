"""What the figures of an evaluation are called, in the order in which they are read."""

from __future__ import annotations

from collections.abc import Sequence

from aa_tui.analysis import display
from aa_tui.catalog import metric_names
from aa_tui.catalog.rows import LocalResult, MeasurementRow

SCORES = {
    "score_strict": "Score, strict",
    "score_completed": "Score, completed",
    "truncation_rate": "Cut short",
    "index": "Categories' mean",
}
TOKENS = {
    "output_tokens_per_item": "Tokens a question",
    "thinking_tokens_per_item": "  of them thinking",
    "answer_tokens_per_item": "  of them answers",
}


def labels(pack: str, results: Sequence[LocalResult]) -> dict[str, str]:
    """Each metric's label: scores, the categories in the pack's order, tokens. Not every run has every figure."""
    found = {metric_names.of_evaluation(pack, name): label for name, label in SCORES.items()}
    for category in _categories(results):
        found[metric_names.of_evaluation(pack, "score_strict", category)] = f"  {category}"
    return found | {metric_names.of_evaluation(pack, name): label for name, label in TOKENS.items()}


def _categories(results: Sequence[LocalResult]) -> list[str]:
    """As runs noted them; those of runs that noted none by their names."""
    noted = [name for one in results for name in one.run.setup.n_items_by_category]
    found = [
        category
        for one in results
        for metric in sorted(one.measurements)
        if (category := metric_names.category_of(metric, one.run.pack, "score_strict")) is not None
    ]
    return [*dict.fromkeys((*(name for name in noted if name in found), *found))]


def words(figure: MeasurementRow) -> str:
    """A score or an index as it reads: "71.0 % (50.1–86.2)"; tokens as a whole number."""
    if figure.unit == "tokens":
        return f"{figure.value:,.0f} tokens"
    scale = 100 if figure.unit == "points" else 1  # an index counts to 100, and reads as the scores beside it
    ends = (None if end is None else end / scale for end in (figure.interval_low, figure.interval_high))
    return display.score(figure.value / scale, *ends)
