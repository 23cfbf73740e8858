"""Prices of input and output, side by side."""

from __future__ import annotations

from aa_tui.analysis import blended_price_usd_per_m, display
from aa_tui.catalog.rows import ModelRow
from aa_tui.charts.book.kind import Kind
from aa_tui.charts.of_models import Figure, bar_chart
from aa_tui.charts.prices import price, sold
from aa_tui.charts.reading import Ranked
from aa_tui.charts.scene import Scene
from aa_tui.charts.spec import BarChart


def _prices(model: ModelRow) -> Figure | None:
    """Both prices; bars are in the order of the blended price."""
    price_in, price_out = price(model, "price_in_usd_per_m"), price(model, "price_out_usd_per_m")
    if price_in is None or price_out is None:
        return None
    blended = blended_price_usd_per_m(price_in.value, price_out.value)
    return Figure(blended, display.usd(blended), (price_in.value, price_out.value), (price_in.text, price_out.text))


def _build(scene: Scene) -> BarChart:
    measure, remark = sold(scene, _prices)
    return bar_chart(
        scene,
        measure,
        name=CHART.name,
        title=CHART.title,
        unit="USD per 1M tokens",
        better="lower",
        what="prices of these models",
        parts=("input", "output"),
        stacked=False,
        remark=remark,
    )


CHART = Kind(
    "pricing",
    "Pricing",
    "Price",
    "input and output price, side by side",
    _build,
    Ranked("blended_price_usd_per_m", "lower", sold=True),
)
