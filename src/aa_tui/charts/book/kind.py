"""What a chart of the book is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from aa_tui.charts.reading import Alone, Reads
from aa_tui.charts.scene import Scene
from aa_tui.charts.spec import Chart

Section = Literal[
    "Index",
    "Evals",
    "Openness",
    "Price",
    "Tokens",
    "Cost",
    "Context",
    "Speed",
    "Latency",
    "Size",
    "Measured here",
]


@dataclass(frozen=True, slots=True)
class Kind:
    """A chart as it can be asked for: its name in the shell, the page's section, and what makes it from a scene.

    `shows` says in a few words what is drawn, for lists. `reads` is what the chart needs of the models, where it does
    not need all of each; charts of what was measured here need none of them. `texts`: it draws what samples' texts
    tell, which takes a while to read.
    """

    name: str
    title: str
    section: Section
    shows: str
    build: Callable[[Scene], Chart]
    reads: Reads | None = None
    texts: bool = False

    @property
    def needs(self) -> Reads | None:
        """What is read of the models; None for all of each."""
        return Alone() if self.reads is None and self.section == "Measured here" else self.reads
