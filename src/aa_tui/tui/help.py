"""The help of each view: its keys, the marks, what the columns mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len, set_cell_size
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen

from aa_tui.tui.parts import Fitted, Line, styled, wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from aa_tui.catalog.rows import ModelRow
    from aa_tui.tui.columns import Column

KEYS: dict[str, tuple[tuple[str, str], ...]] = {
    "leaderboard": (
        ("↑ ↓  j k", "move"),
        ("PgUp PgDn  g G", "by the page, to the ends"),
        ("← →  h l", "other columns; the name stays"),
        ("Enter", "open the model's page"),
        ("/", "search as you type; Esc clears, Enter keeps"),
        ("1 … 8  [ ]", "class of models"),
        ("s  S", "sort by a column, turn the order round; so does a click on a title"),
        ("t  o  m", "only reasoning, only open weights, only measured here; again for the opposite"),
        ("Esc", "clear search and filters"),
        ("b", "measure a file of the model on this machine"),
    ),
    "page": (
        ("↑ ↓  j k  Space", "scroll"),
        ("1 … 4", "chart, measured here, questions, sources"),
        ("← →  [ ]", "the model above or below in the leaderboard"),
        ("b", "measure a file of this model on this machine"),
        ("Esc", "back"),
    ),
    "runs": (
        ("↑ ↓  j k", "move"),
        ("Enter", "open the model's page"),
        ("x", "stop a run that goes on; what it has measured stays"),
        ("Tab", "to the details, to scroll them"),
        ("Esc", "back"),
    ),
}
EVERYWHERE: tuple[tuple[str, str], ...] = (
    ("L  R", "leaderboard, runs"),
    (":  ctrl+p", "find a model or a command"),
    ("?", "this help"),
    ("q  ctrl+c", "quit; runs go on without the app"),
    ("ctrl+z", "to the shell and back with fg"),
)
MARKS: tuple[tuple[str, str], ...] = (
    ("◆ ◇", "reasoning, non-reasoning"),
    ("○ ●", "open weights, proprietary"),
    ("~", "estimate"),
    ("⌂", "measured on this machine"),
    ("▰▰▰▱", "quarter of the class: ▰▰▰▰ is the highest values' quarter, whether high is good or bad"),
    ("–", "not published"),
    ("✓ ■ ✗", "run finished, stopped, failed"),
)
LABEL_CELLS = (18, 28)
"""The labels' column is as wide as its longest label, within these bounds."""
TITLES = {"leaderboard": "Leaderboard", "page": "Model page", "runs": "Runs"}


class Help(ModalScreen[None]):
    """Keys and meanings of one view."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q,enter", "close", "Close"),
        Binding("j,down", "scroll(1)", show=False),
        Binding("k,up", "scroll(-1)", show=False),
        Binding("pagedown,space", "scroll(10)", show=False),
        Binding("pageup", "scroll(-10)", show=False),
    ]

    def __init__(self, view: str, columns: Sequence[Column[ModelRow]] = ()) -> None:
        super().__init__()
        self._view = view
        self._columns = columns

    def compose(self) -> ComposeResult:
        """One page of text that scrolls."""
        with Vertical(classes="dialog -help"):
            with VerticalScroll(id="help-scroll", can_focus=False):
                yield Fitted(self._text)
            yield Line(styled(("Esc", "key"), " close   ", ("↑ ↓", "key"), " scroll"))

    def _text(self, width: int) -> Content:
        blocks = [
            _table(f"{TITLES[self._view]}: keys", KEYS[self._view], width),
            _table("Everywhere", EVERYWHERE, width),
            _table("Marks", MARKS, width),
        ]
        if self._columns:
            columns = [(column.name or column.title, column.meaning or "as published") for column in self._columns]
            blocks.append(_table("Columns", columns, width))
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
