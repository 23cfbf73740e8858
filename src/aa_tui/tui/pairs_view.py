"""Two runs on the same items, side by side where they differ: which got what right, and how."""

from __future__ import annotations

import sqlite3
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from rich.cells import set_cell_size
from textual.binding import Binding
from textual.containers import Container, VerticalScroll
from textual.content import Content

from aa_tui.catalog import runs, samples
from aa_tui.catalog.db import CatalogError
from aa_tui.tui.page_text import beside
from aa_tui.tui.parts import Fitted, styled
from aa_tui.tui.sample_list import PAIRS_FIXED, PAIRS_MOVING, Pair, PairList
from aa_tui.tui.sample_text import Whole, sample_text
from aa_tui.tui.samples_view import read_whole
from aa_tui.tui.table import Table

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from aa_tui.catalog.rows import RunRow, ScoredSample
    from aa_tui.tui.app import AATuiApp

EMPTY = "Both runs had the same outcome on every item that both have finished."
SIDE_BY_SIDE_FROM = 90
COLUMN_GAP = 3

Both = tuple["RunRow", "RunRow"]


class PairsView(Container):
    """The differing items, and below them both answers to the one under the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,backspace", "back", "Back"),
        Binding("f,o", "kind(1)", "Only one kind of difference"),
        Binding("F,O", "kind(-1)", show=False),
        Binding("t", "fold", "Fold, unfold the thinking"),
        Binding("n", "step(1)", "Next item"),
        Binding("N", "step(-1)", "Item before"),
        Binding("tab,enter", "other_part", show=False),
    ]

    def __init__(self, app: AATuiApp) -> None:
        super().__init__(id="pairs")
        self._host = app
        self.pairs = PairList()
        self.runs: Both | None = None
        self._wholes: tuple[Whole, Whole] | None = None
        self._unfolded = False

    def compose(self) -> ComposeResult:
        """Which runs, the list, both samples."""
        yield Fitted(id="pairs-head")
        yield Table(self.pairs, EMPTY, id="pairs-table")
        with VerticalScroll(id="pair"):
            yield Fitted(id="pair-text")

    def on_mount(self) -> None:
        """Know the columns."""
        self.table.set_columns(PAIRS_FIXED, PAIRS_MOVING)

    @property
    def table(self) -> Table[Pair]:
        """The list."""
        return self.query_one("#pairs-table", Table)

    def show_runs(self, a: int, b: int) -> None:
        """Show where two runs differ. Read in a thread."""
        self.run_worker(partial(self._read, a, b), thread=True, exclusive=True, group="pairs", exit_on_error=False)

    def reload(self) -> None:
        """More samples may have come."""
        if self.runs is not None and any(run.is_live for run in self.runs):
            self.show_runs(self.runs[0].id, self.runs[1].id)

    def _read(self, a: int, b: int) -> None:
        def work(conn: sqlite3.Connection) -> tuple[Both, list[ScoredSample], list[ScoredSample]]:
            return (runs.get(conn, a), runs.get(conn, b)), samples.scored(conn, a), samples.scored(conn, b)

        try:
            both, rows_a, rows_b = self._host.store.in_thread(work)
        except (CatalogError, runs.UnknownRunError) as error:
            self.app.call_from_thread(self._host.toast, str(error), bad=True)
            return
        self.app.call_from_thread(self._show, both, rows_a, rows_b)

    def _show(self, both: Both, rows_a: list[ScoredSample], rows_b: list[ScoredSample]) -> None:
        if self.runs is None or [run.id for run in self.runs] != [run.id for run in both]:
            self.table.cursor = 0
        before = (self.runs, len(self.pairs.differing), self.pairs.n_common)
        self.runs = both
        self.pairs.take(rows_a, rows_b)
        if before != (both, len(self.pairs.differing), self.pairs.n_common):
            self._list()

    def _list(self) -> None:
        self.query_one("#pairs-head", Fitted).show(self._head)
        self.table.reload()

    def _head(self, width: int) -> Content:
        if self.runs is None:
            return Content("")
        lines = []
        for letter, run in zip("ab", self.runs, strict=True):
            name = f"  run {run.id}  {run.target} {run.file.quant or ''}".rstrip()
            lines.append(styled((letter, "accent-strong"), name).truncate(width, ellipsis=True))
        parts = [(f"{len(self.pairs.differing)} of {self.pairs.n_common} items differ", "strong")]
        for name, count in self.pairs.counts().items():
            chosen = name == self.pairs.kind
            parts += [(" · ", "dim"), (f"{'▸' if chosen else ''}{name} {count}", "accent-strong" if chosen else "")]
        lines.append(styled(*parts).truncate(width, ellipsis=True))
        return Content("\n").join(lines)

    def on_table_moved(self, message: Table.Moved) -> None:
        """Another item under the cursor."""
        message.stop()
        pair = self.pairs.row(self.table.cursor)
        if pair is None:
            self._wholes = None
        else:
            before = self._wholes
            self._wholes = self._host.store.read(
                lambda conn: (read_whole(conn, pair.a), read_whole(conn, pair.b)), before
            )
            self.query_one("#pair").scroll_home(animate=False)
        self.query_one("#pair-text", Fitted).show(self._text)

    def _text(self, width: int) -> Content:
        """Both samples: side by side where there is room, else one below the other."""
        if self._wholes is None:
            return Content("")
        a, b = self._wholes
        if width < SIDE_BY_SIDE_FROM:
            texts = [
                styled((f"{letter}  ", "accent-strong"), sample_text(whole, width, unfolded=self._unfolded))
                for letter, whole in zip("ab", (a, b), strict=True)
            ]
            return Content("\n\n").join(texts)
        half = (width - COLUMN_GAP) // 2
        left, right = (sample_text(whole, half, unfolded=self._unfolded) for whole in (a, b))
        titles = styled((set_cell_size("a", half + COLUMN_GAP), "accent-strong"), ("b", "accent-strong"))
        return styled(titles, "\n", beside(left, right, half + COLUMN_GAP))

    def plain(self, width: int) -> str:
        """The pair under the cursor as text."""
        return "\n".join(line.rstrip() for line in self._text(width).plain.splitlines())

    # -- the keys

    def take_focus(self) -> None:
        """The list gets the keys."""
        self.table.focus()

    async def action_back(self) -> None:
        """One step back."""
        await self._host.views.back()

    def on_table_opened(self, message: Table.Opened) -> None:
        """To the text, to scroll it."""
        message.stop()
        self.action_other_part()

    def action_other_part(self) -> None:
        """From the list to the text and back."""
        if self.table.has_focus:
            self.query_one("#pair").focus()
        else:
            self.table.focus()

    def action_kind(self, step: int) -> None:
        """Only one kind of difference."""
        self.pairs.next_kind(step)
        self.table.cursor = 0
        self._list()

    def action_fold(self) -> None:
        """Unfold the thinking, or fold it."""
        self._unfolded = not self._unfolded
        self.query_one("#pair-text", Fitted).show(self._text)

    def action_step(self, step: int) -> None:
        """The item below or above."""
        self.table.action_move(step)
