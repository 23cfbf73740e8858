"""A choice from a list."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from textual.binding import Binding
from textual.containers import Vertical

from aa_tui.tui.widgets.columns import Column, Part
from aa_tui.tui.widgets.dialog import Dialog
from aa_tui.tui.widgets.listing import Listing, ListTable
from aa_tui.tui.widgets.parts import Line, styled
from aa_tui.tui.widgets.rows import ListRows
from aa_tui.tui.widgets.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType


@dataclass(frozen=True, slots=True)
class Option:
    """Something to choose: its key, how it reads, a note beside it."""

    key: str
    label: str
    note: str = ""


def _label(option: Option, _: int) -> Sequence[Part]:
    return ((option.label, ""),)


def _note(option: Option, _: int) -> Sequence[Part]:
    return ((option.note, "dim"),)


LABEL: tuple[Column[Option], ...] = (Column("label", "", 28, _label, right=False, flexible=True, most=60),)
LEAST_NOTE, MOST_NOTE = 16, 28
NOTE: tuple[Column[Option], ...] = (Column("note", "", LEAST_NOTE, _note, right=False),)


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
            yield Listing(ListTable(ListRows(self._options), "", inset=0, id="options"))
            yield Line(styled(("Enter", "key"), " choose   ", ("Esc", "key"), " close"))

    @property
    def table(self) -> ListTable[Option]:
        """The options."""
        return self.query_one("#options", ListTable)

    @property
    def current(self) -> Option | None:
        """The option under the cursor."""
        return self.table.current

    def on_mount(self) -> None:
        """Stand on the current choice."""
        table = self.table
        table.styles.height = min(len(self._options) + 1, 18, max(4, self.app.size.height - 11))
        longest = max((cell_len(option.note) for option in self._options), default=0)
        table.set_columns(LABEL, (replace(NOTE[0], width=min(max(longest, LEAST_NOTE), MOST_NOTE)),))
        place = next((n for n, option in enumerate(self._options) if option.key == self._chosen), 0)
        table.reload(place)
        table.focus()

    def on_table_opened(self, message: Table.Opened) -> None:
        """The choice is made."""
        message.stop()
        if self.current is not None:
            self.dismiss(self.current.key)

    def action_close(self) -> None:
        """Nothing is chosen."""
        self.dismiss(None)
