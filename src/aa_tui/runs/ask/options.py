"""How prompts are to be answered, and how that is kept in the run's row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aa_tui.catalog.run_notes import number, whole
from aa_tui.runs.evaluation.options import EvalOptions

AS_CARD = EvalOptions(sampling="card", n_parallel=1, budgets=())
"""One prompt at a time, sampled as the model's makers recommend."""

_OF_PACKS = (
    "limit",
    "epochs",
    "budgets",
    "until_width",
    "until_above",
    "these_items",
    "pilot",
    "unsafe_code",
    "budget_s",
)


@dataclass(frozen=True, slots=True)
class AskOptions:
    """A conversation as asked for. `None` means what suits the model and the machine.

    `how` is what an evaluation would be told of the engine, the sampler and the output's length; its `prompt` "plain"
    gives the model the text as it is, without its chat template. `system` is the system message, empty for none;
    `thinks` False turns the template's own switch of thinking off. `n_ctx` is the context in tokens. `stays_s` is how
    long the worker keeps the model ready for what is asked next.
    """

    how: EvalOptions = field(default=AS_CARD)
    system: str = ""
    thinks: bool = True
    n_ctx: int | None = None
    stays_s: float = 0.0

    @property
    def is_raw(self) -> bool:
        """Whether the model is given the text as it is."""
        return self.how.prompt == "plain"

    def to_settings(self) -> dict[str, Any]:
        """As plain values, for the run's row."""
        how = {name: value for name, value in self.how.to_settings().items() if name not in _OF_PACKS}
        own = {"system": self.system, "thinks": self.thinks, "n_ctx": self.n_ctx, "stays_s": self.stays_s}
        return {**how, **own}

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> AskOptions:
        """From the run's row: a value of a wrong kind is left out."""
        system, thinks = settings.get("system"), settings.get("thinks")
        return cls(
            how=EvalOptions.from_settings({"sampling": AS_CARD.sampling, **settings, "budgets": [], "n_parallel": 1}),
            system=system if isinstance(system, str) else "",
            thinks=thinks if isinstance(thinks, bool) else True,
            n_ctx=whole(settings.get("n_ctx"), least=1),
            stays_s=number(settings.get("stays_s")) or 0.0,
        )
