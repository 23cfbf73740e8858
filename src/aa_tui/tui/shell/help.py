"""The help of each view: its keys, the marks, what the columns mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len, set_cell_size
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.content import Content

from aa_tui.tui.core.command import every, help_rows
from aa_tui.tui.shell.commands import EVERYWHERE
from aa_tui.tui.widgets.dialog import Dialog
from aa_tui.tui.widgets.parts import Fitted, Line, styled, wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from aa_tui.tui.core.command import Command
    from aa_tui.tui.core.keymap import Keymap

MARKS: tuple[tuple[str, str], ...] = (
    ("◆ ◇", "reasoning, non-reasoning"),
    ("○ ●", "open weights, proprietary"),
    ("~", "estimate"),
    ("⌂", "measured on this machine"),
    ("▰▰▰▱", "quarter of the class: ▰▰▰▰ is the highest values' quarter, whether high is good or bad"),
    ("–", "not published"),
    ("•", "marked for comparing"),
    ("+1  └", "variants of the same model folded under this one, unfolded below it"),
    ("*  ≈", "in comparisons: best of its row; not distinguishable, since mean ± 2 standard deviations overlap"),
    ("▶ ‖ · …", "run running, paused, planned, queued"),
    ("✓ ■ ✗", "run finished, stopped, failed"),
    ("✓ ✗ … ≈", "sample right, wrong, cut short at the token limit, going in circles"),
    ("≠", "grader and person disagree on the sample"),
    ("▲ △", "in scatter charts: proprietary, reasoning or not"),
    ("■ □", "in scatter charts: weights not told, reasoning or not"),
)
LABEL_CELLS = (18, 28)
"""The labels' column is as wide as its longest label, within these bounds."""


class Help(Dialog[None]):
    """Keys and meanings of one view."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q,enter", "close", "Close"),
        Binding("j,down", "scroll(1)", show=False),
        Binding("k,up", "scroll(-1)", show=False),
        Binding("pagedown,space", "scroll(10)", show=False),
        Binding("pageup", "scroll(-10)", show=False),
    ]

    def __init__(
        self, title: str, commands: Sequence[Command], keymap: Keymap, columns: Sequence[tuple[str, str]] = ()
    ) -> None:
        super().__init__()
        self._heading = title
        self._commands = [keymap.of(one) for one in commands]
        self._everywhere = [keymap.of(one) for one in EVERYWHERE]
        self._columns = columns

    def compose(self) -> ComposeResult:
        """One page of text that scrolls."""
        with Vertical(classes="dialog -help"):
            with VerticalScroll(id="help-scroll", can_focus=False):
                yield Fitted(self._text)
            yield Line(styled(("Esc", "key"), " close   ", ("↑ ↓", "key"), " scroll"))

    def _text(self, width: int) -> Content:
        taken = [key for command in every(self._commands) for key in command.every_key]
        blocks = [
            _table(f"{self._heading}: keys", help_rows(self._commands), width),
            _table("Everywhere", help_rows(self._everywhere, taken, named=True), width),
            _table("Marks", MARKS, width),
        ]
        if self._columns:
            blocks.append(_table("Columns", self._columns, width))
        return Content("\n\n").join(blocks)

    def action_close(self) -> None:
        """Back to the view."""
        self.dismiss(None)

    def action_scroll(self, lines: int) -> None:
        """Scroll by so many lines."""
        self.query_one("#help-scroll").scroll_relative(y=lines, animate=False)


def _table(title: str, rows: Sequence[tuple[str, str]], width: int) -> Content:
    least, most = LABEL_CELLS
    cells = max(least, min(most, max(cell_len(label) for label, _ in rows)))
    lines = [styled((title, "strong"))]
    for label, words in rows:
        parts = wrapped(Content(words), max(10, width - cells - 4)).split("\n")
        for number, part in enumerate(parts):
            left = set_cell_size(label if number == 0 else "", cells)
            lines.append(styled((f"  {left}  ", "accent"), part))
    return Content("\n").join(lines)
