"""Dialogs: a yes or no, and a choice from a list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical

from aa_tui.tui.columns import Column, Part
from aa_tui.tui.dialog import Dialog
from aa_tui.tui.parts import Fitted, Line, styled, wrapped
from aa_tui.tui.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType


class Confirm(Dialog[bool]):
    """A question with yes and no."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y,enter", "answer(True)", "Yes"),
        Binding("n,escape,q", "answer(False)", "No"),
    ]

    def __init__(self, question: str, yes: str) -> None:
        super().__init__()
        self._question = question
        self._yes = yes

    def compose(self) -> ComposeResult:
        """The question and the keys."""
        with Vertical(classes="dialog"):
            yield Fitted(lambda width: wrapped(styled((self._question, "strong")), width))
            yield Line()
            yield Line(styled(("y", "key"), f" {self._yes}   ", ("n", "key"), " no"))

    def action_answer(self, answer: bool) -> None:
        """Close with the answer."""
        self.dismiss(answer)


@dataclass(frozen=True, slots=True)
class Option:
    """Something to choose: its key, how it reads, a note beside it."""

    key: str
    label: str
    note: str = ""


class Options:
    """The options as a source of rows."""

    def __init__(self, options: Sequence[Option]) -> None:
        self._options = options

    def __len__(self) -> int:
        return len(self._options)

    def row(self, index: int) -> Option:
        """The option at a place in the list."""
        return self._options[index]


def _label(option: Option, _: int) -> Sequence[Part]:
    return ((option.label, ""),)


def _note(option: Option, _: int) -> Sequence[Part]:
    return ((option.note, "dim"),)


LABEL: tuple[Column[Option], ...] = (Column("label", "", 28, _label, right=False, flexible=True, most=60),)
NOTE: tuple[Column[Option], ...] = (Column("note", "", 16, _note, right=False),)


class Choice(Dialog[str | None]):
    """One of several, by arrow keys and Enter."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "close", "Close")]

    def __init__(self, title: str, options: Sequence[Option], chosen: str) -> None:
        super().__init__()
        self._heading = title
        self._options = options
        self._chosen = chosen

    def compose(self) -> ComposeResult:
        """The title, the options and the keys."""
        with Vertical(classes="dialog"):
            yield Line(styled((self._heading, "strong")))
            yield Table(Options(self._options), "", inset=0, id="options")
            yield Line(styled(("Enter", "key"), " choose   ", ("Esc", "key"), " close"))

    def on_mount(self) -> None:
        """Stand on the current choice."""
        table: Table[Option] = self.query_one("#options", Table)
        table.styles.height = min(len(self._options) + 1, 18, max(4, self.app.size.height - 10))
        table.set_columns(LABEL, NOTE)
        place = next((n for n, option in enumerate(self._options) if option.key == self._chosen), 0)
        table.reload(place)
        table.focus()

    def on_table_opened(self, message: Table.Opened) -> None:
        """The choice is made."""
        message.stop()
        self.dismiss(self._options[message.index].key)

    def action_close(self) -> None:
        """Nothing is chosen."""
        self.dismiss(None)
