"""A table that draws only the lines on screen, from rows that it asks for one by one.

The stock DataTable measures every cell of every row, which blocks for seconds at ten thousand rows. This one asks
a source for the row under a line when that line is drawn, and after a key redraws the two lines that changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Generic

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from aa_tui.charts.draw.cells import cut
from aa_tui.textsafe import clean_line, has_controls
from aa_tui.tui.widgets.columns import KINDS, Column, Layout, Part, Placed, Row, Sorting, Source, lay_out

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual import events
    from textual.binding import BindingType

HEADER_ROWS = 1
QUIET = ("dim", "faint")
"""Kinds of text that stand back, but not in the row under the cursor."""


class Table(ScrollView, Generic[Row], can_focus=True):
    """A virtual table with one cursor row."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "table--header",
        "table--sorted",
        "table--row",
        "table--cursor",
    } | {f"table--{kind}" for kind in KINDS}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("pagedown,ctrl+f,ctrl+d", "page(1)", "Page down", show=False),
        Binding("pageup,ctrl+b,ctrl+u", "page(-1)", "Page up", show=False),
        Binding("home,g", "to(0)", "First", show=False),
        Binding("end,G", "to(-1)", "Last", show=False),
        Binding("right,l", "shift(1)", "Columns right", show=False),
        Binding("left,h", "shift(-1)", "Columns left", show=False),
        Binding("enter", "open", "Open", show=False),
    ]

    class Moved(Message):
        """The cursor is on another row, or the row under it has changed."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

        def can_replace(self, message: Message) -> bool:
            """While keys repeat, only the last position matters."""
            return isinstance(message, Table.Moved)

    class Opened(Message):
        """Enter, or a click on the row that has the cursor."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    class HeaderClicked(Message):
        """A click on a column's title."""

        def __init__(self, sort: str) -> None:
            super().__init__()
            self.sort = sort

    def __init__(
        self,
        source: Source[Row],
        empty: str,
        *,
        inset: int = 1,
        mark: Callable[[Row], str] | None = None,
        id: str | None = None,  # noqa: A002
    ) -> None:
        """A table over a source of rows.

        Args:
            source: where the rows come from.
            empty: what is said where there are none.
            inset: the margin on the left, in cells: a part of the lines, since padding would be sent apart.
            mark: the one-cell mark in a row's left margin, "" for none; it needs an inset.
            id: the widget's id.
        """
        super().__init__(id=id)
        self.source = source
        self.empty = empty
        self.inset = inset
        self._mark = mark
        self.cursor = 0
        self.sorting: Sorting | None = None
        self._fixed: Sequence[Column[Row]] = ()
        self._moving: Sequence[Column[Row]] = ()
        self._shift = 0
        self._to_show = ""
        self._layout: Layout[Row] | None = None
        self._layout_width = 0
        self._looks: dict[tuple[str, bool], Style] = {}

    # -- what is shown

    def set_columns(self, fixed: Sequence[Column[Row]], moving: Sequence[Column[Row]]) -> None:
        """Show these columns: the fixed ones always, the moving ones as far as they fit."""
        self._fixed, self._moving = fixed, moving
        self._shift = min(self._shift, max(0, len(moving) - 1))
        self._layout = None
        self.refresh()

    @property
    def columns(self) -> tuple[Column[Row], ...]:
        """All columns in their order, on screen or shifted out of it."""
        return (*self._fixed, *self._moving)

    @property
    def current(self) -> Row | None:
        """The row under the cursor."""
        return self.source.row(self.cursor) if len(self.source) else None

    def sort_of(self, column: Column[Row]) -> str:
        """What a click on the column's title sorts by; "" where it cannot be sorted by it."""
        return column.sort

    @property
    def empty_words(self) -> str:
        """What is said where there are no rows."""
        return self.empty

    @property
    def shifts(self) -> bool:
        """Whether there are columns to shift in and out."""
        return bool(self._moving)

    def show_column(self, sort: str) -> None:
        """Shift the columns until the one sorted by is on screen."""
        if self._width <= 0:
            self._to_show = sort  # as soon as it is known which columns fit
            return
        index = self._hidden(sort, self._placed())
        if index is not None:
            self._shift_to(index)

    def _hidden(self, sort: str, layout: Layout[Row]) -> int | None:
        """Which of the moving columns is the one sorted by, if it is none of those on screen."""
        if any(self.sort_of(placed.column) == sort for placed in layout.placed):
            return None
        return next((i for i, column in enumerate(self._moving) if self.sort_of(column) == sort), None)

    def reload(self, cursor: int | None = None) -> None:
        """The rows are other ones now. The cursor goes where the caller found its row again."""
        self.cursor = max(0, min(self.cursor if cursor is None else cursor, len(self.source) - 1))
        self._resize()
        self._keep_cursor_in_view()
        self.refresh()
        self.post_message(self.Moved(self.cursor))

    def refresh_row(self, index: int) -> None:
        """Redraw one row."""
        y = HEADER_ROWS + index - self.scroll_offset.y
        if HEADER_ROWS <= y < self.size.height:
            self.refresh(Region(0, y, self._width, 1))

    # -- moving

    def action_move(self, step: int) -> None:
        """Move the cursor by so many rows."""
        self.move_to(self.cursor + step)

    def action_page(self, pages: int) -> None:
        """Move the cursor by so many screens."""
        self.move_to(self.cursor + pages * max(1, self._visible_rows() - 1))

    def action_to(self, index: int) -> None:
        """Go to the first row, or with -1 to the last."""
        self.move_to(len(self.source) - 1 if index < 0 else index)

    def action_open(self) -> None:
        """Open the row under the cursor."""
        if len(self.source):
            self.post_message(self.Opened(self.cursor))

    def action_shift(self, step: int) -> None:
        """Show the columns further right or left."""
        layout = self._placed()
        if (step > 0 and layout.more_right) or (step < 0 and layout.more_left):
            self._shift_to(self._shift + step)

    def move_to(self, index: int) -> None:
        """Put the cursor on this row, or the nearest there is."""
        index = max(0, min(index, len(self.source) - 1))
        if index == self.cursor:
            return
        before, self.cursor = self.cursor, index
        if not self._keep_cursor_in_view():
            self.refresh_row(before)
            self.refresh_row(index)
        self.post_message(self.Moved(index))

    def _shift_to(self, shift: int) -> None:
        self._shift = max(0, min(shift, len(self._moving) - 1))
        self._layout = None
        self.refresh()

    @property
    def _width(self) -> int:
        """Cells of a line, without the scroll bar."""
        return self.scrollable_content_region.width

    def _visible_rows(self) -> int:
        return max(1, self.size.height - HEADER_ROWS)

    def _keep_cursor_in_view(self) -> bool:
        """Scroll if the cursor is off screen; whether it had to."""
        top = self.scroll_offset.y
        visible = self._visible_rows()
        if self.cursor < top:
            goal = self.cursor
        elif self.cursor >= top + visible:
            goal = self.cursor - visible + 1
        else:
            return False
        self.scroll_to(y=goal, animate=False, immediate=True)
        return True

    def _resize(self) -> None:
        # The height alone decides whether a scroll bar is wanted: rows are cut to the width.
        self.virtual_size = Size(0, len(self.source) + HEADER_ROWS)

    # -- events

    def on_mount(self) -> None:
        """Know the number of rows before the first frame."""
        self._resize()

    def on_resize(self) -> None:
        """A smaller table still shows its cursor. Drawing is the layout's business."""
        self._keep_cursor_in_view()

    def notify_style_update(self) -> None:
        """Another theme: forget its colours."""
        super().notify_style_update()
        self._looks.clear()

    def on_click(self, event: events.Click) -> None:
        """A click chooses a row, one on the chosen row opens it, one on a title sorts."""
        event.stop()
        offset = event.get_content_offset(self)
        if offset is None:
            return
        if offset.y < HEADER_ROWS:
            for placed in self._placed().placed:
                if placed.x <= offset.x < placed.x + placed.width and (sort := self.sort_of(placed.column)):
                    self.post_message(self.HeaderClicked(sort))
            return
        index = offset.y - HEADER_ROWS + self.scroll_offset.y
        if index >= len(self.source):
            return
        if index == self.cursor:
            self.action_open()
        else:
            self.move_to(index)

    # -- drawing

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        width = self._width
        if y < HEADER_ROWS:
            return self._header(width)
        index = y - HEADER_ROWS + self.scroll_offset.y
        count = len(self.source)
        if index >= count:
            if count == 0 and y == HEADER_ROWS + 1:
                return self._line([(self.inset + 2, self.empty_words, "dim")], width, cursor=False)
            return Strip([Segment(" " * width, self._look("", cursor=False))], width)
        row = self.source.row(index)
        chosen = index == self.cursor
        pieces: list[tuple[int, str, str]] = []
        if self._mark is not None and row is not None and (mark := self._mark(row)):
            pieces.append((self.inset - 1, mark, "accent"))
        if chosen:
            pieces.append((self.inset, "▌", "accent"))
        if row is None:
            pieces.append((self.inset + 2, "(gone)", "dim"))
        else:
            for placed in self._placed().placed:
                pieces.extend(_aligned(placed, placed.column.cell(row, placed.width)))
        return self._line(pieces, width, cursor=chosen)

    def _header(self, width: int) -> Strip:
        layout = self._placed()
        pieces: list[tuple[int, str, str]] = []
        for placed in layout.placed:
            column = placed.column
            if self.sorting is None or self.sort_of(column) != self.sorting.sort:
                pieces.extend(_aligned(placed, [(column.title, "header")]))
                continue
            # The mark stands in the gap behind the title, which therefore keeps its place.
            title = column.title.rstrip()
            x = placed.x + (max(0, placed.width - cell_len(column.title)) if column.right else 0)
            pieces.append((x, title + ("▾" if self.sorting.descending else "▴"), "sorted"))
        if layout.more_left:
            pieces.insert(0, (self.inset, "‹", "accent"))
        if layout.more_right and (not pieces or pieces[-1][0] + cell_len(pieces[-1][1]) < width):
            pieces.append((width - 1, "›", "accent"))
        return self._line(pieces, width, cursor=False)

    def _line(self, pieces: Sequence[tuple[int, str, str]], width: int, *, cursor: bool) -> Strip:
        """Pieces at their places as one strip. Neighbours of one look become one segment: fewer bytes to send."""
        merged: list[list[object]] = []
        x = 0
        for start, text, kind in pieces:
            if start >= width:
                break
            room = width - start
            length = cell_len(text)
            if length > room:
                text, length = set_cell_size(text, room), room  # noqa: PLW2901
            gap = " " * (start - x)
            if cursor and kind in QUIET:
                kind = ""  # noqa: PLW2901 (the chosen row is read, so nothing in it is quiet)
            if merged and (merged[-1][1] == kind or not text.strip()):
                merged[-1][0] = f"{merged[-1][0]}{gap}{text}"
            elif merged:
                merged[-1][0] = f"{merged[-1][0]}{gap}"
                merged.append([text, kind])
            else:
                merged.append([gap + text, kind])
            x = start + length
        if x < width and merged:
            merged[-1][0] = f"{merged[-1][0]}{' ' * (width - x)}"
        elif x < width:
            merged.append([" " * width, ""])
        return Strip([Segment(str(text), self._look(str(kind), cursor=cursor)) for text, kind in merged], width)

    def _placed(self) -> Layout[Row]:
        if self._layout is None or self._layout_width != self._width:
            self._layout_width = self._width
            self._layout = self._laid_out()
            hidden = self._hidden(self._to_show, self._layout) if self._to_show and self._width > 0 else None
            if hidden is not None:
                self._shift = hidden
                self._layout = self._laid_out()
            if self._width > 0:
                self._to_show = ""
        return self._layout

    def _laid_out(self) -> Layout[Row]:
        return lay_out(self._fixed, self._moving, self._shift, self._width - self.inset, self.inset + 1)

    def _look(self, kind: str, *, cursor: bool) -> Style:
        look = self._looks.get((kind, cursor))
        if look is None:
            base = self.get_component_rich_style("table--cursor" if cursor else "table--row")
            look = base + self.get_component_rich_style(f"table--{kind}", partial=True) if kind else base
            self._looks[kind, cursor] = look
        return look


def _aligned(placed: Placed[Row], parts: Sequence[Part]) -> list[tuple[int, str, str]]:
    """A cell's parts at their places; what is too long for the column is cut."""
    texts = [(_one_line(text), kind) for text, kind in parts]
    length = sum(cell_len(text) for text, _ in texts)
    x = placed.x + (placed.width - length if placed.column.right and length < placed.width else 0)
    end = placed.x + placed.width
    pieces: list[tuple[int, str, str]] = []
    for text, kind in texts:
        room = end - x
        cells = cell_len(text)
        if cells > room:
            if room > 1:
                short = cut(text, room) if placed.column.middle else set_cell_size(text, room - 1) + "…"
                pieces.append((x, short, kind))
            break
        if text:
            pieces.append((x, text, kind))
        x += cells
    return pieces


def _one_line(text: str) -> str:
    """Data is cleaned where it enters; what slips through must not shift the columns either."""
    return clean_line(text) if has_controls(text) or "\t" in text else text
