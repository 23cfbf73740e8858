"""Whether a model fits and how fast it will be, before it is loaded or even downloaded.

Memory follows what llama.cpp allocates; the constants were fitted to peaks of real runs (resident set, mapped file
pages included) and hold for CPU runs of llama.cpp 0c1e570. Speed follows from the bytes that a token reads:
generating text one token at a time is bound by memory bandwidth.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aa_tui.gguf.shape import Shape

Mark = Literal["fits", "tight", "no"]

TIGHT_SHARE = 0.85
"""Above this share of the free memory the system has little left for its own caches."""

PROCESS_BYTES = 55_000_000
"""Python and llama.cpp's libraries: the resident set of a worker with next to no model."""

TOKEN_BYTES = 125
"""Of each entry of the vocabulary, in llama.cpp's own tables. Fitted at 166,144 entries."""

CELLS_STEP = 256
"""llama.cpp rounds a sequence's context up to this many cells."""

MEMORY_EFFICIENCY = 0.85
"""Share of the measured reading bandwidth that generation reaches where nothing was measured yet. Two AVX-512 cores
that read 44 GB/s reached 0.9 of it with a file of 2.4 GB (18.4 tokens/s)."""

TOKEN_OVERHEAD_S = 0.0002
"""What a token takes beside reading weights, at least: small files fit the caches, but threads must still meet."""

CONTEXT_BYTES = 500_000_000
"""Of a GPU's memory, for driver, kernels and scratch of a CUDA context."""

CACHE_TYPE_BYTES = {
    "f32": 4.0,
    "f16": 2.0,
    "bf16": 2.0,
    "q8_0": 34 / 32,
    "q5_1": 24 / 32,
    "q5_0": 22 / 32,
    "q4_1": 20 / 32,
    "q4_0": 18 / 32,
    "iq4_nl": 18 / 32,
}
"""Bytes an element of the KV cache takes: ggml's block sizes."""


@dataclass(frozen=True, slots=True)
class Weights:
    """A file's weights in bytes: on disk, kept a second time for the processor's kernels, and read for a token."""

    size_bytes: int
    repacked_bytes: int
    read_per_token_bytes: int
    input_bytes: int  # the input embedding, which stays in main memory when all layers go to a GPU


@dataclass(frozen=True, slots=True)
class Plan:
    """How a model would be run: tokens of context for each of the slots, and the types of its KV cache.

    `n_more` are sequences beside the slots, as long as they: for a shared prefix, and for forks.
    """

    n_ctx: int
    n_slots: int = 1
    type_k: str = "f16"
    type_v: str = "f16"
    n_ubatch: int = 512
    n_more: int = 0

    @property
    def n_sequences(self) -> int:
        """Slots and what is beside them."""
        return self.n_slots + self.n_more


@dataclass(frozen=True, slots=True)
class Memory:
    """What a run would take at most, in bytes."""

    weights: int
    repacked: int
    kv_cache: int
    compute: int
    process: int

    @property
    def total(self) -> int:
        """The peak: all together."""
        return self.weights + self.repacked + self.kv_cache + self.compute + self.process

    @property
    def needed(self) -> int:
        """What cannot be given back: every weight once.

        What is repacked was read from pages of the file, which stay in memory only as long as nobody wants it.
        """
        return self.total - self.repacked


def repacked_types(features: frozenset[str]) -> frozenset[str]:
    """The tensor types that llama.cpp's CPU backend keeps a second time, rearranged for this processor.

    `features` are the processor's, as `host.processor` names them. See ggml_repack_get_optimal_repack_type in
    ggml-cpu/repack.cpp, and for AMX qtype_has_amx_kernels in ggml-cpu/amx/common.h.
    """
    found: set[str] = set()
    if "avx2" in features:
        found |= {"Q4_0", "Q4_K", "IQ4_NL", "MXFP4"}
    if "avx512f" in features:
        found |= {"Q2_K"}
    if "dotprod" in features:
        found |= {"Q4_0", "Q4_K", "IQ4_NL", "Q5_K", "Q6_K", "Q8_0", "MXFP4"}
    if {"amx_int8", "avx512_vnni"} <= features:
        found |= {"Q4_0", "Q4_1", "Q8_0", "Q4_K", "Q5_K", "Q6_K", "IQ4_XS"}
    return frozenset(found)


_REPACKED_SHARE = {"Q4_K_M": 0.62, "Q4_K_S": 0.85, "Q4_0": 0.9, "IQ4_NL": 0.85, "Q2_K": 0.5, "Q3_K_M": 0.2}
_ARM_SHARE = {"Q5_K_M": 0.9, "Q5_K_S": 0.9, "Q6_K": 0.95, "Q8_0": 0.95}
_AMX_SHARE = {**_ARM_SHARE, "Q4_K_M": 0.9, "Q4_K_S": 0.9, "Q4_0": 0.9, "Q4_1": 0.9, "IQ4_XS": 0.9}


