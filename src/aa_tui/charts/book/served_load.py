"""How much a server writes for all requests at once, and how much for each."""

from __future__ import annotations

from aa_tui.charts.book.kind import Kind
from aa_tui.charts.here.lines import line, lines_chart
from aa_tui.charts.here.served import LEVEL, named, newest, points, texts_of, title
from aa_tui.charts.line_spec import LineChart
from aa_tui.charts.scene import Scene
from aa_tui.charts.spec import Axis

MISSING = "No server's load was measured yet: `aa-tui bench http://HOST:PORT` does it."


def _build(scene: Scene) -> LineChart:
    results = newest(scene, LEVEL, "output_tps")
    lines = []
    for label, result in named(scene, results):
        total = points(result, LEVEL, "output_tps")
        group = "in total" if len(results) == 1 else label
        lines.append(line(group, result, total, texts_of("tokens/s")))
        if len(results) == 1:
            each = [(level, 1 / itl_s) for level, itl_s in points(result, LEVEL, "itl_p50_s") if itl_s > 0]
            lines.append(line("each request", result, each, texts_of("tokens/s")))
    return lines_chart(
        CHART.name,
        title(scene, CHART.title, results),
        (
            Axis("Requests", "at once", None, log=True),
            Axis("Output", "tokens/s of the model's own", "higher"),
        ),
        lines,
        results=results,
        missing=MISSING,
    )


CHART = Kind(
    "served-load", "Throughput of a server", "Measured here", "a server's tokens/s for concurrent requests", _build
)
