"""How much all requests at once get, and how much each: the load sweep's throughput."""

from __future__ import annotations

from aa_tui.charts.book.kind import Kind
from aa_tui.charts.here.lines import line, lines_chart, named, newest
from aa_tui.charts.here.load_points import MISSING, load_points, texts_of
from aa_tui.charts.here.speed import subject
from aa_tui.charts.line_spec import LineChart
from aa_tui.charts.scene import Scene
from aa_tui.charts.spec import Axis


def _build(scene: Scene) -> LineChart:
    results = newest(scene, lambda result: bool(load_points(result, "")))
    lines = []
    for label, result in named(scene, results):
        lines.append(line(f"{label} in total", result, load_points(result, ""), texts_of("tokens/s")))
        if len(results) == 1:
            each = load_points(result, "/request.output_tps")
            lines.append(line("each request", result, each, texts_of("tokens/s")))
    return lines_chart(
        CHART.name,
        f"{CHART.title} · {subject(scene)}",
        (
            Axis("Requests", "at once", None, log=True),
            Axis("Output", "tokens/s of the model's own", "higher"),
        ),
        lines,
        results=results,
        missing=MISSING,
    )


CHART = Kind(
    "here-load", "Throughput against load", "Measured here", "tokens/s of 1, 2, 4 … concurrent requests", _build
)
