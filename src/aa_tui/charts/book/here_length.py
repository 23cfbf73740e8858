"""The score by how much the model is given to read: long texts, or a long history before the call that counts."""

from __future__ import annotations

from aa_tui.catalog.rows import ScoredSample
from aa_tui.charts.book.kind import Kind
from aa_tui.charts.evaluated import Evaluated
from aa_tui.charts.here.binned import binned
from aa_tui.charts.line_spec import LineChart
from aa_tui.charts.scene import Scene

TOO_FEW = (
    "These evaluations' prompts are all about as long: `aa-tui eval FILE --pack tools` has longer and shorter ones."
)


def _build(scene: Scene) -> LineChart:
    return binned(scene, CHART.name, CHART.title, axis="First prompt", length=_length, too_few=TOO_FEW)


def _length(one: Evaluated, sample: ScoredSample) -> int | None:
    first = one.first_prompts.get((sample.item_id, sample.epoch))
    tokens = sample.n_prompt if first is None else first
    return tokens or None


CHART = Kind(
    "here-length", "Score by length of the prompt", "Measured here", "strict score against tokens to read", _build
)
