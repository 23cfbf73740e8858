"""How long a request takes while others run: the load sweep's response times."""

from __future__ import annotations

from aa_tui.charts.book.kind import Kind
from aa_tui.charts.here.lines import line, lines_chart, named, newest
from aa_tui.charts.here.load_points import MISSING, load_points, texts_of
from aa_tui.charts.here.speed import subject
from aa_tui.charts.line_spec import LineChart
from aa_tui.charts.scene import Scene
from aa_tui.charts.spec import Axis

_CLOCK = "/request.e2e_s"


def _build(scene: Scene) -> LineChart:
    results = newest(scene, lambda result: bool(load_points(result, _CLOCK)))
    lines = []
    for label, result in named(scene, results):
        lines.append(line(f"{label}, whole response", result, load_points(result, _CLOCK), texts_of("s")))
        if len(results) == 1:
            first = load_points(result, "/request.ttft_s")
            lines.append(line("first token", result, first, texts_of("s")))
    return lines_chart(
        CHART.name,
        f"{CHART.title} · {subject(scene)}",
        (
            Axis("Requests", "at once", None, log=True),
            Axis("Time from asking", "s, median of the requests", "lower"),
        ),
        lines,
        results=results,
        missing=MISSING,
    )


CHART = Kind("here-latency", "Latency against load", "Measured here", "response time of concurrent requests", _build)
