"""The search box. A module of its own: Textual's input costs some milliseconds to import."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.widgets import Input

from aa_tui.tui.filter_bar import FilterBar

if TYPE_CHECKING:
    from textual.binding import BindingType
    from textual.events import Blur


class SearchBox(Input):
    """Filters while one types. Enter keeps the filter, Esc clears it, then leaves."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Clear, back", show=False),
        Binding("enter", "keep(0)", "Keep the filter", show=False),
        Binding("down", "keep(1)", "To the table", show=False),
        Binding("up", "keep(-1)", "To the table", show=False),
    ]

    def __init__(self, text: str) -> None:
        super().__init__(text, placeholder="name, creator or licence", compact=True, id="search", select_on_focus=False)
        self.cursor_blink = False  # a blinking cursor would send bytes for ever

    @property
    def _bar(self) -> FilterBar:
        bar = self.parent
        assert isinstance(bar, FilterBar)
        return bar

    def on_input_changed(self, message: Input.Changed) -> None:
        """Filter."""
        message.stop()
        self._bar.post_message(FilterBar.Searched(message.value))

    def action_leave(self) -> None:
        """The first Esc clears the text, the next one leaves."""
        if self.value:
            self.value = ""
        else:
            self._bar.close()
            self._bar.post_message(FilterBar.Left())

    def action_keep(self, step: int) -> None:
        """Go to the table with the filter in force."""
        self._bar.close()
        self._bar.post_message(FilterBar.Left(step))

    def on_blur(self, _: Blur) -> None:
        """A click elsewhere leaves as well."""
        self._bar.close()
        self._bar.post_message(FilterBar.Left())
