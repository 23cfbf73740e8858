"""Which types of KV cache are studied at which depths: as asked for, as far as the model and the memory allow."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from aa_tui.library.registering import Progress
from aa_tui.runs.errors import RunError
from aa_tui.runs.studies.plan import file_to_study, queue

if TYPE_CHECKING:
    from aa_tui.catalog.rows import FileRow
    from aa_tui.gguf.shape import Shape

STUDY = "cache"
PLAIN = ("f16", "f16")
"""What all others are compared with, and the first that is studied."""

USUAL_TYPES = (PLAIN, ("q8_0", "q8_0"), ("q5_1", "q5_1"), ("q4_0", "q4_0"), ("q8_0", "q4_0"))
"""Of keys and values."""

USUAL_DEPTHS = (0, 4096, 16_384, 65_536)
BLOCK = 32
"""Numbers that ggml's quantized types store together."""

WHOLE = ("f32", "f16", "bf16")


@dataclass(frozen=True, slots=True)
class CacheOptions:
    """What the user may set. `types` are those of keys and values, `depths` tokens; empty are the usual ones."""

    types: tuple[tuple[str, str], ...] = ()
    depths: tuple[int, ...] = ()
    n_threads: int | None = None
    n_gpu_layers: int | None = None
    force: bool = False


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A type that is not studied at a depth, and why: a sentence."""

    type_k: str
    type_v: str
    depth_tokens: int
    reason: str

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """From a run's settings."""
        depth = values.get("depth_tokens")
        type_k, type_v, reason = (str(values.get(name, "")) for name in ("type_k", "type_v", "reason"))
        return cls(type_k, type_v, depth if isinstance(depth, int) else 0, reason)


@dataclass(frozen=True, slots=True)
class CachePlan:
    """A study's cells: each type at each depth, in this order, but for those that are left out."""

    types: tuple[tuple[str, str], ...]
    depths: tuple[int, ...]
    left_out: tuple[LeftOut, ...] = ()

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Self:
        """What a run's settings say; what is no plan, in a damaged catalog, is none."""
        try:
            types = tuple((str(one[0]), str(one[1])) for one in settings.get("types", ()))
            depths = tuple(int(one) for one in settings.get("depths", ()))
            return cls(types, depths, tuple(LeftOut.of(one) for one in settings.get("left_out", ())))
        except (TypeError, ValueError, IndexError, AttributeError):
            return cls((), ())

    def to_settings(self) -> dict[str, Any]:
        """For a run's settings."""
        return {
            "types": [list(one) for one in self.types],
            "depths": list(self.depths),
            "left_out": [asdict(one) for one in self.left_out],
        }

    def number(self, types: tuple[str, str], depth: int) -> int:
        """The number of a cell in the journal: what is left out has one too, so that none ever changes."""
        return self.types.index(types) * len(self.depths) + self.depths.index(depth)

    def depths_of(self, types: tuple[str, str]) -> tuple[int, ...]:
        """The depths at which a type is studied."""
        gone = {one.depth_tokens for one in self.left_out if (one.type_k, one.type_v) == types}
        return tuple(depth for depth in self.depths if depth not in gone)

    def without(self, types: tuple[str, str], depths: tuple[int, ...], reason: str) -> CachePlan:
        """The same with some more left out."""
        more = tuple(LeftOut(*types, depth, reason) for depth in depths)
        return replace(self, left_out=(*self.left_out, *more))

    @property
    def n_cells(self) -> int:
        """How many there are to study."""
        return sum(len(self.depths_of(one)) for one in self.types)


def prepare_cache(
    conn: sqlite3.Connection,
    target: str,
    *,
    model: str | None = None,
    options: CacheOptions | None = None,
    on_progress: Progress | None = None,
) -> int:
    """Queue a study of a file's cache types. Returns the run's number.

    Raises as `file_to_study`, and RunError where f16, with which all are compared, can be studied at no depth.
    """
    options = options or CacheOptions()
    file = file_to_study(conn, target, model=model, force=options.force, on_progress=on_progress)
    plan = plan_of(file, options)
    if not plan.depths_of(PLAIN):
        why = plan.left_out[0].reason
        raise RunError(f"f16, with which the others are compared, can be studied at none of these depths: {why}")
    asked = {"n_threads": options.n_threads, "n_gpu_layers": options.n_gpu_layers}
    settings = {name: value for name, value in asked.items() if value is not None}
    return queue(conn, STUDY, file, {**settings, **plan.to_settings()}, n_points=plan.n_cells)


def plan_of(file: FileRow, options: CacheOptions) -> CachePlan:
    """The cells, and which are left out. f16 comes first, asked for or not."""
    from aa_tui.gguf.parts import read_parts
    from aa_tui.gguf.shape import shape_of

    shape = shape_of(read_parts(Path(file.path))[0])
    if shape is not None and not any(shape.kv_heads):
        raise RunError(f"{file.shown_name} keeps a state instead of keys and values: it has no cache to quantize.")
    types = tuple(dict.fromkeys((PLAIN, *(options.types or USUAL_TYPES))))
    plan = CachePlan(types, tuple(sorted(set(options.depths or USUAL_DEPTHS))))
    for one in types:
        for depth in plan.depths:
            why = _why_not(file, shape, one, depth, forced=options.force)
            if why:
                plan = plan.without(one, (depth,), why)
    return plan


def n_ctx_of(depth: int) -> int:
    """Tokens of context that a depth needs, with what is asked there."""
    from aa_tui.speed.cache_probe import ROOM_TOKENS

    return depth + ROOM_TOKENS


def cache_bytes(shape: Shape, types: tuple[str, str], n_tokens: int) -> int:
    """What so many tokens take in the cache."""
    from aa_tui.gguf import fit

    return fit.kv_cache_bytes(shape, fit.Plan(n_tokens, 1, *types))


def _why_not(file: FileRow, shape: Shape | None, types: tuple[str, str], depth: int, *, forced: bool) -> str:
    """Why a type cannot be studied at a depth; empty where it can."""
    from aa_tui.gguf import fit
    from aa_tui.host.machine import available_memory_bytes
    from aa_tui.runs.speed.bench import weights_of

    n_ctx = n_ctx_of(depth)
    if file.context_tokens and n_ctx > file.context_tokens:
        return (
            f"{depth:,} tokens and {n_ctx - depth} for questions are more than the {file.context_tokens:,} that the "
            "model was trained for."
        )
    if shape is None:
        return ""
    for name, length, kind in (("keys", shape.key_length, types[0]), ("values", shape.value_length, types[1])):
        if kind not in WHOLE and length % BLOCK:
            return f"{kind} stores {BLOCK} numbers together, and this model's {name} have {length}."
    if forced:
        return ""
    whole = replace(shape, windowed=())  # to be copied, a text is kept whole in each layer
    needed = fit.memory_of(weights_of(file.path), whole, fit.Plan(n_ctx, 1, *types)).total
    free = available_memory_bytes()
    if fit.mark(needed, free) == "no":
        return f"{depth:,} tokens need {needed / 1e9:.1f} GB of memory, and {free / 1e9:.1f} GB are free."
    return ""
