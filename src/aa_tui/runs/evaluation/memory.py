"""How many slots of an evaluation the memory holds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from aa_tui.catalog.rows import FileRow
from aa_tui.runs.errors import RunError
from aa_tui.runs.evaluation.needs import n_more_of
from aa_tui.runs.evaluation.options import EvalOptions
from aa_tui.runs.offload import offloaded, shortage

if TYPE_CHECKING:
    from aa_tui.engine.offload import Device

KEPT_FREE = 0.92
"""The share of the free memory that a run may take: the rest is the system's."""

MOST_SLOTS = 64

THREADS_TO_COME = 2
"""Threads that a run starts later than it looks for room: the journal's, and one of computing at least."""


def slots_that_fit(file: FileRow, options: EvalOptions, n_ctx: int, n_more: int, devices: Sequence[Device] = ()) -> int:
    """Slots of `n_ctx` tokens that fit beside `n_more` sequences (for the prefix and for forks); 0 for none.

    `devices` are all that the build has; those are used that the options name.
    """
    from aa_tui.engine.native import adopted
    from aa_tui.engine.offload import chosen
    from aa_tui.gguf import fit
    from aa_tui.gguf.digest import digest_of
    from aa_tui.gguf.parts import read_parts
    from aa_tui.host.machine import available_memory_bytes, limits_address_space, reserved_by_threads_bytes
    from aa_tui.host.processor import features

    digest = digest_of(read_parts(Path(file.path))[0])
    weights = digest.weights(file.size_bytes, fit.repacked_types(adopted().features(features())))
    free = (available_memory_bytes() - reserved_by_threads_bytes(THREADS_TO_COME)) * KEPT_FREE
    settings = options.to_settings()
    used = chosen(devices, options.devices, options.tensor_split)
    kept = 1.0 - offloaded(digest.shape, settings) if used else 1.0
    for count in range(MOST_SLOTS, 0, -1):
        plan = fit.Plan(n_ctx, count, options.type_k, options.type_v, n_more=n_more)
        here = fit.memory_of(weights, digest.shape, plan)
        again = here.repacked if limits_address_space() else 0  # elsewhere the system takes the file's pages back
        moved = (1.0 - kept) * (here.weights + again + here.kv_cache)
        if here.needed + again - moved <= free and shortage(weights, digest.shape, plan, settings, used) is None:
            return count
    return 0


def check_slots(file: FileRow, options: EvalOptions, n_ctx: int, devices: Sequence[Device] = ()) -> int:
    """The most slots there may be. Raises RunError where the wanted ones, or not even one, would fit the memory."""
    most = slots_that_fit(file, options, n_ctx, n_more_of(options), devices)
    wanted = options.n_parallel or 1
    if wanted <= most or options.force:
        return max(most, wanted)
    name = file.shown_name
    held = f"only {most} would fit" if most else "not even one would fit"
    raise RunError(
        f"{wanted} {'slot' if wanted == 1 else 'slots'} of {n_ctx:,} tokens for {name} do not fit the free memory, "
        f"{held}: ask for fewer slots, a lower --max-output, a smaller --kv type, or force it with --force."
    )
