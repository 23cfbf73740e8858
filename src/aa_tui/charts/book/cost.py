"""What one pass over the index costs: input, reasoning and answer."""

from __future__ import annotations

from aa_tui.analysis import display
from aa_tui.catalog.rows import ModelRow
from aa_tui.charts.book.kind import Kind
from aa_tui.charts.of_models import Figure, bar_chart
from aa_tui.charts.prices import sold
from aa_tui.charts.reading import Ranked
from aa_tui.charts.scene import Scene
from aa_tui.charts.spec import BarChart


def _cost(model: ModelRow) -> Figure | None:
    whole = model.cost_to_run_usd
    if whole is None:
        return None
    costs = (model.cost_input_usd, model.cost_reasoning_usd, model.cost_answer_usd)
    known = tuple(cost for cost in costs if cost is not None)
    parts = known if len(known) == len(costs) else ()
    return Figure(whole, display.usd(whole), parts, tuple(map(display.usd, parts)))


def _build(scene: Scene) -> BarChart:
    measure, remark = sold(scene, _cost)
    return bar_chart(
        scene,
        measure,
        name=CHART.name,
        title=CHART.title,
        unit="USD",
        better="lower",
        what="what these models cost to run on the index",
        parts=("input", "reasoning", "answer"),
        per_index=True,
        remark=remark,
    )


CHART = Kind(
    "cost",
    "Cost to run the index",
    "Cost",
    "input, reasoning and answer cost of one pass",
    _build,
    Ranked("cost_to_run_usd", "lower", per_index=True, sold=True),
)
