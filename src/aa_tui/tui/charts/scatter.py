"""Scatter charts in the app: arrows go from dot to dot, the mouse points at one, Enter opens it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from aa_tui.charts.draw.scatter import PlacedDot, ScatterLayout, layout
from aa_tui.charts.draw.scatter_drawing import draw_layout
from aa_tui.charts.draw.walk import DIRECTIONS, neighbour
from aa_tui.tui.charts.bars import content_of

if TYPE_CHECKING:
    from textual import events
    from textual.binding import BindingType

    from aa_tui.charts.draw.drawing import Drawing
    from aa_tui.charts.spec import Dot, ScatterChart

REACH_COLUMNS, REACH_ROWS = 3, 1
"""So many cells beside a dot a click still means it."""


class ScatterView(Widget, can_focus=True):
    """A scatter chart with a cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "go('left')", show=False),
        Binding("right,l", "go('right')", show=False),
        Binding("up,k", "go('up')", show=False),
        Binding("down,j", "go('down')", show=False),
        Binding("home,g", "first", show=False),
        Binding("enter", "open", show=False),
    ]

    class Moved(Message):
        """The cursor is on another dot."""

    class Opened(Message):
        """The page of the dot's model is wanted."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    def __init__(self, *, ascii: bool) -> None:  # noqa: A002
        """`ascii`: the cursor is drawn with ASCII alone."""
        super().__init__(classes="chart")
        self._ascii = ascii
        self.display = False
        self._chart: ScatterChart | None = None
        self._cursor: str | None = None
        self._laid_out: tuple[tuple[object, ...], ScatterLayout] | None = None
        self._drawn: tuple[tuple[object, ...], Drawing] | None = None

    def show(self, chart: ScatterChart, *, fresh: bool) -> None:
        """Draw a chart; a `fresh` one has its cursor on the page's model."""
        self._chart = chart
        if fresh or self.current is None:
            self._cursor = next((dot.key for dot in chart.dots if dot.highlighted), None)
            if self._cursor is None and chart.dots:
                self._cursor = chart.dots[0].key
        self.refresh()

    @property
    def current(self) -> Dot | None:
        """The dot under the cursor."""
        dots = self._chart.dots if self._chart is not None else ()
        return next((dot for dot in dots if dot.key == self._cursor), None)

    @property
    def layout_now(self) -> ScatterLayout | None:
        """Where everything lies at this size."""
        if self._chart is None or not self.size.width or not self.size.height:
            return None
        key = (self._chart, self.size.width, self.size.height)
        if self._laid_out is None or self._laid_out[0] != key:
            self._laid_out = (key, layout(*key))
        return self._laid_out[1]

    @property
    def drawing(self) -> Drawing | None:
        """The chart as drawn, with its cursor where it has the focus."""
        found = self.layout_now
        if found is None:
            return None
        key = (found, self._cursor if self.has_focus else None)
        if self._drawn is None or self._drawn[0] != key:
            self._drawn = (key, draw_layout(found, key[1], ascii=self._ascii))
        return self._drawn[1]

    def render(self) -> Content:
        """The chart."""
        drawing = self.drawing
        if drawing is None:
            return Content("")
        return Content("\n").join(content_of(line) for line in drawing.lines)

    # -- the cursor

    def action_go(self, direction: str) -> None:
        """To the next dot in a direction."""
        found = self.layout_now
        way = next((one for one in DIRECTIONS if one == direction), None)
        if found is not None and way is not None and self._cursor is not None:
            self._put(neighbour(found, self._cursor, way))

    def action_first(self) -> None:
        """To the page's model, else to the best."""
        chart = self._chart
        if chart is not None and chart.dots:
            self._put(next((dot.key for dot in chart.dots if dot.highlighted), chart.dots[0].key))

    def action_open(self) -> None:
        """Open the page of the dot's model."""
        if self.current is not None:
            self.post_message(self.Opened(self.current.key))

    def on_click(self, event: events.Click) -> None:
        """Choose the nearest dot; twice opens it."""
        offset, found = event.get_content_offset(self), self.layout_now
        if offset is None or found is None:
            return
        near = _nearest(found, offset.x, offset.y)
        if near is None:
            return
        event.stop()
        if near.dot.key == self._cursor and event.chain > 1:
            self.action_open()
        else:
            self._put(near.dot.key)

    def on_focus(self) -> None:
        """The cursor is seen only where the focus is."""
        self.refresh()

    def on_blur(self) -> None:
        """It is no longer seen."""
        self.refresh()

    def _put(self, key: str) -> None:
        if key != self._cursor:
            self._cursor = key
            self.refresh()
            self.post_message(self.Moved())


def _nearest(found: ScatterLayout, column: int, row: int) -> PlacedDot | None:
    """The dot under or next to a cell."""
    close = [
        placed
        for placed in found.dots
        if abs(placed.column - column) <= REACH_COLUMNS and abs(placed.row - row) <= REACH_ROWS
    ]
    return min(close, key=lambda one: abs(one.row - row) * 2 + abs(one.column - column), default=None)
