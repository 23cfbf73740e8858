"""Go on with an evaluation: to how many items, for how long, from when until when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import Input

from aa_tui.tui import how_far
from aa_tui.tui.dialog import Dialog
from aa_tui.tui.form import FormError
from aa_tui.tui.parts import Fitted, Line, styled, wrapped

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from aa_tui.catalog.rows import RunRow


@dataclass(frozen=True, slots=True)
class GoOn:
    """Settings to change before going on, and when it may work; conditions None leaves those that it has."""

    changes: dict[str, Any]
    conditions: dict[str, Any] | None


class GoOnDialog(Dialog[GoOn | None]):
    """How far and when. Closes with what was chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Close"),
        Binding("down,tab", "app.focus_next", show=False),
        Binding("up,shift+tab", "app.focus_previous", show=False),
        Binding("enter", "begin", "Go on"),
    ]

    def __init__(self, run: RunRow, limit: int | None, *, tonight: bool) -> None:
        super().__init__()
        self._run_row = run
        self._limit = limit
        self._tonight = tonight
        self._these_items = bool(run.settings.get("these_items"))

    def compose(self) -> ComposeResult:
        """The form, a line for what is wrong, the keys."""
        run = self._run_row
        with Vertical(classes="dialog -form"):
            yield Line(styled(f"Go on with run {run.id} of ", (run.target, "strong")))
            yield from how_far.far_fields(these_items=self._these_items)
            yield from how_far.night_fields(tonight=self._tonight)
            yield Fitted(id="trouble")
            yield Line(styled(("Enter", "key"), " go on   ", ("↑ ↓", "key"), " line   ", ("Esc", "key"), " close"))

    def on_mount(self) -> None:
        """Stand where something is to be said."""
        if self._limit is not None and self._tonight:
            self.query_one("#limit", Input).value = str(self._limit)
        self.query_one("#start-at" if self._tonight else "#budget").focus()

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Enter in a box goes on as well."""
        message.stop()
        self.action_begin()

    def action_close(self) -> None:
        """It does not go on."""
        self.dismiss(None)

    def action_begin(self) -> None:
        """Go on, unless something cannot be used."""
        from aa_tui.runs import RunError

        try:
            changes = how_far.far_settings(self)
            conditions = how_far.night_conditions(self)
        except (FormError, RunError) as error:
            words = str(error)
            self.query_one("#trouble", Fitted).show(lambda width: wrapped(styled((words, "bad")), width))
            return
        if changes["these_items"] == self._these_items:
            del changes["these_items"]
        self.dismiss(GoOn(changes, conditions or None))
