"""A form for a dialog: labelled lines, each a choice turned by ← → or a box to type in. ↑ ↓ go from line to line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input

from aa_tui.tui.parts import Line, styled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType


class FormError(Exception):
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
        """The marks show that it can be turned."""
        self.refresh()

    def on_blur(self) -> None:
        """They go."""
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
        marks = ("‹ ", " ›") if self.has_focus else ("  ", "  ")
        kind = "accent-strong" if self.has_focus else ""
        line = styled((marks[0], "accent"), (label, kind), (marks[1], "accent"), (count, "dim"))
        return line.truncate(max(1, self.size.width), ellipsis=True)


class Field(Horizontal):
    """A label and what it stands before; a box has a note behind it."""

    def __init__(self, label: str, control: Cycle | Input, note: str = "") -> None:
        super().__init__(classes="field")
        self._label = label
        self._control = control
        self._note = note

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


def whole(text: str, what: str) -> int | None:
    """A whole number above 0; None for nothing. Raises FormError."""
    text = text.strip().replace(",", "")
    if not text:
        return None
    if not (text.isascii() and text.isdecimal()) or int(text) < 1:
        raise FormError(f"{what}: “{text}” is no whole number above 0.")
    return int(text)


def number(text: str, what: str) -> float | None:
    """A number; None for nothing. Raises FormError."""
    text = text.strip().rstrip("%°C ").strip()
    if not text:
        return None
    try:
        found = float(text)
    except ValueError as error:
        raise FormError(f"{what}: “{text}” is no number.") from error
    if not 0 < found < 1e9:
        raise FormError(f"{what}: “{text}” is no use; take a number above 0.")
    return found


def duration(text: str, what: str) -> float | None:
    """Seconds of "90s", "30m", "8h", "1h30m", a bare number as minutes; None for nothing. Raises FormError."""
    text = text.strip().lower().replace(" ", "")
    if not text:
        return None
    text = f"{text}m" if text.isdecimal() else text
    found = re.fullmatch(r"(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m(?:in)?)?(?:(\d+(?:\.\d+)?)s)?", text)
    seconds = 0.0
    if found is not None:
        seconds = sum(float(part or 0) * unit for part, unit in zip(found.groups(), (3600, 60, 1), strict=True))
    if seconds <= 0:
        raise FormError(f"{what}: “{text}” is no time; write 30m, 8h or 1h30m.")
    return seconds
