"""Take in what other programs logged: which file or folder, and of which model it is."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import Input

from aa_tui.gguf.places import entered_path
from aa_tui.tui.start.dialog import Progress, StartDialog
from aa_tui.tui.widgets.form import Field, box
from aa_tui.tui.widgets.parts import Fitted, Line, styled

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType


class ImportDialog(StartDialog[int]):
    """Closes with how many evaluations and files of speeds are new."""

    DOING = "Reading the logs…"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Close"),
        Binding("down,tab", "app.focus_next", show=False),
        Binding("up,shift+tab", "app.focus_previous", show=False),
    ]

    def compose(self) -> ComposeResult:
        """The form, a line for what is wrong, the keys."""
        with Vertical(classes="dialog -form"):
            yield Line(
                styled(("Import", "strong"), "  logs of inspect, lm-eval, Every Eval Ever, llama-bench, LocalScore")
            )
            yield Field("File", box(placeholder="a log, or a folder with logs in it", id="file"))
            yield Field("Model", box(placeholder="found by its name in the log", id="model"))
            yield Fitted(id="trouble")
            yield Line(styled(("Enter", "key"), " import   ", ("↑ ↓", "key"), " line   ", ("Esc", "key"), " close"))

    def on_mount(self) -> None:
        """Begin with the file."""
        self.query_one("#file", Input).focus()

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Read it, and take it in."""
        message.stop()
        typed, model = (self.query_one(f"#{name}", Input).value.strip() for name in ("file", "model"))
        if not typed:
            self._say("Type the path of a log, or of a folder with logs in it.", "warn")
            return
        path = entered_path(typed)

        def take(conn: sqlite3.Connection, progress: Progress) -> int:
            from aa_tui.actions import logs

            found = logs.read_all([path])
            told = logs.take_in(conn, found, model=model or None, on_progress=lambda *_: progress(0, 1))
            return sum(one.outcome == "new" for one in told)

        self._start(take)
