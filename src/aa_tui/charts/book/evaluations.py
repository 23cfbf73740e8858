"""A small bar chart for each published evaluation of the index."""

from __future__ import annotations

from collections.abc import Mapping

from aa_tui.catalog.offers import FigureRow
from aa_tui.catalog.rows import ModelRow
from aa_tui.charts.book.kind import Kind
from aa_tui.charts.of_models import Figure, bar_chart
from aa_tui.charts.reading import Evaluated
from aa_tui.charts.scene import Scene
from aa_tui.charts.spec import BarChart, PanelChart

_TITLES = {
    "mmlu_pro": "MMLU-Pro",
    "gpqa": "GPQA Diamond",
    "hle": "Humanity's Last Exam",
    "livecodebench": "LiveCodeBench",
    "scicode": "SciCode",
    "math_500": "MATH-500",
    "aime": "AIME",
    "aime_25": "AIME 2025",
    "ifbench": "IFBench",
    "lcr": "Long-context reasoning",
    "terminalbench_hard": "Terminal-Bench Hard",
    "terminalbench_v2_1": "Terminal-Bench 2.1",
    "tau2": "τ²-Bench",
    "tau_banking": "τ-Bench Banking",
}
"""How the field writes them; others are shown by their own names."""


def _build(scene: Scene) -> PanelChart:
    return PanelChart(
        name=CHART.name,
        title=f"{CHART.title} · {scene.among}",
        charts=tuple(_one(scene, name, scores) for name, scores in sorted(scene.evaluations.items()) if scores),
        note="as published",
        missing="Nobody publishes scores of single evaluations of these models in this catalog.",
    )


def _one(scene: Scene, name: str, scores: Mapping[str, FigureRow]) -> BarChart:
    def score(model: ModelRow) -> Figure | None:
        row = scores.get(model.slug)
        if row is None:
            return None
        percent = row.value * 100 if row.unit == "share" else row.value
        return Figure(percent, f"{percent:.1f}", estimate=row.is_estimate)

    return bar_chart(
        scene,
        score,
        name=name,
        title=_TITLES.get(name, name.replace("_", " ")),
        unit="%",
        better="higher",
        what=f"scores in {name} of these models",
        titled=False,
    )


CHART = Kind(
    "evaluations", "Intelligence evaluations", "Evals", "a small chart for each evaluation, in %", _build, Evaluated()
)
