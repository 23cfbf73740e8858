"""How far each type of KV cache moves from f16 while the context fills."""

from __future__ import annotations

import re
from collections import defaultdict

from aa_tui.catalog.rows import LocalResult, MeasurementRow
from aa_tui.charts.book.kind import Kind
from aa_tui.charts.here.lines import lines_chart, named, newest
from aa_tui.charts.here.speed import subject
from aa_tui.charts.line_spec import LineChart
from aa_tui.charts.scene import Scene
from aa_tui.charts.spec import Axis, Dot

_KLD = re.compile(r"cache\.kld\.([a-z0-9_]{1,12})-([a-z0-9_]{1,12})@([0-9]{1,9})")


def _build(scene: Scene) -> LineChart:
    results = newest(scene, lambda result: bool(_by_types(result)), scene.caches)
    lines = []
    for label, result in named(scene, results):
        for types, points in _by_types(result).items():
            group = f"{label} · {types}" if len(results) > 1 else types
            lines.append([_dot(group, result, depth, figure) for depth, figure in sorted(points.items())])
    return lines_chart(
        CHART.name,
        f"{CHART.title} · {subject(scene)}",
        (
            Axis("Tokens in the context before", "tokens", None),
            Axis("Divergence from f16/f16 (KLD)", "nats", "lower", log=True),
        ),
        lines,
        results=results,
        missing="No types of KV cache were compared here yet: `aa-tui cache FILE` does it.",
    )


def _by_types(result: LocalResult) -> dict[str, dict[int, MeasurementRow]]:
    """The divergence of each pair of types by depth."""
    found: dict[str, dict[int, MeasurementRow]] = defaultdict(dict)
    for metric, figure in result.measurements.items():
        match = _KLD.fullmatch(metric)
        if match:
            found[f"{match[1]}/{match[2]}"][int(match[3])] = figure
    return dict(sorted(found.items()))


def _dot(group: str, result: LocalResult, depth: int, figure: MeasurementRow) -> Dot:
    low, high = figure.interval_low, figure.interval_high
    return Dot(
        f"{result.run.id}/{group}/{depth}",
        group,
        float(depth),
        figure.value,
        f"{depth:,}",
        f"{figure.value:.2g}",
        group=group,
        interval=(low, high) if low is not None and high is not None else None,
    )


CHART = Kind(
    "here-cache", "KV cache types against depth", "Measured here", "divergence while the context fills", _build
)
