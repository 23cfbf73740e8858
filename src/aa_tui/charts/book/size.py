"""Total and active parameters of open-weights models."""

from __future__ import annotations

from aa_tui.analysis import display
from aa_tui.catalog.rows import ModelRow
from aa_tui.charts.book.kind import Kind
from aa_tui.charts.of_models import Figure, bar_chart, short_name
from aa_tui.charts.reading import Ranked
from aa_tui.charts.scene import Scene
from aa_tui.charts.spec import BarChart


def _size(model: ModelRow) -> Figure | None:
    """All parameters, of which the active ones are used for each token; they differ for mixtures of experts only."""
    total, active = model.total_params_b, model.active_params_b
    if total is None:
        return None
    if active is None or not 0 <= active <= total:
        return Figure(total, display.params_b(total))
    text = display.params_b(total)
    if active < total:
        text = f"{text}, {display.params_b(active)} active"
    return Figure(total, text, (active, total - active))


def _build(scene: Scene) -> BarChart:
    of_open = [model for model in scene.models if model.open_weights]
    remark = "open weights only"
    if scene.model is not None and not scene.model.open_weights:
        remark = f"{remark}: nobody publishes the size of {short_name(scene.model)}"
    return bar_chart(
        scene,
        _size,
        name=CHART.name,
        title=CHART.title,
        unit="billions of parameters",
        better=None,
        what="parameter counts of these models",
        models=of_open,
        parts=("active", "inactive for each token"),
        remark=remark,
    )


CHART = Kind(
    "size",
    "Model size",
    "Size",
    "total and active parameters of open-weights models",
    _build,
    Ranked("total_params_b", None, open_only=True),
)
