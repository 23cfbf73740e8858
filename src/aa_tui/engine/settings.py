"""Everything that decides how a model is run: part of a run's identity, so all of it is explicit."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from aa_tui.engine.errors import EngineError

FlashAttention = Literal["auto", "on", "off"]
CacheType = Literal["f32", "f16", "bf16", "q8_0", "q5_1", "q5_0", "q4_1", "q4_0", "iq4_nl"]


MAX_PARALLEL = 254
"""llama.cpp knows 256 sequences, two of which are ours."""


ADDED_LATER = ("devices", "tensor_split", "rpc", "mtp", "n_rollback")


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """How a model is loaded and run. Defaults are llama-bench's of the same llama.cpp.

    Lengths are in tokens; `n_ctx` is what each of the `n_parallel` slots has for itself. `shares_prefix` and `forks`
    take one sequence more each, as long as a slot's: for a prefix that requests share, and for forks of running ones.
    `kv_unified` keeps the KV of all sequences in one buffer instead of one each. `n_threads` and `n_threads_batch` of
    None mean physical cores; `n_gpu_layers` of -1 means all where the build has a GPU backend and 0 otherwise.
    `flash_attn` "auto" lets llama.cpp decide. `seed` feeds the random prompts of the speed tests. `devices` are the
    names of those that take layers, empty for llama.cpp's own choice; `tensor_split` has one share of the layers for
    each, empty for shares by free memory; `rpc` are the addresses (HOST:PORT) of servers that lend theirs. `mtp` loads
    the layers for multi-token prediction too; `n_rollback` is how many tokens of a batch recurrent layers can take
    back, where llama.cpp can have them do so: they keep their state after each.
    """

    n_ctx: int
    n_parallel: int = 1
    shares_prefix: bool = False
    forks: bool = False
    kv_unified: bool = False
    n_batch: int = 2048
    n_ubatch: int = 512
    n_threads: int | None = None
    n_threads_batch: int | None = None
    n_gpu_layers: int = -1
    flash_attn: FlashAttention = "auto"
    type_k: CacheType = "f16"
    type_v: CacheType = "f16"
    use_mmap: bool = True
    seed: int = 0
    devices: tuple[str, ...] = ()
    tensor_split: tuple[float, ...] = ()
    rpc: tuple[str, ...] = ()
    mtp: bool = False
    n_rollback: int = 0

    def resolved(self, *, default_threads: int, gpu_offload: bool) -> EngineSettings:
        """The same with every default filled in for one machine and build.

        Raises EngineError for a setting that llama.cpp would refuse or crash on.
        """
        threads = self.n_threads or default_threads
        settings = replace(
            self,
            n_threads=threads,
            n_threads_batch=self.n_threads_batch or threads,
            n_ubatch=min(self.n_ubatch, self.n_batch),
            n_gpu_layers=self.n_gpu_layers if gpu_offload else 0,
        )
        for name in ("n_ctx", "n_parallel", "n_batch", "n_ubatch", "n_threads", "n_threads_batch"):
            if not 0 < getattr(settings, name) < 1 << 31:
                raise EngineError(f"The setting {name} is {getattr(self, name)}: it must be above 0.")
        if settings.n_threads_batch is not None and max(threads, settings.n_threads_batch) > 512:
            raise EngineError(f"{max(threads, settings.n_threads_batch)} threads are too many: 512 at most.")
        if settings.n_parallel > MAX_PARALLEL:
            raise EngineError(f"{settings.n_parallel} slots are too many: {MAX_PARALLEL} at most.")
        if settings.n_ctx * settings.n_seq_max >= 1 << 31:
            raise EngineError(
                f"{settings.n_seq_max} sequences of {settings.n_ctx:,} tokens are more than llama.cpp can number: "
                "ask for a shorter context or fewer slots."
            )
        return settings

    @property
    def n_seq_max(self) -> int:
        """Sequences that llama.cpp keeps apart."""
        return self.n_parallel + self.shares_prefix + self.forks

    def is_deterministic(self, sampler: SamplerSettings) -> bool:
        """Whether the same file, build and machine write the same tokens every time: one slot, no chance.

        With more slots a sequence is computed beside others, whose number changes the order of sums.
        """
        return self.n_parallel == 1 and sampler.temperature <= 0.0

    def to_dict(self) -> dict[str, Any]:
        """The settings as plain values, for JSON and for the run's record.

        What was added later is left out where it says nothing: a run's identity and a probe's key are made of these,
        and those of before have to stay what they are.
        """
        values = asdict(self)
        for name in ADDED_LATER:
            value = values.pop(name)
            if value:
                values[name] = list(value) if isinstance(value, tuple) else value
        return values


@dataclass(frozen=True, slots=True)
class SamplerSettings:
    """How the next token is chosen. The defaults are greedy with everything else off.

    `temperature` of 0 takes the likeliest token; `top_k` 0, `top_p` 1, `min_p` 0, `repeat_penalty` 1 are off.
    `repeat_last_n` is how many tokens back the penalty looks.
    """

    temperature: float = 0.0
    top_k: int = 0
    top_p: float = 1.0
    min_p: float = 0.0
    repeat_penalty: float = 1.0
    repeat_last_n: int = 64
    seed: int = 0

    def to_dict(self) -> dict[str, float | int]:
        """The settings as plain values, for JSON and for the run's record."""
        return asdict(self)


GREEDY = SamplerSettings()
