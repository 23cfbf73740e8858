"""A list that can be searched and sorted: a table of rows that are all there, and a line above it to search in."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.actions import SkipAction
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.message import Message

from aa_tui.tui.widgets.columns import WHOLE, Column, Row, Sorting, Source, words_of
from aa_tui.tui.widgets.parts import Link, LinkLine
from aa_tui.tui.widgets.sifted import Sifted
from aa_tui.tui.widgets.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from aa_tui.tui.widgets.search_box import SearchBox

HINT = "/ search…"
PLACEHOLDER = "any words of a row"
FOUND_NOTHING = "Nothing here has “{}”: Esc clears the search."
CUT_CELLS = 40


class ListTable(Table[Row]):
    """A table over a list. `cursor` is the place on screen, `index` the row's place in the whole list."""

    class Listed(Message):
        """Other rows are listed, or in another order."""

    def __init__(
        self,
        source: Source[Row],
        empty: str,
        *,
        inset: int = 1,
        mark: Callable[[Row], str] | None = None,
        id: str | None = None,  # noqa: A002
    ) -> None:
        self.sifted = Sifted(source)
        super().__init__(self.sifted, empty, inset=inset, mark=mark, id=id)

    # -- whole list and what is listed of it

    @property
    def index(self) -> int | None:
        """The place in the whole list of the row under the cursor."""
        return self.sifted.index_at(self.cursor)

    @property
    def text(self) -> str:
        """What is searched for."""
        return self.sifted.text

    def reload(self, cursor: int | None = None) -> None:
        """The rows are other ones now. The cursor goes to a place of the whole list, or stays where it is."""
        index = self.index if cursor is None else cursor
        self.sifted.sift(self.columns)
        place = None if index is None else self.sifted.place_of(index)
        super().reload(place if place is not None or cursor is None else 0)
        if self.sifted.is_sifted:
            self.post_message(self.Listed())

    def set_columns(self, fixed: Sequence[Column[Row]], moving: Sequence[Column[Row]]) -> None:
        """Show these columns, and search in them."""
        super().set_columns(fixed, moving)
        self.sifted.sift(self.columns)

    def row_changed(self, index: int) -> None:
        """A row of the whole list reads differently."""
        if self.sifted.is_sifted:
            self.reload()
        elif (place := self.sifted.place_of(index)) is not None:
            self.refresh_row(place)

    def go_to(self, index: int) -> bool:
        """Put the cursor on a row of the whole list; one that the search leaves out ends the search."""
        if self.sifted.place_of(index) is None:
            self.search("")
        place = self.sifted.place_of(index)
        if place is not None:
            self.move_to(place)
        return place is not None

    def words(self) -> list[dict[str, str]]:
        """What is listed, each row by its columns' titles."""
        titled = [column for column in self.columns if column.title.strip()]
        rows = [row for place in range(len(self.sifted)) if (row := self.sifted.row(place)) is not None]
        return [{column.title.strip(): words_of(column, row, WHOLE) for column in titled} for row in rows]

    def search(self, text: str) -> None:
        """List the rows with these words; the cursor stays on its row where that is one of them."""
        if text != self.sifted.text:
            self.sifted.text = text
            self._sift_again()

    def sort(self, key: str | None, *, descending: bool) -> None:
        """Sort by a column; None lists the rows as they come."""
        self.sorting = self.sifted.sorting = None if key is None else Sorting(key, descending)
        self._sift_again()
        if key is not None:
            self.show_column(key)

    def sort_by(self, key: str) -> None:
        """Sort by a column, its natural way first; by the same column again in the other order."""
        now = self.sorting
        column = next((one for one in self.columns if one.key == key), None)
        if now is not None and now.sort == key:
            self.sort(key, descending=not now.descending)
        elif column is not None:
            self.sort(key, descending=column.right)

    def _sift_again(self) -> None:
        index = self.index
        self.sifted.sift(self.columns)
        place = None if index is None else self.sifted.place_of(index)
        super().reload(place or 0)
        self.post_message(self.Listed())

    def sort_of(self, column: Column[Row]) -> str:
        """Every column with a title can be sorted by."""
        return column.key if column.title.strip() else ""

    @property
    def empty_words(self) -> str:
        """What is said where nothing is listed."""
        return FOUND_NOTHING.format(self.text) if self.text.strip() and len(self.sifted.source) else self.empty

    def on_table_header_clicked(self, message: Table.HeaderClicked) -> None:
        """Sort by the column that was clicked."""
        message.stop()
        self.sort_by(message.sort)


