"""How many slots of an evaluation the memory holds."""

from __future__ import annotations

from pathlib import Path

from aa_tui.catalog.rows import RunRow
from aa_tui.runs.errors import RunError
from aa_tui.runs.evaluation.options import EvalOptions
from aa_tui.runs.offload import offloaded, shortage

KEPT_FREE = 0.92
"""The share of the free memory that a run may take: the rest is the system's."""

MOST_SLOTS = 64

THREADS_TO_COME = 2
"""Threads that a run starts later than it looks for room: the journal's, and one of computing at least."""


def slots_that_fit(run: RunRow, options: EvalOptions, n_ctx: int, n_more: int) -> int:
    """Slots of `n_ctx` tokens that fit beside `n_more` sequences (for the prefix and for forks); 0 for none."""
    from aa_tui.engine.native import adopted
    from aa_tui.engine.offload import chosen, devices_of
    from aa_tui.gguf import fit
    from aa_tui.gguf.digest import digest_of
    from aa_tui.gguf.parts import read_parts
    from aa_tui.host.machine import available_memory_bytes, limits_address_space, reserved_by_threads_bytes
    from aa_tui.host.processor import features

    digest = digest_of(read_parts(Path(run.file.path))[0])
    weights = digest.weights(run.file.size_bytes, fit.repacked_types(adopted().features(features())))
    free = (available_memory_bytes() - reserved_by_threads_bytes(THREADS_TO_COME)) * KEPT_FREE
    settings = options.to_settings()
    devices = chosen(devices_of(run.engine), options.devices, options.tensor_split)
    kept = 1.0 - offloaded(digest.shape, settings) if devices else 1.0
    for count in range(MOST_SLOTS, 0, -1):
        plan = fit.Plan(n_ctx, count + n_more, options.type_k, options.type_v)
        here = fit.memory_of(weights, digest.shape, plan)
        again = here.repacked if limits_address_space() else 0  # elsewhere the system takes the file's pages back
        moved = (1.0 - kept) * (here.weights + again + here.kv_cache)
        if here.needed + again - moved <= free and shortage(weights, digest.shape, plan, settings, devices) is None:
            return count
    return 0


def check_slots(run: RunRow, options: EvalOptions, n_ctx: int, n_more: int) -> int:
    """The most slots there may be. Raises RunError where the wanted ones, or not even one, would fit the memory."""
    most = slots_that_fit(run, options, n_ctx, n_more)
    wanted = options.n_parallel or 1
    if wanted <= most or options.force:
        return max(most, wanted)
    name = run.file.shown_name
    held = f"only {most} would fit" if most else "not even one would fit"
    raise RunError(
        f"{wanted} {'slot' if wanted == 1 else 'slots'} of {n_ctx:,} tokens for {name} do not fit the free memory, "
        f"{held}: ask for fewer slots, a lower --max-output, a smaller --kv type, or force it with --force."
    )
