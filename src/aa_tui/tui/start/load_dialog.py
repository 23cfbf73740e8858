"""Measure what a server serves: depths, requests at once, rates of arrival. What is empty is left out."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import Input

from aa_tui.actions import typed as read
from aa_tui.tui.start.dialog import Progress, StartDialog
from aa_tui.tui.widgets.form import Field, FormError, box, typed
from aa_tui.tui.widgets.parts import Fitted, Line, styled

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from aa_tui.runs import SpeedOptions
    from aa_tui.tui.core.store import Store


class LoadDialog(StartDialog[int]):
    """Closes with the run's number once its worker has been started."""

    DOING = "Asking the server what it serves…"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Close"),
        Binding("down,tab", "app.focus_next", show=False),
        Binding("up,shift+tab", "app.focus_previous", show=False),
    ]

    def __init__(self, store: Store, server: str, model: str, n_slots: int | None) -> None:
        super().__init__(store)
        self._server = server
        self._model_name = model
        self._n_slots = n_slots

    def compose(self) -> ComposeResult:
        """The form, a line for what is wrong, the keys."""
        from aa_tui.speed.load.plan import FOR_S, usual_levels

        levels = ",".join(str(level) for level in usual_levels(self._n_slots))
        with Vertical(classes="dialog -form"):
            yield Line(styled("Measure through ", (f"{self._server}: {self._model_name}", "strong")))
            yield Field("Depths", box("0", placeholder="tokens before, such as 0,4096,16384", id="depths"))
            yield Field("At once", box(levels, placeholder="numbers of requests, such as 1,2,4,8", id="levels"))
            yield Field("Rates", box(placeholder="requests a second, such as 0.5,1,2", id="rates"))
            yield Field("Each for", box(placeholder=f"how long a rate lasts ({FOR_S:.0f}s)", id="for"))
            yield Field("Limits", box(placeholder="of good requests: ttft<1s,itl<50ms,e2e<10s", id="slo"))
            yield Field("Cost", box(placeholder="USD at most, where the server has prices", id="cost"))
            yield Fitted(id="trouble")
            yield Line(styled(("Enter", "key"), " start   ", ("↑ ↓", "key"), " line   ", ("Esc", "key"), " close"))

    def on_mount(self) -> None:
        """Begin with the depths."""
        self.query_one("#depths", Input).focus()

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Ask the server, and start."""
        message.stop()
        try:
            options = self._options()
        except FormError as error:
            self._say(str(error), "bad")
            return
        server = self._server

        def prepare(conn: sqlite3.Connection, progress: Progress) -> int:
            from aa_tui.actions import start

            return start.bench(conn, server, options=options, on_progress=progress)

        self._start(prepare)

    def _options(self) -> SpeedOptions:
        from aa_tui.runs import SpeedOptions

        said = {name: self.query_one(f"#{name}", Input).value for name in _BOXES}
        depths, levels = typed(said["depths"], "Depths", read.depths), typed(said["levels"], "At once", read.counts)
        rates = typed(said["rates"], "Rates", read.numbers)
        if depths is levels is rates is None:
            raise FormError("Say what to measure: depths, numbers of requests at once, or rates.")
        return SpeedOptions(
            depths=depths,
            parallel=levels,
            rates=rates,
            for_s=typed(said["for"], "Each for", read.duration),
            slo=said["slo"].strip(),
            max_usd=typed(said["cost"], "Cost", read.number),
        )


_BOXES = ("depths", "levels", "rates", "for", "slo", "cost")
