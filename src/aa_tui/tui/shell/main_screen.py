"""The screen below all dialogs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.reactive import Reactive
from textual.screen import Screen

from aa_tui.terminal import MIN_COLUMNS, MIN_ROWS
from aa_tui.tui.core import heap

if TYPE_CHECKING:
    from textual.geometry import Size
    from textual.widget import Widget


WIDTHS = ((0, "-tiny"), (MIN_COLUMNS, "-narrow"), (100, "-normal"), (140, "-wide"))
HEIGHTS = ((0, "-flat"), (MIN_ROWS, "-low"), (30, "-tall"))
"""From how many columns and rows on the screen has a class, for the styles."""


class MainScreen(Screen[None]):
    """A screen that is not drawn again as a whole whenever another widget gets the focus.

    Textual's own repaints everything then, 12 kB at 120x40. What a widget looks like with the focus is its own
    business, and it repaints itself.
    """

    focused: Reactive[Widget | None] = Reactive(None, repaint=False)

    def __init__(self, size: Size) -> None:
        """A screen that knows its size before the first frame; learning it then would cost a second one."""
        super().__init__(id="_default")
        self.HORIZONTAL_BREAKPOINTS = list(WIDTHS)
        self.VERTICAL_BREAKPOINTS = list(HEIGHTS)
        for edges, length in ((WIDTHS, size.width), (HEIGHTS, size.height)):
            self.add_class(next(name for edge, name in reversed(edges) if length >= edge))

    def on_screen_resume(self) -> None:
        """Let go of the dialog that was closed."""
        heap.forget_lines()
