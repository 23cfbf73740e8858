"""What a chart of the book is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

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

    `shows` says in a few words what is drawn, for lists.
    """

    name: str
    title: str
    section: Section
    shows: str
    build: Callable[[Scene], Chart]
