"""Which columns the leaderboard has and in which order, for the width that the terminal has now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical

from aa_tui.tui.columns import Column, Part
from aa_tui.tui.dialog import Dialog
from aa_tui.tui.model_columns import DEFAULTS
from aa_tui.tui.parts import Line, styled
from aa_tui.tui.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from aa_tui.tui.leaderboard import Leaderboard


@dataclass(frozen=True, slots=True)
class Entry:
    """A column that can be shown."""

    key: str
    name: str
    title: str
    shown: bool


class Entries:
    """All columns as a source of rows, the shown ones first."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def __len__(self) -> int:
        return len(self.entries)

    def row(self, index: int) -> Entry:
        """The column at a place in the list."""
        return self.entries[index]


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
        Binding("escape,q,C", "close", "Close"),
        Binding("space", "switch", "Show or hide"),
        Binding("J,shift+down", "carry(1)", "Further right"),
        Binding("K,shift+up", "carry(-1)", "Further left"),
        Binding("r", "reset", "Back to the default"),
    ]

    def __init__(self, board: Leaderboard) -> None:
        super().__init__()
        self._board = board
        self._entries = Entries()

    def compose(self) -> ComposeResult:
        """The columns and the keys."""
        with Vertical(classes="dialog -list"):
            yield Line(id="column-count")
            yield Table(self._entries, "", inset=0, id="column-list")
            yield Line(
                styled(
                    *(("Space", "key"), " show, hide   ", ("J K", "key"), " move   "),
                    *(("r", "key"), " default   ", ("Esc", "key"), " close"),
                )
            )

    def on_mount(self) -> None:
        """List the columns as they are now."""
        self._list(self._board.shown)
        self.table.styles.height = min(len(self._entries) + 1, max(6, self.app.size.height - 6))
        self.table.set_columns(NAME, TITLE)
        self.table.focus()

    @property
    def table(self) -> Table[Entry]:
        """The columns."""
        return self.query_one("#column-list", Table)

    def _list(self, shown: Sequence[str]) -> None:
        """The shown columns in their order, then the others."""
        columns = self._board.columns
        rest = [key for key in DEFAULTS[self._board.width_class] if key not in shown]
        self._entries.entries = [
            Entry(key, columns[key].name, columns[key].title, key in shown) for key in (*shown, *rest)
        ]
        self._tell()

    def _tell(self) -> None:
        shown = sum(entry.shown for entry in self._entries.entries)
        width = WIDTH_WORDS[self._board.width_class]
        self.query_one("#column-count", Line).show(
            styled(("Columns", "strong"), (f"   {shown} of {len(self._entries)}", "accent"), (f"   {width}", "dim"))
        )
        self.table.refresh()

    # -- actions

    def action_switch(self) -> None:
        """Show or hide the column under the cursor. It keeps its place in the list while the dialog is open."""
        place = self.table.cursor
        entry = self._entries.entries[place]
        self._entries.entries[place] = Entry(entry.key, entry.name, entry.title, not entry.shown)
        self._follow()

    def action_carry(self, step: int) -> None:
        """Move the column under the cursor; the cursor goes with it."""
        entries, place = self._entries.entries, self.table.cursor
        if not 0 <= place + step < len(entries):
            return
        entries[place], entries[place + step] = entries[place + step], entries[place]
        self._follow()
        self.table.move_to(place + step)

    def action_reset(self) -> None:
        """The columns as they come."""
        self._board.show_columns(DEFAULTS[self._board.width_class])
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
        shown = [entry.key for entry in self._entries.entries if entry.shown]
        self._board.show_columns(shown)
        self._tell()
