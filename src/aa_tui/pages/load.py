"""What was measured through servers: the stages of a run, as values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from aa_tui.catalog import metric_names
from aa_tui.catalog.rows import LocalResult, MeasurementRow

Kind = Literal["depth", "level", "rate"]

KINDS: dict[str, Kind] = {"d": "depth", "c": "level", "r": "rate"}

METHOD_NOTE = (
    "Measured over the network, through a server, with its queue and its template: no speed of this machine, and not "
    "comparable with llama.cpp's own protocol. The prompt's speed is an estimate: its tokens over the time to the "
    "first token less a round trip. Percentiles are interpolated linearly."
)

FEW = {"p90": 10, "p99": 100}
"""Of fewer requests a percentile is hardly more than the longest of them."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A depth in tokens, so many requests at once, or so many a second, with its figures by name."""

    kind: Kind
    value: float
    figures: dict[str, MeasurementRow]

    def value_of(self, name: str) -> float | None:
        """One figure, None where it was not measured."""
        row = self.figures.get(name)
        return None if row is None else row.value

    @property
    def n_answered(self) -> int:
        """How many requests its times are of."""
        row = self.figures.get("e2e_p50_s")
        return row.n or 0 if row is not None else 0

    @property
    def is_saturated(self) -> bool:
        """Whether the server had more to do there than it could."""
        return "saturated" in self.figures


@dataclass(frozen=True, slots=True)
class Load:
    """A run's stages, each kind from little to much, and what is to be said of them. `whole` is of no single stage."""

    result: LocalResult
    stages: tuple[Stage, ...]
    whole: dict[str, MeasurementRow]

    @property
    def through(self) -> str:
        """The server: `llama-server at box:8080`."""
        return self.result.run.setup.servers_words

    @property
    def notes(self) -> tuple[str, ...]:
        """Why figures may not be what they seem, each a sentence."""
        return self.result.run.setup.load_notes

    def of(self, kind: Kind) -> tuple[Stage, ...]:
        """The stages of a kind."""
        return tuple(stage for stage in self.stages if stage.kind == kind)

    @property
    def few(self) -> str:
        """Which percentiles are of too few requests, as a sentence; empty where none is."""
        counts = [stage.n_answered for stage in self.stages if stage.n_answered]
        found = [name for name, least in FEW.items() if counts and min(counts) < least]
        if not found:
            return ""
        least = " and ".join(f"{name} of fewer than {FEW[name]}" for name in found)
        return f"A {least} requests is hardly more than the longest of them."


def of_result(result: LocalResult) -> Load | None:
    """The stages of a run; None where it measured nothing through a server."""
    found: dict[tuple[str, float], dict[str, MeasurementRow]] = {}
    for metric, row in result.measurements.items():
        part = metric_names.served_part(metric)
        if part is not None:
            found.setdefault((part.letter, part.value), {})[part.name] = row
    if not found:
        return None
    whole = found.pop(("", 0.0), {})
    order = list(KINDS)
    places = sorted(found, key=lambda place: (order.index(place[0]), place[1]))
    stages = tuple(Stage(KINDS[letter], value, found[letter, value]) for letter, value in places)
    return Load(result, stages, whole)


def loads(results: Sequence[LocalResult]) -> list[Load]:
    """Those of several runs, in their order."""
    return [load for result in results if (load := of_result(result)) is not None]
