"""Two runs on the same items, side by side where they differ: which got what right, and how."""

from __future__ import annotations

import sqlite3
from functools import partial
from typing import TYPE_CHECKING

from rich.cells import set_cell_size
from textual.containers import VerticalScroll
from textual.content import Content

from aa_tui.catalog import runs
from aa_tui.errors import AATuiError
from aa_tui.tui.core.command import BACK, ENDS, READ, ROWS, SEARCH, SIDES, SORT, Command
from aa_tui.tui.core.places import Place
from aa_tui.tui.core.view import Copied, View
from aa_tui.tui.samples.rows import PAIRS_FIXED, PAIRS_MOVING, Pair, PairList
from aa_tui.tui.samples.sharing import NOTHING_YET, TEXT_CELLS, text_document
from aa_tui.tui.samples.text import Whole, sample_text
from aa_tui.tui.samples.view import read_whole
from aa_tui.tui.widgets.listing import Listing, ListTable
from aa_tui.tui.widgets.parts import Fitted, beside, styled
from aa_tui.tui.widgets.sorting import Sorts
from aa_tui.tui.widgets.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from aa_tui.catalog.rows import RunRow, ScoredSample
    from aa_tui.tui.core.host import Host
    from aa_tui.tui.core.news import News
    from aa_tui.tui.core.offer import Offer

EMPTY = "Both runs had the same outcome on every item that both have finished."
SIDE_BY_SIDE_FROM = 90
COLUMN_GAP = 3

Both = tuple["RunRow", "RunRow"]


