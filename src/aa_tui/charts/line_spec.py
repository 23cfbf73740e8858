"""Lines: the dots of a scatter chart, joined from left to right within each group.

They are a scatter chart to everything that walks, lists or exports dots; only the drawing differs, and where there is
a second axis, which axis a dot is read on.
"""

from __future__ import annotations

from dataclasses import dataclass

from aa_tui.charts.spec import Axis, Dot, ScatterChart


@dataclass(frozen=True, slots=True)
class LineChart(ScatterChart):
    """Lines of measured points. The group `on_right` is read on the axis at the right, `right`, the others on `y`."""

    right: Axis | None = None
    on_right: str = ""


def axis_of(chart: ScatterChart, dot: Dot) -> Axis:
    """The upright axis that a dot is read on."""
    if isinstance(chart, LineChart) and chart.right is not None and dot.group == chart.on_right:
        return chart.right
    return chart.y


def is_on_right(chart: ScatterChart, dot: Dot) -> bool:
    """Whether the dot is read on a second axis."""
    return axis_of(chart, dot) is not chart.y
