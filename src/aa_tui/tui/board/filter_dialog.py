"""The filters: every facet with its value, and how many models each value would list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical

from aa_tui.catalog import models
from aa_tui.catalog.rows import ModelFilter
from aa_tui.tui.board.facets import BY_KEY, COMMERCIAL_WORDS, FACETS, Facet, Value
from aa_tui.tui.widgets.columns import Column, Part
from aa_tui.tui.widgets.dialog import Dialog, ask
from aa_tui.tui.widgets.dialogs import Choice, Option
from aa_tui.tui.widgets.listing import Listing, ListTable
from aa_tui.tui.widgets.parts import Fitted, Line, styled, wrapped
from aa_tui.tui.widgets.rows import ListRows
from aa_tui.tui.widgets.table import Table

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.content import Content

    from aa_tui.tui.board.board import Board

ANY = "all"
NOTHING = "any"
"""The choice that takes a facet's filter away."""


@dataclass(frozen=True, slots=True)
class Row:
    """A facet as it is set now, with what its values would list."""

    facet: Facet
    value: Value | None
    note: str


def _label(row: Row, _: int) -> Sequence[Part]:
    return ((row.facet.label, "" if row.value is None else "strong"),)


def _value(row: Row, _: int) -> Sequence[Part]:
    return ((ANY, "dim"),) if row.value is None else ((row.facet.chip(row.value), "accent"),)


def _note(row: Row, _: int) -> Sequence[Part]:
    return ((row.note, "dim"),)


LABEL = (Column("label", "", 21, _label, right=False),)
REST = (
    Column("value", "", 22, _value, right=False),
    Column("note", "", 13, _note, right=False),
)


