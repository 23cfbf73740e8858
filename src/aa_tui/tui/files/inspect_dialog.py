"""What a file's header says, on a page that scrolls."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.cells import set_cell_size
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.content import Content

from aa_tui.pages.text import header as header_text
from aa_tui.tui.widgets.dialog import Dialog
from aa_tui.tui.widgets.parts import Fitted, Line, styled, wrapped

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from aa_tui.gguf.inspection import Inspection

LABEL_CELLS = 12


class InspectDialog(Dialog[None]):
    """A header."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,i,enter", "close", "Close"),
        Binding("j,down", "scroll(1)", show=False),
        Binding("k,up", "scroll(-1)", show=False),
        Binding("pagedown,space", "scroll(10)", show=False),
        Binding("pageup", "scroll(-10)", show=False),
    ]

    def __init__(self, inspection: Inspection) -> None:
        super().__init__()
        self._inspection = inspection

    def compose(self) -> ComposeResult:
        """One page of text that scrolls."""
        with Vertical(classes="dialog -help"):
            with VerticalScroll(id="help-scroll", can_focus=False):
                yield Fitted(self._text)
            yield Line(styled(("Esc", "key"), " close   ", ("↑ ↓", "key"), " scroll"))

    def _text(self, width: int) -> Content:
        lines: list[Content] = []
        for label, words in header_text.rows(self._inspection):
            for number, part in enumerate(wrapped(styled(words), max(10, width - LABEL_CELLS)).split("\n")):
                lines.append(styled((set_cell_size(label if number == 0 else "", LABEL_CELLS), "dim"), part))
        lines.append(Content(""))
        for name, count, size, share in header_text.shares(self._inspection):
            lines.append(styled((f"{name:<{LABEL_CELLS}}", "strong"), f"{count:>6} tensors {size:>9} {share:>7}"))
        lines.append(Content(""))
        title, *template = header_text.template(self._inspection, whole=True)
        lines.append(styled((title, "strong")))
        lines += [wrapped(styled(line), width) for line in template]
        return Content("\n").join(lines)

    def action_close(self) -> None:
        """Back to the files."""
        self.dismiss(None)

    def action_scroll(self, lines: int) -> None:
        """Scroll by so many lines."""
        self.query_one("#help-scroll").scroll_relative(y=lines, animate=False)
