"""Study which types of KV cache are safe and fast for a file: at which depths, which types."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import Input

from aa_tui.actions import typed as read
from aa_tui.tui.start.dialog import Progress, StartDialog
from aa_tui.tui.widgets.form import Field, FormError, box, typed
from aa_tui.tui.widgets.parts import Fitted, Line, styled, wrapped

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from aa_tui.runs.studies.cache_plan import CacheOptions
    from aa_tui.tui.core.store import Store

_WHAT = "Each is compared with f16: answers, speed, memory. What does not fit is left out."


class CacheDialog(StartDialog[int]):
    """Closes with the run's number once its worker has been started."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Close"),
        Binding("down,tab", "app.focus_next", show=False),
        Binding("up,shift+tab", "app.focus_previous", show=False),
    ]

    def __init__(self, store: Store, path: str, name: str) -> None:
        super().__init__(store)
        self._path = path
        self._file_name = name

    def compose(self) -> ComposeResult:
        """The form, a line for what is wrong, the keys."""
        with Vertical(classes="dialog -form"):
            yield Line(styled("Types of KV cache for ", (self._file_name, "strong")))
            yield Fitted(lambda width: wrapped(styled((_WHAT, "dim")), width))
            yield Field("Depths", box("0,4k,16k,64k", placeholder="tokens before, such as 0,4k,16k", id="depths"))
            yield Field("Types", box("q8_0,q5_1,q4_0,q8_0/q4_0", placeholder="keys/values: q8_0/q4_0", id="types"))
            yield Fitted(id="trouble")
            yield Line(styled(("Enter", "key"), " start   ", ("↑ ↓", "key"), " line   ", ("Esc", "key"), " close"))

    def on_mount(self) -> None:
        """Begin with the depths."""
        self.query_one("#depths", Input).focus()

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Look at the file, and start."""
        message.stop()
        try:
            options = self._options()
        except FormError as error:
            self._say(str(error), "bad")
            return
        path = self._path
        self._warn({})

        def prepare(conn: sqlite3.Connection, progress: Progress) -> int:
            from aa_tui.actions import studies

            return studies.cache(conn, path, options=options, on_progress=progress)

        self._start(prepare)

    def _options(self) -> CacheOptions:
        from aa_tui.runs.studies.cache_plan import CacheOptions

        depths, types = (self.query_one(f"#{name}", Input).value for name in ("depths", "types"))
        return CacheOptions(
            depths=typed(depths, "Depths", read.depths) or (),
            types=typed(types, "Types", read.cache_types) or (),
        )
