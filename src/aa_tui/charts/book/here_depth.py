"""How the speed of generating text falls while the context fills."""

from __future__ import annotations

import re
from collections import defaultdict

from aa_tui.catalog.rows import LocalResult
from aa_tui.charts.book.kind import Kind
from aa_tui.charts.here.lines import line, lines_chart, named, newest
from aa_tui.charts.here.speed import subject
from aa_tui.charts.line_spec import LineChart
from aa_tui.charts.scene import Scene
from aa_tui.charts.spec import Axis

_TEST = re.compile(r"(tg[0-9]+)(?:@d([0-9]+))?")


def _build(scene: Scene) -> LineChart:
    results = newest(scene, lambda result: bool(_by_depth(result)))
    lines = []
    for label, result in named(scene, results):
        curves = _by_depth(result)
        for test, points in curves.items():
            group = f"{label} · {test}" if len(curves) > 1 else label
            lines.append(line(group, result, points, lambda x, y: (f"{x:,.0f}", f"{y:,.1f}")))
    return lines_chart(
        CHART.name,
        f"{CHART.title} · {subject(scene)}",
        (
            Axis("Tokens in the context before", "tokens", None),
            Axis("Text generation", "tokens/s of the model's own", "higher"),
        ),
        lines,
        results=results,
        missing="No depths were measured here yet: `aa-tui bench FILE --depths` does it.",
    )


def _by_depth(result: LocalResult) -> dict[str, list[tuple[float, float]]]:
    """The curve of each tgN that was measured at two depths and more."""
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for metric, figure in result.measurements.items():
        match = _TEST.fullmatch(metric)
        if match:
            found[match[1]].append((float(match[2] or 0), figure.value))
    return {test: sorted(points) for test, points in found.items() if len(points) > 1}


CHART = Kind("here-depth", "Speed against depth", "Measured here", "tokens/s while the context fills", _build)
