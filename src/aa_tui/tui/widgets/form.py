"""A form for a dialog: labelled lines, each a choice turned by ← → or a box to type in. ↑ ↓ go from line to line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from textual.binding import Binding
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input

from aa_tui.errors import UsageError
from aa_tui.tui.widgets.parts import Line, styled

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

T = TypeVar("T")


class FormError(UsageError):
    """What was typed cannot be used. The text is one sentence for the user."""


class Cycle(Widget, can_focus=True):
    """One of a few values."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,l,space", "turn(1)", "Next", show=False),
        Binding("left,h", "turn(-1)", "Before", show=False),
    ]

    class Turned(Message):
        """Another value is chosen."""

        def __init__(self, cycle: Cycle) -> None:
            super().__init__()
            self.cycle = cycle

    def __init__(self, options: Sequence[tuple[str, str]], *, id: str) -> None:  # noqa: A002
        """`options` are values and how they read; the first one is chosen."""
        super().__init__(id=id)
        self._options = list(options)
        self._place = 0

    @property
    def value(self) -> str:
        """The value chosen, "" where there is none to choose."""
        return self._options[self._place][0] if self._options else ""

    def choose(self, value: str) -> None:
        """Choose a value, if there is such a one."""
        self._place = next((n for n, (one, _) in enumerate(self._options) if one == value), self._place)
        self.refresh()

    def action_turn(self, step: int) -> None:
        """Choose the next one."""
        if self._options:
            self._place = (self._place + step) % len(self._options)
            self.refresh()
            self.post_message(self.Turned(self))

    def on_focus(self) -> None:
        """The marks light up: ← → turn it now."""
        self.refresh()

    def on_blur(self) -> None:
        """They stand back."""
        self.refresh()

    def on_click(self) -> None:
        """A click turns it."""
        self.action_turn(1)

    def render(self) -> Content:
        """The value chosen, and how many there are."""
        if not self._options:
            return styled(("–", "faint"))
        label = self._options[self._place][1]
        count = f"   {self._place + 1} of {len(self._options)}" if len(self._options) > 1 else ""
        several = len(self._options) > 1
        marks = ("‹ ", " ›") if several or self.has_focus else ("  ", "  ")
        kind, mark = ("accent-strong", "accent") if self.has_focus else ("", "dim")
        line = styled((marks[0], mark), (label, kind), (marks[1], mark), (count, "dim"))
        return line.truncate(max(1, self.size.width), ellipsis=True)


class Field(Horizontal):
    """A label and what it stands before; a box has a note behind it, else it takes the whole line."""

    def __init__(self, label: str, control: Cycle | Input, note: str = "") -> None:
        super().__init__(classes="field")
        self._label = label
        self._control = control
        self._note = note
        control.set_class(not note, "-wide")

    def compose(self) -> ComposeResult:
        """Label, control, note."""
        label = Line(styled((self._label, "dim")))
        label.add_class("label")
        yield label
        yield self._control
        if self._note:
            yield Line(styled((f"  {self._note}", "dim")))


def box(value: str = "", placeholder: str = "", *, id: str) -> Input:  # noqa: A002
    """A box to type in."""
    made = Input(value, placeholder=placeholder, compact=True, id=id, select_on_focus=False)
    made.cursor_blink = False
    return made


OFFLOAD_HINT = "-ngl 20 --device CUDA0 --tensor-split 3,1 --rpc HOST:PORT"


def offload(text: str) -> dict[str, Any]:
    """The options of a run from the shell's own words for where layers go; none for nothing. Raises FormError."""
    from aa_tui.engine.offload import parse_options

    try:
        return parse_options(text)
    except ValueError as error:
        raise FormError(f"GPU: {error}") from error


def typed(text: str, what: str, read: Callable[[str], T]) -> T | None:
    """What a box says, as `aa_tui.actions.typed` reads it; None for nothing. Raises FormError, which names the box."""
    if not text.strip():
        return None
    try:
        return read(text)
    except ValueError as error:
        raise FormError(f"{what}: {error}.") from error
