"""Runs of other machines: merge their catalogs or bundles, through ssh too, and hand runs on in a bundle."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import Input
from textual.worker import get_current_worker

from aa_tui.errors import AATuiError
from aa_tui.textsafe import clean_line
from aa_tui.tui.widgets.dialog import Dialog
from aa_tui.tui.widgets.form import Cycle, Field, box
from aa_tui.tui.widgets.parts import Fitted, Line, styled, wrapped

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from aa_tui.tui.core.host import Host
    from aa_tui.tui.core.store import Store

Progress = Callable[[float, str], None]
Work = Callable[[sqlite3.Connection, Progress], str]
"""Does it, telling how far it is; gives what came of it in words."""

TELL_EVERY_S = 0.2
SSH = "ssh://"


class _Closed(Exception):  # noqa: N818
    """The dialog was closed meanwhile. What was merged until then stays, and merging again goes on from there."""


class _CatalogDialog(Dialog[str | None]):
    """A form with a line `#trouble`. Closes with what came of it, or with None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Close"),
        Binding("down,tab", "app.focus_next", show=False),
        Binding("up,shift+tab", "app.focus_previous", show=False),
    ]

    def __init__(self, store: Store) -> None:
        super().__init__()
        self._store = store
        self._busy = False

    def on_mount(self) -> None:
        """Begin with the path."""
        self.query_one("#path", Input).focus()

    def action_close(self) -> None:
        """Nothing more is done."""
        self.workers.cancel_node(self)
        self.dismiss(None)

    def _do(self, work: Work) -> None:
        """Do it in a thread, unless it is being done."""
        if self._busy:
            return
        self._busy = True
        self._say("Beginning…", "dim")
        self.run_worker(partial(self._work, work), thread=True, exclusive=True, exit_on_error=False, group="merge")

    def _work(self, work: Work) -> None:
        """In a thread."""
        worker = get_current_worker()
        told_at = float("-inf")

        def progress(part: float, text: str) -> None:
            nonlocal told_at
            if worker.is_cancelled:
                raise _Closed
            if time.monotonic() - told_at >= TELL_EVERY_S:
                told_at = time.monotonic()
                self.app.call_from_thread(self._say, f"{part:.0%}  {text}", "dim")

        try:
            words = self._store.in_thread(lambda conn: work(conn, progress))
        except _Closed:
            return
        except (AATuiError, OSError) as error:
            self.app.call_from_thread(self._failed, str(error))
            return
        if not worker.is_cancelled:
            self.app.call_from_thread(self.dismiss, words)

    def _failed(self, words: str) -> None:
        self._busy = False
        self._say(clean_line(words), "bad")

    def _say(self, words: str, kind: str) -> None:
        self.query_one("#trouble", Fitted).show(lambda width: wrapped(styled((words, kind)), width))


