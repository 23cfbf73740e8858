"""Measure what a server serves: depths, requests at once, rates of arrival. What is empty is left out."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from aa_tui.actions import typed as read
from aa_tui.tui.start.dialog import Prepare, Progress
from aa_tui.tui.start.form_dialog import FormDialog
from aa_tui.tui.widgets.form import Field, FormError, box, typed
from aa_tui.tui.widgets.parts import Line, styled

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from aa_tui.runs import SpeedOptions
    from aa_tui.tui.core.store import Store


class LoadDialog(FormDialog):
    """What is asked of the server, and how often."""

    DOING = "Asking the server what it serves…"
    FIRST = "depths"

    def __init__(self, store: Store, server: str, model: str, n_slots: int | None) -> None:
        super().__init__(store)
        self._server = server
        self._model_name = model
        self._n_slots = n_slots

    def body(self) -> ComposeResult:
        """The form."""
        from aa_tui.speed.load.plan import FOR_S, usual_levels

        levels = ",".join(str(level) for level in usual_levels(self._n_slots))
        yield Line(styled("Measure through ", (f"{self._server}: {self._model_name}", "strong")))
        yield Field("Depths", box("0", placeholder="tokens before, such as 0,4096,16384", id="depths"))
        yield Field("At once", box(levels, placeholder="numbers of requests, such as 1,2,4,8", id="levels"))
        yield Field("Rates", box(placeholder="requests a second, such as 0.5,1,2", id="rates"))
        yield Field("Each for", box(placeholder=f"how long a rate lasts ({FOR_S:.0f}s)", id="for"))
        yield Field("Limits", box(placeholder="of good requests: ttft<1s,itl<50ms,e2e<10s", id="slo"))
        yield Field("Cost", box(placeholder="USD at most, where the server has prices", id="cost"))

    def begin(self, prepare: Prepare) -> None:
        """Another machine does the work: there is nothing to say of this one."""
        self._start(prepare)

    def prepared(self) -> Prepare:
        """The run of what is typed."""
        server, options = self._server, self._options()

        def prepare(conn: sqlite3.Connection, progress: Progress) -> int:
            from aa_tui.actions import start

            return start.bench(conn, server, options=options, on_progress=progress)

        return prepare

    def _options(self) -> SpeedOptions:
        from aa_tui.runs import SpeedOptions

        depths = typed(self.said("depths"), "Depths", read.depths)
        levels = typed(self.said("levels"), "At once", read.counts)
        rates = typed(self.said("rates"), "Rates", read.numbers)
        if depths is levels is rates is None:
            raise FormError("Say what to measure: depths, numbers of requests at once, or rates.")
        return SpeedOptions(
            depths=depths,
            parallel=levels,
            rates=rates,
            for_s=typed(self.said("for"), "Each for", read.duration),
            slo=self.said("slo"),
            max_usd=typed(self.said("cost"), "Cost", read.number),
        )
