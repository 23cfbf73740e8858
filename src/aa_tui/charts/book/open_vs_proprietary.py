"""The Intelligence Index with open-weights and proprietary models side by side."""

from __future__ import annotations

from aa_tui.charts.book.intelligence import UNIT, score
from aa_tui.charts.book.kind import Kind
from aa_tui.charts.of_models import bar_chart
from aa_tui.charts.reading import Ranked
from aa_tui.charts.scene import Scene
from aa_tui.charts.spec import BarChart


def _build(scene: Scene) -> BarChart:
    return bar_chart(
        scene,
        score,
        name=CHART.name,
        title=CHART.title,
        unit=UNIT,
        better="higher",
        what="an Intelligence Index of these models",
        by_openness=True,
        per_index=True,
    )


CHART = Kind(
    "open-vs-proprietary",
    "Intelligence Index by openness",
    "Index",
    "the index, open-weights and proprietary models side by side",
    _build,
    Ranked("intelligence_index", "higher", per_index=True),
)
