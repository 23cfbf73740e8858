"""Time to first token of a short request, as measured here."""

from __future__ import annotations

from aa_tui.charts.book.kind import Kind
from aa_tui.charts.here.speed import here_chart, subject
from aa_tui.charts.scene import Scene
from aa_tui.charts.spec import BarChart


def _build(scene: Scene) -> BarChart:
    return here_chart(
        scene,
        "short.ttft_s",
        name=CHART.name,
        title=f"{CHART.title} · {subject(scene)}",
        unit="s, median for 100 input tokens of the model's own",
        better="lower",
        decimals=2,
    )


CHART = Kind("here-ttft", "Time to first token", "Measured here", "time to first token by file and machine", _build)