class PairsView(Sorts, View):
    """The differing items, and below them both answers to the one under the cursor."""

    NAME = "pairs"
    TITLE = "Where two runs differ"
    STEPPED_INTO = True

    COMMANDS = (
        Command(
            "f",
            "kind",
            "Filter",
            "only those that a alone, or b alone, has right, or that differ otherwise",
            bar="who is right",
        ),
        Command("z", "fold", "Fold thinking", "unfold the thinking, fold it", bar="thinking"),
        ROWS,
        ENDS,
        SIDES,
        SEARCH._replace(bar=""),
        SORT,
        Command(
            "n",
            "step(1)",
            "Next",
            "the next item, the one before, from the texts as well",
            bar="other item",
            label="n N",
            bar_label="n N",
            also=(Command("N", "step(-1)", "Before"),),
        ),
        READ._replace(help="to the texts, to scroll them, and back"),
        Command("y", "app.copy(False)", "Copy", "copy both samples"),
        BACK,
    )

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self.pairs = PairList()
        self.runs: Both | None = None
        self._ids = (0, 0)
        self._wholes: tuple[Whole, Whole] | None = None
        self._unfolded = False
        self._verdict = ""

    def compose(self) -> ComposeResult:
        """Which runs, the list, both samples."""
        yield Fitted(id="pairs-head")
        yield Listing(ListTable(self.pairs, EMPTY, id="pairs-table"))
        with VerticalScroll(id="pair"):
            yield Fitted(id="pair-text")

    def on_mount(self) -> None:
        """Know the columns."""
        self.table.set_columns(PAIRS_FIXED, PAIRS_MOVING)

    @property
    def table(self) -> ListTable[Pair]:
        """The list."""
        return self.query_one("#pairs-table", ListTable)

    def show(self, place: Place) -> None:
        """Show where two runs differ."""
        if place.run_id is not None and place.other is not None:
            self._ids = place.run_id, place.other
            self._read_soon()

    @property
    def place(self) -> Place:
        """Both runs."""
        return Place(self.NAME, run_id=self._ids[0], other=self._ids[1])

    def hear(self, news: News) -> None:
        """More samples may have come."""
        if self.is_shown and self.runs is not None and any(run.is_live for run in self.runs):
            self._read_soon()

    def _read_soon(self) -> None:
        work = partial(self._read, *self._ids)
        self.run_worker(work, thread=True, exclusive=True, group="pairs", exit_on_error=False)

    def _read(self, a: int, b: int) -> None:
        from aa_tui.pages import paired
        from aa_tui.pages.text.paired import verdict

        def work(conn: sqlite3.Connection) -> tuple[Both, list[ScoredSample], list[ScoredSample], str]:
            both = runs.get(conn, a), runs.get(conn, b)
            pair = paired.load(conn, *both)
            told = verdict(pair) if pair is not None else ""
            rows_a, rows_b, _ = paired.aligned(conn, *both)
            return both, rows_a, rows_b, told

        try:
            both, rows_a, rows_b, told = self.host.store.in_thread(work)
        except AATuiError as error:
            self.app.call_from_thread(self.host.toast, str(error), bad=True)
            return
        self.app.call_from_thread(self._show, both, rows_a, rows_b, told)

    def _show(self, both: Both, rows_a: list[ScoredSample], rows_b: list[ScoredSample], told: str) -> None:
        if self.runs is None or [run.id for run in self.runs] != [run.id for run in both]:
            self.table.reload(0)
        before = (self.runs, len(self.pairs.differing), self.pairs.n_common)
        self.runs, self._verdict = both, told
        self.pairs.take(rows_a, rows_b)
        if before != (both, len(self.pairs.differing), self.pairs.n_common):
            self._list()

    def _list(self, index: int | None = None) -> None:
        self.query_one("#pairs-head", Fitted).show(self._head)
        self.table.reload(index)

    def _head(self, width: int) -> Content:
        if self.runs is None:
            return Content("")
        lines = []
        for letter, run in zip("ab", self.runs, strict=True):
            name = f"  run {run.id}  {run.target} {run.file.quant or ''}".rstrip()
            lines.append(styled((letter, "accent-strong"), name).truncate(width, ellipsis=True))
        lines.append(styled((self._verdict, "here")).truncate(width, ellipsis=True))
        parts = [(f"{len(self.pairs.differing)} of {self.pairs.n_common} items differ", "strong")]
        for name, count in self.pairs.counts().items():
            chosen = name == self.pairs.kind
            parts += [(" · ", "dim"), (f"{'▸' if chosen else ''}{name} {count}", "accent-strong" if chosen else "")]
        lines.append(styled(*parts).truncate(width, ellipsis=True))
        return Content("\n").join(lines)

    def on_table_moved(self, message: Table.Moved) -> None:
        """Another item under the cursor."""
        message.stop()
        pair = self.table.current
        if pair is None:
            self._wholes = None
        else:
            before = self._wholes
            self._wholes = self.host.store.read(
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

    def copied(self, *, whole: bool) -> Copied:
        """Both samples."""
        text = self.plain(TEXT_CELLS)
        return Copied(text, "both samples" if text else NOTHING_YET)

    def offers(self) -> Sequence[Offer]:
        """Both samples, and the list."""
        from aa_tui.tui.core.offer import Offer, csv_offer

        both = Offer("Both samples", ("samples",), lambda: text_document("Samples", self.plain(TEXT_CELLS)))
        return (both, csv_offer("Items that differ", ("runs", *map(str, self._ids)), self.table.words))

    def plain(self, width: int) -> str:
        """The pair under the cursor as text."""
        return "\n".join(line.rstrip() for line in self._text(width).plain.splitlines())

    # -- the keys

    def take_focus(self) -> None:
        """The list gets the focus."""
        self.table.focus()

    async def action_back(self) -> None:
        """One step back."""
        await self.host.back()

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

    def action_kind(self) -> None:
        """Only one kind of difference."""
        self.pairs.next_kind()
        self._list(0)

    def action_fold(self) -> None:
        """Unfold the thinking, or fold it."""
        self._unfolded = not self._unfolded
        self.query_one("#pair-text", Fitted).show(self._text)

    def action_step(self, step: int) -> None:
        """The item below or above."""
        self.table.action_move(step)
