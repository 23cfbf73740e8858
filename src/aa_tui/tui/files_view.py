"""Files: what GGUF files are on this machine, what fits, and what can be pulled."""

from __future__ import annotations

import sqlite3
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Container, VerticalScroll
from textual.content import Content
from textual.message import Message

from aa_tui.catalog.db import CatalogError
from aa_tui.catalog.rows import FileRow
from aa_tui.gguf.errors import GGUFError
from aa_tui.library import keeping
from aa_tui.tui import file_list, requests
from aa_tui.tui.dialog import ask
from aa_tui.tui.file_detail import file_detail
from aa_tui.tui.file_list import FIXED, MOVING, Entry, FileList
from aa_tui.tui.parts import Fitted, styled
from aa_tui.tui.pulls import Pulls
from aa_tui.tui.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from aa_tui.gguf.hub import HubFile
    from aa_tui.gguf.inspection import Inspection
    from aa_tui.library.pulling import Offers
    from aa_tui.library.room import Room
    from aa_tui.tui.app import AATuiApp

LOOKING = "Looking through this machine's folders…"
EMPTY = "No GGUF file is here, and no known model: install aa-tui again."
TELL_EVERY = 10  # percent


class FilesView(Container):
    """The files here first, then what can be pulled; below or beside it all about the one under the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,backspace", "back", "Back"),
        Binding("b", "measure", "Measure"),
        Binding("p", "pull", "Pull"),
        Binding("i", "inspect", "Inspect"),
        Binding("v", "verify", "Verify"),
        Binding("x", "remove", "Remove"),
        Binding("c", "stop", "Stop a download"),
        Binding("r", "look", "Look again"),
    ]

    class Left(Message):
        """Back to where it was opened from."""

    class Chosen(Message):
        """The page of the file's model is wanted."""

        def __init__(self, slug: str) -> None:
            super().__init__()
            self.slug = slug

    def __init__(self, app: AATuiApp) -> None:
        super().__init__(id="files")
        self._host = app
        self.files = FileList()
        self.pulls = Pulls(app, self._show_state, self.action_look)
        self._room: Room | None = None
        self._selected: str | None = None
        self._state = Content(LOOKING)

    def compose(self) -> ComposeResult:
        """A line for what goes on, the table and the details."""
        yield Fitted(self._state_line, id="files-state")
        with Container(id="files-body"):
            yield Table(self.files, "", id="files-table")
            with VerticalScroll(id="file-detail"):
                yield Fitted(id="file-text")

    def on_mount(self) -> None:
        """Look, in a thread."""
        self.table.set_columns(FIXED, MOVING)
        self.query_one("#file-detail").display = False
        self.action_look()

    def on_unmount(self) -> None:
        """The app ends: so does a download, which goes on next time."""
        self.pulls.stop()

    @property
    def table(self) -> Table[Entry]:
        """The files."""
        return self.query_one("#files-table", Table)

    @property
    def current(self) -> Entry | None:
        """The file or model under the cursor."""
        return self.files.row(self.table.cursor) if len(self.files) else None

    def take_focus(self) -> None:
        """The table gets the keys."""
        self.table.focus()

    # -- what is shown

    def action_look(self) -> None:
        """Look through the folders again."""
        self.run_worker(self._look, thread=True, exclusive=True, group="look", exit_on_error=False)

    def _look(self) -> None:
        try:
            found = self._host.store.in_thread(file_list.read)
        except (CatalogError, GGUFError, OSError) as error:
            self.app.call_from_thread(self._say, str(error), "bad")
            return
        self.app.call_from_thread(self._show, found)

    def _show(self, found: file_list.Files) -> None:
        self.files.entries = found.entries
        self._room = found.room
        self.table.empty = EMPTY
        here = sum(entry.file is not None for entry in found.entries)
        words = f"{here} {'file' if here == 1 else 'files'} here · {len(found.entries) - here} known models to pull"
        problem = f" · ! {found.problems[0]}" if found.problems else ""
        self._state = styled((words, "dim"), (problem, "warn"))
        self.table.reload(self.files.index_of(self._selected) or 0)
        self._show_state()
        self._show_detail()

    def _state_line(self, width: int) -> Content:
        if self.pulls.now is not None:
            return styled(self.pulls.now.line(width - 10), ("  c", "key"), (" stops", "dim"))
        return self._state.truncate(max(1, width), ellipsis=True)

    def _show_state(self) -> None:
        if self.is_mounted:
            self.query_one("#files-state", Fitted).show(self._state_line)

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

    def on_table_opened(self, message: Table.Opened) -> None:
        """Open the model's page."""
        message.stop()
        entry = self.current
        if entry is None or entry.slug is None:
            self._host.toast("No model of the catalog is known for this file; b measures it and makes a page.")
        else:
            self.post_message(self.Chosen(entry.slug))

    def action_back(self) -> None:
        """One step back."""
        self.post_message(self.Left())

    def action_measure(self) -> None:
        """Measure the file under the cursor."""
        from aa_tui.tui.measure import MeasureDialog

        entry = self.current
        file = entry.file if entry else None
        if file is None or not file.digest.is_model:
            self._host.toast("There is no file to measure here; p pulls one." if file is None else "It cannot run.")
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

        def started(answer: int | str | None) -> None:
            if isinstance(answer, int):
                self._host.toast(f"Run {answer} has begun; it goes on when the app is closed. R shows it.")
                self._host.look(force=True)
            elif answer is not None:
                requests.evaluate_files(self._host, entry.slug if entry else None, file.name, [row])

        name = file.model or file.name
        ask(self.app, MeasureDialog(self._host.store, file.slug or name, name, [row]), started)

    def action_pull(self) -> None:
        """Choose a quantization of the model under the cursor and pull it."""
        from aa_tui.tui.pull_dialog import PullDialog

        entry = self.current
        if self.pulls.now is not None:
            self._host.toast("A download goes on; c stops it.")
        elif entry is None or entry.slug is None or self._room is None:
            self._host.toast("No model of the catalog is known for this file; `aa-tui gguf pull OWNER/REPO` pulls any.")
        else:
            name = entry.file.model or entry.name if entry.file else entry.name
            ask(self.app, PullDialog(self._host.store, entry.slug, name, self._room), self._chosen)

    def _chosen(self, answer: tuple[Offers, HubFile] | None) -> None:
        if answer is not None:
            self.pulls.begin(*answer)

    def action_stop(self) -> None:
        """Stop the download that goes on."""
        if self.pulls.now is None:
            self.app.bell()
        else:
            self.pulls.stop()

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
        from aa_tui.tui.inspect_dialog import InspectDialog

        ask(self.app, InspectDialog(found))

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
            result = self._host.store.in_thread(lambda conn: keeping.verify(conn, file, tell))
            words = {
                "right": f"{file.name} is right: its sha256 is as stated by {result.stated_by}.",
                "wrong": f"{file.name} is damaged: its sha256 is not what {result.stated_by} states; x removes it.",
                "nothing stated": f"Nobody states what {file.name} should be; its sha256 is {result.sha256[:16]}….",
            }[result.verdict]
            self.app.call_from_thread(self._host.toast, words, bad=result.verdict == "wrong")
            self.app.call_from_thread(self.action_look)

        self._in_thread(work)

    def action_remove(self) -> None:
        """Ask, then delete the file; those of other programs are only forgotten."""
        from aa_tui.analysis import display
        from aa_tui.tui.dialogs import Confirm

        entry = self.current
        if entry is None or entry.file is None:
            self.app.bell()
            return
        removal = keeping.plan_removal(entry.file)
        if removal.only_forgets:
            whose = file_list.OWNERS[entry.file.kind]
            self._host.toast(f"{entry.file.name} is not ours to delete: it {whose}.")
            return

        def work() -> None:
            self._host.store.in_thread(partial(_remove, removal))
            freed = display.size_bytes(removal.size_bytes)
            self.app.call_from_thread(self._host.toast, f"Deleted {removal.file.name}; {freed} are free again.")
            self.app.call_from_thread(self.action_look)

        def answered(answer: bool | None) -> None:
            if answer:
                self._in_thread(work)

        size = display.size_bytes(removal.size_bytes)
        ask(self.app, Confirm(f"Delete {entry.file.name}, {size}? What it measured stays.", "delete it"), answered)

    def _in_thread(self, work: Callable[[], None]) -> None:
        def run() -> None:
            try:
                work()
            except (GGUFError, CatalogError, OSError) as error:
                self.app.call_from_thread(self._host.toast, str(error), bad=True)

        self.run_worker(run, thread=True, exclusive=True, group="file", exit_on_error=False)


def _remove(removal: keeping.Removal, conn: sqlite3.Connection) -> None:
    keeping.remove(conn, removal)
