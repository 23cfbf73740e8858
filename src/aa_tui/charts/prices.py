"""What the price charts have in common."""

from __future__ import annotations

from aa_tui.analysis import display, metric_value
from aa_tui.catalog.rows import ModelRow
from aa_tui.charts.of_models import Figure, Measure, scatter_chart
from aa_tui.charts.scene import Scene
from aa_tui.charts.spec import Axis, ScatterChart

PRICE_AXIS = Axis("Blended price (3:1)", "USD per 1M tokens", "lower")


def price(model: ModelRow, metric: str) -> Figure | None:
    """A price in USD per 1M tokens as published: 0 says that no API sells it."""
    value = metric_value(model, metric)
    return None if value is None else Figure(value, display.usd(value))


def sold(scene: Scene, measure: Measure) -> tuple[Measure, str]:
    """The same measure without the models that no API sells, whose bars at 0 would push the others out, and how many
    that leaves out, for the note. The page's model stays."""
    page = scene.model.slug if scene.model is not None else None

    def is_drawn(model: ModelRow, figure: Figure) -> bool:
        return figure.value > 0 or model.slug == page

    def of_sold(model: ModelRow) -> Figure | None:
        figure = measure(model)
        return figure if figure is not None and is_drawn(model, figure) else None

    figures = [(model, figure) for model in scene.models if (figure := measure(model)) is not None]
    left_out = sum(not is_drawn(model, figure) for model, figure in figures)
    if scene.tally is not None:
        left_out = scene.tally.unsold
    words = [f"{left_out} that no API sells left out"] if left_out else []
    if any(figure.value == 0 and model.slug == page for model, figure in figures):
        words.append("$0.00: no API sells it")
    return of_sold, ", ".join(words)


def intelligence_vs_price(scene: Scene, name: str, title: str, x: Axis) -> ScatterChart:
    """The index against the blended price."""

    def both(model: ModelRow) -> tuple[Figure, Figure] | None:
        blended, index = price(model, "blended_price_usd_per_m"), model.intelligence_index
        if blended is None or index is None:
            return None
        return blended, Figure(index, display.index(index), estimate=model.index_is_estimate)

    return scatter_chart(
        scene,
        both,
        name=name,
        title=title,
        x=x,
        y=Axis("Intelligence Index", "0–100", "higher"),
        what="both a price and an index of these models",
        unsold=True,
        per_index=True,
    )
