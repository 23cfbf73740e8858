"""The Openness Index, of availability and transparency where these are published."""

from __future__ import annotations

from aa_tui.analysis import display
from aa_tui.catalog.rows import ModelRow
from aa_tui.charts.book.kind import Kind
from aa_tui.charts.of_models import Figure, bar_chart
from aa_tui.charts.reading import Ranked
from aa_tui.charts.scene import Scene
from aa_tui.charts.spec import BarChart


def _build(scene: Scene) -> BarChart:
    def openness(model: ModelRow) -> Figure | None:
        whole, parts = model.openness_index, scene.openness_parts.get(model.slug, ())
        if whole is None and not parts:
            return None
        value = whole if whole is not None else sum(parts)
        return Figure(value, display.index(value), parts, tuple(map(display.index, parts)))

    return bar_chart(
        scene,
        openness,
        name=CHART.name,
        title=CHART.title,
        unit="0–100",
        better="higher",
        what="an Openness Index of these models",
        parts=("availability", "transparency") if scene.openness_parts else (),
        remark="" if scene.openness_parts else "totals alone: parts not published",
    )


CHART = Kind(
    "openness",
    "Openness Index",
    "Openness",
    "how open weights, data and methods are",
    _build,
    Ranked("openness_index", "higher"),
)
