"""The line of a page that says how its model stands here: a run of it, a download, or what fits this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aa_tui.analysis import display
from aa_tui.errors import AATuiError
from aa_tui.tui.core.news import Pulled
from aa_tui.tui.widgets.parts import Line, styled
from aa_tui.tui.widgets.running import live_line

if TYPE_CHECKING:
    from textual.content import Content

    from aa_tui.catalog.rows import ModelRow, RunRow
    from aa_tui.library.best import Best
    from aa_tui.library.fits import Fit
    from aa_tui.tui.core.host import Host

Part = tuple[str, str]

LOOKING = "Looking at what fits this machine…"
STOP_CELLS = 10
"""What stops a download stands beside it."""


class StandingLine(Line):
    """One line below the headline figures; none where nothing can run."""

    def __init__(self, host: Host) -> None:
        super().__init__(id="page-live")
        self.host = host
        self.best: Best | None = None
        """What fits this machine, once that is known."""
        self.follows: ModelRow | None = None
        """The model that is pulled from the bundled one's page."""
        self._model: ModelRow | None = None
        self._run: RunRow | None = None
        self._pulled = Pulled()

    def show_of(self, model: ModelRow) -> None:
        """Show how another model stands."""
        self._model, self.best = model, None
        self.follows = after_bundled(self.host, model)
        self.look()

    def show_run(self, run: RunRow | None) -> None:
        """Show how far a run of the model is; None where none is going on."""
        self._run = run
        self._say()

    def show_pull(self, pulled: Pulled) -> None:
        """Show how far a download is."""
        self._pulled = pulled
        self._say()

    def look(self) -> None:
        """Find what fits in a thread: folders are looked through for it."""
        self._say()
        model = self._model
        if model is None or not can_run(model):
            return

        def work() -> None:
            from aa_tui.library.best import best_here
            from aa_tui.runs.evaluation.needs import usual_needs

            try:
                best = self.host.store.in_thread(
                    lambda conn: best_here(conn, model.slug, plan_of=usual_needs(conn).plan)
                )
            except (AATuiError, OSError):
                return
            self.host.call_from_thread(self._found, model.slug, best)

        self.run_worker(work, thread=True, exclusive=True, group="fits", exit_on_error=False)

    def on_resize(self) -> None:
        """Another width, another end."""
        self._say()

    def _found(self, slug: str, best: Best) -> None:
        if self._model is not None and self._model.slug == slug:
            self.best = best
            self._say()

    def _say(self) -> None:
        model, width = self._model, max(20, self.size.width)
        download = None if self._pulled.line is None else self._pulled.line(width - STOP_CELLS)
        self.display = self._run is not None or download is not None or (model is not None and can_run(model))
        if self._run is not None:
            self.show(live_line(self._run, width))
        elif download is not None:
            self.show(styled(download, ("  x", "key"), (" stops", "dim")))
        elif model is not None:
            self.show(fit_line(model, self.best, self.follows, width))


def can_run(model: ModelRow) -> bool:
    """Whether there can be a file of it on this machine: its weights are open, or here."""
    return model.open_weights or model.is_local


def fit_parts(model: ModelRow, best: Best, *, is_short: bool = False) -> list[Part]:
    """In one line: the file to take, whether it is here or to be pulled, and the keys for it; or the file alone."""
    free = f"{display.size_bytes(best.room.free_bytes)} free"
    if best.fit is None and best.smallest is None:
        words = "No file of it is known here. "
        return [(words, "dim"), *([] if model.is_local else [("p", "key"), (" asks the Hub for one", "dim")])]
    if best.fit is None and best.smallest is not None:
        least = best.smallest
        needs = display.size_bytes(least.memory.needed)
        return [
            ("Does not fit now: ", "warn"),
            (f"{least.candidate.quant} needs {needs} of {free} at {_context(least)}", ""),
            ("   p", "key"),
            (" pull", "dim"),
        ]
    if best.fit is None:
        return []
    one = best.fit.candidate
    here = one.path is not None
    parts: list[Part] = [
        ("⌂ Here and fits: " if here else "Fits here: ", "here"),
        (one.quant, "strong"),
        (f" {display.size_bytes(one.size_bytes)}", ""),
    ]
    if not is_short:
        needs = display.size_bytes(best.fit.memory.needed)
        parts.append((f", needs {needs} of {free} at {_context(best.fit)}", ""))
    if best.fit.speed is not None:
        parts.append((f", {best.fit.speed.words} tok/s", ""))
    keys = (("b", " measure"), ("E", " evaluate"), ("t", " try")) if here else (("p", " pull"),)
    for key, word in () if is_short and here else keys:
        parts += [(f"   {key}", "key"), (word, "dim")]
    return parts


def _context(one: Fit) -> str:
    return f"{display.context(one.plan.n_ctx)} tokens"


def after_bundled(host: Host, model: ModelRow) -> ModelRow | None:
    """Whose file to pull on the bundled model's page: that of a real model; None on all other pages."""
    from aa_tui.gguf.bundled import bundled_manifest
    from aa_tui.library.best import FIRST_REAL
    from aa_tui.tui.start.asking import model_of

    return model_of(host, FIRST_REAL) if model.slug == bundled_manifest().slug else None


def fit_line(model: ModelRow, best: Best | None, follows: ModelRow | None, width: int) -> Content:
    """The line, cut to the width; `follows` is the model that p pulls where that is another."""
    next_step: list[Part] = (
        [] if follows is None else [("   next: ", "dim"), ("p", "key"), (f" pulls {follows.name}", "")]
    )
    whole = styled(*([(LOOKING, "faint")] if best is None else fit_parts(model, best)), *next_step)
    if best is not None and whole.cell_length > width:  # what comes next is worth more than keys of the last line
        whole = styled(*fit_parts(model, best, is_short=True), *next_step)
    return whole.truncate(max(1, width), ellipsis=True)
