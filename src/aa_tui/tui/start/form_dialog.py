"""The frame of the dialogs that start one run: what is asked, a line for what is wrong, the keys."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import Input

from aa_tui.tui.start.dialog import Prepare, StartDialog
from aa_tui.tui.widgets.form import FormError
from aa_tui.tui.widgets.parts import Fitted, Line, styled

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

_START, _LINE, _CLOSE = (("Enter", "key"), " start   "), (("↑ ↓", "key"), " line   "), (("Esc", "key"), " close")


class FramedDialog(StartDialog[int]):
    """Closes with the run's number once its worker has been started."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "close", "Close")]

    CLASSES = "dialog"
    KEYS = styled(*_START, *_CLOSE)

    def compose(self) -> ComposeResult:
        """What is asked, a line for what is wrong, the keys."""
        with Vertical(classes=self.CLASSES):
            yield from self.body()
            yield Fitted(id="trouble")
            yield Line(self.KEYS)

    @abstractmethod
    def body(self) -> ComposeResult:
        """What is asked, under a title."""

    def begin(self, prepare: Prepare) -> None:
        """Say what one should know of this machine, and start."""
        self._warn({})
        self._start(prepare)


class FormDialog(FramedDialog):
    """Lines of a form. Enter in any of them starts."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,tab", "app.focus_next", show=False),
        Binding("up,shift+tab", "app.focus_previous", show=False),
    ]

    CLASSES = "dialog -form"
    KEYS = styled(*_START, *_LINE, *_CLOSE)
    FIRST: ClassVar[str]
    """The box that one begins with."""

    def on_mount(self) -> None:
        """Begin with the first box."""
        self.query_one(f"#{self.FIRST}", Input).focus()

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Start."""
        message.stop()
        self.start_typed()

    def start_typed(self) -> None:
        """Look at what is typed, and start."""
        try:
            prepare = self.prepared()
        except FormError as error:
            self._say(str(error), "bad")
        else:
            self.begin(prepare)

    @abstractmethod
    def prepared(self) -> Prepare:
        """What queues the run that is typed. Raises FormError."""

    def said(self, name: str) -> str:
        """What stands in a box."""
        return self.query_one(f"#{name}", Input).value.strip()
