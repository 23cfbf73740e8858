"""What heat leaves of the speed: tokens/s over minutes of generation, with the processor's temperature."""

from __future__ import annotations

from aa_tui.charts.book.kind import Kind
from aa_tui.charts.here.lines import line, lines_chart, named, newest
from aa_tui.charts.here.speed import subject
from aa_tui.charts.line_spec import LineChart
from aa_tui.charts.scene import Scene
from aa_tui.charts.spec import Axis

_HEAT = "temperature"


def _build(scene: Scene) -> LineChart:
    results = newest(scene, lambda result: bool(result.timeline))
    lines = [
        line(
            label,
            result,
            [(point.seconds, point.tokens_per_s) for point in result.timeline],
            lambda x, y: (f"{x:.0f} s", f"{y:,.1f}"),
        )
        for label, result in named(scene, results)
    ]
    heat = []
    if len(results) == 1:  # temperatures of several runs would be a tangle
        points = [(one.seconds, one.temperature_c) for one in results[0].timeline if one.temperature_c is not None]
        heat = line(_HEAT, results[0], points, lambda x, y: (f"{x:.0f} s", f"{y:.0f} °C"))
    return lines_chart(
        CHART.name,
        f"{CHART.title} · {subject(scene)}",
        (Axis("Time since the start", "s", None), Axis("Text generation", "tokens/s of the model's own", "higher")),
        [*lines, heat],
        results=results,
        missing="No sustained speed was measured here yet: `aa-tui bench FILE --sustained` does it.",
        right=(_HEAT, Axis("Temperature", "°C", None)) if heat else None,
    )


CHART = Kind("here-sustained", "Speed over time", "Measured here", "tokens/s and temperature over minutes", _build)
