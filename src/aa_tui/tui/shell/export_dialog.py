"""Save what is on screen: what, as which format, to which path. Never over another file without asking."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import Input

from aa_tui.errors import AATuiError
from aa_tui.export import files, png
from aa_tui.gguf.places import entered_path
from aa_tui.textsafe import clean_line
from aa_tui.tui.widgets.dialog import Dialog, ask
from aa_tui.tui.widgets.dialogs import LABEL, NOTE, Option
from aa_tui.tui.widgets.parts import Fitted, Line, styled, wrapped
from aa_tui.tui.widgets.question import Question, if_yes
from aa_tui.tui.widgets.rows import ListRows
from aa_tui.tui.widgets.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from aa_tui.tui.core.offer import Offer

MOST_ROWS = 10
FRAME_ROWS = 13
"""Rows of the dialog beside its table."""


class ExportDialog(Dialog[str | None]):
    """Closes with the path once the file is written."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Close"),
        Binding("tab", "app.focus_next", show=False),
    ]

    def __init__(self, offers: Sequence[Offer], restricted: Sequence[str] = ()) -> None:
        """`restricted` names the sources of what is saved whose figures only the user may have."""
        super().__init__()
        self._restricted = restricted
        self._choices = [(offer, kind) for offer in offers for kind in offer.kinds]
        self._chosen = 0
        self._busy = False

    def compose(self) -> ComposeResult:
        """What can be saved, the path, and a line for what is wrong."""
        options = [
            Option(str(number), offer.label if kind is offer.kinds[0] else "", kind.name)
            for number, (offer, kind) in enumerate(self._choices)
        ]
        with Vertical(classes="dialog"):
            yield Line(styled(("Save", "strong")))
            yield Table(ListRows(options), "", inset=0, id="formats")
            yield Line(styled(("to", "dim")))
            box = Input(self._default(), compact=True, id="path", select_on_focus=False)
            box.cursor_blink = False
            yield box
            yield Fitted(id="trouble")
            yield Line(
                styled(("Enter", "key"), " save   ", ("Tab", "key"), " format or path   ", ("Esc", "key"), " close")
            )

    def on_mount(self) -> None:
        """Stand on the first."""
        table: Table[Option] = self.query_one("#formats", Table)
        room = self.app.size.height * 9 // 10 - FRAME_ROWS
        table.styles.height = max(2, min(len(self._choices) + 1, MOST_ROWS, room))
        table.set_columns(LABEL, NOTE)
        table.focus()
        if self._restricted:
            names = ", ".join(map(clean_line, self._restricted))
            self._say(
                f"It may hold figures of {names}: for your own eyes, its terms do not let you hand them on.", "warn"
            )
        elif not png.is_possible():
            self._say(f"PNG needs the Python package {png.CONVERTER}; SVG needs nothing.", "dim")

    def _default(self) -> str:
        offer, kind = self._choices[self._chosen]
        return files.default_name(offer.name, kind.suffix)

    def on_table_moved(self, message: Table.Moved) -> None:
        """Another format: another suffix. A path of the user's own keeps its folder and stem."""
        message.stop()
        box = self.query_one("#path", Input)
        path = box.value.strip()
        if not path or path == self._default():
            self._chosen = message.index
            box.value = self._default()
        else:
            self._chosen = message.index
            kind = self._choices[self._chosen][1]
            known = files.format_of(path) or Path(path).suffix in {f".{one.suffix}" for _, one in self._choices}
            suffix = f".{kind.suffix}" if kind.suffix else ""
            box.value = str(Path(path).with_suffix(suffix)) if known else path
        box.cursor_position = len(box.value)

    def on_table_opened(self, message: Table.Opened) -> None:
        """Save."""
        message.stop()
        self._save(replace=False)

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Save."""
        message.stop()
        self._save(replace=False)

    def action_close(self) -> None:
        """Nothing is saved."""
        self.dismiss(None)

    def _save(self, *, replace: bool) -> None:
        path = self.query_one("#path", Input).value
        if not path.strip():
            self._say("Type the path of the file.", "warn")
        elif not self._busy:
            self._busy = True
            self._say("Writing…", "dim")
            offer, kind = self._choices[self._chosen]
            self.run_worker(
                lambda: self._write(offer, kind, entered_path(path, is_new=True), replace=replace),
                thread=True,
                exit_on_error=False,
                group="export",
            )

    def _write(self, offer: Offer, kind: files.Format, path: Path, *, replace: bool) -> None:
        """In a thread: make the document and write it."""
        try:
            offer.save(kind, path, replace=replace)
        except files.FileExistsAlready as error:
            self.app.call_from_thread(self._ask, error.path)
        except (AATuiError, LookupError) as error:
            self.app.call_from_thread(self._failed, str(error))
        else:
            self.app.call_from_thread(self.dismiss, str(path))

    def _ask(self, path: Path) -> None:
        """Whether to replace what is there."""
        self._failed("")
        question = f"{clean_line(str(path))} exists already. Replace it?"
        ask(self.app, Question(question, "replace it"), if_yes(lambda: self._save(replace=True)))

    def _failed(self, words: str) -> None:
        self._busy = False
        self._say(clean_line(words), "bad")

    def _say(self, words: str, kind: str) -> None:
        self.query_one("#trouble", Fitted).show(lambda width: wrapped(styled((words, kind)), width))
