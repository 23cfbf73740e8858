"""The views of single runs: the run, its plan, its samples, and where two differ. Made when first wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.widget import Widget

    from aa_tui.tui.app import AATuiApp
    from aa_tui.tui.pairs_view import PairsView
    from aa_tui.tui.plan_view import PlanView
    from aa_tui.tui.run_view import RunView
    from aa_tui.tui.samples_view import SamplesView

NAMES = ("run", "plan", "samples", "pairs")


class RunViews:
    """Keeps the views, and what each of them shows."""

    def __init__(self, app: AATuiApp) -> None:
        self._app = app
        self.run: RunView | None = None
        self.plan: PlanView | None = None
        self.samples: SamplesView | None = None
        self.pairs: PairsView | None = None
        self._shown: dict[str, tuple[int, int | None]] = {}

    def make(self, name: str) -> Widget | None:
        """The view, if it is not there yet."""
        if name == "run" and self.run is None:
            from aa_tui.tui.run_view import RunView

            self.run = RunView(self._app)
            return self.run
        if name == "plan" and self.plan is None:
            from aa_tui.tui.plan_view import PlanView

            self.plan = PlanView(self._app)
            return self.plan
        if name == "samples" and self.samples is None:
            from aa_tui.tui.samples_view import SamplesView

            self.samples = SamplesView(self._app)
            return self.samples
        if name == "pairs" and self.pairs is None:
            from aa_tui.tui.pairs_view import PairsView

            self.pairs = PairsView(self._app)
            return self.pairs
        return None

    def fill(self, name: str, run_id: int, item: str | None, other: int | None) -> None:
        """Show a run in a view that is there."""
        self._shown[name] = run_id, other
        if name == "run" and self.run is not None:
            self.run.show_run(run_id)
        elif name == "plan" and self.plan is not None:
            self.plan.show_run(run_id)
        elif name == "samples" and self.samples is not None:
            self.samples.show_run(run_id, item)
        elif name == "pairs" and self.pairs is not None and other is not None:
            self.pairs.show_runs(run_id, other)

    def take_focus(self, name: str) -> None:
        """The view gets the keys."""
        view = self._view(name)
        if view is not None:
            view.take_focus()

    def hints(self, name: str) -> str:
        """Under which name the last line has the keys of a view: those of a run change with what it is."""
        return self.run.hints if name == "run" and self.run is not None else name

    def tell(self, name: str) -> None:
        """The catalog has changed: bring the view on screen up to date."""
        view = self._view(name)
        if view is not None:
            view.reload()

    def place(self, name: str) -> str:
        """What a view shows, in words that `run_of` reads: "17", or "17 18" for two runs."""
        run_id, other = self._shown[name]
        return str(run_id) if other is None else f"{run_id} {other}"

    def plain(self, name: str, width: int) -> str:
        """What a view shows, as text."""
        view = self._view(name)
        return view.plain(width) if view is not None else ""

    def _view(self, name: str) -> RunView | PlanView | SamplesView | PairsView | None:
        found = {"run": self.run, "plan": self.plan, "samples": self.samples, "pairs": self.pairs}
        return found.get(name)


def run_of(place: str) -> tuple[int, int | None]:
    """The run, and the other one of a pair, that `RunViews.place` told."""
    first, _, second = place.partition(" ")
    return int(first), int(second) if second else None
