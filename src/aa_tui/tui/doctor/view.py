"""What this machine and installation can do, and what to fix: what `aa-tui doctor` prints, on a screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.content import Content

from aa_tui.tui.core.command import BACK, ENDS, ROWS, Command
from aa_tui.tui.core.view import Copied, View
from aa_tui.tui.widgets.parts import Fitted, beside, styled, wrapped
from aa_tui.tui.widgets.reading import Reading

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from aa_tui.tui.core.host import Host
    from aa_tui.tui.core.places import Place

LABEL_CELLS = 11
LOOKING = "Looking at this machine…"


class DoctorView(View):
    """Problems and hints, then row by row what there is."""

    NAME = "doctor"
    TITLE = "Doctor"
    STEPPED_INTO = True

    COMMANDS = (
        Command("r", "again", "Again", "look again", bar="again"),
        ROWS._replace(help="scroll"),
        ENDS._replace(keys=f"space,{ENDS.keys}", label="Space  PgUp PgDn  g G"),
        Command("y", "app.copy(False)", "Copy", "copy the problems and hints"),
        BACK,
    )

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self._report: dict[str, Any] | None = None

    def compose(self) -> ComposeResult:
        """One text that scrolls."""
        with Reading(id="doctor-scroll"):
            yield Fitted(self._text, id="doctor-text")

    def take_focus(self) -> None:
        """The text scrolls."""
        self.query_one(Reading).focus()

    def show(self, place: Place) -> None:
        """Look, each time that one comes here: machines change."""
        self.action_again()

    async def action_back(self) -> None:
        """Back to where this was opened from."""
        await self.host.back()

    def action_again(self) -> None:
        """Look again."""
        self._report = None
        self._draw()
        self.run_worker(self._look, thread=True, exclusive=True, group="doctor", exit_on_error=False)

    def _look(self) -> None:
        """In a thread: llama.cpp is tried, a server is reached for, the catalog is checked."""
        from aa_tui.pages import doctor

        self.app.call_from_thread(self._take, doctor.examine(self.host.store.path))

    def _take(self, report: dict[str, Any]) -> None:
        self._report = report
        self._draw()

    def _draw(self) -> None:
        self.query_one("#doctor-text", Fitted).show(self._text)

    def _text(self, width: int) -> Content:
        if self._report is None:
            return styled((LOOKING, "dim"))
        from aa_tui.pages.text import doctor as words

        lines = [wrapped(styled(("! ", "bad"), one), width) for one in self._report["problems"]]
        lines = lines or [styled((words.SOUND, "here"))]
        lines += [wrapped(styled(("▲ ", "warn"), one), width) for one in self._report["hints"]]
        lines.append(Content(""))
        for label, text in words.rows(self._report):
            lines.append(beside(styled((label, "dim")), wrapped(styled(text), width - LABEL_CELLS), LABEL_CELLS))
        return Content("\n").join(lines)

    def copied(self, *, whole: bool) -> Copied:
        """What there is to do; the whole report."""
        if self._report is None:
            return Copied("", LOOKING)
        from aa_tui.pages.text import doctor as words

        told = [*self._report["problems"], *self._report["hints"]]
        lines = words.lines(self._report) if whole else told or [words.SOUND]
        return Copied("\n".join(lines), "the report" if whole else "what doctor says")
