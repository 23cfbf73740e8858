"""Draw a chart of any form. The app and the shell show the same lines; what they hold is free of control characters."""

from __future__ import annotations

import sys
from functools import lru_cache

from aa_tui.charts.draw import bars as bars_drawing
from aa_tui.charts.draw import panels as panel_drawing
from aa_tui.charts.draw.drawing import Drawing, in_ascii
from aa_tui.charts.draw.scatter import layout
from aa_tui.charts.draw.scatter_drawing import draw_layout
from aa_tui.charts.spec import BarChart, Chart, PanelChart, ScatterChart

MIN_WIDTH = bars_drawing.MIN_WIDTH
"""Below so many columns names and bars would both be cut to nothing."""

_SCATTER_ROWS = (18, 40)


def warm_up() -> bool:
    """Import plotext, which takes a tenth of a second and more: for a thread, before the first drawing.

    Returns whether it was not there yet.
    """
    is_new = "plotext" not in sys.modules
    import plotext  # noqa: F401

    return is_new


def draw(spec: Chart, width: int, height: int, *, ascii: bool = False) -> Drawing:  # noqa: A002
    """The chart as lines with roles, at most so many columns and rows.

    Where there are more bars than rows, the highlighted one, its neighbours and the best are drawn.
    """
    if isinstance(spec, ScatterChart):  # quick to draw; hashing thousands of dots would take as long
        return draw_layout(layout(spec, width, height), ascii=ascii)
    return _draw(spec, width, height, ascii)


def natural_height(spec: Chart, width: int) -> int:
    """The rows in which all of the chart is drawn, or in which a scatter chart reads well."""
    if isinstance(spec, ScatterChart):
        least, most = _SCATTER_ROWS
        return max(least, min(most, width // 4))
    if isinstance(spec, PanelChart):
        return panel_drawing.natural_height(spec, width)
    return bars_drawing.natural_height(spec, width)


@lru_cache(maxsize=2)  # a few, since each keeps its chart
def _draw(spec: BarChart | PanelChart, width: int, height: int, ascii_only: bool) -> Drawing:
    if isinstance(spec, PanelChart):
        lines = panel_drawing.lines(spec, width, height)
    else:
        lines = bars_drawing.lines(spec, width, height)
    lines = lines[: max(1, height)]  # a sentence or a head can need more than a few rows
    return Drawing(in_ascii(lines) if ascii_only else lines)
