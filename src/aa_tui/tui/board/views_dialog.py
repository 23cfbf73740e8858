"""Views under names: show one, save what is listed as one, delete one."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import Input

from aa_tui.errors import AATuiError
from aa_tui.tui.widgets.columns import Column, Part
from aa_tui.tui.widgets.dialog import Dialog, ask
from aa_tui.tui.widgets.form import box
from aa_tui.tui.widgets.listing import Listing, ListTable
from aa_tui.tui.widgets.parts import Fitted, Line, styled, wrapped
from aa_tui.tui.widgets.question import Question, if_yes
from aa_tui.tui.widgets.rows import ListRows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from aa_tui.tui.board.board import Board
    from aa_tui.tui.widgets.table import Table

EMPTY = "No view has been saved yet."
MOST_ROWS = 12
FRAME_ROWS = 12
"""Rows of the dialog beside its table."""


def _name(name: str, _: int) -> Sequence[Part]:
    return ((name, ""),)


NAME: tuple[Column[str], ...] = (Column("name", "View", 30, _name, right=False, flexible=True, most=50),)


class ViewsDialog(Dialog[None]):
    """The saved views, and a box for the name of a new one. `naming` begins in the box."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "close", "Close"),
        Binding("e", "name", "Save"),
        Binding("d,delete", "drop", "Delete"),
        Binding("tab", "app.focus_next", show=False),
    ]

    def __init__(self, board: Board, *, naming: bool = False) -> None:
        super().__init__()
        self._board = board
        self._naming = naming
        self._rows: ListRows[str] = ListRows(board.view_names)

    def compose(self) -> ComposeResult:
        """The views, the box, the keys."""
        with Vertical(classes="dialog"):
            yield Line(styled(("Views", "strong"), ("   class, filters, order and columns", "dim")))
            yield Listing(ListTable(self._rows, EMPTY, inset=0, id="views-list"))
            yield Line(styled(("Save what is listed now as", "dim")))
            yield box(placeholder="a name", id="view-name")
            yield Fitted(id="trouble")
            yield Line(
                styled(
                    *(("Enter", "key"), " show or save   ", ("e", "key"), " name   ", ("d", "key"), " delete   "),
                    *(("Esc", "key"), " close"),
                )
            )

    def on_mount(self) -> None:
        """Stand on the first view, or in the box."""
        self.table.styles.height = max(3, min(MOST_ROWS, self.app.size.height - FRAME_ROWS))
        self.table.set_columns(NAME, ())
        if self._naming or not len(self._rows):
            self.action_name()
        else:
            self.table.focus()

    @property
    def table(self) -> ListTable[str]:
        """The views."""
        return self.query_one("#views-list", ListTable)

    def on_table_opened(self, message: Table.Opened) -> None:
        """Show a view."""
        message.stop()
        name = self.table.current
        if name is not None and self._works(lambda: self._board.show_view(name)):
            self.dismiss(None)

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Save; a view of that name is replaced only when that is what is meant."""
        message.stop()
        name = message.value.strip()
        if any(name.casefold() == one.casefold() for one in self._rows.rows):
            ask(self.app, Question(f"There is a view “{name}”. Replace it?", "replace it"), if_yes(self._save))
        else:
            self._save()

    def _save(self) -> None:
        name = self.query_one("#view-name", Input).value
        if self._works(lambda: self._board.save_view(name)):
            self.dismiss(None)

    def action_name(self) -> None:
        """To the box."""
        self.query_one("#view-name", Input).focus()

    def action_drop(self) -> None:
        """Delete the view under the cursor, after asking."""
        name = self.table.current
        if name is not None:
            ask(self.app, Question(f"Delete the view “{name}”?", "delete it"), if_yes(lambda: self._drop(name)))

    def _drop(self, name: str) -> None:
        if self._works(lambda: self._board.delete_view(name)):
            self._rows.rows = self._board.view_names
            self.table.reload(0)

    def action_close(self) -> None:
        """Back to what was there."""
        self.dismiss(None)

    def _works(self, work: Callable[[], None]) -> bool:
        try:
            work()
        except AATuiError as error:
            words = str(error)
            self.query_one("#trouble", Fitted).show(lambda width: wrapped(styled((words, "bad")), width))
            return False
        return True
