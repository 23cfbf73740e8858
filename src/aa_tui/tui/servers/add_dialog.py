"""Save a server: its address, a name, where its key is. It is asked what it serves first."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import Input

from aa_tui.tui.start.dialog import Progress, StartDialog
from aa_tui.tui.widgets.form import Field, box
from aa_tui.tui.widgets.parts import Fitted, Line, styled

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType


class AddServerDialog(StartDialog[int]):
    """Which server. Closes with its number in the catalog once it has said what it serves."""

    DOING = "Asking the server what it serves…"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Close"),
        Binding("down,tab", "app.focus_next", show=False),
        Binding("up,shift+tab", "app.focus_previous", show=False),
    ]

    def compose(self) -> ComposeResult:
        """The form, a line for what is wrong, the keys."""
        with Vertical(classes="dialog -form"):
            yield Line(styled(("Add a server", "strong")))
            yield Field("Address", box(placeholder="http://box:8080, https://HOST/v1 or ssh://box/8080", id="url"))
            yield Field("Name", box(placeholder="its host and port", id="name"))
            yield Field("Model", box(placeholder="where it serves several", id="model"))
            yield Field("Key in", box(placeholder="an environment variable or keyring entry, never the key", id="key"))
            yield Fitted(id="trouble")
            yield Line(styled(("Enter", "key"), " add   ", ("↑ ↓", "key"), " line   ", ("Esc", "key"), " close"))

    def on_mount(self) -> None:
        """Begin with the address."""
        self.query_one("#url", Input).focus()

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Ask it, and save it."""
        message.stop()
        url, name, model, key = (self.query_one(f"#{box}", Input).value.strip() for box in _BOXES)
        if not url:
            self._say("Type the server's address.", "warn")
            return

        def add(conn: sqlite3.Connection, _progress: Progress) -> int:
            from aa_tui.actions import servers

            return servers.add(conn, url, name=name, model=model, key_env=key).id

        self._start(add)


_BOXES = ("url", "name", "model", "key")
