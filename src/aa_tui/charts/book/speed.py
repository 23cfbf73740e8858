"""Published output speeds."""

from __future__ import annotations

from aa_tui.analysis import display
from aa_tui.catalog.rows import ModelRow
from aa_tui.charts.book.kind import Kind
from aa_tui.charts.of_models import Figure, bar_chart
from aa_tui.charts.reading import Ranked
from aa_tui.charts.scene import Scene
from aa_tui.charts.spec import BarChart

UNIT = "o200k tokens/s"
"""Published speeds count tokens of o200k_base; local ones count the model's own and are never drawn with them."""


def output_speed(model: ModelRow) -> Figure | None:
    """Output tokens per second of hosted services, after the first token."""
    return None if model.output_tps is None else Figure(model.output_tps, display.speed(model.output_tps))


def _build(scene: Scene) -> BarChart:
    return bar_chart(
        scene,
        output_speed,
        name=CHART.name,
        title=CHART.title,
        unit=UNIT,
        better="higher",
        what="output speeds of these models",
        remark="hosted services",
    )


CHART = Kind(
    "speed",
    "Output speed",
    "Speed",
    "published output tokens per second of hosted services",
    _build,
    Ranked("output_tps", "higher"),
)
