"""The Intelligence Index, one bar a model, the best first."""

from __future__ import annotations

from aa_tui.analysis import display
from aa_tui.catalog.rows import ModelRow
from aa_tui.charts.book.kind import Kind
from aa_tui.charts.of_models import Figure, bar_chart
from aa_tui.charts.reading import Ranked
from aa_tui.charts.scene import Scene
from aa_tui.charts.spec import BarChart

UNIT = "0–100"


def score(model: ModelRow) -> Figure | None:
    """The model's index, 0 to 100."""
    value = model.intelligence_index
    return None if value is None else Figure(value, display.index(value), estimate=model.index_is_estimate)


def _build(scene: Scene) -> BarChart:
    return bar_chart(
        scene,
        score,
        name=CHART.name,
        title=CHART.title,
        unit=UNIT,
        better="higher",
        what="an Intelligence Index of these models",
        per_index=True,
    )


CHART = Kind(
    "intelligence",
    "Intelligence Index",
    "Index",
    "the index of each model, the best first",
    _build,
    Ranked("intelligence_index", "higher", per_index=True),
)
