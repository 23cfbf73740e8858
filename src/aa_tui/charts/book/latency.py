"""Time to first answer token: time to first token and thinking."""

from __future__ import annotations

from aa_tui.analysis import display
from aa_tui.catalog.rows import ModelRow
from aa_tui.charts.book.kind import Kind
from aa_tui.charts.first_token import remark, thinks_within_first_token
from aa_tui.charts.of_models import Figure, bar_chart, spans
from aa_tui.charts.reading import Ranked
from aa_tui.charts.scene import Scene
from aa_tui.charts.spec import BarChart


def _latency(model: ModelRow) -> Figure | None:
    whole = model.ttfat_s
    if whole is None:
        return None
    parts = spans(model.ttft_s, whole)
    if thinks_within_first_token(model):
        return Figure(whole, f"{display.seconds(whole)} with thinking", parts, ("", ""))
    return Figure(whole, display.seconds(whole), parts, tuple(map(display.seconds, parts)))


def _build(scene: Scene) -> BarChart:
    return bar_chart(
        scene,
        _latency,
        name=CHART.name,
        title=CHART.title,
        unit="s",
        better="lower",
        what="times to first answer token of these models",
        parts=("time to first token", "thinking"),
        remark=remark(scene),
    )


CHART = Kind(
    "latency",
    "Latency: time to first answer token",
    "Latency",
    "time to first token and thinking time",
    _build,
    Ranked("ttfat_s", "lower"),
)
