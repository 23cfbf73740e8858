"""The search box. A module of its own: Textual's input costs some milliseconds to import."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.message import Message
from textual.widgets import Input

if TYPE_CHECKING:
    from textual.binding import BindingType
    from textual.events import Blur


class SearchBox(Input):
    """Filters while one types. Enter keeps the filter; Esc clears it. Both leave the box."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Clear, back", show=False),
        Binding("enter", "keep(0)", "Keep the filter", show=False),
        Binding("down", "keep(1)", "To the table", show=False),
        Binding("up", "keep(-1)", "To the table", show=False),
    ]

    class Searched(Message):
        """The text to search for has changed."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Left(Message):
        """The box gives up the focus; with ↑ or ↓ the cursor goes on from there, `kept` is said by Enter."""

        def __init__(self, step: int = 0, *, kept: bool = False) -> None:
            super().__init__()
            self.step = step
            self.kept = kept

    def __init__(self, text: str, placeholder: str) -> None:
        super().__init__(text, placeholder=placeholder, compact=True, id="search", select_on_focus=False)
        self.cursor_blink = False  # a blinking cursor would send bytes for ever

    def open(self) -> None:
        """Show it, and have the focus now: what is typed behind the key that opened it belongs into it."""
        self.display = True
        self.screen.set_focus(self)

    def on_input_changed(self, message: Input.Changed) -> None:
        """Filter."""
        message.stop()
        self.post_message(self.Searched(message.value))

    def action_leave(self) -> None:
        """Clear the text and leave."""
        self.value = ""
        self._leave()

    def action_keep(self, step: int) -> None:
        """Go to the table with the filter in force."""
        self._leave(step, kept=not step)

    def on_blur(self, _: Blur) -> None:
        """A click elsewhere leaves as well."""
        if self.display:
            self._leave()

    def _leave(self, step: int = 0, *, kept: bool = False) -> None:
        self.display = False  # before it is told: no key after this one belongs into the text
        self.post_message(self.Left(step, kept=kept))
