"""Quantizations: the files of one model beside their reference, which of them to take above, and why."""

from __future__ import annotations

import sqlite3
from functools import partial
from typing import TYPE_CHECKING

from textual.containers import VerticalScroll
from textual.content import Content

from aa_tui.errors import AATuiError
from aa_tui.tui.core.command import BACK, DETAILS, ENDS, ROWS, SEARCH, SIDES, SORT, Command
from aa_tui.tui.core.places import Place
from aa_tui.tui.core.view import Copied, View
from aa_tui.tui.quants.rows import FIXED, Entry, moving
from aa_tui.tui.widgets.listing import Listing, ListTable
from aa_tui.tui.widgets.parts import Fitted, styled, wrapped
from aa_tui.tui.widgets.rows import ListRows
from aa_tui.tui.widgets.sorting import Sorts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events
    from textual.app import ComposeResult

    from aa_tui.catalog.rows import ModelRow
    from aa_tui.export.document import Document
    from aa_tui.library.registering import Progress
    from aa_tui.pages.quants import Ladder
    from aa_tui.tui.core.host import Host
    from aa_tui.tui.core.news import News
    from aa_tui.tui.core.offer import Offer
    from aa_tui.tui.widgets.table import Table

READING = "Reading the model's files…"
WIDE_FROM = 120
TELL_EVERY = 10  # percent


