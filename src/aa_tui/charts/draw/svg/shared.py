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
from aa_tui.charts.draw.svg.shapes import SIZE
from aa_tui.charts.spec import BarChart, ScatterChart

_HINT = re.compile(r"><title>[^<]*</title></(?:rect|circle|path)>")
"""What is told to who points at a shape, which nobody can in an `<img>`."""

_USUAL = re.compile(r' x="0"| font-size="13"| class="r-(?:label|value)"')
"""What stands at every shape or text and is so anyway: a third of the file. Names and values have the text's colour."""

_CLASS = re.compile(r'class="([^"]*)"')
_FONT = "system-ui,'Segoe UI',Roboto,'DejaVu Sans',Arial,sans-serif"
_CHOSEN = "g:target text{fill:var(--accent);font-weight:bold}g:target :not(text){fill:var(--accent)}"
_CHOSEN_DOT = (
    ".r-pick{display:none}g:target .r-pick{display:inline;paint-order:stroke;stroke:var(--card);stroke-width:4px;"
    "stroke-linejoin:round}g:target :not(text){stroke:var(--accent)}g:target circle{r:7px}"
)
_CHOSEN_PARTS = "g:target .r-part-2{fill-opacity:.55}g:target .r-part-3{fill-opacity:.3}"
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
    body = _USUAL.sub("", _HINT.sub("/>", drawn.body))
    classes = {name for found in set(_CLASS.findall(body)) for name in found.split()}
    chosen = _CHOSEN + (_CHOSEN_DOT if isinstance(chart, ScatterChart) else _CHOSEN_PARTS if chart.parts else "")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {drawn.width:.0f} {drawn.height:.0f}" '
        f'width="{drawn.width:.0f}" height="{drawn.height:.0f}" font-family="{_FONT}" font-size="{SIZE:g}">'
        f"<style>text{{fill:var(--text)}}.ground{{fill:var(--card)}}{colours.rules_of(classes)}{chosen}</style>"
        f'<rect class="ground" width="100%" height="100%"/>{body}</svg>\n'
    )
