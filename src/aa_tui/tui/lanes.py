"""What each slot writes now: one line a slot, of which few are drawn anew at a time."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from textual.binding import Binding
from textual.message import Message

from aa_tui.analysis import MISSING
from aa_tui.catalog.rows import LiveSlot
from aa_tui.textsafe import clean, clean_line
from aa_tui.tui.columns import Column
from aa_tui.tui.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.binding import BindingType

    from aa_tui.tui.columns import Part

LANES_A_LOOK = 2
LOOK_EVERY_S = 1.0
"""So often at most, so many lines are drawn beside the one under the cursor: sixteen slots stay near 1 kB/s, which a
bad line can take. What a slot begins is drawn at once."""

PHASE_KINDS = {"prompt": "dim", "thinking": "", "answer": "here"}


def _empty(slot: int) -> LiveSlot:
    return LiveSlot(slot, "", "", 0, None, "", "")


class Slots:
    """The slots as a source of rows, one for each that there is, whether it writes or not."""

    def __init__(self) -> None:
        self.rows: list[LiveSlot] = []

    def __len__(self) -> int:
        return len(self.rows)

    def row(self, index: int) -> LiveSlot | None:
        """What a slot writes."""
        return self.rows[index] if index < len(self.rows) else None


def last_line(text: str, width: int) -> str:
    """The last line that says something; of a long one its end, since that is where it grows."""
    lines = [line for line in clean(text[-4 * max(1, width) - 400 :]).splitlines() if line.strip()]
    line = clean_line(lines[-1]) if lines else ""
    if cell_len(line) <= width:
        return line
    end = line[-width:]
    while cell_len(end) > width - 1:
        end = end[1:]
    return f"…{end}"


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
    return ((lane.phase or "waits", PHASE_KINDS.get(lane.phase, "faint")),)


FIXED: tuple[Column[LiveSlot], ...] = (
    Column("slot", "Slot", 4, lambda lane, _: ((str(lane.slot + 1), ""),)),
    Column("item", "Item", 16, lambda lane, _: ((lane.item_id, ""),), right=False, flexible=True, most=20),
    Column("state", "State", 8, _phase, right=False),
    Column("tokens", "Tokens", 7, _tokens),
    Column("rate", "tok/s", 6, _rate),
    Column("text", "Text", 16, _text, right=False, flexible=True, most=400),
)


class Lanes(Table[LiveSlot]):
    """The slots. The one under the cursor is the one to skip."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("k", "skip", "Skip this sample", show=False)]

    class SkipWanted(Message):
        """The sample under the cursor is not wanted."""

        def __init__(self, item_id: str) -> None:
            super().__init__()
            self.item_id = item_id

    def __init__(self) -> None:
        self.slots = Slots()
        super().__init__(self.slots, "", inset=1, id="run-lanes")
        self._due: list[int] = []
        self._drawn_at = float("-inf")

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
        """Show what the slots write: a new item at once, a text that grew when its turn comes."""
        told = {slot.slot: slot for slot in slots}
        count = max([n_slots, len(self.slots.rows), *(slot + 1 for slot in told)])
        before, rows = self.slots.rows, [told.get(number, _empty(number)) for number in range(count)]
        self.slots.rows = rows
        if len(before) != count:
            self._due = []
            self.reload(self.cursor)
            return
        changed = [index for index in range(count) if before[index] != rows[index]]
        urgent = {index for index in changed if before[index].item_id != rows[index].item_id}
        self._due += [index for index in changed if index not in self._due]
        turn: list[int] = []
        if (now := monotonic()) - self._drawn_at >= LOOK_EVERY_S:
            self._drawn_at = now
            others = [index for index in self._due if index not in urgent and index != self.cursor]
            turn = [*others[:LANES_A_LOOK], *({self.cursor} & set(self._due) - urgent)]
        for index in (*urgent, *turn):
            self._due.remove(index)
            self.refresh_row(index)

    def clear(self) -> None:
        """No slot writes any more."""
        if self.slots.rows:
            self.slots.rows = []
            self.reload(0)

    def action_skip(self) -> None:
        """The sample under the cursor is not wanted."""
        self.post_message(self.SkipWanted(self.item))