class QuantsView(Sorts, View):
    """The recommendation, the table, and below it what it rests on and what was not measured."""

    NAME = "quants"
    TITLE = "Quantizations"
    STEPPED_INTO = True

    DEFAULT_CSS = """
    QuantsView #quants-head { height: auto; padding: 0 2; }
    QuantsView Listing { height: 1fr; }
    QuantsView #quants-detail { height: auto; max-height: 50%; padding: 0 2; border-top: solid $faint; }
    """

    COMMANDS = (
        ROWS,
        Command("enter", "", "Open", "the newest run of the file, in the list of runs", bar="its runs"),
        Command("b", "measure", "Measure", "measure what is missing: it says first what, and how long", bar="measure"),
        Command("", "reference", "Compare with this one", "the file under the cursor becomes the reference"),
        Command("D", "pairs", "Where two differ", "the items on which the file and the reference differ", bar="items"),
        SEARCH._replace(bar=""),
        SORT,
        ENDS,
        SIDES,
        DETAILS,
        BACK,
    )

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self.rows: ListRows[Entry] = ListRows()
        self.ladder: Ladder | None = None
        self._slug: str | None = None
        self._reference: str | None = None
        self._paths: tuple[str, ...] = ()
        self._state = READING
        self._is_wide: bool | None = None

    def compose(self) -> ComposeResult:
        """What to take, the table, the reasons."""
        yield Fitted(self._head, id="quants-head")
        yield Listing(ListTable(self.rows, "", id="quants-table"))
        with VerticalScroll(id="quants-detail"):
            yield Fitted(self._detail, id="quants-text")

    def on_mount(self) -> None:
        """Know the columns."""
        self._set_columns()

    def on_resize(self, event: events.Resize) -> None:
        """A wide terminal has room for intervals."""
        self._set_columns(event.size.width)

    def _set_columns(self, width: int = 0) -> None:
        wide = (width or self.app.size.width) >= WIDE_FROM
        if wide != self._is_wide:
            self._is_wide = wide
            self.table.set_columns(FIXED, moving(wide=wide))

    @property
    def table(self) -> ListTable[Entry]:
        """The table."""
        return self.query_one("#quants-table", ListTable)

    def take_focus(self) -> None:
        """The table gets the focus."""
        self.table.focus()

    # -- what is shown

    def show(self, place: Place) -> None:
        """Show a model's files, or those at the paths `slugs`; `target` is the sha256 of the one to compare with."""
        if (place.slug, place.slugs) != (self._slug, self._paths):
            self.ladder, self.rows.rows, self._state = None, [], READING
            self.table.reload(0)
        self._slug, self._reference, self._paths = place.slug, place.target, place.slugs
        self._draw()
        self.reload()

    @property
    def place(self) -> Place:
        """The model, which of its files where they were chosen, and what they are compared with."""
        return Place(self.NAME, slug=self._slug, slugs=self._paths, target=self._reference)

    @property
    def model(self) -> ModelRow | None:
        """The model."""
        from aa_tui.tui.start import asking

        return asking.model_of(self.host, self._slug)

    def hear(self, news: News) -> None:
        """A run may have brought figures, or have ended."""
        if self.is_shown and (news.models_changed or news.ended):
            self.reload()

    def reload(self) -> None:
        """Put the table together, in a thread."""
        if self._slug is not None or self._paths:
            work = partial(self._read, self._slug, self._reference, self._paths)
            self.run_worker(work, thread=True, exclusive=True, group="quants", exit_on_error=False)

    def _read(self, slug: str | None, reference: str | None, paths: tuple[str, ...]) -> None:
        """In a thread: see which files are here, read those that nobody has read yet, and what is known of them."""
        work = partial(_load, slug=slug, reference=reference, paths=paths, on_progress=self._progress())
        try:
            ladder = self.host.store.in_thread(work)
        except (AATuiError, OSError) as error:
            self.app.call_from_thread(self._show, None, str(error))
        else:
            self.app.call_from_thread(self._show, ladder, "")

    def _progress(self) -> Progress:
        """What is called while files are read, and says so now and then."""
        shown = 0

        def tell(done: int, total: int) -> None:
            nonlocal shown
            percent = 100 * done // max(total, 1)
            if percent < shown or percent >= shown + TELL_EVERY:  # the next file begins, or this one goes on
                shown = percent
                self.app.call_from_thread(self._say_reading, percent)

        return tell

    def _say_reading(self, percent: int) -> None:
        if self.ladder is None:
            self._state = f"{READING} {percent} %"
            self._draw()

    def _show(self, ladder: Ladder | None, trouble: str) -> None:
        self.ladder, self._state = ladder, trouble
        self.rows.rows = [Entry(ladder, row) for row in ladder.rows] if ladder is not None else []
        self.table.reload()
        self._draw()

    def _draw(self) -> None:
        self.query_one("#quants-head", Fitted).show(self._head)
        self.query_one("#quants-text", Fitted).show(self._detail)

    def _head(self, width: int) -> Content:
        from aa_tui.pages.text import quants as words

        if self.ladder is None:
            return wrapped(styled((self._state, "dim" if self._state.startswith(READING) else "bad")), max(10, width))
        return wrapped(styled((words.headline(self.ladder), "here")), max(10, width))

    def _detail(self, width: int) -> Content:
        from aa_tui.pages.text import quants as words

        if self.ladder is None:
            return Content("")
        comparing = self.host.keymap.told("<measure:b> with a pack compares those")
        said = [*words.reasons(self.ladder, comparing), *words.notes(self.ladder), *words.titles(self.ladder)]
        if self._paths:
            said.append(f"These are the {len(self._paths)} files that were marked.")
        return Content("\n").join(wrapped(styled((one, "dim")), max(10, width)) for one in said)

    def meanings(self) -> Sequence[tuple[str, str]]:
        """What the columns mean, for the help."""
        from aa_tui.pages.text.quants import CELLS

        return [(cell.title, cell.meaning) for cell in CELLS.values()]

    def copied(self, *, whole: bool) -> Copied:
        """The row under the cursor, or all of it as Markdown."""
        if self.ladder is None:
            return Copied("", self._state)
        if whole:
            from aa_tui.export import markdown

            return Copied(markdown.render(self._document()), "the quantizations as Markdown")
        entry = self.table.current
        if entry is None:
            return Copied("", "There is nothing to copy here.")
        from aa_tui.pages.text.quants import CELLS

        lines = [f"{cell.title}: {cell.of(entry.ladder, entry.row)}" for cell in CELLS.values()]
        return Copied("\n".join([entry.row.file.shown_name, *lines]), "the file")

    def offers(self) -> Sequence[Offer]:
        """All of it as a document, and the table."""
        from aa_tui.export.files import READING_FORMATS
        from aa_tui.tui.core.offer import Offer, csv_offer

        if self.ladder is None:
            return ()
        name = (self._slug or "model", "quants")
        return (
            Offer("Quantizations", name, self._document, READING_FORMATS),
            csv_offer("Table of quantizations", name, self._flat),
        )

    def _document(self) -> Document:
        from aa_tui.export.quants import quants_report

        assert self.ladder is not None
        return quants_report(self.ladder)

    def _flat(self) -> list[dict[str, object]]:
        from aa_tui.pages.json import quants

        return quants.rows(self.ladder) if self.ladder is not None else []

    # -- what can be done

    async def on_table_opened(self, message: Table.Opened) -> None:
        """To the runs of the file."""
        message.stop()
        entry = self.table.current
        newest = max((run.id for run in entry.row.runs), default=None) if entry is not None else None
        if newest is None:
            self.host.toast(self.host.keymap.told("No run of this file yet; <measure:b> measures what is missing."))
        else:
            await self.host.go(Place("runs", run_id=newest))

    async def action_back(self) -> None:
        """One step back."""
        await self.host.back()

    def action_measure(self) -> None:
        """Say what is missing and how long it takes, then measure it."""
        from aa_tui.tui.quants.dialog import MeasureQuantsDialog
        from aa_tui.tui.start import asking

        ladder = self.ladder
        if ladder is None or asking.lacks_engine(self.host):
            return
        files = [row.file for row in ladder.rows]

        def started(n_runs: int | None) -> None:
            if n_runs:
                runs = "1 run has" if n_runs == 1 else f"{n_runs} runs have"
                self.host.toast(self.host.keymap.told(f"{runs} been queued; <runs:R> shows how they stand."))
                self.host.look(force=True)
            elif n_runs is not None:
                self.host.toast("Nothing is missing: all of it is measured already.")

        self.host.ask(MeasureQuantsDialog(self.host.store, files, ladder.reference.file, ladder.pack), started)

    def action_reference(self) -> None:
        """Compare with the file under the cursor."""
        entry = self.table.current
        if entry is not None:
            self._reference = entry.row.file.sha256
            self.reload()

    async def action_pairs(self) -> None:
        """The items on which the file and the reference differ."""
        entry = self.table.current
        pair = entry.row.answers.pair if entry is not None and entry.row.answers is not None else None
        if pair is None:
            self.host.toast("Items are compared where the file and the reference were evaluated on the same pack.")
        else:
            await self.host.go(Place("pairs", run_id=pair.a.id, other=pair.b.id))


def _load(
    conn: sqlite3.Connection, *, slug: str | None, reference: str | None, paths: tuple[str, ...], on_progress: Progress
) -> Ladder:
    """The ladder of these files, or of a model's files here. Raises RunError where there are not two of one model."""
    from aa_tui.catalog import models
    from aa_tui.pages import quants as pages
    from aa_tui.runs import quants

    if paths:
        files, base, left_out = quants.files_of(conn, paths, on_progress=on_progress)
        base = next((one for one in files if one.sha256 == reference), base)
    else:
        model_id = models.resolve(conn, slug or "").model_id
        chosen = quants.of_content(conn, model_id, reference) if reference is not None else None
        files, base, left_out = quants.comparable(conn, model_id, chosen, on_progress=on_progress)
    return pages.load(conn, files, base, left_out=left_out)
