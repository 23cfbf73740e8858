"""Curves of what was measured through servers: a line for each model behind each server, by its newest run.

They are never in one chart with speeds of this machine: a network, a queue and another machine are part of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from aa_tui.analysis import display
from aa_tui.catalog.metric_names import served_part
from aa_tui.catalog.rows import LocalResult
from aa_tui.charts.of_models import short_name
from aa_tui.charts.scene import Scene

LEVEL, RATE = "c", "r"


def points(result: LocalResult, letter: str, name: str, factor: float = 1.0) -> list[tuple[float, float]]:
    """Where it was measured (requests at once, or a second) and the figure there."""
    found = []
    for metric, row in result.measurements.items():
        part = served_part(metric)
        if part is not None and (part.letter, part.name) == (letter, name):
            found.append((part.value, row.value * factor))
    return sorted(found)


def newest(scene: Scene, letter: str, name: str) -> list[LocalResult]:
    """The newest result of each model behind each server that has the figure."""
    found: dict[tuple[str, tuple[str, ...]], LocalResult] = {}
    for result in sorted(scene.local, key=lambda one: -one.run.id):
        if points(result, letter, name):
            found.setdefault((result.run.file.sha256, result.run.setup.servers), result)
    return list(found.values())


def named(scene: Scene, results: list[LocalResult]) -> list[tuple[str, LocalResult]]:
    """The results with what tells them apart: the server, and the model on a chart of several."""
    labels = []
    for result in results:
        words = [] if scene.model is not None else [result.run.target]
        labels.append(" ".join([*words, f"· {result.run.setup.servers_words}"]).removeprefix("· "))
    twice = {label for label, count in Counter(labels).items() if count > 1}
    return [
        (f"{label} · {result.run.file.quant or result.run.file.shown_name}" if label in twice else label, result)
        for label, result in zip(labels, results, strict=True)
    ]


def title(scene: Scene, name: str, results: list[LocalResult]) -> str:
    """What a chart says above: never that it was measured here."""
    servers = {result.run.setup.servers_words for result in results}
    where = f"through {servers.pop()}" if len(servers) == 1 else "through servers"
    return " · ".join([name, *([short_name(scene.model)] if scene.model is not None else []), where])


def texts_of(unit: str, x_unit: str = "") -> Callable[[float, float], tuple[str, str]]:
    """How a point reads: "8" and "25.0 tokens/s"."""

    def texts(x: float, y: float) -> tuple[str, str]:
        return f"{x:g}{x_unit}", _seconds(y) if unit == "s" else f"{y:,.1f} {unit}"

    return texts


def _seconds(value_s: float) -> str:
    return f"{value_s * 1000:,.0f} ms" if value_s < 0.1 else display.seconds(value_s)
