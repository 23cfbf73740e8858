"""What the keys of a view ask of the run that it stands on: the same in the list of runs and on a run's own screen."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Container

from aa_tui.tui import run_requests

if TYPE_CHECKING:
    from textual.binding import BindingType

    from aa_tui.catalog.rows import RunRow
    from aa_tui.tui.app import AATuiApp


class RunKeys(Container):
    """A view of runs. What a key cannot do, it says."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,backspace", "back", "Back"),
        Binding("o", "page", "The model's page"),
        Binding("p", "pause", "Pause, go on"),
        Binding("x", "stop", "Stop"),
        Binding("d,delete", "delete", "Delete"),
        Binding("s", "samples", "Samples"),
        Binding("w", "plan", "Plan"),
        Binding("r", "regrade", "Grade again"),
        Binding("C", "charts", "Charts of the run"),
    ]

    def __init__(self, app: AATuiApp, name: str) -> None:
        super().__init__(id=name)
        self._host = app

    @property
    @abstractmethod
    def run_row(self) -> RunRow | None:
        """The run that the keys mean."""

    def _for(self, action: str) -> RunRow | None:
        """The run, if this can be done with it; else it is told why not."""
        run = self.run_row
        return None if run_requests.refused(self._host, action, run) else run

    async def action_back(self) -> None:
        """One step back."""
        await self._host.views.back()

    def action_page(self) -> None:
        """The page of the run's model."""
        run = self.run_row
        if run is None:
            self._host.toast(run_requests.NO_RUN)
        elif run.slug is None:
            self._host.toast(f"The model of run {run.id} has no page: its file belongs to none in the catalog.")
        else:
            self._host.views.open_page(run.slug)

    def action_pause(self) -> None:
        """Pause what goes on, go on with what does not."""
        if (run := self._for("pause")) is not None:
            run_requests.pause_or_go_on(self._host, run)

    def action_stop(self) -> None:
        """Stop the run, now or after its samples."""
        if (run := self._for("stop")) is not None:
            run_requests.stop(self._host, run)

    def action_delete(self) -> None:
        """Delete the run."""
        if (run := self._for("delete")) is not None:
            run_requests.delete(self._host, run, self._deleted)

    def _deleted(self) -> None:
        """The run that the keys meant is gone."""

    def action_regrade(self) -> None:
        """Grade the run's samples again."""
        if (run := self._for("regrade")) is not None:
            run_requests.regrade(self._host, run)

    async def action_samples(self) -> None:
        """The run's samples."""
        if (run := self._for("samples")) is not None:
            await self._host.views.show_run("samples", run.id)

    async def action_charts(self) -> None:
        """What this run measured, drawn."""
        run = self.run_row
        if run is None:
            self._host.toast(run_requests.NO_RUN)
        else:
            await self._host.views.show_charts(slug=f"run:{run.id}")

    async def action_plan(self) -> None:
        """What more items would take and give."""
        if (run := self._for("plan")) is not None:
            await self._host.views.show_run("plan", run.id)
