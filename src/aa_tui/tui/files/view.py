"""Files: what GGUF files are on this machine, what fits, and what can be pulled."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from textual.containers import Container, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.worker import WorkerError

from aa_tui.catalog.rows import FileRow
from aa_tui.errors import AATuiError
from aa_tui.gguf.kinds import kinds, refusal
from aa_tui.library import keeping
from aa_tui.tui.core.places import Place
from aa_tui.tui.core.view import View
from aa_tui.tui.files import rows as file_list
from aa_tui.tui.files.detail import file_detail
from aa_tui.tui.files.keys import COMMANDS
from aa_tui.tui.files.marks import ALONE, INSET, Marks
from aa_tui.tui.files.pulls import Pulls
from aa_tui.tui.files.rows import FIXED, MOVING, Entry, FileList
from aa_tui.tui.start import asking
from aa_tui.tui.widgets.listing import Listing, ListTable
from aa_tui.tui.widgets.parts import Fitted, styled
from aa_tui.tui.widgets.sorting import Sorts
from aa_tui.tui.widgets.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from textual.app import ComposeResult
    from textual.worker import Worker

    from aa_tui.catalog.rows import ModelRow
    from aa_tui.gguf.hub import HubFile
    from aa_tui.gguf.inspection import Inspection
    from aa_tui.library.pulling import Offers
    from aa_tui.library.room import Room
    from aa_tui.library.scan import LibraryFile
    from aa_tui.tui.core.command import Command
    from aa_tui.tui.core.host import Host
    from aa_tui.tui.core.keymap import Keymap
    from aa_tui.tui.core.news import Pulled
    from aa_tui.tui.core.offer import Offer

LOOKING = "Looking through this machine's folders…"
EMPTY = "No GGUF file is here, and no known model: install aa-tui again."
TELL_EVERY = 10  # percent


class FilesView(Sorts, View):
    """The files here first, then what can be pulled; below or beside it all about the one under the cursor."""

    NAME = "files"
    TITLE = "Files"

    COMMANDS = COMMANDS

    class PullMoved(Message):
        """A download moves, or has ended: other screens may show it."""

        def __init__(self, pulled: Pulled) -> None:
            super().__init__()
            self.pulled = pulled

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self.files = FileList()
        self.pulls = Pulls(self, self._pull_moved, self._pull_ended)
        self._looking: Worker[None] | None = None
        self._room: Room | None = None
        self.marks = Marks()
        self._selected: str | None = None
        self._state = Content(LOOKING)

    def compose(self) -> ComposeResult:
        """A line for what is running, the table and the details."""
        yield Fitted(self._state_line, id="files-state")
        with Container(id="files-body"):
            yield Listing(ListTable(self.files, "", inset=INSET, mark=self.marks.of, id="files-table"))
            with VerticalScroll(id="file-detail"):
                yield Fitted(id="file-text")

    def on_mount(self) -> None:
        """Look, in a thread."""
        self.table.set_columns(FIXED, MOVING)
        self.query_one("#file-detail").display = False
        self.action_look()

    def on_unmount(self) -> None:
        """The app ends: so does a download, which is resumed next time."""
        self.pulls.stop()

    @property
    def table(self) -> ListTable[Entry]:
        """The files."""
        return self.query_one("#files-table", ListTable)

    @property
    def current(self) -> Entry | None:
        """The file or model under the cursor."""
        return self.table.current

    @property
    def bar(self) -> Sequence[tuple[Command, str]]:
        """With marked files, what compares them in the place of what pulls."""
        named = list(super().bar)
        if not self.marks.paths:
            return named
        quants = next(one for one in self.COMMANDS if one.action == "quants")
        return [(quants, "compare") if one.action == "pull" else (one, words) for one, words in named]

    def take_focus(self) -> None:
        """The table gets the focus."""
        self.table.focus()

    # -- what is shown

    def action_look(self) -> None:
        """Look through the folders again."""
        self._looking = self.run_worker(self._look, thread=True, exclusive=True, group="look", exit_on_error=False)

    async def ready(self) -> None:
        """Wait for the list."""
        if self._looking is not None:
            with suppress(WorkerError):
                await self._looking.wait()

    def _look(self) -> None:
        try:
            found = self.host.store.in_thread(file_list.read)
        except (AATuiError, OSError) as error:
            self.app.call_from_thread(self._say, str(error), "bad")
            return
        self.app.call_from_thread(self._show, found)

    def _show(self, found: file_list.Files) -> None:
        self.files.entries = found.entries
        self.marks.keep(found.entries)
        self._room = found.room
        self.table.empty = EMPTY
        here = sum(entry.file is not None for entry in found.entries)
        words = f"{here} {'file' if here == 1 else 'files'} here · {len(found.entries) - here} known models available"
        problem = f" · ! {found.problems[0]}" if found.problems else ""
        self._state = styled((words, "dim"), (problem, "warn"))
        self.table.reload(self.files.index_of(self._selected) or 0)
        self._show_state()
        self._show_detail()

    def _state_line(self, width: int) -> Content:
        if self.pulls.now is not None:
            return styled(self.pulls.now.line(width - 10), ("  x", "key"), (" stops", "dim"))
        return self.marks.before(self._state, self.host.keymap).truncate(max(1, width), ellipsis=True)

    def _show_state(self) -> None:
        if self.is_mounted:
            self.query_one("#files-state", Fitted).show(self._state_line)

    def _pull_moved(self) -> None:
        self._show_state()
        self.post_message(self.PullMoved(self.pulls.moved))

    def _pull_ended(self, pulled: Pulled) -> None:
        self.action_look()
        self.post_message(self.PullMoved(pulled))

    def _say(self, words: str, kind: str = "dim") -> None:
        self._state = styled((words, kind))
        self._show_state()

    def _show_detail(self) -> None:
        entry = self.current
        self._selected = entry.key if entry else None
        self.query_one("#file-detail").display = entry is not None
        if entry is not None and self._room is not None:
            self.query_one("#file-text", Fitted).show(partial(file_detail, entry, self._room))

    def on_table_moved(self, message: Table.Moved) -> None:
        """Another file under the cursor."""
        message.stop()
        self._show_detail()

    # -- what can be done

    def action_mark(self) -> None:
        """Mark the file under the cursor for comparing, or take its mark away."""
        if file := self._model_file():
            self.marks.turn(file.path)
            self.table.refresh_row(self.table.cursor)
            self._marked()

    def action_unmark(self) -> None:
        """Clear all marks."""
        self.marks.paths = ()
        self.table.refresh()
        self._marked()

    def _marked(self) -> None:
        self._show_state()
        self.post_message(self.KeysChanged())

    async def on_table_opened(self, message: Table.Opened) -> None:
        """Open the model's page."""
        message.stop()
        entry = self.current
        if entry is None or entry.slug is None:
            how = "No model of the catalog is known for this file; <measure:b> measures it and makes a page."
            self.host.toast(self.host.keymap.told(how))
        else:
            await self.host.go(Place("page", entry.slug))

    async def action_back(self) -> None:
        """One step back."""
        await self.host.back()

    @property
    def model(self) -> ModelRow | None:
        """The model of the file under the cursor."""
        entry = self.current
        return asking.model_of(self.host, entry.slug if entry is not None else None)

    def offers(self) -> Sequence[Offer]:
        """The list."""
        from aa_tui.tui.core.offer import csv_offer

        return (csv_offer("Table of files", ("files",), self.table.words),) if len(self.files) else ()

    def action_measure(self) -> None:
        """Measure the file under the cursor."""
        file = self._model_file()
        if file is None:
            return
        row = FileRow(
            id=0,
            path=file.path,
            sha256=file.sha256 or "",
            size_bytes=file.size_bytes,
            mtime_ns=file.mtime_ns,
            quant=file.quant,
            architecture=file.digest.architecture,
            n_params=file.digest.n_params,
            context_tokens=file.digest.context_tokens,
            name=file.digest.name,
            model_id=file.model_id,
        )

        asking.measure_files(self.host, file.slug, file.model or file.name, [row])

    def action_speculate(self) -> None:
        """Study whether speculation helps the file under the cursor."""
        if file := self._model_file():
            asking.speculate(self.host, file.path, file.name)

    def action_divergence(self) -> None:
        """Measure how far the file under the cursor is from another."""
        if file := self._model_file():
            asking.measure_divergence(self.host, file.path, file.name)

    def action_watch(self) -> None:
        """Probe the file under the cursor."""
        if file := self._model_file():
            asking.watch_file(self.host, file.path, file.name, None)

    def _model_file(self) -> LibraryFile | None:
        """The file under the cursor; says why where it is none that can run."""
        entry = self.current
        file = entry.file if entry else None
        if file is not None and file.digest.is_model:
            return file
        self.host.toast(_why_not(file, self.host.keymap))
        return None

    async def action_template(self) -> None:
        """See what the chat template of the file under the cursor makes of a conversation."""
        entry = self.current
        file = entry.file if entry else None
        if file is None or not file.digest.is_model:
            self.host.toast(_why_not(file, self.host.keymap))
        else:
            await self.host.go(Place("template", target=file.path))

    async def action_quants(self) -> None:
        """Compare the marked files, or all of the model's here."""
        entry = self.current
        if len(self.marks.paths) > 1:
            await self.host.go(self.marks.place(self.files.entries))
        elif self.marks.paths:
            self.host.toast(self.host.keymap.told(ALONE))
        elif entry is None or entry.slug is None:
            how = "No model of the catalog is known for this file; <measure:b> measures it and makes a page."
            self.host.toast(self.host.keymap.told(how))
        else:
            await self.host.go(Place("quants", entry.slug))

    def action_try(self) -> None:
        """Ask the file under the cursor something."""
        if file := self._model_file():
            asking.try_file(self.host, file.path)

    def action_study_cache(self) -> None:
        """Study which types of cache are safe for the file under the cursor."""
        if file := self._model_file():
            asking.study_cache(self.host, file.path, file.name)

    def action_pull(self) -> None:
        """Choose a quantization of the model under the cursor and pull it."""
        from aa_tui.tui.files.pull_dialog import PullDialog

        entry = self.current
        if self.pulls.now is not None:
            self.host.toast("A download is running; x stops it.")
        elif entry is None or entry.slug is None or self._room is None:
            self.action_pull_other()
        else:
            name = entry.file.model or entry.name if entry.file else entry.name
            self.host.ask(PullDialog(self.host.store, entry.slug, name, self._room), self._chosen)

    def pull_of(self, slug: str, name: str) -> None:
        """Choose a quantization of a model and pull it, asked from another screen."""
        from aa_tui.tui.files.pull_dialog import PullDialog

        if self.pulls.now is not None:
            self.host.toast("A download is running; x stops it.")
            return

        def work() -> None:
            from aa_tui.library.room import room_here

            room = self._room or self.host.store.in_thread(lambda conn: room_here(conn, measure=False))
            dialog = PullDialog(self.host.store, slug, name, room)
            self.app.call_from_thread(self.host.ask, dialog, self._chosen)

        self._in_thread(work, group="pull-of")

    def action_pull_other(self) -> None:
        """Type what to pull; the repository of the file under the cursor stands there already."""
        from aa_tui.tui.files.pull_dialog import PullDialog

        entry = self.current
        if self.pulls.now is not None:
            self.host.toast("A download is running; x stops it.")
        elif self._room is not None:
            repo = entry.file.repo if entry and entry.file else None
            self.host.ask(PullDialog(self.host.store, repo or "", None, self._room), self._chosen)

    def _chosen(self, answer: tuple[Offers, HubFile] | None) -> None:
        if answer is not None:
            self.pulls.begin(*answer)

    def action_stop(self) -> None:
        """Ask, then stop the download that is running."""
        from aa_tui.tui.widgets.question import Question, if_yes

        now = self.pulls.now
        if now is None:
            self.app.bell()
        else:
            question = f"Stop the download of {now.name}? What came is kept, and p resumes it."
            self.host.ask(Question(question, "stop it"), if_yes(self.pulls.stop))

    def action_inspect(self) -> None:
        """What the header says."""
        from pathlib import Path

        entry = self.current
        if entry is None or entry.file is None:
            self.app.bell()
            return
        path = Path(entry.file.path)
        self._in_thread(lambda: self._inspect(path))

    def _inspect(self, path: Path) -> None:
        from aa_tui.gguf.inspection import inspect_file

        found = inspect_file(path)
        self.app.call_from_thread(self._open_inspection, found)

    def _open_inspection(self, found: Inspection) -> None:
        from aa_tui.tui.files.inspect_dialog import InspectDialog

        self.host.ask(InspectDialog(found))

    def action_verify(self) -> None:
        """Compare the file's content with what is stated of it."""
        entry = self.current
        if entry is None or entry.file is None:
            self.app.bell()
            return
        file = entry.file
        shown = 0

        def tell(done: int, total: int) -> None:
            nonlocal shown
            percent = 100 * done // max(total, 1)
            if percent >= shown + TELL_EVERY:
                shown = percent
                self.app.call_from_thread(self._say, f"Computing the sha256 of {file.name}… {percent} %")

        def work() -> None:
            result = self.host.store.in_thread(lambda conn: keeping.verify(conn, file, tell))
            words = {
                "right": f"{file.name} is right: its sha256 is as stated by {result.stated_by}.",
                "wrong": f"{file.name} is damaged: its sha256 is not what {result.stated_by} states; d deletes it.",
                "nothing stated": f"No published checksum of {file.name}; its sha256 is {result.sha256[:16]}….",
            }[result.verdict]
            self.app.call_from_thread(self.host.toast, words, bad=result.verdict == "wrong")
            self.app.call_from_thread(self.action_look)

        self._in_thread(work)

    def action_remove(self) -> None:
        """Ask, then delete the file; those of other programs are only forgotten."""
        from aa_tui.analysis import display
        from aa_tui.tui.widgets.question import Question, if_yes

        entry = self.current
        if entry is None or entry.file is None:
            self.app.bell()
            return
        removal = keeping.plan_removal(entry.file)
        if removal.only_forgets:
            whose = file_list.OWNERS[entry.file.kind]
            self.host.toast(f"{entry.file.name} cannot be deleted here: it {whose}.")
            return

        def work() -> None:
            self.host.store.in_thread(partial(_remove, removal))
            freed = display.size_bytes(removal.size_bytes)
            self.app.call_from_thread(self.host.toast, f"Deleted {removal.file.name}; {freed} are free again.")
            self.app.call_from_thread(self.action_look)

        size = display.size_bytes(removal.size_bytes)
        question = f"Delete {entry.file.name}, {size}? What it measured stays."
        self.host.ask(Question(question, "delete it"), if_yes(lambda: self._in_thread(work)))

    def _in_thread(self, work: Callable[[], None], *, group: str = "file") -> None:
        def run() -> None:
            try:
                work()
            except (AATuiError, OSError) as error:
                self.app.call_from_thread(self.host.toast, str(error), bad=True)

        self.run_worker(run, thread=True, exclusive=True, group=group, exit_on_error=False)


def _remove(removal: keeping.Removal, conn: sqlite3.Connection) -> None:
    keeping.remove(conn, removal)


def _why_not(file: LibraryFile | None, keymap: Keymap) -> str:
    """Why there is nothing to measure."""
    if file is None:
        return keymap.told("There is no file to measure here; <pull:p> pulls one.")
    if file.digest.kind:
        return refusal(kinds().by_name[file.digest.kind], file.name)
    return file.digest.problem or "It cannot run."
