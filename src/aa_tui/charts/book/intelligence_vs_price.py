"""Intelligence against the blended price."""

from __future__ import annotations

from aa_tui.charts.book.kind import Kind
from aa_tui.charts.prices import PRICE_AXIS, intelligence_vs_price
from aa_tui.charts.reading import Plotted
from aa_tui.charts.scene import Scene
from aa_tui.charts.spec import ScatterChart


def _build(scene: Scene) -> ScatterChart:
    return intelligence_vs_price(scene, CHART.name, CHART.title, PRICE_AXIS)


CHART = Kind(
    "intelligence-vs-price",
    "Intelligence vs price",
    "Price",
    "the index against the blended price",
    _build,
    Plotted("blended_price_usd_per_m", "intelligence_index", per_index=True),
)
