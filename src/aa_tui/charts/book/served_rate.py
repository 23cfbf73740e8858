"""How long the first token takes where requests arrive at random, and how many keep their limits."""

from __future__ import annotations

from aa_tui.charts.book.kind import Kind
from aa_tui.charts.here.lines import line, lines_chart
from aa_tui.charts.here.served import RATE, named, newest, points, texts_of, title
from aa_tui.charts.line_spec import LineChart
from aa_tui.charts.scene import Scene
from aa_tui.charts.spec import Axis


def _build(scene: Scene) -> LineChart:
    results = newest(scene, RATE, "ttft_p90_s")
    lines, right = [], None
    for label, result in named(scene, results):
        for percent in (50, 90) if len(results) == 1 else (90,):
            group = f"p{percent}" if len(results) == 1 else label
            lines.append(line(group, result, points(result, RATE, f"ttft_p{percent}_s"), texts_of("s", "/s")))
        good = points(result, RATE, "goodput_share", 100.0)
        if len(results) == 1 and good:
            lines.append(line("goodput", result, good, texts_of("%", "/s")))
            right = ("goodput", Axis("Goodput", f"% that keep {result.run.setup.slo}", "higher"))
    of = "percentiles of the requests" if len(results) == 1 else "90th percentile of the requests"
    return lines_chart(
        CHART.name,
        title(scene, CHART.title, results),
        (
            Axis("Requests that arrive", "requests/s", None),
            Axis("Time to first token", f"s, {of}", "lower"),
        ),
        lines,
        results=results,
        missing="No rates were measured yet: `aa-tui bench http://HOST:PORT --rate 1,2,4` does it.",
        right=right,
    )


CHART = Kind(
    "served-rate",
    "Arrivals at a server",
    "Measured here",
    "a server's time to first token and goodput where requests arrive at random",
    _build,
)
