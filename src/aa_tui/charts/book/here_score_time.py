"""Accuracy against the time that a question takes here."""

from __future__ import annotations

from aa_tui.analysis import display
from aa_tui.charts.book.kind import Kind
from aa_tui.charts.evaluated import Evaluated
from aa_tui.charts.here.evaluation_scatter import scores_against
from aa_tui.charts.here.evaluations import seconds_per_item
from aa_tui.charts.scene import Scene
from aa_tui.charts.spec import Axis, ScatterChart


def _build(scene: Scene) -> ScatterChart:
    return scores_against(
        scene,
        _time,
        name=CHART.name,
        title=CHART.title,
        x=Axis("Time per question", "s, wall clock", "lower"),
        attractive="upper-left",
        unknown="None of these evaluations has a speed yet: it is known when a run ends.",
    )


def _time(one: Evaluated) -> tuple[float, str] | None:
    seconds = seconds_per_item(one.result)
    return None if seconds is None else (seconds, display.seconds(seconds))


CHART = Kind("here-score-time", "Score against time", "Measured here", "strict score and seconds per question", _build)
