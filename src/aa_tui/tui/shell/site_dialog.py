"""Write the whole catalog as a site: into which folder, and what is on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import Input
from textual.worker import get_current_worker

from aa_tui.errors import AATuiError
from aa_tui.gguf.places import entered_path
from aa_tui.textsafe import clean_line
from aa_tui.tui.widgets.dialog import Dialog
from aa_tui.tui.widgets.form import Cycle, Field, FormError, box, typed
from aa_tui.tui.widgets.parts import Fitted, Line, styled, wrapped
from aa_tui.tui.widgets.running import progress_bar

if TYPE_CHECKING:
    from pathlib import Path

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from aa_tui.export.site.writing import Wanted, Written
    from aa_tui.tui.core.store import Store

FOLDER = "site"
_BAR = 20


class SiteDialog(Dialog[str | None]):
    """Closes with what to say of what was written; while it is being written Esc stops it, and the old site stays."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Close"),
        Binding("down,tab", "app.focus_next", show=False),
        Binding("up,shift+tab", "app.focus_previous", show=False),
    ]

    def __init__(self, store: Store) -> None:
        super().__init__()
        self._store = store
        self._busy = False

    def compose(self) -> ComposeResult:
        """The form, a line for how far it is or what is wrong, the keys."""
        with Vertical(classes="dialog -form"):
            yield Line(styled(("Write the whole catalog as a site", "strong")))
            yield Field("Folder", box(FOLDER, id="folder"))
            yield Field("Title", box(placeholder="Language models", id="title"))
            yield Field("Answers", box(placeholder="of each evaluation, so many that were not right (0)", id="answers"))
            yield Field("Machines", Cycle((("", "by processor"), ("yes", "by name, servers too")), id="machines"))
            restricted = (("", "left out"), ("yes", "with such figures, for your own eyes"))
            yield Field("Restricted", Cycle(restricted, id="restricted"))
            yield Fitted(id="trouble")
            yield Line(styled(("Enter", "key"), " write   ", ("↑ ↓", "key"), " line   ", ("Esc", "key"), " close"))

    def on_mount(self) -> None:
        """Begin with the folder."""
        self.query_one("#folder", Input).focus()

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Write it."""
        message.stop()
        self._start()

    def key_enter(self) -> None:
        """The same from a line that is turned."""
        self._start()

    def action_close(self) -> None:
        """Nothing changes."""
        self.workers.cancel_node(self)
        self.dismiss(None)

    def _start(self) -> None:
        folder = self.query_one("#folder", Input).value
        if self._busy:
            return
        if not folder.strip():
            self._say("Type the path of a folder.", "warn")
            return
        try:
            wanted = self._wanted()
        except FormError as error:
            self._say(str(error), "bad")
            return
        self._busy = True
        path = entered_path(folder, is_new=True)
        self.run_worker(lambda: self._work(path, wanted), thread=True, exit_on_error=False, group="site")

    def _wanted(self) -> Wanted:
        """What the form says. Raises FormError."""
        from aa_tui.export.site.writing import TITLE, Wanted

        answers = typed(self.query_one("#answers", Input).value, "Answers", int)
        if answers is not None and answers < 0:
            raise FormError("Answers: no number of them; type 0 or more.")
        return Wanted(
            title=self.query_one("#title", Input).value.strip() or TITLE,
            restricted=bool(self.query_one("#restricted", Cycle).value),
            machine_names=bool(self.query_one("#machines", Cycle).value),
            answers=answers or 0,
        )

    def _work(self, path: Path, wanted: Wanted) -> None:
        """In a thread."""
        from aa_tui.export.site.writing import StoppedError, write_site

        worker = get_current_worker()
        shown = -1

        def progress(done: int, total: int, what: str) -> None:
            nonlocal shown
            percent = 100 * done // max(1, total)
            if percent > shown and not worker.is_cancelled:
                shown = percent
                self.app.call_from_thread(self._tell, done / max(1, total), what)

        try:
            done = self._store.in_thread(
                lambda conn: write_site(
                    conn, path, wanted, on_progress=progress, is_stopped=lambda: worker.is_cancelled
                )
            )
        except StoppedError:
            return
        except (AATuiError, OSError) as error:
            self.app.call_from_thread(self._failed, str(error))
        else:
            self.app.call_from_thread(self.dismiss, _words(done))

    def _tell(self, fraction: float, what: str) -> None:
        line = styled(*progress_bar(fraction, _BAR), (f"  {clean_line(what)}", "dim"))
        self.query_one("#trouble", Fitted).show(lambda width: line.truncate(max(1, width), ellipsis=True))

    def _failed(self, words: str) -> None:
        self._busy = False
        self._say(clean_line(words), "bad")

    def _say(self, words: str, kind: str) -> None:
        self.query_one("#trouble", Fitted).show(lambda width: wrapped(styled((words, kind)), width))


def _words(done: Written) -> str:
    left_out = f", {done.withheld.n_figures:,} restricted figures left out" if done.withheld.sources else ""
    return f"Written: {clean_line(str(done.path / 'index.html'))} ({done.n_models:,} models{left_out})."
