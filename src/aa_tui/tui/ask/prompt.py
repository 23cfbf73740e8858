"""The box that a prompt is written in, of one line or several."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message
from textual.widgets import TextArea

if TYPE_CHECKING:
    from textual import events

MOST_LINES = 6
"""So high the box grows."""

NEW_LINE = ("ctrl+j", "shift+enter", "alt+enter")


class Prompt(TextArea):
    """Enter asks, Ctrl+J begins a new line, Esc leaves the box with what is in it."""

    class Asked(Message):
        """Enter was pressed."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Left(Message):
        """Esc was pressed."""

    class Paged(Message):
        """PgUp (-1) or PgDn (1) was pressed."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    def __init__(self) -> None:
        super().__init__(
            id="ask-prompt",
            compact=True,
            highlight_cursor_line=False,
            placeholder="Write what to ask. Enter asks, Ctrl+J begins a new line.",
        )
        self.cursor_blink = False  # a blinking cursor would send bytes for ever

    async def _on_key(self, event: events.Key) -> None:
        if event.key == "enter":
            self.post_message(self.Asked(self.text))
        elif event.key == "escape":
            self.post_message(self.Left())
        elif event.key in NEW_LINE:
            self.insert("\n")
        else:
            return
        event.stop()
        event.prevent_default()

    def action_cursor_page_up(self) -> None:
        """The box has no pages."""
        self.post_message(self.Paged(-1))

    def action_cursor_page_down(self) -> None:
        """The box has no pages."""
        self.post_message(self.Paged(1))

    def on_text_area_changed(self, message: TextArea.Changed) -> None:
        """As high as its text, within reason."""
        message.stop()
        height = max(1, min(MOST_LINES, self.wrapped_document.height))
        if self.styles.height is None or self.styles.height.value != height:
            self.styles.height = height
