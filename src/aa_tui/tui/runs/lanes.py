"""What each slot writes now: one line a slot, of which few are drawn again at a time."""

from __future__ import annotations

from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING

from aa_tui.analysis import MISSING
from aa_tui.catalog.rows import LiveSlot
from aa_tui.tui.widgets.columns import Column
from aa_tui.tui.widgets.rows import ListRows
from aa_tui.tui.widgets.running import last_line
from aa_tui.tui.widgets.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aa_tui.tui.widgets.columns import Part

CELLS_A_SECOND = 400
"""So many cells of lines are drawn again, however many slots there are and however fast they write: the screen of a run
stays near 1 kB/s, which a bad line can take. The line under the cursor comes first, but not more than once a second,
then what slots have begun, then each in its turn."""

AGAIN_S = 0.5
"""After so long the lines that had to wait are looked at again, should the run tell nothing new."""

PHASE_KINDS = {"prompt": "dim", "thinking": "", "answer": "here", "calling": "accent"}


def _empty(slot: int) -> LiveSlot:
    return LiveSlot(slot, "", "", 0, None, "", "")


def _text(lane: LiveSlot, width: int) -> Sequence[Part]:
    if lane.answer:
        return ((last_line(lane.answer, width), ""),)
    return ((last_line(lane.thinking, width), "dim"),)


def _tokens(lane: LiveSlot, _: int) -> Sequence[Part]:
    return ((f"{lane.n_tokens:,}" if lane.item_id else "", ""),)


def _rate(lane: LiveSlot, _: int) -> Sequence[Part]:
    if not lane.item_id:
        return (("", ""),)
    return ((MISSING, "faint"),) if lane.tokens_per_s is None else ((f"{lane.tokens_per_s:,.1f}", ""),)


def _phase(lane: LiveSlot, _: int) -> Sequence[Part]:
    doing = lane.phase.rpartition(": ")[2]  # what stands before it is the turn of a conversation
    return ((lane.phase or "waits", PHASE_KINDS.get(doing, "dim")),)


FIXED: tuple[Column[LiveSlot], ...] = (
    Column("slot", "Slot", 4, lambda lane, _: ((str(lane.slot + 1), ""),)),
    Column("item", "Item", 16, lambda lane, _: ((lane.item_id, ""),), right=False, flexible=True, most=20),
    Column("state", "State", 8, _phase, right=False),
    Column("tokens", "Tokens", 7, _tokens),
    Column("rate", "tok/s", 6, _rate),
    Column("text", "Text", 16, _text, right=False, flexible=True, most=400),
)


OF_TURNS: tuple[Column[LiveSlot], ...] = tuple(
    replace(column, width=17) if column.key == "state" else column for column in FIXED
)
"""The same with room for "turn 12: thinking", for slots that write conversations."""


class Lanes(Table[LiveSlot]):
    """The slots. The one under the cursor is the one to skip."""

    def __init__(self) -> None:
        self.slots: ListRows[LiveSlot] = ListRows()
        """One for each that there is, whether it writes or not."""
        super().__init__(self.slots, "", inset=1, id="run-lanes")
        self._due: list[int] = []
        self._room = 0.0
        self._filled_at = monotonic()
        self._cursor_at = float("-inf")
        self._comes_again = self._has_turns = False

    def on_mount(self) -> None:
        """Know the columns before the first frame."""
        super().on_mount()
        self.set_columns(FIXED, ())

    @property
    def item(self) -> str:
        """The item under the cursor, "" where that slot waits."""
        lane = self.slots.row(self.cursor)
        return lane.item_id if lane else ""

    def show(self, slots: Sequence[LiveSlot], n_slots: int) -> None:
        """Show what the slots write, each when its turn comes."""
        told = {slot.slot: slot for slot in slots}
        count = max([n_slots, len(self.slots.rows), *(slot + 1 for slot in told)])
        before, rows = self.slots.rows, [told.get(number, _empty(number)) for number in range(count)]
        if not self._has_turns and any(slot.phase not in ("", slot.phase.rpartition(": ")[2]) for slot in slots):
            self._has_turns = True
            self.set_columns(OF_TURNS, ())
        self.slots.rows = rows
        if len(before) != count:
            self._due = []
            self.reload(self.cursor)
            return
        changed = [index for index in range(count) if before[index] != rows[index]]
        begun = {index for index in changed if before[index].item_id != rows[index].item_id}
        self._due += [index for index in changed if index not in self._due]
        self._draw_due(begun)

    def _draw_due(self, begun: set[int]) -> None:
        """Draw as many lines as there is room for."""
        width, now = max(1, self.size.width), monotonic()
        self._room = min(self._room + CELLS_A_SECOND * (now - self._filled_at), max(CELLS_A_SECOND, width))
        self._filled_at = now
        first = self.cursor if now - self._cursor_at >= 1.0 else None
        self._due.sort(key=lambda index: (index != first, index not in begun))  # the rest keep their order
        while self._due and self._room >= width:
            self._room -= width
            index = self._due.pop(0)
            self._cursor_at = now if index == self.cursor else self._cursor_at
            self.refresh_row(index)
        if self._due and not self._comes_again:
            self._comes_again = True
            self.set_timer(AGAIN_S, self._draw_rest)

    def _draw_rest(self) -> None:
        self._comes_again = False
        self._draw_due(set())

    def clear(self) -> None:
        """No slot writes any more."""
        if self.slots.rows:
            self.slots.rows, self._due = [], []
            self.reload(0)
