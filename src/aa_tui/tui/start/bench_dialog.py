"""Start a measurement: pick a file of the model or name one, see at once what is wrong with it."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import Input

from aa_tui.analysis import MISSING, display
from aa_tui.gguf.places import entered_path
from aa_tui.tui.start.dialog import Progress, StartDialog
from aa_tui.tui.widgets.dialogs import LABEL, NOTE, Option
from aa_tui.tui.widgets.form import OFFLOAD_HINT, FormError, offload
from aa_tui.tui.widgets.form import box as form_box
from aa_tui.tui.widgets.listing import Listing, ListTable
from aa_tui.tui.widgets.parts import Fitted, Line, styled
from aa_tui.tui.widgets.rows import ListRows
from aa_tui.tui.widgets.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from aa_tui.catalog.rows import FileRow
    from aa_tui.tui.core.store import Store


EVALUATE = "evaluate"
WATCH = "watch "
"""Before the path of the file that is to be watched."""


class MeasureDialog(StartDialog[str]):
    """Which file to measure. Closes with the run's number once its worker has been started, with `EVALUATE`, or with
    `WATCH` and the path of a file."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Close"),
        Binding("tab", "app.focus_next", show=False),
        Binding("E", "evaluate", "Evaluate instead"),
        Binding("ctrl+e", "evaluate", "Evaluate instead", priority=True, show=False),
        Binding("ctrl+r", "watch", "Watch for regressions", priority=True, show=False),
    ]

    def __init__(self, store: Store, slug: str | None, name: str, files: Sequence[FileRow]) -> None:
        super().__init__(store)
        self._slug = slug
        self._model_name = name
        self._files = [file for file in files if Path(file.path).exists()]
        self._missing = len(files) - len(self._files)

    def compose(self) -> ComposeResult:
        """The files known, a box for a path, and a line for what is wrong."""
        options = [
            Option(
                str(number),
                file.shown_name,
                f"{file.quant or MISSING} {display.size_bytes(file.size_bytes)}",
            )
            for number, file in enumerate(self._files)
        ]
        with Vertical(classes="dialog"):
            yield Line(styled("Measure ", (self._model_name, "strong"), " on this machine"))
            if options:
                yield Listing(ListTable(ListRows(options), "", inset=0, id="files"))
            words = "or another GGUF file of it:" if options else "No file of it is known here. Path of a GGUF file:"
            yield Line(styled((words, "dim")))
            box = Input(placeholder="~/models/model.Q4_K_M.gguf", compact=True, id="path", select_on_focus=False)
            box.cursor_blink = False
            yield box
            yield Line(styled(("Where its layers go, if not all to a GPU where there is one:", "dim")))
            yield form_box(placeholder=OFFLOAD_HINT, id="offload")
            yield Fitted(id="trouble")
            tab: list[tuple[str, str]] = [("Tab", "key"), (" file or path   ", "")] if options else []
            keys: tuple[tuple[str, str] | str, ...] = (
                ("Enter", "key"),
                " start   ",
                *tab,
                ("Ctrl+E", "key"),
                " evaluate   ",
                ("Ctrl+R", "key"),
                " watch   ",
            )
            yield Line(styled(*keys, ("Esc", "key"), " close"))

    def on_mount(self) -> None:
        """Stand on the first file, or in the box."""
        if self._files:
            table = self.table
            table.styles.height = min(len(self._files) + 1, 8)
            table.set_columns(LABEL, NOTE)
            table.focus()
        else:
            self.query_one("#path", Input).focus()

    @property
    def table(self) -> ListTable[Option]:
        """The known files."""
        return self.query_one("#files", ListTable)

    @property
    def _file(self) -> FileRow | None:
        """The file under the cursor."""
        index = self.table.index if self._files else None
        return None if index is None else self._files[index]

    def on_table_opened(self, message: Table.Opened) -> None:
        """A known file."""
        message.stop()
        if self._file is not None:
            self._begin(self._file.path, linked=True)

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """A path, or that of the file that is marked."""
        message.stop()
        path = self.query_one("#path", Input).value
        if not path.strip() and message.input.id == "offload" and self._file is not None:
            self._begin(self._file.path, linked=True)
        elif not path.strip():
            self._say("Type the path of a .gguf file.", "warn")
        else:
            self._begin(str(entered_path(path)), linked=False)

    def action_evaluate(self) -> None:
        """Not its speed: what it can do."""
        if not self._busy:
            self.dismiss(EVALUATE)

    def action_watch(self) -> None:
        """Not its speed alone: whether it has changed since its baseline."""
        path = self.query_one("#path", Input).value
        if self._busy:
            return
        if path.strip():
            self.dismiss(WATCH + str(entered_path(path)))
        elif self._file is not None:
            self.dismiss(WATCH + self._file.path)
        else:
            self._say("Type the path of a .gguf file.", "warn")

    def _begin(self, path: str, *, linked: bool) -> None:
        model = None if linked else self._slug

        try:
            settings = offload(self.query_one("#offload", Input).value)
        except FormError as error:
            self._say(str(error), "bad")
            return
        self._warn(settings)

        def prepare(conn: sqlite3.Connection, progress: Progress) -> int:
            from aa_tui.actions import start
            from aa_tui.runs import SpeedOptions

            return start.bench(conn, path, model=model, options=SpeedOptions(**settings), on_progress=progress)

        self._start(prepare)
