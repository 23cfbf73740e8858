"""The score by how long the model thought: what was spent, not what it was allowed."""

from __future__ import annotations

from aa_tui.catalog.rows import ScoredSample
from aa_tui.charts.book.kind import Kind
from aa_tui.charts.evaluated import Evaluated
from aa_tui.charts.here.binned import binned
from aa_tui.charts.line_spec import LineChart
from aa_tui.charts.scene import Scene

TOO_FEW = (
    "These evaluations have no answers that thought for shorter and for longer: a model that never thinks has none."
)


def _build(scene: Scene) -> LineChart:
    return binned(scene, CHART.name, CHART.title, axis="Thinking", length=_length, too_few=TOO_FEW)


def _length(_one: Evaluated, sample: ScoredSample) -> int | None:
    return sample.n_thinking if sample.is_counted else None


CHART = Kind(
    "here-thinking", "Score by thinking spent", "Measured here", "strict score against tokens of thinking", _build
)
