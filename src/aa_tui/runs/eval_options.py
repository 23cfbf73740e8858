"""What the user may set of an evaluation, and how it is kept in the run's row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from aa_tui.engine.settings import CacheType, FlashAttention

Sampling = Literal["pack", "card", "greedy"]
PromptStyle = Literal["chat", "plain"]

BUDGETS = (512, 1_024, 2_048, 4_096, 8_192, 16_384)
"""Thinking tokens after which a copy of a sample is made to answer, for accuracy against thinking budget."""


_TUPLES = ("budgets", "devices", "tensor_split", "rpc")


@dataclass(frozen=True, slots=True)
class EvalOptions:
    """An evaluation as asked for. `None` means what suits the pack, the model or the machine.

    `n_parallel` None is found by a probe. `devices`, `tensor_split` and `rpc` are those of `EngineSettings`.
    `max_output_tokens` bounds thinking and answer together. `limit` is how many items are wanted, `epochs` how often
    each is answered, `budget_s` how long it may work. `until_width` ends it when the strict score's confidence
    sequence is at most ± so wide, `until_above` when it lies on one side of that score. `these_items`: its report, its
    plan and its aims are about the score of just the pack's items. The catalog's figures are always about such items
    in general, so that all of them can be compared.
    `prompt` "plain" shows solved examples instead of the file's chat template, for base models, which have none.
    `pilot` items are done first, then the run pauses to be looked at.
    """

    limit: int | None = None
    epochs: int = 1
    seed: int = 0
    sampling: Sampling = "pack"
    prompt: PromptStyle = "chat"
    temperature: float | None = None
    max_output_tokens: int | None = None
    max_sample_s: float | None = None
    n_parallel: int | None = None
    n_threads: int | None = None
    n_gpu_layers: int | None = None
    devices: tuple[str, ...] = ()
    tensor_split: tuple[float, ...] = ()
    rpc: tuple[str, ...] = ()
    type_k: CacheType = "f16"
    type_v: CacheType = "f16"
    flash_attn: FlashAttention = "auto"
    kv_unified: bool = False
    budgets: tuple[int, ...] = BUDGETS
    loop_guard: bool = True
    unsafe_code: bool = False
    budget_s: float | None = None
    until_width: float | None = None
    until_above: float | None = None
    these_items: bool = False
    pilot: int | None = None
    force: bool = False
    conditions: Mapping[str, Any] = field(default_factory=dict)

    def to_settings(self) -> dict[str, Any]:
        """As plain values, for the run's row."""
        values = asdict(self)
        values.pop("conditions")
        for name in _TUPLES:
            values[name] = list(values[name])
        return values

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> EvalOptions:
        """From the run's row; what another version of the program added is left out."""
        known = {name: settings[name] for name in cls.__dataclass_fields__ if name in settings}
        known |= {name: tuple(known[name]) for name in _TUPLES if name in known}
        return cls(**known)
