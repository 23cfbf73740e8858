"""What the keys of a view ask of the run that it stands on: the same in the list of runs and on a run's own screen."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from aa_tui.tui.core.command import Command, every
from aa_tui.tui.core.places import Place
from aa_tui.tui.core.view import View
from aa_tui.tui.runs import requests as run_requests

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aa_tui.actions.runs import Action
    from aa_tui.catalog.rows import RunRow


PAUSE = Command("p", "pause", "Pause", "pause a run; resume one that is paused, planned or ended early", bar="pause")
STOP = Command(
    "x", "stop", "Stop", "stop a run, now or after the samples being written; what it has measured stays", bar="stop"
)
DELETE = Command("d,delete", "delete", "Delete", "delete a run that is not running, with all that it measured")
SAMPLES = Command(
    "a",
    "samples",
    "Samples",
    "the run's samples; what more items would take and give",
    also=(Command("plus", "plan", "Plan"),),
)
REGRADE = Command(
    "r",
    "regrade",
    "Again",
    "grade an evaluation again with the graders of today, first to look; its charts",
    also=(Command("C", "charts", "Charts"),),
)
LOG = Command("exclamation_mark", "log", "Log", "what the run's worker wrote, and what it died of")
PAGE = Command("o", "page", "Model's page", "open the model's page")
SAVE = Command("e", "app.export", "Save to a file", "save the table, or all of a run as JSON, JSON Lines or CSV")


class RunKeys(View):
    """A view of runs. What a key cannot do, it says."""

    @property
    @abstractmethod
    def run_row(self) -> RunRow | None:
        """The run that the keys mean."""

    def _for(self, action: Action) -> RunRow | None:
        """The run, if this can be done with it; else it is told why not."""
        run = self.run_row
        return None if run_requests.refused(self.host, action, run) else run

    def _named(self, words: Mapping[str, str]) -> list[tuple[Command, str]]:
        """Commands by their actions, each with its word for the last line; "" is what Enter does in a list."""
        mine = [one for one in every(self.COMMANDS) if bool(one.action) != (one.keys == "enter")]
        known = {one.action: one for one in reversed(mine)}
        return [(known[action], word) for action, word in words.items() if action in known]

    async def action_back(self) -> None:
        """One step back."""
        await self.host.back()

    async def action_page(self) -> None:
        """The page of the run's model."""
        run = self.run_row
        if run is None:
            self.host.toast(self.host.keymap.told(run_requests.NO_RUN))
        elif run.slug is None:
            self.host.toast(f"The model of run {run.id} has no page: its file belongs to none in the catalog.")
        else:
            await self.host.go(Place("page", run.slug))

    def action_pause(self) -> None:
        """Pause what is running, resume what is not."""
        if self.run_row is None:
            self.host.toast(self.host.keymap.told(run_requests.NO_RUN))
        else:
            run_requests.pause_or_resume(self.host, self.run_row)

    def action_stop(self) -> None:
        """Stop the run, now or after its samples."""
        if (run := self._for("stop")) is not None:
            run_requests.stop(self.host, run)

    def action_delete(self) -> None:
        """Delete the run."""
        if (run := self._for("delete")) is not None:
            run_requests.delete(self.host, run, self._deleted)

    def _deleted(self) -> None:
        """The run that the keys meant is gone."""

    def action_regrade(self) -> None:
        """Grade the run's samples again."""
        if (run := self._for("regrade")) is not None:
            run_requests.regrade(self.host, run)

    async def action_samples(self) -> None:
        """The run's samples."""
        if (run := self._for("samples")) is not None:
            await self.host.go(Place("samples", run_id=run.id))

    async def action_charts(self) -> None:
        """What this run measured, drawn."""
        run = self.run_row
        if run is None:
            self.host.toast(self.host.keymap.told(run_requests.NO_RUN))
        elif run.kind == "ask":
            self.host.toast(f"Run {run.id} is a conversation: it has no charts.")
        else:
            from aa_tui.charts import book

            if book.of_run(run):
                await self.host.go(Place("charts", run_id=run.id))
            else:
                self.host.toast(f"Run {run.id} has no chart: a study of this kind has its tables alone.")

    def action_log(self) -> None:
        """What the run's worker wrote."""
        from aa_tui.tui.runs.log_dialog import LogDialog

        if self.run_row is None:
            self.host.toast(self.host.keymap.told(run_requests.NO_RUN))
        else:
            self.host.ask(LogDialog(self.host.store, self.run_row))

    async def action_plan(self) -> None:
        """What more items would take and give."""
        if (run := self._for("plan")) is not None:
            await self.host.go(Place("plan", run_id=run.id))
