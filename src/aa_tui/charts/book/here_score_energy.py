"""Accuracy against the energy that a question takes here."""

from __future__ import annotations

from aa_tui.charts.book.kind import Kind
from aa_tui.charts.evaluated import Evaluated
from aa_tui.charts.here.evaluation_scatter import scores_against
from aa_tui.charts.here.evaluations import joules_per_item
from aa_tui.charts.scene import Scene
from aa_tui.charts.spec import Axis, ScatterChart


def _build(scene: Scene) -> ScatterChart:
    return scores_against(
        scene,
        _energy,
        name=CHART.name,
        title=CHART.title,
        x=Axis("Energy per question", "J", "lower"),
        attractive="upper-left",
        unknown="None of these evaluations knows its energy: this machine exposes no power readings.",
    )


def _energy(one: Evaluated) -> tuple[float, str] | None:
    joules = joules_per_item(one.result)
    return None if joules is None else (joules, f"{joules:,.0f} J" if joules >= 10 else f"{joules:.2g} J")


CHART = Kind(
    "here-score-energy", "Score against energy", "Measured here", "strict score and joules per question", _build
)
