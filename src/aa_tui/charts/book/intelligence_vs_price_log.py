"""Intelligence against the blended price on a log axis, where cheap models are not all in one place."""

from __future__ import annotations

from dataclasses import replace

from aa_tui.charts.book.kind import Kind
from aa_tui.charts.prices import PRICE_AXIS, intelligence_vs_price
from aa_tui.charts.reading import Plotted
from aa_tui.charts.scene import Scene
from aa_tui.charts.spec import ScatterChart


def _build(scene: Scene) -> ScatterChart:
    return intelligence_vs_price(scene, CHART.name, CHART.title, replace(PRICE_AXIS, log=True))


CHART = Kind(
    "intelligence-vs-price-log",
    "Intelligence vs price (log)",
    "Price",
    "the index against the blended price on a log axis",
    _build,
    Plotted("blended_price_usd_per_m", "intelligence_index", log_x=True, per_index=True),
)