class SearchLine(Horizontal):
    """What is searched for, and how many rows have it. The box to type in is made when it is first wanted."""

    def __init__(self) -> None:
        super().__init__(classes="search-line")
        self._box: SearchBox | None = None

    def compose(self) -> ComposeResult:
        """The text; the box joins when it is wanted."""
        yield LinkLine(gap=2)

    @property
    def is_open(self) -> bool:
        """Whether one can type."""
        return self._box is not None and bool(self._box.display)

    def tell(self, text: str, found: int, total: int) -> None:
        """Show what is searched for."""
        if self._box is not None and not text and not self.is_open:
            self._box.value = ""
        left: tuple[Link, ...] = ()
        if not self.is_open:
            said = (("/ ", "accent-strong"), (text, "strong")) if text else ((HINT, "dim"),)
            left = (Link(said, "search"),)
        count = (Link(((f"{found:,} of {total:,}", "strong"),)),) if text else ()
        self.query_one(LinkLine).show(left, count)
        self.set_class(bool(text) or self.is_open, "-used")

    def open(self, text: str) -> None:
        """Show the box and give it the focus."""
        if self._box is None:
            from aa_tui.tui.widgets.search_box import SearchBox

            self._box = SearchBox(text, PLACEHOLDER)
            self.mount(self._box, before=0)
        self.add_class("-used", "-searching")
        self._box.open()
        self.query_one(LinkLine).show(())

    def on_search_box_left(self) -> None:
        """The box gives way to its text."""
        self.remove_class("-searching")


class Listing(Vertical):
    """A list's table below its search line."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "search", "Search", show=False, id="search"),
        Binding("escape", "end_search", "Clear the search", show=False),
    ]

    def __init__(self, table: ListTable[Row], *, classes: str = "") -> None:
        super().__init__(classes=f"listing {classes}".strip())
        self.table = table

    def compose(self) -> ComposeResult:
        """The line, then the table."""
        yield SearchLine()
        yield self.table

    @property
    def line(self) -> SearchLine:
        """What is searched for."""
        return self.query_one(SearchLine)

    def action_search(self) -> None:
        """Type to search. The line is open when this returns: what is typed next belongs into it."""
        self.line.open(self.table.text)

    def action_end_search(self) -> None:
        """Clear the search; without one the key means something else."""
        if not self.table.text:
            raise SkipAction
        self.table.search("")

    def _tell(self) -> None:
        self.line.tell(self.table.text, len(self.table.sifted), len(self.table.sifted.source))

    def on_mount(self) -> None:
        """Say how to search."""
        self._tell()

    def on_list_table_listed(self, message: ListTable.Listed) -> None:
        """Say how many rows are listed."""
        message.stop()
        self._tell()

    def on_link_line_clicked(self, message: LinkLine.Clicked) -> None:
        """The text was clicked."""
        message.stop()
        self.action_search()

    def on_search_box_searched(self, message: SearchBox.Searched) -> None:
        """Every keystroke searches."""
        message.stop()
        self.table.search(message.text)
        self._tell()

    def on_search_box_left(self, message: SearchBox.Left) -> None:
        """Back from the box to the table."""
        message.stop()
        self._tell()
        self.table.focus()
        if message.step:
            self.table.action_move(message.step)
