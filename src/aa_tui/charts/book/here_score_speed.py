"""Accuracy against the speed at which an evaluation was made here."""

from __future__ import annotations

from aa_tui.charts.book.kind import Kind
from aa_tui.charts.evaluated import Evaluated
from aa_tui.charts.here.evaluation_scatter import scores_against
from aa_tui.charts.scene import Scene
from aa_tui.charts.spec import Axis, ScatterChart


def _build(scene: Scene) -> ScatterChart:
    return scores_against(
        scene,
        _speed,
        name=CHART.name,
        title=CHART.title,
        x=Axis("Speed of all slots together", "tokens/s of the model's own", "higher"),
        attractive="upper-right",
        unknown="None of these evaluations has a speed yet: it is known when a run ends.",
    )


def _speed(one: Evaluated) -> tuple[float, str] | None:
    rate = one.figure("tokens_per_s_total")
    if rate is None:
        return None
    slots = one.run.setup.n_parallel
    words = f" ({slots} slot{'' if slots == 1 else 's'})" if slots is not None else ""
    return rate.value, f"{rate.value:,.1f} tokens/s{words}"


CHART = Kind("here-score-speed", "Accuracy against speed", "Measured here", "strict score and tokens/s", _build)
