"""Sync: the sources, what one would change and what it has changed; the newest sync can be taken back."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.worker import get_current_worker

from aa_tui.actions import sync
from aa_tui.analysis import MISSING
from aa_tui.catalog.clock import local
from aa_tui.errors import AATuiError
from aa_tui.host.network import StoppedError
from aa_tui.pages.text import sync as words
from aa_tui.tui.widgets.columns import Column
from aa_tui.tui.widgets.dialog import Dialog
from aa_tui.tui.widgets.listing import Listing, ListTable
from aa_tui.tui.widgets.parts import Fitted, Line, styled, wrapped
from aa_tui.tui.widgets.question import Question, if_yes
from aa_tui.tui.widgets.rows import ListRows
from aa_tui.tui.widgets.table import Table

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from aa_tui.sources.outcome import Done, SourceState
    from aa_tui.tui.core.host import Host

MOST_LINES = 400
"""Of what has come: laying out more would hold up every key. The shell lists all."""

COLUMNS: tuple[Column[SourceState], ...] = (
    Column("source", "Source", 20, lambda row, _: ((row.source.name, "strong"),), right=False),
    Column("key", "Key", 20, lambda row, _: ((words.key(row), "dim"),), right=False),
    Column("last", "Last sync", 16, lambda row, _: ((_last(row), ""),), right=False),
    Column("asked", "Asked today", 12, lambda row, _: ((words.asked(row), "dim"),)),
)


def _last(row: SourceState) -> str:
    return local(row.last.ended_at) if row.last is not None else MISSING


class SyncDialog(Dialog[None]):
    """Nobody is asked before Enter or T. What is asked goes on in a thread, and ends with the dialog."""

    DEFAULT_CSS = """
    SyncDialog #sync-said { height: auto; max-height: 14; margin: 1 0; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "close", "Close"),
        Binding("t", "dry_run", "Dry run"),
        Binding("u", "undo", "Take back"),
        Binding("pagedown,space", "scroll(10)", show=False),
        Binding("pageup", "scroll(-10)", show=False),
    ]

    def __init__(self, host: Host) -> None:
        super().__init__()
        self._host = host
        self._rows: ListRows[SourceState] = ListRows()
        self._is_busy = False

    def compose(self) -> ComposeResult:
        """The sources, what was said, the keys."""
        with Vertical(classes="dialog"):
            yield Line(styled(("Sync what is published", "strong"), ("  nobody is asked before you say so", "dim")))
            yield Listing(ListTable(self._rows, "", inset=0, id="sources"))
            with VerticalScroll(id="sync-said", can_focus=False):
                yield Fitted(id="trouble")
            keys = (("Enter", " sync   "), ("t", " dry run   "), ("u", " take the newest back   "), ("Esc", " close"))
            yield Line(styled(*(part for key, does in keys for part in ((key, "key"), (does, "")))))

    @property
    def table(self) -> ListTable[SourceState]:
        """The sources."""
        return self.query_one("#sources", ListTable)

    def on_mount(self) -> None:
        """List them."""
        self.table.set_columns(COLUMNS, ())
        self._list(0)
        self.table.focus()
        self._say(["The sources and their terms: docs/sync.md. Keys stay in the environment or the keyring."], "dim")

    def _list(self, at: int) -> None:
        nothing: list[SourceState] = []
        self._rows.rows = self._host.store.read(sync.states, nothing)
        self.table.styles.height = len(self._rows) + 1
        self.table.reload(at)

    def on_table_opened(self, message: Table.Opened) -> None:
        """Enter syncs."""
        message.stop()
        self._ask(dry=False)

    def action_dry_run(self) -> None:
        """Show what would change."""
        self._ask(dry=True)

    def _ask(self, *, dry: bool) -> None:
        row = self.table.current
        if row is None or self._is_busy:
            self.app.bell()
            return
        self._is_busy = True
        self._say([f"Asking {row.source.title}…"], "dim")
        self.run_worker(lambda: self._work(row, dry=dry), thread=True, group="sync", exit_on_error=False)

    def _work(self, row: SourceState, *, dry: bool) -> None:
        """In a thread."""
        worker = get_current_worker()
        shown = ""

        def progress(_fraction: float, said: str) -> None:
            nonlocal shown
            if said != shown and not worker.is_cancelled:
                shown = said
                self.app.call_from_thread(self._say, [f"{said}…"], "dim")

        def work(conn: sqlite3.Connection) -> Done:
            return sync.run(conn, row.source, dry=dry, progress=progress, is_cancelled=lambda: worker.is_cancelled)

        try:
            done = self._host.store.in_thread(work)
        except StoppedError:
            return
        except (AATuiError, OSError) as error:
            self.app.call_from_thread(self._ended, [str(error)], "bad")
            return
        self.app.call_from_thread(self._ended, words.done(done, dry=dry, most=None, unmatched=dry), "")

    def _ended(self, lines: list[str], kind: str) -> None:
        self._is_busy = False
        if self.is_attached:
            self._list(self.table.cursor)
            self._say(lines, kind)
        self._host.look(force=True)

    def action_undo(self) -> None:
        """Ask, then take the newest sync back."""
        if self._is_busy:
            self.app.bell()
            return
        try:
            row = self._host.store.read(sync.to_undo, None)
        except AATuiError:
            row = None
        if row is None:
            self._say(["There is no sync to take back."], "dim")
            return

        def take_back() -> None:
            self._is_busy = True
            self.run_worker(self._undo, thread=True, group="sync", exit_on_error=False)

        question = f"Take back sync {row.id} of {row.source}, {words.when(row)}, with all that it brought?"
        self._host.ask(Question(question, "take it back"), if_yes(take_back))

    def _undo(self) -> None:
        """In a thread."""
        try:
            lines, kind = words.undone(self._host.store.in_thread(sync.undo)), ""
        except (AATuiError, OSError) as error:
            lines, kind = [str(error)], "bad"
        self.app.call_from_thread(self._ended, lines, kind)

    def _say(self, lines: list[str], kind: str) -> None:
        if not self.is_attached:
            return
        left = len(lines) - MOST_LINES
        shown = lines[:MOST_LINES] + ([f"… and {left:,} lines more: `aa-tui sync --changes`"] if left > 0 else [])

        def text(width: int) -> Content:
            return Content("\n").join(wrapped(styled((line, kind)), width) for line in shown)

        self.query_one("#trouble", Fitted).show(text)
        self.query_one("#sync-said").scroll_home(animate=False)

    def action_scroll(self, lines: int) -> None:
        """Scroll what was said."""
        self.query_one("#sync-said").scroll_relative(y=lines, animate=False)

    def action_close(self) -> None:
        """Whatever is asked is given up."""
        self.workers.cancel_node(self)
        self.dismiss(None)
