"""What memory of its own a process may need for a model: a bound for honest files, so that no other takes all there is.

Counted is what the process holds beside the pages of mapped files. The bound is generous, since it must never end an
honest run: a whole copy of the weights, for kernels that want them in another order and for devices that share the
memory; the cache and the states as the header tells them; the buffers as llama.cpp announces them before it uses them.
What remains for a file that was made to fill memory is `ROOM_BYTES`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aa_tui.engine.errors import EngineError
from aa_tui.gguf import fit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aa_tui.engine.settings import EngineSettings
    from aa_tui.gguf.header import Header
    from aa_tui.gguf.shape import Shape

ROOM_BYTES = 400_000_000
"""For all that is not counted: fragments, threads, the catalog, what is read of a pack."""

COPY = 1.3
"""A copy of the weights in kernels' own layouts takes some more than the file."""

DEVICE_BYTES = 4_000_000_000
"""What a device's driver and its buffers in main memory may take of it."""

SLOT_TOKEN_BYTES = 160
"""Of each token of a slot: its number, its text, its pieces."""

SLOT_VOCABULARY_BYTES = 32
"""Of each entry of the vocabulary in each slot's sampler."""

MOST_VOCABULARY = 1 << 20
"""Entries that are believed: the largest vocabularies have 262,144."""

LEAST_TOKENS = 64
"""No network's cache for so few tokens is larger than its weights: real ones hold thousands in as much."""

SMALL_BYTES = 128_000_000
"""Below this nothing is called out of proportion: a network for tests may be all cache."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What loading a file and running it takes, in bytes. `compute_bytes` is the most that its buffers can need."""

    weights_bytes: int
    memory_bytes: int
    slots_bytes: int
    compute_bytes: int
    devices_bytes: int = 0

    def to_load(self) -> int:
        """Until the context is there: buffers are reserved by then, but not filled."""
        return int(self.weights_bytes * COPY) + self.memory_bytes + self.slots_bytes + self.devices_bytes + ROOM_BYTES

    def to_run(self, used: Iterable[Mapping[str, Any]]) -> int:
        """With what llama.cpp has announced of its memory and buffers (`loading.used`)."""
        used = tuple(used)
        announced = sum(int(one["kv_cache_bytes"]) for one in used)
        compute = sum(int(one["compute_bytes"]) for one in used) or self.compute_bytes
        return self.to_load() + max(announced - self.memory_bytes, 0) + compute


def needs_of(header: Header, shape: Shape | None, settings: EngineSettings, n_devices: int) -> Needs:
    """What a file with this header needs in these settings."""
    vocabulary = min(header.n_vocab or 0, MOST_VOCABULARY)
    n_seq, n_ctx = settings.n_seq_max, settings.n_ctx
    return Needs(
        weights_bytes=_weights_bytes(header),
        memory_bytes=_memory_bytes(header, shape, settings, n_ctx, n_seq),
        slots_bytes=vocabulary * (2 * fit.TOKEN_BYTES + n_seq * SLOT_VOCABULARY_BYTES)
        + n_seq * n_ctx * SLOT_TOKEN_BYTES,
        compute_bytes=_compute_bytes(header, shape, settings, vocabulary) * (1 + n_devices),
        devices_bytes=n_devices * DEVICE_BYTES,
    )


def check_proportions(header: Header, shape: Shape | None, label: str) -> None:
    """Raise EngineError for a header that tells of a cache or a state that no network of the file's size has."""
    from aa_tui.engine.settings import EngineSettings

    needed = _memory_bytes(header, shape, EngineSettings(n_ctx=LEAST_TOKENS), LEAST_TOKENS, 1)
    weights = _weights_bytes(header)
    if needed > weights + SMALL_BYTES:
        raise EngineError(
            f"{label} has {weights / 1e6:,.0f} MB of weights but would keep {needed / 1e6:,.0f} MB of "
            f"{LEAST_TOKENS} tokens, which none needs: it is damaged or made to fill memory. Take another file."
        )


def check_buffers(needs: Needs, used: Iterable[Mapping[str, Any]], label: str) -> None:
    """Raise EngineError where llama.cpp has reserved more for a batch than the measures that it was told explain."""
    reserved = sum(int(one["compute_bytes"]) for one in used)
    if reserved > needs.weights_bytes + needs.compute_bytes + ROOM_BYTES:
        raise EngineError(
            f"{label} makes llama.cpp reserve {reserved / 1e9:,.1f} GB to compute a batch, which no such model needs: "
            "it is damaged or made to fill memory, take another file."
        )


def _weights_bytes(header: Header) -> int:
    """All tensors: what else is in a file is for nobody's memory."""
    return sum(header.tensor_bytes.values())


def _memory_bytes(header: Header, shape: Shape | None, settings: EngineSettings, n_ctx: int, n_seq: int) -> int:
    """The KV cache and the recurrent layers' states."""
    state = _state_bytes(header) * n_seq * (1 + settings.n_rollback)
    if shape is None:
        return state
    known = {kind if kind in fit.CACHE_TYPE_BYTES else "f32" for kind in (settings.type_k, settings.type_v)}
    widest = max(known, key=fit.CACHE_TYPE_BYTES.__getitem__)
    return state + fit.kv_cache_bytes(shape, fit.Plan(n_ctx, n_seq, widest, widest, settings.n_ubatch))


def _state_bytes(header: Header) -> int:
    """What the recurrent layers keep of one sequence, at most: the states and the convolution's last columns.

    See llama_hparams::n_embd_r and n_embd_s of llama-hparams.cpp.
    """
    width, inner = header.embedding_length or 0, _number(header, "ssm.inner_size")
    groups, state = _number(header, "ssm.group_count"), _number(header, "ssm.state_size")
    head, heads = _number(header, "wkv.head_size"), _number(header, "attention.head_count")
    kda = _number(header, "kda.head_dim")
    columns = max(_number(header, "ssm.conv_kernel") - 1, 0)
    floats = columns * (inner + 2 * groups * state) + inner * state  # Mamba and gated delta nets
    floats += width * (head + 2 * (head > 0))  # RWKV
    floats += heads * kda * (kda + 3 * columns)  # Kimi's linear attention
    floats += width * max(_number(header, "shortconv.l_cache") - 1, 0)
    return 4 * floats * (header.block_count or 0)


def _compute_bytes(header: Header, shape: Shape | None, settings: EngineSettings, vocabulary: int) -> int:
    """A batch's activations, results and, where flash attention is not used, its scores for the whole context."""
    if shape is None:
        return settings.n_ubatch * vocabulary * 4
    heads = max(_number(header, "attention.head_count"), max(_numbers(header, "attention.head_count"), default=0))
    cells = settings.n_ctx * settings.n_seq_max
    scores = heads * cells * 4 * 2
    return settings.n_ubatch * (4 * vocabulary + scores + 6 * cells)


def _number(header: Header, key: str) -> int:
    value = header.metadata.get(f"{header.architecture}.{key}")
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1 << 32 else 0


def _numbers(header: Header, key: str) -> list[int]:
    values = header.lists.get(f"{header.architecture}.{key}", ())
    return [int(value) for value in values if math.isfinite(value) and 0 < value < 1 << 32]
