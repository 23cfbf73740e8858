"""Context windows."""

from __future__ import annotations

from aa_tui.analysis import display
from aa_tui.catalog.rows import ModelRow
from aa_tui.charts.book.kind import Kind
from aa_tui.charts.of_models import Figure, bar_chart
from aa_tui.charts.reading import Ranked
from aa_tui.charts.scene import Scene
from aa_tui.charts.spec import BarChart


def _context(model: ModelRow) -> Figure | None:
    tokens = model.context_tokens
    return None if tokens is None else Figure(tokens, display.context(tokens))


def _build(scene: Scene) -> BarChart:
    return bar_chart(
        scene,
        _context,
        name=CHART.name,
        title=CHART.title,
        unit="tokens",
        better="higher",
        what="context windows of these models",
    )


CHART = Kind(
    "context",
    "Context window",
    "Context",
    "tokens that fit into the context window",
    _build,
    Ranked("context_tokens", "higher"),
)
