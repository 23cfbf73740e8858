"""Bar charts in the app: drawn for the room there is, with a cursor that goes from bar to bar."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from aa_tui.charts.draw.cells import cell_width
from aa_tui.charts.spec import Bar, BarChart, PanelChart
from aa_tui.tui.charts.rows import Place, label_end, places
from aa_tui.tui.widgets.parts import styled

if TYPE_CHECKING:
    from textual import events
    from textual.binding import BindingType

    from aa_tui.charts.draw.drawing import Drawing, Line

KINDS = {
    None: "",
    "title": "strong",
    "note": "dim",
    "axis": "dim",
    "label": "",
    "value": "",
    "bar": "chart-bar",
    "chosen-label": "accent-strong",
    "chosen-value": "accent-strong",
    "chosen-bar": "accent",
    "part-1": "chart-bar",
    "part-2": "part-2",
    "part-3": "part-3",
    "dot": "chart-bar",
    "dot-2": "part-2",
    "frontier": "part-3",
    "quadrant": "faint",
    "chosen-dot": "accent-strong",
    "cursor": "cursor",
    "chosen-cursor": "tab",
}
"""The drawing's roles as kinds of text; one that is not here is plain."""


class ChartView(Widget, can_focus=True):
    """A bar chart, or a panel of them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", show=False),
        Binding("down,j", "move(1)", show=False),
        Binding("pageup", "move(-10)", show=False),
        Binding("pagedown,space", "move(10)", show=False),
        Binding("home,g", "move(-10000)", show=False),
        Binding("end,G", "move(10000)", show=False),
        Binding("enter", "open", show=False),
    ]

    class Moved(Message):
        """The cursor is on another bar, or on none."""

    class Opened(Message):
        """What the bar under the cursor stands for is wanted."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    def __init__(self) -> None:
        super().__init__(classes="chart")
        self._chart: BarChart | PanelChart | None = None
        self._title, self._words = "", ""
        self._drawn: tuple[tuple[object, ...], Drawing] | None = None
        self._cursor: tuple[str, str] | None = None
        """The chart's name and the bar's key: the cursor stays on its model, not on its row."""

    # -- what is shown

    def wait(self, title: str) -> None:
        """Keep the place of a chart that is being made."""
        self._chart, self._drawn, self._words = None, None, "drawing…"
        self._title = title
        self.refresh()

    def fail(self, words: str) -> None:
        """Say why there is no chart."""
        self._chart, self._drawn, self._words = None, None, words
        self.refresh()

    def show(self, chart: BarChart | PanelChart, *, fresh: bool) -> None:
        """Draw a chart; a `fresh` one has its cursor on the highlighted bar."""
        self._chart = chart
        if fresh or self.current is None:
            self._cursor = _first(chart)
        self.refresh()

    @property
    def drawing(self) -> Drawing | None:
        """The chart as drawn for the room there is."""
        if self._chart is None or not self.size.width or not self.size.height:
            return None
        width, height = self.size
        key = (self._chart, width, height)
        if self._drawn is None or self._drawn[0] != key:
            from aa_tui.charts.draw.render import draw

            self._drawn = (key, draw(self._chart, width, height))
        return self._drawn[1]

    @property
    def current(self) -> tuple[BarChart, Bar] | None:
        """The bar under the cursor, with its chart."""
        if self._chart is None or self._cursor is None:
            return None
        return next((pair for pair in _all(self._chart) if _key(pair) == self._cursor), None)

    def render(self) -> Content:
        """The chart, or its place while it is being made."""
        drawing = self.drawing
        if drawing is None:
            return styled((self._title, "strong"), (f"\n\n  {self._words}", "dim")) if self._words else Content("")
        lines = [content_of(line) for line in drawing.lines]
        place = next((one for one in self._places() if one.key == self._cursor), None) if self.has_focus else None
        if place is not None:
            lines[place.row] = self._marked(lines[place.row], place, label_end(drawing.lines[place.row], place.left))
        return Content("\n").join(lines)

    def _marked(self, line: Content, place: Place, after_label: int) -> Content:
        """The line under the cursor: on another ground; where the terminal has none of its own, its label reversed.

        Of a bar that is drawn with full blocks nothing would be left if it were reversed too.
        """
        is_plain = self.app.current_theme.ansi or self.app.no_color
        right = after_label if is_plain else place.right
        line = line.pad_right(max(0, right - line.cell_length))
        start, end = (_at_cell(line.plain, cell) for cell in (place.left, right))
        return line.stylize("reverse" if is_plain else "on $cursor", start, end)

    # -- the cursor

    def _places(self) -> list[Place]:
        """The bars that are drawn."""
        drawing = self.drawing
        if drawing is None or self._chart is None:
            return []
        return places(drawing, self._chart, self.size.width)

    def action_move(self, step: int) -> None:
        """Some bars on."""
        keys = [place.key for place in self._places()]
        if keys:
            now = keys.index(self._cursor) if self._cursor in keys else 0
            self._put(keys[max(0, min(len(keys) - 1, now + step))])

    def action_open(self) -> None:
        """Open what is under the cursor."""
        found = self.current
        if found is not None:
            self.post_message(self.Opened(found[1].key))

    def on_click(self, event: events.Click) -> None:
        """Choose a bar; the chosen one once more opens it."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        column = [place for place in self._places() if place.left <= offset.x < place.right and place.row <= offset.y]
        hit = column[-1].key if column else None
        if hit is None:
            return
        event.stop()
        if hit == self._cursor and event.chain > 1:
            self.action_open()
        else:
            self._put(hit)

    def on_focus(self) -> None:
        """The cursor is seen only where the focus is."""
        self.refresh()

    def on_blur(self) -> None:
        """It is no longer seen."""
        self.refresh()

    def _put(self, key: tuple[str, str]) -> None:
        if key != self._cursor:
            self._cursor = key
            self.refresh()
            self.post_message(self.Moved())


def content_of(line: Line) -> Content:
    """A drawing's line in the theme's colours."""
    return styled(*((part.text, KINDS.get(part.role, "")) for part in line if part.text))


def _at_cell(text: str, cell: int) -> int:
    """The index of the character in a cell."""
    used = 0
    for index, character in enumerate(text):
        if used >= cell:
            return index
        used += cell_width(character)
    return len(text)


def _all(chart: BarChart | PanelChart) -> list[tuple[BarChart, Bar]]:
    charts = chart.charts if isinstance(chart, PanelChart) else (chart,)
    return [(one, bar) for one in charts for bar in one.bars]


def _key(pair: tuple[BarChart, Bar]) -> tuple[str, str]:
    return pair[0].name, pair[1].key


def _first(chart: BarChart | PanelChart) -> tuple[str, str] | None:
    pairs = _all(chart)
    return next((_key(pair) for pair in pairs if pair[1].highlighted), _key(pairs[0]) if pairs else None)