class MergeDialog(_CatalogDialog):
    """Which catalog or bundle to merge: a file here, or a machine that ssh reaches."""

    def __init__(self, store: Store, title: str, placeholder: str) -> None:
        super().__init__(store)
        self._title = title
        self._placeholder = placeholder

    def compose(self) -> ComposeResult:
        """The form, a line for what goes on, the keys."""
        with Vertical(classes="dialog -form"):
            yield Line(styled((self._title, "strong")))
            yield Field("From", box(placeholder=self._placeholder, id="path"))
            yield Field("Runs", Cycle([("", "but for those deleted here"), ("again", "all of them")], id="again"))
            yield Field("Do", Cycle([("", "merge"), ("dry", "only say what would come")], id="dry"))
            yield Field("By ssh", Cycle([("", "only fetch theirs"), ("push", "give them ours, too")], id="push"))
            yield Fitted(id="trouble")
            yield Line(styled(("Enter", "key"), " merge   ", ("↑ ↓", "key"), " line   ", ("Esc", "key"), " close"))

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Merge it."""
        message.stop()
        typed = message.value.strip()
        if not typed:
            self._say("Type the path of a catalog or a bundle, or ssh://BOX.", "warn")
            return
        again = bool(self.query_one("#again", Cycle).value)
        dry_run = bool(self.query_one("#dry", Cycle).value)
        push = bool(self.query_one("#push", Cycle).value)

        def work(conn: sqlite3.Connection, progress: Progress) -> str:
            from aa_tui.actions import catalogs
            from aa_tui.gguf.places import entered_path
            from aa_tui.pages.text import merged

            if typed.lower().startswith(SSH):
                done = catalogs.sync(conn, typed, push=push, again=again, dry_run=dry_run, on_progress=progress)
                lines = [*merged.lines(done.pulled, dry_run=dry_run), *merged.pushed(done.n_pushed)]
                return "\n".join(lines)
            paths = [entered_path(typed)]
            found = catalogs.merge(conn, paths, again=again, dry_run=dry_run, on_progress=progress)
            return "\n".join(line for one in found for line in merged.lines(one, dry_run=dry_run))

        self._do(work)


class ExportRunsDialog(_CatalogDialog):
    """Which runs to write into a bundle, and where."""

    def __init__(self, store: Store, run_ids: Sequence[int]) -> None:
        super().__init__(store)
        self._run_ids = tuple(run_ids)

    def compose(self) -> ComposeResult:
        """The form, a line for what goes on, the keys."""
        these = [(",".join(map(str, self._run_ids)), self._named())] if self._run_ids else []
        with Vertical(classes="dialog -form"):
            yield Line(styled(("Export runs for another machine", "strong")))
            yield Field("To", box("runs.zip", id="path"))
            yield Field("Runs", Cycle([*these, ("", "all runs")], id="which"))
            yield Field(
                "A file", Cycle([("", "that is there stays"), ("replace", "that is there is replaced")], id="old")
            )
            yield Fitted(id="trouble")
            yield Line(styled(("Enter", "key"), " export   ", ("↑ ↓", "key"), " line   ", ("Esc", "key"), " close"))

    def _named(self) -> str:
        return f"run {self._run_ids[0]}" if len(self._run_ids) == 1 else f"the {len(self._run_ids)} marked"

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Write it."""
        message.stop()
        if not message.value.strip():
            self._say("Type the path of the file.", "warn")
            return
        which = self.query_one("#which", Cycle).value
        replaces = bool(self.query_one("#old", Cycle).value)
        typed = message.value

        def work(conn: sqlite3.Connection, progress: Progress) -> str:
            from aa_tui.actions import catalogs
            from aa_tui.analysis import display
            from aa_tui.catalog.errors import CatalogError
            from aa_tui.catalog.merging.bundle import replacing
            from aa_tui.gguf.places import entered_path

            path: Path = entered_path(typed, is_new=True)
            if path.exists() and not replaces:
                raise CatalogError(f"{path} exists already: name another file, or have it replaced.")
            with replacing(path) as file:
                numbers = [int(one) for one in which.split(",")] if which else None
                found = catalogs.export_bundle(conn, file, numbers, on_progress=progress)
            runs = "1 run" if found.n_runs == 1 else f"{found.n_runs:,} runs"
            return f"{runs} in {clean_line(str(path))}, {display.size_bytes(found.n_bytes)}."

        self._do(work)


MERGE = ("Merge another catalog", "a catalog.db, or ssh://box")
IMPORT = ("Import a bundle", "runs.zip")


def merge(host: Host, words: tuple[str, str]) -> None:
    """Ask what to merge, and show what came of it."""
    host.ask(MergeDialog(host.store, *words), partial(_done, host))


def export(host: Host, run_ids: Sequence[int]) -> None:
    """Ask where to write these runs, or all."""
    host.ask(ExportRunsDialog(host.store, run_ids), partial(_done, host))


def _done(host: Host, words: str | None) -> None:
    if words:
        host.toast(words)
        host.look(force=True)
