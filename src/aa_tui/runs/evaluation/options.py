"""What the user may set of an evaluation, and how it is kept in the run's row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any, Literal, get_args

from aa_tui.catalog.run_notes import number, numbers, text, texts, whole, wholes
from aa_tui.catalog.short_notes import read as read_short
from aa_tui.engine.settings import CacheType, EngineSettings, FlashAttention
from aa_tui.runs.templates import as_note

Sampling = Literal["pack", "card", "greedy"]
PromptStyle = Literal["chat", "plain"]
_Reader = Callable[[object], Any]

BUDGETS = (512, 1_024, 2_048, 4_096, 8_192, 16_384)
"""Thinking tokens after which a copy of a sample is made to answer, for accuracy against thinking budget."""


_TUPLES = ("budgets", "devices", "tensor_split", "rpc", "servers")
_OF_SERVERS = ("servers", "server_model", "key_env", "max_usd", "mixed")
"""Left out of the row of a run that asks no server."""
_WHERE_GIVEN = ("short", "grammar", "template")


@dataclass(frozen=True, slots=True)
class EvalOptions:
    """An evaluation as asked for. `None` means what suits the pack, the model or the machine.

    `n_parallel` None is found by a probe. `devices`, `tensor_split` and `rpc` are those of `EngineSettings`.
    `max_output_tokens` bounds thinking and answer together; `context` is the most that prompt and output may take, None
    for as long as the model was trained. `limit` is how many items are wanted, `epochs` how often each is answered,
    `budget_s` how long it may work. `until_width` ends it when the strict score's confidence sequence is at most ± so
    wide, `until_above` when it lies on one side of that score. `these_items`: its report, its plan and its aims are
    about the score of just the pack's items. The catalog's figures are always about such items in general, so that all
    of them can be compared.
    `prompt` "plain" shows solved examples instead of the file's chat template, for base models, which have none.
    `template` is a chat template (`runs.templates.read_note`) in the place of the file's own.
    `short` is a choice of items (`catalog.short_notes`), in the place of all of the pack.
    `grammar` holds answers to an item's schema or the functions on offer, where it has some (`evals.held`).
    `pilot` items are done first, then the run pauses to be looked at.
    A run that asks `servers` (addresses) means their `server_model`, empty for the only one; its key is in `key_env`,
    an environment variable or an entry of the keyring. It may cost `max_usd`; `mixed` takes different versions.
    """

    limit: int | None = None
    epochs: int = 1
    seed: int = 0
    sampling: Sampling = "pack"
    prompt: PromptStyle = "chat"
    template: Mapping[str, str] | None = None
    temperature: float | None = None
    max_output_tokens: int | None = None
    max_sample_s: float | None = None
    context: int | None = None
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
    short: Mapping[str, Any] | None = None
    pilot: int | None = None
    force: bool = False
    servers: tuple[str, ...] = ()
    server_model: str = ""
    key_env: str = ""
    max_usd: float | None = None
    mixed: bool = False
    grammar: bool = False
    conditions: Mapping[str, Any] = field(default_factory=dict)

    def to_settings(self) -> dict[str, Any]:
        """As plain values, for the run's row."""
        values = asdict(self)
        values.pop("conditions")
        for name in _WHERE_GIVEN:
            if not values[name]:
                values.pop(name)
        for name in _TUPLES:
            values[name] = list(values[name])
        for name in _OF_SERVERS if not self.servers else ():
            values.pop(name)
        return values

    def for_engine(self, n_ctx: int, n_slots: int, *, shares_prefix: bool = True) -> EngineSettings:
        """The engine's settings for so many slots of so many tokens."""
        return EngineSettings(
            n_ctx=n_ctx,
            n_parallel=n_slots,
            shares_prefix=shares_prefix,
            forks=bool(self.budgets),
            kv_unified=self.kv_unified,
            n_threads=self.n_threads,
            n_gpu_layers=-1 if self.n_gpu_layers is None else self.n_gpu_layers,
            flash_attn=self.flash_attn,
            type_k=self.type_k,
            type_v=self.type_v,
            devices=self.devices,
            tensor_split=self.tensor_split,
            rpc=self.rpc,
        )

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> EvalOptions:
        """From the run's row: what another version of the program added is left out, as is a value of a wrong kind."""
        found = {}
        for name, read in _READERS.items():
            value = read(settings[name]) if name in settings else None
            if value is not None:
                found[name] = value
        return cls(**found)


def _list_of(read: Callable[[object], tuple[Any, ...]]) -> _Reader:
    """A list read as a whole: one with another kind in it is none."""

    def reader(value: object) -> tuple[Any, ...] | None:
        given = list(value) if isinstance(value, list | tuple) else None
        found = read(given)
        return found if given is not None and len(found) == len(given) else None

    return reader


def _one_of(words: tuple[str, ...]) -> _Reader:
    return lambda value: value if value in words else None


def _switch(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


_READERS: Mapping[str, _Reader] = {
    "short": lambda value: value if read_short(value) is not None else None,
    "template": as_note,
    **dict.fromkeys(("limit", "pilot"), whole),
    **dict.fromkeys(("epochs", "max_output_tokens", "context", "n_parallel", "n_threads"), partial(whole, least=1)),
    **dict.fromkeys(("seed", "n_gpu_layers"), partial(whole, least=-(2**53))),
    **dict.fromkeys(("temperature", "max_sample_s", "budget_s", "until_width", "until_above", "max_usd"), number),
    **dict.fromkeys(("kv_unified", "loop_guard", "unsafe_code", "these_items", "force", "mixed", "grammar"), _switch),
    **dict.fromkeys(("devices", "rpc", "servers"), _list_of(texts)),
    **dict.fromkeys(("server_model", "key_env"), text),
    **dict.fromkeys(("type_k", "type_v"), _one_of(get_args(CacheType))),
    "budgets": _list_of(wholes),
    "tensor_split": _list_of(numbers),
    "sampling": _one_of(get_args(Sampling)),
    "prompt": _one_of(get_args(PromptStyle)),
    "flash_attn": _one_of(get_args(FlashAttention)),
}
"""What reads each setting from a run's row; None where it is no value of its kind."""
