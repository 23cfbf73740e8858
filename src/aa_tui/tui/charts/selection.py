"""Which models charts draw: remembered, and chosen in a dialog that shows its effect at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical

from aa_tui.analysis import PRICE_CLASSES, SIZE_CLASSES
from aa_tui.charts.scene import ALL, CLASS, Selection
from aa_tui.tui.widgets.columns import Column, Part
from aa_tui.tui.widgets.dialog import Dialog
from aa_tui.tui.widgets.listing import Listing, ListTable
from aa_tui.tui.widgets.parts import Line, styled
from aa_tui.tui.widgets.rows import ListRows
from aa_tui.tui.widgets.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

MOST_ROWS = 18
FRAME_ROWS = 8
"""Rows of the dialog beside its table."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that can be chosen: what the selection becomes by it."""

    group: str
    label: str
    gives: Selection
    chosen: bool


def entries(
    selection: Selection, creators: Sequence[str], pinned_names: dict[str, str], packs: Sequence[str] = ()
) -> list[Entry]:
    """All that can be chosen now, with what is chosen marked. Of packs there is a choice from two on."""
    bands = [(CLASS, "the class of the page's model"), (ALL, "all")]
    bands += [(band.key, band.title) for band in (*SIZE_CLASSES, *PRICE_CLASSES)]
    found = [_entry("Models", words, selection, band=key) for key, words in bands]
    weights: tuple[tuple[bool | None, str], ...] = (
        (None, "open and proprietary"),
        (True, "open weights only"),
        (False, "proprietary only"),
    )
    found += [_entry("Weights", words, selection, open_weights=value) for value, words in weights]
    modes: tuple[tuple[bool | None, str], ...] = (
        (None, "reasoning or not"),
        (True, "reasoning only"),
        (False, "non-reasoning only"),
    )
    found += [_entry("Reasoning", words, selection, reasoning=value) for value, words in modes]
    for slug in sorted(selection.pinned):
        without = replace(selection, pinned=selection.pinned - {slug})
        found.append(Entry("Pinned", pinned_names.get(slug, slug), without, chosen=True))
    if len(packs) > 1 or selection.pack:
        found.append(_entry("Pack", "of the newest evaluation made here", selection, pack=""))
        found += [_entry("Pack", name, selection, pack=name) for name in sorted({*packs, selection.pack} - {""})]
    found.append(_entry("Creator", "any", selection, creator=None))
    found += [_entry("Creator", name, selection, creator=name) for name in creators]
    return found


def _entry(group: str, label: str, selection: Selection, **change: object) -> Entry:
    gives = replace(selection, **change)  # type: ignore[arg-type]
    return Entry(group, label, gives, chosen=gives == selection)


Row = tuple[str, Entry]
"""An entry, with its group's name where the group begins."""


def rows_of(found: Sequence[Entry]) -> list[Row]:
    """The entries as rows of the table."""
    before = ["", *(entry.group for entry in found)]
    return [(entry.group if entry.group != group else "", entry) for group, entry in zip(before, found, strict=False)]


def _group(row: Row, _: int) -> Sequence[Part]:
    return ((row[0], "dim"),)


def _label(row: Row, _: int) -> Sequence[Part]:
    chosen = row[1].chosen
    return (("● " if chosen else "  ", "accent"), (row[1].label, "accent" if chosen else ""))


COLUMNS: tuple[Column[Row], ...] = (
    Column("group", "", 10, _group, right=False),
    Column("label", "", 40, _label, right=False, flexible=True, most=60),
)


class SelectionDialog(Dialog[None]):
    """Choose which models the charts draw; every choice is seen behind the dialog at once."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f,q", "close", "Close"),
        Binding("space", "choose", show=False),
        Binding("u", "reset", show=False),
    ]

    def __init__(
        self,
        selection: Selection,
        creators: Sequence[str],
        pinned_names: dict[str, str],
        packs: Sequence[str],
        changed: Callable[[Selection], None],
    ) -> None:
        super().__init__()
        self._selection = selection
        self._creators = creators
        self._names = pinned_names
        self._packs = packs
        self._changed = changed
        self._rows = ListRows(self._listed())

    def compose(self) -> ComposeResult:
        """The title, what can be chosen, the keys."""
        with Vertical(classes="dialog"):
            yield Line(styled(("What charts draw", "strong")))
            yield Listing(ListTable(self._rows, "", inset=0, id="entries"))
            yield Line(styled(("Enter", "key"), " choose   ", ("u", "key"), " reset   ", ("Esc", "key"), " close"))

    def on_mount(self) -> None:
        """Stand on the first."""
        table = self.table
        room = self.app.size.height * 9 // 10 - FRAME_ROWS
        table.styles.height = max(3, min(len(self._rows) + 1, MOST_ROWS, room))
        table.set_columns(COLUMNS, ())
        table.focus()

    @property
    def table(self) -> ListTable[Row]:
        """What can be chosen."""
        return self.query_one("#entries", ListTable)

    def on_table_opened(self, message: Table.Opened) -> None:
        """A choice."""
        message.stop()
        if self.table.current is not None:
            self._take(self.table.current[1].gives)

    def action_choose(self) -> None:
        """Space does what Enter does."""
        self.table.action_open()

    def action_reset(self) -> None:
        """As at first: the class."""
        self._take(Selection())

    def action_close(self) -> None:
        """What was chosen stays."""
        self.dismiss(None)

    def _listed(self) -> list[Row]:
        return rows_of(entries(self._selection, self._creators, self._names, self._packs))

    def _take(self, selection: Selection) -> None:
        self._selection = selection
        self._rows.rows = self._listed()
        self.query_one("#entries", Table).reload()
        self._changed(selection)
