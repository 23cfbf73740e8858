"""What a run's worker wrote, to read; while the run is going on, what it writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.content import Content

from aa_tui.catalog import runs
from aa_tui.catalog.run_notes import crash_of
from aa_tui.runs import log
from aa_tui.runs.death import doing
from aa_tui.tui.widgets.dialog import Dialog
from aa_tui.tui.widgets.parts import Fitted, Line, styled, wrapped

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from aa_tui.catalog.rows import RunRow
    from aa_tui.tui.core.store import Store

LOOK_EVERY_S = 1.0
MOST_LINES = 2_000
"""The last lines are shown: laying out more would hold up every key."""


class LogDialog(Dialog[None]):
    """What the worker died of, then its log, at whose end one begins."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter,exclamation_mark", "close", "Close"),
        Binding("j,down", "scroll(1)", show=False),
        Binding("k,up", "scroll(-1)", show=False),
        Binding("pagedown,space", "scroll(10)", show=False),
        Binding("pageup", "scroll(-10)", show=False),
        Binding("g,home", "edge(-1)", show=False),
        Binding("G,end", "edge(1)", show=False),
    ]

    def __init__(self, store: Store, run: RunRow) -> None:
        super().__init__()
        self._store = store
        self._run_row = run
        self._lines: list[str] = []
        self._at = 0
        self._trouble = ""

    def compose(self) -> ComposeResult:
        """The title, the lines, which scroll, and the keys."""
        title = f"Log of run {self._run_row.id}  "
        with Vertical(classes="dialog -help"):
            yield Line(styled((title, "strong"), (self._run_row.log_path or "", "dim")))
            with VerticalScroll(id="help-scroll", can_focus=False):
                yield Fitted(self._text)
            yield Line(styled(("Esc", "key"), " close   ", ("↑ ↓", "key"), " scroll   ", ("g G", "key"), " ends"))

    def on_mount(self) -> None:
        """Begin at the end, and stay there while more comes."""
        self._look()
        self.call_after_refresh(self.action_edge, 1)
        if self._run_row.is_live:
            self.set_interval(LOOK_EVERY_S, self._look)

    def _look(self) -> None:
        self._run_row = self._store.read(lambda conn: runs.get(conn, self._run_row.id), self._run_row)
        more: list[str] = []
        try:
            more, self._at = log.read(self._run_row.log_path, self._at)
        except OSError as error:
            self._trouble = f"The log cannot be read: {error.strerror}."
        if not more and self._lines:
            return
        self._lines = [*self._lines, *more][-MOST_LINES:]
        scroller = self.query_one("#help-scroll")
        is_at_end = scroller.scroll_offset.y >= scroller.max_scroll_y
        self.query_one(Fitted).show(self._text)
        if is_at_end:
            self.call_after_refresh(self.action_edge, 1)

    def _text(self, width: int) -> Content:
        lines: list[Content] = []
        run = self._run_row
        if run.crash:
            crash = crash_of(run.crash)
            lines.append(styled((f"Died of {crash.signal or 'itself'} {doing(crash.phase)}.", "bad")))
            lines.append(Content(""))
        if self._trouble:
            lines.append(styled((self._trouble, "warn")))
        lines += [wrapped(styled(line), width) for line in self._lines]
        if not self._lines and not self._trouble:
            nothing = "The worker has written nothing so far: it writes only of trouble."
            lines.append(
                styled((nothing if run.origin == "here" else "Its log is on the machine that made it.", "dim"))
            )
        return Content("\n").join(lines)

    def action_close(self) -> None:
        """Back to the run."""
        self.dismiss(None)

    def action_scroll(self, lines: int) -> None:
        """Scroll by so many lines."""
        self.query_one("#help-scroll").scroll_relative(y=lines, animate=False)

    def action_edge(self, end: int) -> None:
        """To the top or the end."""
        scroller = self.query_one("#help-scroll")
        scroller.scroll_to(y=0 if end < 0 else scroller.max_scroll_y, animate=False)