class FilterDialog(Dialog[None]):
    """Every facet in one list; what is chosen shows in the leaderboard behind at once."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,f", "close", "Close"),
        Binding("space", "change", "Change"),
        Binding("d,delete,backspace", "drop", "Clear"),
        Binding("u", "clear", "Clear all"),
        Binding("e", "views(True)", "Save as a view"),
        Binding("o", "views(False)", "Views"),
    ]

    def __init__(self, board: Board) -> None:
        super().__init__()
        self._board = board
        self._rows: ListRows[Row] = ListRows()

    def compose(self) -> ComposeResult:
        """The count, the facets, what the one under the cursor means, the keys."""
        with Vertical(classes="dialog -list"):
            yield Line(id="filter-count")
            yield Listing(ListTable(self._rows, "", inset=0, id="facet-list"))
            yield Fitted(self._hint, id="facet-hint")
            yield Line(
                styled(
                    *(("Enter", "key"), " change   ", ("d", "key"), " clear   ", ("u", "key"), " all   "),
                    *(("e", "key"), " save view   ", ("o", "key"), " views   ", ("Esc", "key"), " close"),
                )
            )

    def on_mount(self) -> None:
        """Show the filters as they are."""
        self._read()
        self.table.styles.height = min(len(FACETS) + 1, max(6, self.app.size.height - 9))
        self.table.set_columns(LABEL, REST)
        self.table.focus()

    @property
    def table(self) -> ListTable[Row]:
        """The facets."""
        return self.query_one("#facet-list", ListTable)

    @property
    def facet(self) -> Facet | None:
        """The one under the cursor, unless a search has found none."""
        row = self.table.current
        return row.facet if row is not None else None

    def _hint(self, width: int) -> Content:
        words = self.facet.hint if self.is_mounted and self.facet is not None else ""
        return wrapped(styled((words or " ", "dim")), width)

    def _read(self) -> None:
        """Read what the facets would list."""
        listed = self._board.models
        query = listed.query
        nothing: dict[str, str] = {}
        notes = listed.read(self._notes, nothing)
        self._rows.rows = [Row(facet, getattr(query, facet.key), notes.get(facet.key, "")) for facet in FACETS]
        self.query_one("#filter-count", Line).show(
            styled(("Filters", "strong"), (f"   {listed.passing:,} of {listed.in_tab:,} models", "accent"))
        )
        self.table.reload()
        self.query_one("#facet-hint", Fitted).show(self._hint)

    def _notes(self, conn: sqlite3.Connection) -> dict[str, str]:
        """How many of the models listed now each switch would leave, and how many creators and licences they have."""
        listed = self._board.models
        if listed.query.is_impossible:
            return {}
        within = listed.where(conn, listed.query)
        nothing = ModelFilter()
        tests = {
            "reasoning": (nothing._replace(reasoning=True), nothing._replace(reasoning=False)),
            "open_weights": (nothing._replace(open_weights=True), nothing._replace(open_weights=False)),
            "measured_here": (nothing._replace(measured_here=True),),
            "fits": (nothing._replace(open_params_b_at_most=listed.fitting_b()),),
            "image": (nothing._replace(input_modality="image"),),
        }
        numbers = iter(models.counts(conn, [one for pair in tests.values() for one in pair], within))
        notes = {}
        for key, pair in tests.items():
            found = [f"{next(numbers):,}" for _ in pair]
            marks = {"reasoning": "◆ {} ◇ {}", "open_weights": "○ {} ● {}"}.get(key, "{}")
            notes[key] = marks.format(*found)
        notes["creator"] = f"{len(models.creators(conn, within)):,} creators"
        notes["license"] = f"{len(models.licenses(conn, within)):,} licences"
        return notes

    # -- events

    def on_table_moved(self, message: Table.Moved) -> None:
        """Say what this facet means."""
        message.stop()
        self.query_one("#facet-hint", Fitted).show(self._hint)

    def on_table_opened(self, message: Table.Opened) -> None:
        """Change this facet."""
        message.stop()
        self.action_change()

    # -- actions

    def action_change(self) -> None:
        """The next value of a switch; the list of values of anything else."""
        facet = self.facet
        if facet is None:
            return
        if facet.kind in ("switch", "yes"):
            self._board.cycle(facet.key)
            self._read()
            return
        now: Value | None = getattr(self._board.query, facet.key)
        options = self._options(facet)
        ask(self.app, Choice(facet.label, options, NOTHING if now is None else f"={now}"), self._chosen)

    def action_drop(self) -> None:
        """Take this facet's filter away."""
        self._set(None)

    def action_clear(self) -> None:
        """Clear all filters."""
        self._board.clear()
        self._read()

    def action_views(self, naming: bool) -> None:
        """The saved views, or a name for what is listed."""
        from aa_tui.tui.board.views_dialog import ViewsDialog

        ask(self.app, ViewsDialog(self._board, naming=naming), lambda _: self._read())

    def action_close(self) -> None:
        """Back to the leaderboard."""
        self.dismiss(None)

    def _chosen(self, key: str | None) -> None:
        facet = self.facet
        if key is None or facet is None:
            return
        if facet.kind == "text":
            self._set(None if key == NOTHING else key[1:])
        else:
            self._set(next((value for value in facet.values if f"={value}" == key), None))

    def _set(self, value: Value | None) -> None:
        if self.facet is not None:
            self._board.ask(self._board.query.with_facet(self.facet.key, value))
            self._read()

    def _options(self, facet: Facet) -> list[Option]:
        """The facet's values with how many models each would list under the other filters."""
        listed = self._board.models
        query = listed.query.with_facet(facet.key, None)

        def read(conn: sqlite3.Connection) -> list[Option]:
            if facet.kind == "text":
                where = listed.where(conn, query)
                tally = models.creators(conn, where) if facet.key == "creator" else models.licenses(conn, where)
                return [Option(f"={name}", name, f"{number:,}") for name, number in tally]
            wheres = [listed.where(conn, query.with_facet(facet.key, value)) for value in facet.values]
            return [
                Option(f"={value}", _words(facet, value), f"{number:,}")
                for value, number in zip(facet.values, models.counts(conn, wheres), strict=True)
            ]

        nothing: list[Option] = []
        return [Option(NOTHING, ANY), *(listed.read(read, nothing) if not query.is_impossible else nothing)]


def _words(facet: Facet, value: Value) -> str:
    return COMMERCIAL_WORDS[str(value)] if facet is BY_KEY["commercial"] else facet.chip(value)
