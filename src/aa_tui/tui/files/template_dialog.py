"""Which conversation a chat template is shown with."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import Input

from aa_tui.tui.widgets.dialog import Dialog
from aa_tui.tui.widgets.form import Field, box
from aa_tui.tui.widgets.parts import Line, styled

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType


class ConversationDialog(Dialog[str | None]):
    """Closes with the path that was typed, empty for the built-in conversation."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "close", "Close")]

    def __init__(self, present: str) -> None:
        super().__init__()
        self._present = present

    def compose(self) -> ComposeResult:
        """The box, and the keys."""
        with Vertical(classes="dialog -form"):
            yield Line(styled(("A conversation", "strong"), " of messages and tools, as in OpenAI's API"))
            yield Field("File", box(self._present, placeholder="a JSON file (the built-in one)", id="conversation"))
            yield Line(styled(("Enter", "key"), " show   ", ("Esc", "key"), " close"))

    def on_mount(self) -> None:
        """Type at once."""
        self.query_one("#conversation", Input).focus()

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Show it."""
        message.stop()
        self.dismiss(message.value.strip())

    def action_close(self) -> None:
        """Leave the conversation as it is."""
        self.dismiss(None)
