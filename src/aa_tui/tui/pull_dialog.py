"""Choose what to pull of a model: first what is known without asking, then what the Hub answers."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical

from aa_tui.analysis import MISSING, display
from aa_tui.catalog.db import CatalogError
from aa_tui.tui.columns import Column, Part
from aa_tui.tui.dialog import Dialog
from aa_tui.tui.file_list import MARKS
from aa_tui.tui.parts import Fitted, Line, styled, wrapped
from aa_tui.tui.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from aa_tui.gguf.fit import Mark
    from aa_tui.gguf.hub import HubFile
    from aa_tui.library.pulling import Offers
    from aa_tui.library.room import Room
    from aa_tui.tui.store import Store

ROWS = 14
Row = tuple["HubFile", "Mark | None"]


class _Rows:
    """The offers as a source of rows."""

    def __init__(self) -> None:
        self.rows: list[Row] = []

    def __len__(self) -> int:
        return len(self.rows)

    def row(self, index: int) -> Row | None:
        """The offer at a place in the list."""
        return self.rows[index] if index < len(self.rows) else None


def _fit(row: Row, _: int) -> Sequence[Part]:
    return (MARKS[row[1]],) if row[1] else ((MISSING, "faint"),)


COLUMNS: tuple[Column[Row], ...] = (
    Column("quant", "Quant", 9, lambda row, _: ((row[0].quant or MISSING, "strong"),), right=False),
    Column("size", "Size", 8, lambda row, _: ((display.size_bytes(row[0].size_bytes), ""),)),
    Column("fit", "4k", 8, _fit, right=False),
    Column("repo", "Repository", 30, lambda row, _: ((row[0].repo, "dim"),), right=False, flexible=True, most=60),
)


class PullDialog(Dialog["tuple[Offers, HubFile] | None"]):
    """Which file to pull. Closes with what was chosen and what it was chosen from."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "close", "Close")]

    def __init__(self, store: Store, slug: str, name: str, room: Room) -> None:
        super().__init__()
        self._store = store
        self._slug = slug
        self._model_name = name
        self._room = room
        self._offers: Offers | None = None
        self._rows = _Rows()

    def compose(self) -> ComposeResult:
        """The quantizations, and a line for what the Hub says."""
        with Vertical(classes="dialog"):
            yield Line(styled("Pull ", (self._model_name, "strong"), " into the Hub's cache"))
            yield Table(self._rows, "", inset=0, id="offers")
            yield Fitted(id="trouble")
            yield Line(styled(("Enter", "key"), " pull   ", ("Esc", "key"), " close"))

    def on_mount(self) -> None:
        """Ask the Hub, in a thread."""
        table: Table[Row] = self.query_one("#offers", Table)
        table.styles.height = 3
        table.set_columns(COLUMNS, ())
        table.focus()
        self._say("Asking the Hub…", "dim")
        self.run_worker(self._ask, thread=True, exclusive=True, group="offers", exit_on_error=False)

    def _ask(self) -> None:
        from aa_tui.catalog.models import UnknownModelError
        from aa_tui.gguf.errors import GGUFError
        from aa_tui.gguf.hub import hub_here
        from aa_tui.library import fits, pulling

        def work(conn: sqlite3.Connection) -> tuple[Offers, list[Row]]:
            offered = pulling.offers(conn, hub_here(), self._slug)
            rows = [(one, fits.offer_mark(conn, offered.model_id, one, self._room)) for one in offered.files]
            return offered, rows

        try:
            found = self._store.in_thread(work)
        except (GGUFError, UnknownModelError, CatalogError) as error:
            self.app.call_from_thread(self._say, str(error), "bad")
            return
        self.app.call_from_thread(self._show, *found)

    def _show(self, offered: Offers, rows: list[Row]) -> None:
        if not self.is_attached:
            return
        self._offers = offered
        self._rows.rows = rows
        table: Table[Row] = self.query_one("#offers", Table)
        table.styles.height = min(len(rows) + 1, ROWS, max(4, self.app.size.height - 12))
        usual = next((place for place, (one, _) in enumerate(rows) if one.quant.upper() == "Q4_K_M"), 0)
        table.reload(usual)
        said = f"{offered.problem} This is what is known without asking." if offered.problem else ""
        free = f"{display.size_bytes(self._room.free_bytes)} of memory are free."
        self._say(said or free, "warn" if said else "dim")

    def _say(self, words: str, kind: str) -> None:
        if self.is_attached:
            self.query_one("#trouble", Fitted).show(lambda width: wrapped(styled((words, kind)), width))

    def on_table_opened(self, message: Table.Opened) -> None:
        """The choice is made."""
        message.stop()
        row = self._rows.row(message.index)
        if row is not None and self._offers is not None:
            self.dismiss((self._offers, row[0]))

    def action_close(self) -> None:
        """Nothing is pulled."""
        self.workers.cancel_node(self)
        self.dismiss(None)
