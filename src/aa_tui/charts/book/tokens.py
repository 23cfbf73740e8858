"""Output tokens used to run the index: reasoning and answer."""

from __future__ import annotations

from aa_tui.analysis import display
from aa_tui.catalog.rows import ModelRow
from aa_tui.charts.book.kind import Kind
from aa_tui.charts.of_models import Figure, bar_chart
from aa_tui.charts.reading import Ranked
from aa_tui.charts.scene import Scene
from aa_tui.charts.spec import BarChart


def _tokens(model: ModelRow) -> Figure | None:
    whole = model.index_output_tokens_m
    if whole is None:
        return None
    reasoning, answer = model.reasoning_tokens_m, model.answer_tokens_m
    parts = (reasoning, answer) if reasoning is not None and answer is not None else ()
    return Figure(whole, display.tokens_m(whole), parts, tuple(map(display.tokens_m_exact, parts)))


def _build(scene: Scene) -> BarChart:
    return bar_chart(
        scene,
        _tokens,
        name=CHART.name,
        title=CHART.title,
        unit="M tokens",
        better=None,
        what="the tokens that these models used on the index",
        parts=("reasoning", "answer"),
        per_index=True,
        remark="fewer are cheaper and faster",
    )


CHART = Kind(
    "tokens",
    "Output tokens to run the index",
    "Tokens",
    "reasoning and answer tokens on the index",
    _build,
    Ranked("index_output_tokens_m", None, per_index=True),
)
