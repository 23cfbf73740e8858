"""How long the first token takes while a server answers others, for most and for the unlucky."""

from __future__ import annotations

from aa_tui.charts.book.kind import Kind
from aa_tui.charts.book.served_load import MISSING
from aa_tui.charts.here.lines import line, lines_chart
from aa_tui.charts.here.served import LEVEL, named, newest, points, texts_of, title
from aa_tui.charts.line_spec import LineChart
from aa_tui.charts.scene import Scene
from aa_tui.charts.spec import Axis

_PERCENTS = (50, 90, 99)


def _build(scene: Scene) -> LineChart:
    results = newest(scene, LEVEL, "ttft_p90_s")
    lines = []
    for label, result in named(scene, results):
        for percent in _PERCENTS if len(results) == 1 else (90,):
            group = f"p{percent}" if len(results) == 1 else label
            lines.append(line(group, result, points(result, LEVEL, f"ttft_p{percent}_s"), texts_of("s")))
    of = "percentiles of the requests" if len(results) == 1 else "90th percentile of the requests"
    return lines_chart(
        CHART.name,
        title(scene, CHART.title, results),
        (
            Axis("Requests", "at once", None, log=True),
            Axis("Time to first token", f"s, {of}", "lower"),
        ),
        lines,
        results=results,
        missing=MISSING,
    )


CHART = Kind(
    "served-latency",
    "Latency of a server",
    "Measured here",
    "a server's time to first token for concurrent requests",
    _build,
)