def weights_by_size(size_bytes: int, quant: str, repacked: frozenset[str], shape: Shape | None) -> Weights:
    """The weights of a file of which only size and quantization are known: shares as usual files have them."""
    share = _REPACKED_SHARE.get(quant, 0.0) if repacked else 0.0
    if "Q6_K" in repacked:
        share = (_AMX_SHARE if "Q4_1" in repacked else _ARM_SHARE).get(quant, share)
    embedding = 0
    if shape is not None and shape.n_vocab:
        bits = 8.5 if quant in ("Q8_0", "Q6_K") else 16.0 if quant in ("F16", "BF16") else 4.5
        embedding = min(int(shape.n_vocab * shape.embedding_length * bits / 8), size_bytes // 3)
    read = size_bytes - embedding
    return Weights(size_bytes, int(size_bytes * share), read, embedding)


def kv_cache_bytes(shape: Shape, plan: Plan) -> int:
    """The KV cache of all slots. Layers with a window keep that and a batch, the others the whole context."""
    size = shape.key_length * CACHE_TYPE_BYTES[plan.type_k] + shape.value_length * CACHE_TYPE_BYTES[plan.type_v]
    whole = _cells(plan.n_ctx)
    window = min(whole, _cells(shape.window_tokens + plan.n_ubatch))
    windowed = shape.windowed or (False,) * shape.n_layers
    cells = sum(heads * (window if narrow else whole) for heads, narrow in zip(shape.kv_heads, windowed, strict=True))
    return int(cells * size) * plan.n_sequences


def memory_of(weights: Weights, shape: Shape | None, plan: Plan) -> Memory:
    """What a CPU run takes. Without a shape the cache and buffers are unknown and left out."""
    if shape is None:
        return Memory(weights.size_bytes, weights.repacked_bytes, 0, 0, PROCESS_BYTES)
    # a batch's activations and their copies in the kernels' types; the results' row of each slot; the mask
    activations = plan.n_ubatch * 4 * (3.5 * shape.feed_forward_length + 4 * shape.embedding_length)
    rows = plan.n_sequences * shape.n_vocab * 4
    mask = _cells(plan.n_ctx) * plan.n_ubatch * 6  # 32-bit, and 16-bit for flash attention
    return Memory(
        weights=weights.size_bytes,
        repacked=weights.repacked_bytes,
        kv_cache=kv_cache_bytes(shape, plan),
        compute=int(activations + rows + (mask if plan.n_ctx > 4096 else 0)),
        process=PROCESS_BYTES + shape.n_vocab * TOKEN_BYTES,
    )


def gpu_memory_of(
    weights: Weights, shape: Shape | None, plan: Plan, context_bytes: int = CONTEXT_BYTES, share: float = 1.0
) -> Memory:
    """What a run takes of a GPU's memory that has this share of the layers: there llama.cpp's buffers count as
    reserved. `context_bytes` is what the driver takes.
    """
    held = int((weights.size_bytes - weights.input_bytes) * share)
    if shape is None:
        return Memory(held, 0, 0, 0, context_bytes)
    logits = plan.n_ubatch * shape.n_vocab * 4
    activations = plan.n_ubatch * 4 * (2 * shape.feed_forward_length + 4 * shape.embedding_length)
    return Memory(held, 0, int(kv_cache_bytes(shape, plan) * share), logits + activations, context_bytes)


def layer_share(shape: Shape | None, n_gpu_layers: int) -> float:
    """The share of the weights that so many layers are: the output counts as one more, and below 0 are all."""
    if n_gpu_layers < 0:
        return 1.0
    return min(1.0, n_gpu_layers / (shape.n_layers + 1)) if shape is not None else float(n_gpu_layers > 0)


def layers_that_fit(weights: Weights, shape: Shape, plan: Plan, room: Sequence[tuple[int, int]]) -> int:
    """How many layers, the output counted as one more, devices with this much free memory and these context bytes hold.

    They take them in proportion to their free memory, as llama.cpp shares them out.
    """
    free = sum(one for one, _ in room)
    for count in range(shape.n_layers + 1, 0, -1):
        share = layer_share(shape, count)
        if all(
            gpu_memory_of(weights, shape, plan, context, share * one / max(free, 1)).total <= one
            for one, context in room
            if one
        ):
            return count
    return 0


def mark(needed_bytes: int, free_bytes: int) -> Mark:
    """Whether it fits: with room to spare, barely, or not."""
    if needed_bytes > free_bytes:
        return "no"
    return "tight" if needed_bytes > free_bytes * TIGHT_SHARE else "fits"


def tokens_per_s(
    weights: Weights,
    bandwidth_bytes_per_s: float,
    efficiency: float = MEMORY_EFFICIENCY,
    overhead_s: float = TOKEN_OVERHEAD_S,
) -> float:
    """Expected speed of generating text at an empty context."""
    return 1 / (max(weights.read_per_token_bytes, 1) / (bandwidth_bytes_per_s * efficiency) + overhead_s)


def overhead_of(weights: Weights, bandwidth_bytes_per_s: float, efficiency: float, measured_tps: float) -> float:
    """Seconds that a token of a measured run took beside reading the weights; at least what is usual."""
    reading = weights.read_per_token_bytes / (bandwidth_bytes_per_s * efficiency)
    return max(TOKEN_OVERHEAD_S, 1 / measured_tps - reading)


def efficiency_of(weights: Weights, bandwidth_bytes_per_s: float, measured_tps: float) -> float:
    """The share of the bandwidth that a measured run reached, for other files on the same machine."""
    return measured_tps * weights.read_per_token_bytes / bandwidth_bytes_per_s


def _cells(tokens: int) -> int:
    return -(-max(tokens, 1) // CELLS_STEP) * CELLS_STEP
