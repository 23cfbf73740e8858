"""Resume an evaluation: to how many items, for how long, from when until when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import Input

from aa_tui.actions.runs import check_changes
from aa_tui.errors import AATuiError
from aa_tui.tui.start import how_far
from aa_tui.tui.widgets.dialog import Dialog
from aa_tui.tui.widgets.form import Cycle, Field
from aa_tui.tui.widgets.parts import Fitted, Line, styled, wrapped

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from aa_tui.catalog.rows import RunRow


WHEN = (("now", "now"), ("tonight", "tonight"))


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
        Binding("enter", "begin", "Resume"),
    ]

    def __init__(self, run: RunRow, limit: int | None) -> None:
        """`limit` is how many items are meant at night, unless something else is said."""
        super().__init__()
        self._run_row = run
        self._limit = "" if limit is None else str(limit)
        self._these_items = run.setup.these_items

    def compose(self) -> ComposeResult:
        """The form, a line for what is wrong, the keys."""
        run = self._run_row
        with Vertical(classes="dialog -form"):
            yield Line(styled(f"Resume run {run.id} of ", (run.target, "strong")))
            yield Field("When", Cycle(WHEN, id="when"))
            yield from how_far.far_fields(these_items=self._these_items)
            yield from how_far.night_fields()
            yield Fitted(id="trouble")
            yield Line(
                styled(("Enter", "key"), " resume   ", ("↑ ↓", "key"), " line   ", ("← →", "key"), " choose   ")
                + styled(("Esc", "key"), " close")
            )

    def on_mount(self) -> None:
        """Stand where it is said when."""
        self.query_one("#when").focus()

    def on_cycle_turned(self, message: Cycle.Turned) -> None:
        """Tonight is so many items, from when until when; now is whatever is said."""
        message.stop()
        if message.cycle.id != "when":
            return
        tonight = message.cycle.value == "tonight"
        how_far.fill_tonight(self, tonight=tonight)
        limit = self.query_one("#limit", Input)
        if limit.value == ("" if tonight else self._limit):
            limit.value = self._limit if tonight else ""

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Enter in a box resumes as well."""
        message.stop()
        self.action_begin()

    def action_close(self) -> None:
        """It is not resumed."""
        self.dismiss(None)

    def action_begin(self) -> None:
        """Go on, unless something cannot be used."""
        try:
            changes = how_far.far_settings(self)
            if changes["these_items"] == self._these_items:
                del changes["these_items"]
            check_changes(self._run_row, changes)
            conditions = how_far.night_conditions(self)
        except AATuiError as error:
            words = str(error)
            self.query_one("#trouble", Fitted).show(lambda width: wrapped(styled((words, "bad")), width))
            return
        self.dismiss(GoOn(changes, conditions or None))
