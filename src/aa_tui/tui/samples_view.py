"""The samples of an evaluation: a list with filters, and the one under the cursor whole."""

from __future__ import annotations

import sqlite3
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Container, VerticalScroll
from textual.content import Content

from aa_tui.catalog import labels, runs, samples
from aa_tui.catalog.db import CatalogError
from aa_tui.outcomes import outcome_words
from aa_tui.textsafe import clean_line
from aa_tui.tui.parts import Fitted, Line, styled
from aa_tui.tui.run_requests import write
from aa_tui.tui.sample_list import SAMPLES_FIXED, SAMPLES_LABEL, SAMPLES_MOVING, SampleList
from aa_tui.tui.sample_text import HIDDEN, Whole, sample_text
from aa_tui.tui.table import Table

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from aa_tui.catalog.rows import RunRow, ScoredSample
    from aa_tui.tui.app import AATuiApp

LONGEST_KEY = 300
"""Characters that are shown of a key; tests of code may be long."""

EMPTY = "No sample is finished yet; they appear here one by one."


def read_keys(conn: sqlite3.Connection, run: RunRow) -> dict[str, str]:
    """The items' keys, a line each; none where the run's pack is not here."""
    from aa_tui.evals.as_case import key_lines
    from aa_tui.export.errors import ExportError
    from aa_tui.export.labelled import pack_of

    try:
        pack = pack_of(conn, run)
        return {item.id: clean_line(" · ".join(key_lines(pack, item)))[:LONGEST_KEY] for item in pack.items}
    except ExportError:
        return {}


def read_whole(conn: sqlite3.Connection, row: ScoredSample, key: str = "") -> Whole:
    """A sample with its texts, its verdicts unless they are hidden, and its label."""
    verdicts = () if row.outcome == HIDDEN else tuple(samples.scores(conn, row.id))
    return Whole(row, samples.get(conn, row.id), verdicts, labels.get(conn, row.id), key)


