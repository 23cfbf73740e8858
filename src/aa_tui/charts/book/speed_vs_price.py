"""Published output speed against the blended price."""

from __future__ import annotations

from aa_tui.catalog.rows import ModelRow
from aa_tui.charts.book.kind import Kind
from aa_tui.charts.book.speed import UNIT, output_speed
from aa_tui.charts.of_models import Figure, scatter_chart
from aa_tui.charts.prices import PRICE_AXIS, price
from aa_tui.charts.reading import Plotted
from aa_tui.charts.scene import Scene
from aa_tui.charts.spec import Axis, ScatterChart


def _both(model: ModelRow) -> tuple[Figure, Figure] | None:
    blended, speed = price(model, "blended_price_usd_per_m"), output_speed(model)
    return None if blended is None or speed is None else (blended, speed)


def _build(scene: Scene) -> ScatterChart:
    return scatter_chart(
        scene,
        _both,
        name=CHART.name,
        title=CHART.title,
        x=PRICE_AXIS,
        y=Axis("Output speed", UNIT, "higher"),
        what="both a price and a speed of these models",
        unsold=True,
    )


CHART = Kind(
    "speed-vs-price",
    "Output speed vs price",
    "Speed",
    "published speed against the blended price",
    _build,
    Plotted("blended_price_usd_per_m", "output_tps"),
)
