"""Which columns the leaderboard has and in which order, for the width that the terminal has now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical

from aa_tui.tui.widgets.columns import Column, Part
from aa_tui.tui.widgets.dialog import Dialog, ask
from aa_tui.tui.widgets.listing import Listing, ListTable
from aa_tui.tui.widgets.parts import Line, styled
from aa_tui.tui.widgets.question import Question, if_yes
from aa_tui.tui.widgets.rows import ListRows
from aa_tui.tui.widgets.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from aa_tui.tui.board.board import Board


@dataclass(frozen=True, slots=True)
class Entry:
    """A column that can be shown."""

    key: str
    name: str
    title: str
    shown: bool


def _name(entry: Entry, _: int) -> Sequence[Part]:
    box = ("[x] ", "accent") if entry.shown else ("[ ] ", "dim")
    return (box, (entry.name, "" if entry.shown else "dim"))


def _title(entry: Entry, _: int) -> Sequence[Part]:
    return ((entry.title.strip(), "dim"),)


NAME = (Column("name", "", 36, _name, right=False, flexible=True, most=50),)
TITLE = (Column("title", "", 12, _title, right=False),)
WIDTH_WORDS = {
    "narrow": "in terminals of up to 99 columns",
    "normal": "in terminals of 100 to 139 columns",
    "wide": "in terminals of 140 columns and more",
}


class ColumnChooser(Dialog[None]):
    """Every column with a box; the leaderboard behind follows at once."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,vertical_line", "close", "Close"),
        Binding("space", "switch", "Show or hide"),
        Binding("J,shift+down", "carry(1)", "Further right"),
        Binding("K,shift+up", "carry(-1)", "Further left"),
        Binding("u", "reset", "Back to the default"),
    ]

    def __init__(self, board: Board) -> None:
        super().__init__()
        self._board = board
        self._entries: ListRows[Entry] = ListRows()

    def compose(self) -> ComposeResult:
        """The columns and the keys."""
        with Vertical(classes="dialog -list"):
            yield Line(id="column-count")
            yield Listing(ListTable(self._entries, "", inset=0, id="column-list"))
            yield Line(
                styled(
                    *(("Space", "key"), " show, hide   ", ("J K", "key"), " move   "),
                    *(("u", "key"), " default   ", ("Esc", "key"), " close"),
                )
            )

    def on_mount(self) -> None:
        """List the columns as they are now."""
        self._list(self._board.shown)
        self.table.styles.height = min(len(self._entries) + 1, max(6, self.app.size.height - 7))
        self.table.set_columns(NAME, TITLE)
        self.table.focus()

    @property
    def table(self) -> ListTable[Entry]:
        """The columns."""
        return self.query_one("#column-list", ListTable)

    def _list(self, shown: Sequence[str]) -> None:
        """The shown columns in their order, then the others."""
        columns = self._board.columns
        keys = dict.fromkeys((*shown, *self._board.defaults, *columns))
        self._entries.rows = [Entry(key, columns[key].name, columns[key].title, key in shown) for key in keys]
        self._tell()

    def _tell(self) -> None:
        shown = sum(entry.shown for entry in self._entries.rows)
        width = WIDTH_WORDS[self._board.width_class]
        self.query_one("#column-count", Line).show(
            styled(("Columns", "strong"), (f"   {shown} of {len(self._entries)}", "accent"), (f"   {width}", "dim"))
        )
        self.table.reload()

    # -- actions

    def action_switch(self) -> None:
        """Show or hide the column under the cursor. It keeps its place in the list while the dialog is open."""
        place = self.table.index
        if place is None:
            return
        entry = self._entries.rows[place]
        self._entries.rows[place] = Entry(entry.key, entry.name, entry.title, not entry.shown)
        self._follow()

    def action_carry(self, step: int) -> None:
        """Move the column under the cursor; the cursor goes with it."""
        entries, place = self._entries.rows, self.table.index
        if place is None or not 0 <= place + step < len(entries):
            return
        entries[place], entries[place + step] = entries[place + step], entries[place]
        self._follow()
        self.table.go_to(place + step)

    def action_reset(self) -> None:
        """Ask, then show the columns as they come."""
        if self._board.shown != self._board.defaults:
            question = "Show the default columns? The choice and order that are kept for this width are forgotten."
            ask(self.app, Question(question, "show the default"), if_yes(self._reset))

    def _reset(self) -> None:
        self._board.show_columns(self._board.defaults)
        self._list(self._board.shown)

    def action_close(self) -> None:
        """Back to the leaderboard."""
        self.dismiss(None)

    def on_table_opened(self, message: Table.Opened) -> None:
        """Enter does what the space bar does."""
        message.stop()
        self.action_switch()

    def _follow(self) -> None:
        """The leaderboard shows what is in the list now."""
        shown = [entry.key for entry in self._entries.rows if entry.shown]
        self._board.show_columns(shown)
        self._tell()
