"""Measure how far a file is from its reference: which that is, on which text, how long."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding

from aa_tui.actions import typed as read
from aa_tui.gguf.places import entered_path
from aa_tui.tui.start.dialog import Prepare, Progress
from aa_tui.tui.start.form_dialog import FormDialog
from aa_tui.tui.widgets.form import Cycle, Field, FormError, box, typed
from aa_tui.tui.widgets.parts import Fitted, Line, styled, wrapped

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from aa_tui.tui.core.store import Store

_WHAT = "The reference is another file of the same model, as a rule its original or its largest quantization."
HOW = (("", "the unlikely tokens by a sample"), ("exact", "exact: all tokens, gigabytes of disk"))


class DivergenceDialog(FormDialog):
    """The reference, the text, how far to go and how exactly."""

    FIRST = "reference"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "begin", "Start", show=False)]

    def __init__(self, store: Store, path: str, name: str) -> None:
        super().__init__(store)
        self._path = path
        self._file_name = name

    def body(self) -> ComposeResult:
        """The form."""
        yield Line(styled("How far is ", (self._file_name, "strong"), " from its reference?"))
        yield Fitted(lambda width: wrapped(styled((_WHAT, "dim")), width))
        yield Field("Reference", box(placeholder="path of the other .gguf file", id="reference"))
        yield Field("Text", box(placeholder="a file of your own (the bundled text)", id="text"))
        yield Field("Blocks", box(placeholder="of text at most (all)", id="blocks"))
        yield Field("Until", box(placeholder="the mean is known to ±, such as 10 %", id="until"))
        yield Field("How", Cycle(HOW, id="how"))

    def action_begin(self) -> None:
        """Enter on a line that is no box."""
        self.start_typed()

    def prepared(self) -> Prepare:
        """The study of what is typed."""
        path, reference, text = self._path, self.said("reference"), self.said("text")
        if not reference:
            raise FormError("Reference: name the file to measure against.")
        options = {
            "text": entered_path(text) if text else None,
            "max_blocks": typed(self.said("blocks"), "Blocks", read.count),
            "until_width": typed(self.said("until"), "Until", read.share),
            "exact": self.query_one("#how", Cycle).value == "exact",
        }

        def tell(words: str) -> None:
            self.app.call_from_thread(self.app.notify, words, timeout=10, markup=False)

        def prepare(conn: sqlite3.Connection, progress: Progress) -> int:
            from aa_tui.actions import studies

            base = str(entered_path(reference))
            return studies.divergence(conn, path, base, on_progress=progress, tell=tell, **options)

        return prepare