class SamplesView(Container):
    """A list, and beside or below it the sample under the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,backspace", "back", "Back"),
        Binding("f,o", "outcome(1)", "Next outcome"),
        Binding("F,O", "outcome(-1)", "Outcome before"),
        Binding("c", "category(1)", "Next category"),
        Binding("C", "category(-1)", "Category before"),
        Binding("a,u", "all", "All samples"),
        Binding("v", "labelled(1)", "By label"),
        Binding("V", "labelled(-1)", show=False),
        Binding("r", "label('right')", "By eye: right"),
        Binding("w", "label('wrong')", "By eye: wrong"),
        Binding("m", "label('unclear')", "By eye: unclear"),
        Binding("d,delete", "label('')", "No label"),
        Binding("b", "blind", "Hide verdicts until labelled"),
        Binding("t", "fold", "Fold, unfold the thinking"),
        Binding("n", "step(1)", "Next sample"),
        Binding("N", "step(-1)", "Sample before"),
        Binding("tab,enter", "other_part", show=False),
    ]

    def __init__(self, app: AATuiApp) -> None:
        super().__init__(id="samples")
        self._host = app
        self.samples = SampleList()
        self.run_row: RunRow | None = None
        self.whole: Whole | None = None
        self._run_id = 0
        self._wanted: str | None = None
        self._unfolded = False
        self._seen: set[int] = set()
        self._keys: dict[str, str] | None = None

    def compose(self) -> ComposeResult:
        """What is listed, the list, the sample."""
        yield Line(id="samples-head")
        with Container(id="samples-body"):
            yield Table(self.samples, EMPTY, id="samples-table")
            with VerticalScroll(id="sample"):
                yield Fitted(id="sample-text")

    def on_mount(self) -> None:
        """Know the columns."""
        self.table.set_columns(SAMPLES_FIXED, SAMPLES_MOVING)

    @property
    def table(self) -> Table[ScoredSample]:
        """The list."""
        return self.query_one("#samples-table", Table)

    @property
    def current(self) -> ScoredSample | None:
        """The sample under the cursor."""
        return self.samples.row(self.table.cursor)

    def show_run(self, run_id: int, item: str | None = None) -> None:
        """Show a run's samples, with the cursor on an item."""
        if run_id != self._run_id:
            self._run_id = run_id
            self.run_row = self.whole = self._keys = None
            self._seen.clear()
            self.samples.clear()
            self.samples.take(())
            self.table.reload(0)
        if item is not None:
            self.samples.clear()
        self._wanted = item
        self.reload(force=True)

    def reload(self, *, force: bool = False) -> None:
        """The catalog has changed: read the samples again if there are more of them, in a thread."""
        before = self.run_row
        nothing: RunRow | None = None
        run = self._host.store.read(lambda conn: runs.get(conn, self._run_id), nothing) if before or force else None
        if run is None or (
            not force and before is not None and (run.n_done, run.state) == (before.n_done, before.state)
        ):
            return
        self.run_row = run
        self.run_worker(partial(self._read, run), thread=True, exclusive=True, group="samples", exit_on_error=False)

    def _read(self, run: RunRow) -> None:
        def read(conn: sqlite3.Connection) -> tuple[list[ScoredSample], dict[str, str]]:
            keys = read_keys(conn, run) if self._keys is None else self._keys
            return samples.scored(conn, run.id), keys

        try:
            rows, keys = self._host.store.in_thread(read)
        except CatalogError as error:
            self.app.call_from_thread(self._host.toast, str(error), bad=True)
            return
        self.app.call_from_thread(self._show, run.id, rows, keys)

    def _show(self, run_id: int, rows: list[ScoredSample], keys: dict[str, str]) -> None:
        if run_id != self._run_id:
            return
        self._keys = keys
        here = self.whole.row.id if self.whole is not None else None
        self.samples.take(rows)
        if self._wanted is not None:
            wanted = next((row.id for row in rows if row.item_id == self._wanted), None)
            if wanted is None:
                self._host.toast(f"Run {run_id} has no finished sample of {self._wanted}.")
            here, self._wanted = wanted or here, None
        self._list(here)

    def _list(self, sample_id: int | None, otherwise: int = 0) -> None:
        """List anew, with the cursor on its sample as long as that is listed, otherwise at a place."""
        self.query_one("#samples-head", Line).show(self._head())
        moving = (SAMPLES_LABEL, *SAMPLES_MOVING) if self.samples.has_labels else SAMPLES_MOVING
        self.table.set_columns(SAMPLES_FIXED, moving)
        place = self.samples.index_of(sample_id)
        self.table.reload(otherwise if place is None else place)

    def _head(self) -> Content:
        run, listed = self.run_row, self.samples
        name = f"{run.target} · {run.pack}" if run is not None else ""
        count = f"{len(listed):,} of {len(listed.all):,}" if len(listed) < len(listed.all) else f"{len(listed.all):,}"
        outcome = outcome_words(listed.outcome) if listed.outcome else "all outcomes"
        category = listed.category or "all categories"
        more = "".join(f" · {word}" for word in (listed.labelled, "blind" if listed.blind else None) if word)
        return styled(
            (f"Run {self._run_id}", "strong"),
            (f"  {count} samples", "accent"),
            (f" · {outcome} · {category}{more}   ", ""),
            (name, "dim"),
        )

    def on_table_moved(self, message: Table.Moved) -> None:
        """Another sample under the cursor."""
        message.stop()
        row = self.current
        if row is None:
            self.whole = None
        elif self.whole is None or self.whole.row != row:
            before = self.whole
            key = (self._keys or {}).get(row.item_id, "")
            self.whole = self._host.store.read(lambda conn: read_whole(conn, row, key), before)
            self.query_one("#sample").scroll_home(animate=False)
        if row is not None and row.outcome != HIDDEN:
            self._seen.add(row.id)
        self._show_text()

    def _show_text(self) -> None:
        whole = self.whole
        text = self.query_one("#sample-text", Fitted)
        if whole is None:
            text.show(lambda _: Content(""))
        else:
            text.show(partial(sample_text, whole, unfolded=self._unfolded))

    def plain(self, width: int) -> str:
        """The sample under the cursor as text, its thinking unfolded."""
        if self.whole is None:
            return ""
        text = sample_text(self.whole, width, unfolded=True).plain
        return "\n".join(line.rstrip() for line in text.splitlines())

    # -- the keys

    def take_focus(self) -> None:
        """The list gets the keys."""
        self.table.focus()

    async def action_back(self) -> None:
        """One step back."""
        await self._host.views.back()

    async def on_table_opened(self, message: Table.Opened) -> None:
        """To the text, to scroll it."""
        message.stop()
        self.action_other_part()

    def action_other_part(self) -> None:
        """From the list to the text and back."""
        if self.table.has_focus:
            self.query_one("#sample").focus()
        else:
            self.table.focus()

    def action_outcome(self, step: int) -> None:
        """Only one outcome."""
        self.samples.next_outcome(step)
        self._list(self.whole.row.id if self.whole else None)

    def action_category(self, step: int) -> None:
        """Only one category."""
        self.samples.next_category(step)
        self._list(self.whole.row.id if self.whole else None)

    def action_labelled(self, step: int) -> None:
        """Only those with a label, without one, or on which grader and person disagree."""
        self.samples.next_labelled(step)
        self._list(self.whole.row.id if self.whole else None)

    def action_blind(self) -> None:
        """Hide the verdicts of what nobody has labelled yet, or show them."""
        self.samples.toggle_blind()
        hides = "hidden until labelled" if self.samples.blind else "shown"
        self._host.toast(f"Verdicts are {hides}.")
        self._list(self.whole.row.id if self.whole else None)

    def action_label(self, label: str) -> None:
        """Say of the sample under the cursor whether its answer is right; an empty label takes it away."""
        row, run = self.current, self.run_row
        if row is None or run is None:
            return
        blind = row.outcome == HIDDEN and row.id not in self._seen

        def work(conn: sqlite3.Connection) -> str:
            if label:
                before = labels.get(conn, row.id)
                labels.put(conn, row.id, label, note=before.note if before else "", blind=blind)
            else:
                labels.clear(conn, row.id)
            rows = samples.scored(conn, run.id)
            self.app.call_from_thread(self._labelled, run.id, row.id, rows)
            return ""

        write(self._host, work)

    def _labelled(self, run_id: int, sample_id: int, rows: list[ScoredSample]) -> None:
        """Show what was said. A sample that the filters no longer let through makes room for the next one."""
        if run_id == self._run_id:
            self.samples.take(rows)
            self._list(sample_id, self.table.cursor)

    def action_all(self) -> None:
        """All samples."""
        self.samples.clear()
        self._list(self.whole.row.id if self.whole else None)

    def action_fold(self) -> None:
        """Unfold the thinking, or fold it to its last line."""
        self._unfolded = not self._unfolded
        self._show_text()

    def action_step(self, step: int) -> None:
        """The sample below or above, from wherever the keys are."""
        self.table.action_move(step)
