"""A chart as a picture that many pages share: no bar or dot of it is highlighted until an address points at one.

`chart.svg#name` highlights the group that is called so, by the style's `:target`: browsers do that in an `<img>` too.
Its colours follow the reader's scheme, or that of the page around it.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from aa_tui.charts.draw import colours
from aa_tui.charts.draw.svg import bars as bars_drawing
from aa_tui.charts.draw.svg import plane
from aa_tui.charts.draw.svg.chart import FONT
from aa_tui.charts.draw.svg.shapes import GROUP, safe_text
from aa_tui.charts.spec import BarChart, ScatterChart

_HINT = re.compile(r"><title>[^<]*</title></(?:rect|circle|path)>")
"""What is told to who points at a shape, which nobody can in an `<img>`."""

_CLASS = re.compile(r'class="([^"]*)"')
_CHOSEN = (
    f".r-pick{{display:none}}.{GROUP}:target .r-pick{{display:inline;paint-order:stroke;stroke:var(--card);"
    f"stroke-width:4px;stroke-linejoin:round}}.{GROUP}:target text{{fill:var(--accent);font-weight:bold}}"
    f".{GROUP}:target rect,.{GROUP}:target circle,.{GROUP}:target path{{fill:var(--accent);stroke:var(--accent)}}"
    f".{GROUP}:target circle{{r:7px}}.{GROUP}:target rect{{stroke:none}}"
    f".{GROUP}:target .r-part-2{{fill-opacity:.55}}.{GROUP}:target .r-part-3{{fill-opacity:.3}}"
)
"""What is pointed at, in one colour; its parts are told apart by how full it is, as in a chart of one model."""


def picture(chart: BarChart | ScatterChart, width: float, height: float, ids: Callable[[str], str]) -> str:
    """All bars or dots of the chart in a file, each in a group with the id of its key; empty where nothing is drawn.

    `height` is that of a plane; bars take what they need.
    """
    if isinstance(chart, ScatterChart):
        drawn = plane.draw(chart, width, height, ids)
    else:
        drawn = bars_drawing.draw(chart, width, len(chart.bars), ids)
    if not drawn.body:
        return ""
    body = _HINT.sub("/>", drawn.body)
    classes = {name for found in set(_CLASS.findall(body)) for name in found.split()}
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {drawn.width:.0f} {drawn.height:.0f}" '
        f'width="{drawn.width:.0f}" height="{drawn.height:.0f}"><title>{safe_text(chart.title)}</title>'
        f"<style>text{{font-family:{FONT};fill:var(--text)}}.ground{{fill:var(--card)}}"
        f"{colours.rules_of(classes)}{_CHOSEN}</style>"
        f'<rect class="ground" width="100%" height="100%"/>{body}</svg>\n'
    )
