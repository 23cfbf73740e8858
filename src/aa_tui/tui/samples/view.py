"""The samples of an evaluation: a list with filters, and the one under the cursor whole."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from textual.containers import Container, VerticalScroll
from textual.content import Content

from aa_tui.analysis.lost import WORDS, Lost
from aa_tui.catalog import labels, runs, samples, turns
from aa_tui.errors import AATuiError
from aa_tui.outcomes import outcome_words
from aa_tui.tui.core.command import BACK, ENDS, READ, ROWS, SEARCH, SIDES, SORT, Command
from aa_tui.tui.core.places import Place
from aa_tui.tui.core.view import Copied, View
from aa_tui.tui.samples.rows import (
    SAMPLES_FIXED,
    SAMPLES_LABEL,
    SAMPLES_MOVING,
    SampleList,
    answer_columns,
    lost_column,
)
from aa_tui.tui.samples.sharing import NOTHING_YET, TEXT_CELLS, run_offers, sample_document, samples_document
from aa_tui.tui.samples.text import HIDDEN, Whole, sample_text
from aa_tui.tui.widgets.listing import Listing, ListTable
from aa_tui.tui.widgets.parts import Fitted, Line, styled
from aa_tui.tui.widgets.sorting import Sorts
from aa_tui.tui.widgets.table import Table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from textual.app import ComposeResult

    from aa_tui.analysis.lost import Fate
    from aa_tui.catalog.rows import RunRow, ScoredSample
    from aa_tui.export.labelled import Expected
    from aa_tui.pages.lost import Known
    from aa_tui.tui.core.host import Host
    from aa_tui.tui.core.news import News
    from aa_tui.tui.core.offer import Offer

EMPTY = "No sample is finished yet; they appear here one by one."


def read_whole(conn: sqlite3.Connection, row: ScoredSample, key: Expected | None = None) -> Whole:
    """A sample with its texts, its verdicts unless they are hidden, and its label."""
    verdicts = () if row.outcome == HIDDEN else tuple(samples.scores(conn, row.id))
    told = tuple(turns.of_sample(conn, row.run_id, row.item_id, row.epoch))
    return Whole(row, samples.get(conn, row.id), verdicts, labels.get(conn, row.id), key, turns=told)


class SamplesView(Sorts, View):
    """A list, and beside or below it the sample under the cursor."""

    NAME = "samples"
    TITLE = "Samples"
    STEPPED_INTO = True

    COMMANDS = (
        ROWS._replace(
            help="move; n and N from the text as well",
            label="↑ ↓  j k  n N",
            also=(Command("n", "step(1)", "Next"), Command("N", "step(-1)", "Before")),
        ),
        ENDS,
        SIDES,
        SEARCH._replace(bar=""),
        SORT,
        Command(
            "f",
            "outcome",
            "Filter",
            "only the wrong ones; again for the other outcomes, in the end all",
            bar="outcome",
        ),
        Command(
            "right_square_bracket",
            "category(1)",
            "Category",
            "only the category before, the next one",
            label="[ ]",
            also=(Command("left_square_bracket", "category(-1)", "Category before"),),
        ),
        Command(
            "v",
            "labelled",
            "By label",
            "only those without a label, with one, on which grader and person disagree",
        ),
        Command(
            "H",
            "lost",
            "Had it",
            "only failures that had the right answer and left it; again for what became of the others, in the end all",
        ),
        Command("u", "all", "Clear filters", "all samples again"),
        Command(
            "1",
            "label('right')",
            "By eye: right",
            "by eye: say of the answer that it is right, wrong, unclear",
            bar="by eye",
            bar_label="1 2 3",
            also=(
                Command("2", "label('wrong')", "By eye: wrong"),
                Command("3", "label('unclear')", "By eye: unclear"),
            ),
        ),
        Command("0", "label('')", "No label", "clear the label"),
        Command("B", "blind", "Blind", "hide the verdicts until you have said so: that alone is a fair comparison"),
        Command("z", "fold", "Fold thinking", "unfold the thinking, fold it to its last line", bar="thinking"),
        Command("V", "raw", "Raw text", "of a conversation what the model wrote as it wrote it, and back"),
        READ,
        Command(
            "y",
            "app.copy(False)",
            "Copy",
            "copy the sample, copy the list, save",
            also=(Command("Y", "app.copy(True)", "Copy all"), Command("e", "app.export", "Save to a file")),
        ),
        BACK,
    )

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self.samples = SampleList()
        self.run_row: RunRow | None = None
        self.whole: Whole | None = None
        self._run_id = 0
        self._wanted: str | None = None
        self._unfolded = self._raw = False
        self._seen: set[int] = set()
        self._keys: dict[str, Expected] | None = None
        self._known: Known = {}
        self._is_read = self._wants_lost = False

    def compose(self) -> ComposeResult:
        """What is listed, the list, the sample."""
        yield Line(id="samples-head")
        with Container(id="samples-body"):
            yield Listing(ListTable(self.samples, EMPTY, id="samples-table"))
            with VerticalScroll(id="sample"):
                yield Fitted(id="sample-text")

    def on_mount(self) -> None:
        """Know the columns."""
        self.table.set_columns(SAMPLES_FIXED, SAMPLES_MOVING)

    @property
    def table(self) -> ListTable[ScoredSample]:
        """The list."""
        return self.query_one("#samples-table", ListTable)

    @property
    def current(self) -> ScoredSample | None:
        """The sample under the cursor."""
        return self.table.current

    def show(self, place: Place) -> None:
        """Show a run's samples, with the cursor on an item."""
        item = place.item
        if place.run_id is not None and place.run_id != self._run_id:
            self._run_id = place.run_id
            self.run_row = self.whole = self._keys = None
            self._seen.clear()
            self._is_read = self._wants_lost = False
            self.samples.clear()
            self.samples.know({})
            self.samples.take(())
            self.table.reload(0)
        if item is not None:
            self.samples.clear()
        self._wanted = item
        self.reload(force=True)

    @property
    def place(self) -> Place:
        """The run whose samples these are."""
        return Place(self.NAME, run_id=self._run_id)

    def hear(self, news: News) -> None:
        """There may be more samples."""
        if self.is_shown:
            self.reload()

    def reload(self, *, force: bool = False) -> None:
        """Read the samples again if there are more of them, in a thread."""
        before = self.run_row
        nothing: RunRow | None = None
        run = self.host.store.read(lambda conn: runs.get(conn, self._run_id), nothing) if before or force else None
        if run is None or (
            not force and before is not None and (run.n_done, run.state) == (before.n_done, before.state)
        ):
            return
        self.run_row = run
        self.run_worker(partial(self._read, run), thread=True, exclusive=True, group="samples", exit_on_error=False)

    def _read(self, run: RunRow) -> None:
        from aa_tui.export.labelled import expected

        def read(conn: sqlite3.Connection) -> tuple[list[ScoredSample], dict[str, Expected]]:
            keys = expected(conn, run) if self._keys is None else self._keys
            return samples.scored(conn, run.id), keys

        try:
            rows, keys = self.host.store.in_thread(read)
        except AATuiError as error:
            self.app.call_from_thread(self.host.toast, str(error), bad=True)
            return
        self.app.call_from_thread(self._show, run.id, rows, keys)
        if run.kind == "eval" and not run.is_live:
            self._read_lost(run)

    def _read_lost(self, run: RunRow) -> None:
        """In the same thread: what became of the right answers, for which texts are read."""
        from aa_tui.pages import lost

        known = self._known
        try:
            fates = self.host.store.in_thread(lambda conn: lost.load(conn, run, known=known)).fates
        except AATuiError:
            fates = {}
        self.app.call_from_thread(self._know, run.id, fates)

    def _know(self, run_id: int, fates: Mapping[int, Fate]) -> None:
        if run_id != self._run_id:
            return
        self.samples.know(fates)
        self._is_read = True
        if self.whole is not None:
            self.whole = replace(self.whole, fate=self.samples.fate_of(self.whole.row))
        if self._wants_lost:
            self._wants_lost = False
            self.action_lost()
        else:
            self._list(self.whole.row.id if self.whole else None)
        self._show_text()

    def _show(self, run_id: int, rows: list[ScoredSample], keys: dict[str, Expected]) -> None:
        if run_id != self._run_id:
            return
        self._keys = keys
        here = self.whole.row.id if self.whole is not None else None
        self.samples.take(rows)
        if self._wanted is not None:
            wanted = next((row.id for row in rows if row.item_id == self._wanted), None)
            if wanted is None:
                self.host.toast(f"Run {run_id} has no finished sample of {self._wanted}.")
            here, self._wanted = wanted or here, None
        self._list(here)

    def _list(self, sample_id: int | None, otherwise: int = 0) -> None:
        """List again, with the cursor on its sample as long as that is listed, otherwise at a place."""
        self.query_one("#samples-head", Line).show(self._head())
        answers = answer_columns(self._keys or {})
        labels = (SAMPLES_LABEL,) if self.samples.has_labels else ()
        lost = (lost_column(self.samples.fate_of),) if set(self.samples.losts()) - {Lost.UNTOLD} else ()
        self.table.set_columns(SAMPLES_FIXED, (*labels, *answers, *SAMPLES_MOVING, *lost))
        place = self.samples.index_of(sample_id)
        self.table.reload(otherwise if place is None else place)

    def _head(self) -> Content:
        run, listed = self.run_row, self.samples
        name = f"{run.target} · {run.what}" if run is not None else ""
        count = f"{len(listed):,} of {len(listed.all):,}" if len(listed) < len(listed.all) else f"{len(listed.all):,}"
        outcome = outcome_words(listed.outcome) if listed.outcome else "all outcomes"
        category = listed.category or "all categories"
        lost = WORDS[Lost(listed.lost)] if listed.lost else None
        more = "".join(f" · {word}" for word in (listed.labelled, lost, "blind" if listed.blind else None) if word)
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
            key = (self._keys or {}).get(row.item_id)
            self.whole = self.host.store.read(lambda conn: read_whole(conn, row, key), before)
            if self.whole is not None:
                self.whole = replace(self.whole, fate=self.samples.fate_of(self.whole.row))
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
            text.show(partial(sample_text, whole, unfolded=self._unfolded, raw=self._raw))

    def copied(self, *, whole: bool) -> Copied:
        """The sample under the cursor, or the list."""
        if whole:
            from aa_tui.export import markdown

            document = samples_document(self.run_row, self.samples)
            return Copied(markdown.render(document), f"the list of {len(self.samples)} samples")
        text = self.plain(TEXT_CELLS)
        return Copied(text, "the sample" if text else NOTHING_YET)

    def offers(self) -> Sequence[Offer]:
        """The sample under the cursor, the list, and all of the run."""
        from aa_tui.export.files import READING_FORMATS
        from aa_tui.tui.core.offer import Offer, csv_offer

        found: list[Offer] = []
        if self.whole is not None:
            words = ("run", str(self.whole.row.run_id), self.whole.row.item_id)
            found.append(
                Offer(f"Sample {self.whole.row.item_id}", words, partial(sample_document, self.whole), READING_FORMATS)
            )
        if len(self.samples):
            name = ("run", str(self._run_id), "samples")
            found.append(
                Offer("List of samples", name, partial(samples_document, self.run_row, self.samples), READING_FORMATS)
            )
            found.append(csv_offer("List of samples", name, self.table.words))
        return (*found, *run_offers(self.host, self.run_row))

    def plain(self, width: int) -> str:
        """The sample under the cursor as text, its thinking unfolded."""
        if self.whole is None:
            return ""
        text = sample_text(self.whole, width, unfolded=True, raw=self._raw).plain
        return "\n".join(line.rstrip() for line in text.splitlines())

    # -- the keys

    def take_focus(self) -> None:
        """The list gets the focus."""
        self.table.focus()

    async def action_back(self) -> None:
        """One step back."""
        await self.host.back()

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

    def action_outcome(self) -> None:
        """Only one outcome."""
        self.samples.next_outcome()
        self._list(self.whole.row.id if self.whole else None)

    def action_category(self, step: int) -> None:
        """Only one category."""
        self.samples.next_category(step)
        self._list(self.whole.row.id if self.whole else None)

    def action_labelled(self) -> None:
        """Only those with a label, without one, or on which grader and person disagree."""
        self.samples.next_labelled()
        self._list(self.whole.row.id if self.whole else None)

    def action_lost(self) -> None:
        """Only failures of one class of what became of the right answer."""
        if not self.samples.losts():
            run = self.run_row
            if self._is_read or run is None or run.kind != "eval":
                self.host.toast("Of no failure is it known what became of the right answer.")
            elif run.is_live:
                self.host.toast("What became of the right answers is told once the run rests.")
            else:
                self._wants_lost = True
                self.host.toast("What became of the right answers is still being read; then they are listed.")
            return
        self.samples.next_lost()
        self._list(self.whole.row.id if self.whole else None)

    def action_blind(self) -> None:
        """Hide the verdicts of what nobody has labelled yet, or show them."""
        self.samples.toggle_blind()
        hides = "hidden until labelled" if self.samples.blind else "shown"
        self.host.toast(f"Verdicts are {hides}.")
        self._list(self.whole.row.id if self.whole else None)

    def action_label(self, label: str) -> None:
        """Say of the sample under the cursor whether its answer is right; an empty label clears what was said."""
        from aa_tui.tui.widgets.question import Question, if_yes

        row, run = self.current, self.run_row
        if row is None or run is None or label == (row.label or ""):
            return
        blind = row.outcome == HIDDEN and row.id not in self._seen

        def work(conn: sqlite3.Connection) -> str:
            if label:
                labels.put(conn, row.id, label, blind=blind)
            else:
                labels.clear(conn, row.id)
            rows = samples.scored(conn, run.id)
            self.app.call_from_thread(self._labelled, run.id, row.id, rows)
            return ""

        if row.label is None:
            self.host.write(work)
            return
        yes = f"label it {label}" if label else "clear the label"
        question = f"{row.item_id} is labelled {row.label} by eye. {'Change' if label else 'Clear'} that?"
        self.host.ask(Question(question, yes), if_yes(lambda: self.host.write(work)))

    def _labelled(self, run_id: int, sample_id: int, rows: list[ScoredSample]) -> None:
        """Show what was said. A sample that the filters no longer let through makes room for the next one."""
        if run_id == self._run_id:
            self.samples.take(rows)
            self._list(sample_id, self.table.index or 0)

    def action_all(self) -> None:
        """All samples."""
        self.samples.clear()
        self._list(self.whole.row.id if self.whole else None)

    def action_fold(self) -> None:
        """Unfold the thinking, or fold it to its last line."""
        self._unfolded = not self._unfolded
        self._show_text()

    def action_raw(self) -> None:
        """What the model wrote as it wrote it, or what was read of it."""
        if self.whole is None or not self.whole.turns:
            self.host.toast("Only a sample that is a conversation has more than is shown.")
            return
        self._raw = not self._raw
        self._show_text()

    def action_step(self, step: int) -> None:
        """The sample below or above, from wherever the focus is."""
        self.table.action_move(step)
