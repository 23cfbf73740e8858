"""End-to-end response time of a 500-token answer: input processing, thinking, answer."""

from __future__ import annotations

from aa_tui.analysis import display
from aa_tui.catalog.rows import ModelRow
from aa_tui.charts.book.kind import Kind
from aa_tui.charts.first_token import remark, thinks_within_first_token
from aa_tui.charts.of_models import Figure, bar_chart, spans
from aa_tui.charts.reading import Ranked
from aa_tui.charts.scene import Scene
from aa_tui.charts.spec import BarChart


def _response_time(model: ModelRow) -> Figure | None:
    whole = model.e2e_s
    if whole is None:
        return None
    parts = spans(model.ttft_s, model.ttfat_s, whole)
    texts = tuple(map(display.seconds, parts))
    if parts and thinks_within_first_token(model):
        texts = (f"{texts[0]} with thinking", "", texts[2])
    return Figure(whole, display.seconds(whole), parts, texts)


def _build(scene: Scene) -> BarChart:
    return bar_chart(
        scene,
        _response_time,
        name=CHART.name,
        title=CHART.title,
        unit="s for a 500-token answer",
        better="lower",
        what="response times of these models",
        parts=("input processing", "thinking", "answer"),
        remark=remark(scene),
    )


CHART = Kind(
    "response-time",
    "End-to-end response time",
    "Latency",
    "input processing, thinking and a 500-token answer",
    _build,
    Ranked("e2e_s", "lower"),
)
