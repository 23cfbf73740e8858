"""Measure what is missing of a model's quantizations: on which pack and text, how far, and about how long it takes."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import Input

from aa_tui.actions import typed as read
from aa_tui.tui.start.dialog import Progress, StartDialog
from aa_tui.tui.widgets.form import Cycle, Field, FormError, box, typed
from aa_tui.tui.widgets.parts import Fitted, Line, styled, wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.content import Content

    from aa_tui.actions.quants import LadderOptions, Plan
    from aa_tui.catalog.rows import FileRow
    from aa_tui.tui.core.store import Store

NO_PACK = ""

HOW = (
    ("", "as usual"),
    ("quick", "quick: wider intervals"),
    ("exact", "exact: all tokens, gigabytes of disk"),
    ("quick exact", "quick and exact"),
)


class MeasureQuantsDialog(StartDialog[int]):
    """Closes with how many runs have been started."""

    DOING = "Starting…"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Close"),
        Binding("enter", "begin", "Start", show=False),
        Binding("down,tab", "app.focus_next", show=False),
        Binding("up,shift+tab", "app.focus_previous", show=False),
    ]

    def __init__(self, store: Store, files: Sequence[FileRow], reference: FileRow, pack: str | None) -> None:
        super().__init__(store)
        self._files, self._reference, self._pack = files, reference, pack

    def compose(self) -> ComposeResult:
        """The form, what would be measured, a line for what is wrong, the keys."""
        from aa_tui.evals.packs import list_packs

        here = [one for one in list_packs(self._store.path.parent) if one.is_here]
        packs = [(NO_PACK, "no answers"), *((one.name, f"{one.name}  {one.n_items} items") for one in here)]
        with Vertical(classes="dialog -form"):
            yield Line(styled("Measure what is missing of ", (f"{len(self._files)} files", "strong")))
            yield Field("Pack", Cycle(packs, id="pack"))
            yield Field("Items", box(placeholder="of each file, such as 200 (as the reference, else all)", id="limit"))
            yield Field("Until", box(placeholder="each score is known to ±, such as 5 %", id="until"))
            yield Field("Text", box(placeholder="a file to measure divergence on (the bundled text)", id="text"))
            yield Field("How", Cycle(HOW, id="how"))
            yield Fitted(id="planned")
            yield Fitted(id="trouble")
            yield Line(styled(("Enter", "key"), " start   ", ("↑ ↓", "key"), " line   ", ("Esc", "key"), " close"))

    def on_mount(self) -> None:
        """Begin with the pack that they were evaluated on."""
        self.query_one("#pack", Cycle).choose(self._pack or NO_PACK)
        self.query_one("#pack", Cycle).focus()
        self._show_plan()

    def on_cycle_turned(self, message: Cycle.Turned) -> None:
        """Something else is to be measured."""
        message.stop()
        self._show_plan()

    def on_input_changed(self, message: Input.Changed) -> None:
        """The same."""
        message.stop()
        self._show_plan()

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Start."""
        message.stop()
        self.action_begin()

    def _show_plan(self) -> None:
        """In a thread: what is missing for what is typed now, and about how long it takes."""
        try:
            options = self._options()
        except FormError:
            return  # Enter says what is wrong with it

        def work() -> None:
            from aa_tui.actions import quants
            from aa_tui.errors import AATuiError

            try:
                planned = self._store.in_thread(lambda conn: quants.plan(conn, self._files, self._reference, options))
            except AATuiError as error:
                self.app.call_from_thread(self._say, str(error), "bad")
            else:
                self.app.call_from_thread(self._tell, planned)

        self.run_worker(work, thread=True, exclusive=True, exit_on_error=False, group="planned")

    def _tell(self, planned: Plan) -> None:
        from aa_tui.pages.text.quants import plan_words

        words = f"{plan_words([one.words for one in planned.steps], planned.seconds)} {planned.room}".rstrip()

        def shown(width: int) -> Content:
            return wrapped(styled((words, "dim")), width)

        self.query_one("#planned", Fitted).show(shown)

    def action_begin(self) -> None:
        """Queue what is missing, and start it."""
        try:
            options = self._options()
        except FormError as error:
            self._say(str(error), "bad")
            return
        files, reference = self._files, self._reference

        def prepare(conn: sqlite3.Connection, _: Progress) -> int:
            from aa_tui.actions import quants

            return len(quants.measure(conn, quants.plan(conn, files, reference, options)))

        self._start(prepare)

    def _options(self) -> LadderOptions:
        from aa_tui.actions.quants import LadderOptions

        said = {name: self.query_one(f"#{name}", Input).value for name in ("limit", "until", "text")}
        pack, how = self.query_one("#pack", Cycle).value or None, self.query_one("#how", Cycle).value.split()
        limit = typed(said["limit"], "Items", read.count)
        until = typed(said["until"], "Until", read.share)
        if pack is None and (limit is not None or until is not None):
            raise FormError("Items and Until say how far to evaluate: choose a pack.")
        return LadderOptions(
            pack=pack,
            limit=limit,
            until_width=until,
            text=Path(said["text"].strip()).expanduser() if said["text"].strip() else None,
            quick="quick" in how,
            exact="exact" in how,
        )
