"""Dialogs of runs: how to stop, and whether other verdicts are to count."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.content import Content

from aa_tui.textsafe import clean_line
from aa_tui.tui.dialog import Dialog
from aa_tui.tui.parts import Fitted, Line, styled, wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from aa_tui.catalog.rows import RunRow


class StopDialog(Dialog[str | None]):
    """How to stop a run. Closes with "stop", "finish" or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y,enter", "answer('stop')", "Now"),
        Binding("f", "answer('finish')", "After its samples"),
        Binding("n,escape,q", "answer('')", "No"),
    ]

    def __init__(self, run: RunRow, *, can_finish: bool) -> None:
        super().__init__()
        self._run_row = run
        self._can_finish = can_finish

    def compose(self) -> ComposeResult:
        """The question and the keys."""
        run = self._run_row
        question = f"Stop run {run.id} of {run.target}? What it has measured stays."
        keys: list[tuple[str, str] | str] = [("y", "key"), " stop it now   "]
        if self._can_finish:
            keys += [("f", "key"), " after the samples being written   "]
        with Vertical(classes="dialog"):
            yield Fitted(lambda width: wrapped(styled((question, "strong")), width))
            yield Line()
            yield Line(styled(*keys, ("n", "key"), " no"))

    def action_answer(self, answer: str) -> None:
        """Close with the answer."""
        if answer == "finish" and not self._can_finish:
            return
        self.dismiss(answer or None)


class KeepVerdicts(Dialog[bool]):
    """What other verdicts would change, to read. Closes with whether they are to count."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Let these count"),
        Binding("escape,enter,q,n", "answer(False)", "Leave it"),
    ]

    def __init__(self, title: str, lines: Sequence[str]) -> None:
        super().__init__()
        self._heading = title
        self._lines = [f"{' ' * (len(line) - len(line.lstrip()))}{clean_line(line)}" for line in lines]

    def compose(self) -> ComposeResult:
        """The title, the lines, which scroll, and the keys."""
        with Vertical(classes="dialog -words"):
            yield Line(styled((self._heading, "strong")))
            yield Line()
            with VerticalScroll(id="words"):
                yield Fitted(lambda width: Content("\n").join(wrapped(Content(line), width) for line in self._lines))
            yield Line()
            keys = (("y", "key"), " let these count   ", ("Esc", "key"), " leave the run as it is   ")
            yield Line(styled(*keys, ("↑ ↓", "key"), " scroll"))

    def on_mount(self) -> None:
        """The arrow keys scroll."""
        self.query_one("#words").focus()

    def action_answer(self, answer: bool) -> None:
        """Back to the view."""
        self.dismiss(answer)
