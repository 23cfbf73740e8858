"""A chart on a page. plotext takes a while to import, so the first drawing is made in a thread."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from textual.content import Content
from textual.widget import Widget

from aa_tui.tui.parts import styled

if TYPE_CHECKING:
    from textual.geometry import Size

    from aa_tui.charts.drawing import Drawing
    from aa_tui.charts.spec import BarChart

KINDS = {
    None: "",
    "title": "strong",
    "note": "dim",
    "axis": "faint",
    "label": "",
    "value": "",
    "bar": "chart-bar",
    "chosen-label": "accent-strong",
    "chosen-value": "accent-strong",
    "chosen-bar": "accent",
}
"""The drawing's roles as kinds of text."""

MOST_CELLS = 120
FRAME_ROWS = 5
LEAST_ROWS = 12


class ChartView(Widget):
    """A bar chart, as high as its bars but never higher than fits on the screen."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._spec: BarChart | None = None
        self._rows = LEAST_ROWS
        self._drawn: tuple[tuple[object, ...], Content] | None = None

    def show(self, spec: BarChart, rows: int) -> None:
        """Draw a chart in at most so many rows."""
        height = max(LEAST_ROWS, rows)
        if (spec, height) != (self._spec, self._rows):
            self._spec, self._rows = spec, height
            self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Its height is known before it is drawn, so nothing jumps."""
        if self._spec is None:
            return LEAST_ROWS
        return min(self._rows, max(1, len(self._spec.bars)) + FRAME_ROWS)

    def render(self) -> Content:
        """The chart, or its place while it is being drawn."""
        spec = self._spec
        if spec is None:
            return Content("")
        width = min(self.size.width, MOST_CELLS)
        key = (spec, width, self._rows)
        if self._drawn is None or self._drawn[0] != key:
            if "plotext" not in sys.modules:
                self.run_worker(self._warm_up, thread=True, exclusive=True, group="chart", exit_on_error=False)
                return styled((spec.title, "strong"), ("\n\n  drawing…", "faint"))
            from aa_tui.charts.render import draw

            self._drawn = (key, content_of(draw(spec, width, self._rows)))
        return self._drawn[1]

    def _warm_up(self) -> None:
        """In a thread: import what draws, then have it drawn."""
        from aa_tui.charts.render import warm_up

        warm_up()
        self.app.call_from_thread(self.refresh)


def content_of(drawing: Drawing) -> Content:
    """The drawing in the theme's colours."""
    return Content("\n").join(
        styled(*((part.text, KINDS[part.role]) for part in line if part.text)) for line in drawing.lines
    )
