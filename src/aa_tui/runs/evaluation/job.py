"""What an evaluation is to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from aa_tui.catalog.rows import RunRow
from aa_tui.engine.settings import EngineSettings, SamplerSettings
from aa_tui.runs.evaluation.options import EvalOptions

if TYPE_CHECKING:
    from aa_tui.engine.protocol import Batcher
    from aa_tui.evals.items import Item, Pack
    from aa_tui.runs.evaluation.live import Around
    from aa_tui.runs.evaluation.tasks import Asked
    from aa_tui.runs.guard import Watchman


class Opener(Protocol):
    """What loads a file for an evaluation."""

    def __call__(
        self, path: Path, settings: EngineSettings, on_progress: Callable[[float], object] | None = None
    ) -> Batcher: ...


class Source(Protocol):
    """Where an evaluation's answers come from: a file that is loaded here, or servers."""

    @property
    def guard(self) -> Watchman:
        """Looks after what is measured."""
        ...

    def note(self) -> None:
        """Note what computes."""
        ...

    def open(self, job: Job) -> Opened:
        """The engine, and the prompts that fit it. Raises GivenUpError where the run is to stop meanwhile."""
        ...

    def identity(self, job: Job, engine: Batcher) -> dict[str, Any]:
        """What decides the results on this side: parts of the run's identity."""
        ...

    def settings(self, job: Job, engine: Batcher) -> dict[str, Any]:
        """How it came to be, for the run's row."""
        ...

    def around(self, engine: Batcher) -> Around:
        """What the live row tells beside the samples."""
        ...

    def close(self) -> None:
        """Let go of all that is not the engine's."""
        ...


@dataclass(frozen=True, slots=True)
class Opened:
    """An engine that is ready, the prompts that are wanted, and the items whose prompts are too long for it."""

    engine: Batcher
    asked: list[Asked]
    too_long: list[Item]


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be evaluated, and how."""

    run: RunRow
    pack: Pack
    items: Sequence[Item]
    options: EvalOptions
    sampler: SamplerSettings
    sampler_source: str
    max_output_tokens: int
    too_long: tuple[Item, ...] = ()

    @property
    def n_by_category(self) -> Counter[str]:
        """How many items of each category the pack has, without those that are too long for the model."""
        left_out = {item.id for item in self.too_long}
        return Counter(item.category for item in self.pack.items if item.id not in left_out)
