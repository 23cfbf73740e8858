"""Every view of the app: one line says what it is, the way there, and how `aa-tui open` calls it.

Nothing here draws, and no view is imported before it is wanted.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aa_tui.tui.core.view import View

FIRST = "leaderboard"
"""The view that the app begins with."""
OF_A_RUN = "runs/RUN/"


@dataclass(frozen=True, slots=True)
class Entry:
    """A view.

    Args:
        kind: the module below `aa_tui.tui`, and the class in it.
        title: its name in the first line, the help and the palette.
        under: the view whose tab is lit; one that is under none has a tab of its own.
        key: leads there from everywhere.
        help: what is there, for the help and the palette; without it no command leads there from everywhere.
        words: other words that the palette finds it by.
        link: how `aa-tui open` calls it; `runs/RUN/…` where it is of a run.
        action: what leads there, where it is not the view as it was left.
        first: what to do before there is anything to show in it: the palette says so.
    """

    kind: str
    title: str
    under: str = ""
    key: str = ""
    help: str = ""
    words: str = ""
    link: str = ""
    action: str = ""
    first: str = ""

    @property
    def view(self) -> type[View]:
        """Its class."""
        module, _, name = self.kind.partition(":")
        found: type[View] = getattr(import_module(f"aa_tui.tui.{module}"), name)
        return found


REGISTRY: dict[str, Entry] = {
    FIRST: Entry(
        "board.leaderboard:Leaderboard",
        "Leaderboard",
        key="L",
        help="all models, sorted and filtered",
        words="models table list",
        link="leaderboard",
    ),
    "charts": Entry(
        "charts.view:ChartsView",
        "Charts",
        key="C",
        help="all charts, on the whole screen",
        words="graph plot",
        link="charts",
        action="app.charts",
    ),
    "runs": Entry(
        "runs.view:RunsView", "Runs", key="R", help="what was and is measured here", words="history jobs", link="runs"
    ),
    "files": Entry(
        "files.view:FilesView",
        "Files",
        key="F",
        help="GGUF files on this machine, what fits, what can be pulled",
        words="download quants disk",
        link="files",
    ),
    "compare": Entry(
        "compare.view:CompareView",
        "Compare",
        help="the models that are marked on the leaderboard",
        action="app.compare",
        first="mark 2 to 6 models or runs with <mark:Space> and press <compare:c>",
    ),
    "page": Entry("page.view:PageView", "Model page", under=FIRST, first="open a model with Enter"),
    "doctor": Entry(
        "doctor.view:DoctorView",
        "Doctor",
        under=FIRST,
        help="what this machine and installation can do, and what to fix",
        words="health problems",
        link="doctor",
    ),
    "servers": Entry(
        "servers.view:ServersView",
        "Servers",
        under="files",
        help="servers whose models are asked over HTTP: llama-server, vLLM, Ollama, OpenRouter and others",
        words="http api remote endpoint",
        link="servers",
    ),
    "quants": Entry(
        "quants.view:QuantsView",
        "Quantizations",
        under="files",
        first="stand on a file in Files or open a model, and press =",
    ),
    "template": Entry(
        "files.template_view:TemplateView",
        "Chat template",
        under="files",
        first="stand on a file in Files or open a model, and press {",
    ),
    "run": Entry("runs.run_view:RunView", "Run", under="runs", link="runs/RUN", first="open a run with Enter"),
    "plan": Entry(
        "runs.plan_view:PlanView", "Plan", under="runs", link="runs/RUN/plan", first="choose an evaluation and press +"
    ),
    "samples": Entry(
        "samples.view:SamplesView",
        "Samples",
        under="runs",
        link="runs/RUN/samples",
        first="choose an evaluation and press a",
    ),
    "ask": Entry(
        "ask.view:AskView", "Try a prompt", under="runs", first="choose a file in Files or open a model, and press t"
    ),
    "pairs": Entry(
        "samples.pairs_view:PairsView",
        "Where two runs differ",
        under="runs",
        first="mark two evaluations with <mark:Space> and press <where-two-differ:D>",
    ),
}
"""By the name that places have for them, in the order of their tabs."""

TABS = tuple((name, entry.title) for name, entry in REGISTRY.items() if not entry.under)


def link_of(link: str) -> str | None:
    """The view that `aa-tui open` calls so, if it needs nothing more to be shown."""
    return next((name for name, entry in REGISTRY.items() if entry.link == link), None)


def parts_of_a_run() -> dict[str, str]:
    """The views of one run, by the word that stands behind `runs/RUN/`."""
    parts = {entry.link.removeprefix(OF_A_RUN): name for name, entry in REGISTRY.items()}
    return {part: name for part, name in parts.items() if REGISTRY[name].link.startswith(OF_A_RUN)}
