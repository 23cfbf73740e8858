"""A run whose layers go to devices that the user named: are they there, and do they hold them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aa_tui.catalog.rows import FileRow
from aa_tui.runs.errors import RunError

if TYPE_CHECKING:
    from aa_tui.engine.offload import Device
    from aa_tui.gguf.fit import Plan, Weights
    from aa_tui.gguf.shape import Shape

LEAST_CONTEXT = 1_024
"""Tokens; what a run needs at least is not known before its pack is read with the model's own tokens."""


def devices_for(settings: Mapping[str, Any]) -> tuple[Device, ...]:
    """The devices that layers of a run with these settings go to; none where the user names neither devices nor
    servers, since asking llama.cpp takes a second. Raises RunError for those that are not there.
    """
    from aa_tui.engine.errors import EngineError
    from aa_tui.engine.offload import ask_build, chosen, devices_of

    names, split, rpc = (settings.get(name) or () for name in ("devices", "tensor_split", "rpc"))
    if not (names or split or rpc):
        return ()
    try:
        return chosen(devices_of(ask_build(tuple(rpc))), names, split)
    except EngineError as error:
        raise RunError(str(error)) from error


def check_room(file: FileRow, settings: Mapping[str, Any], devices: Sequence[Device]) -> None:
    """Raises RunError where a device or the processor does not hold its part of the weights and a short context."""
    from aa_tui.gguf import fit
    from aa_tui.gguf.parts import read_parts
    from aa_tui.gguf.shape import shape_of
    from aa_tui.host.machine import available_memory_bytes

    shape = shape_of(read_parts(Path(file.path))[0])
    weights = fit.weights_by_size(file.size_bytes, file.quant or "", frozenset(), shape)
    plan = fit.Plan(min(LEAST_CONTEXT, file.context_tokens or LEAST_CONTEXT))
    lacking = shortage(weights, shape, plan, settings, devices)
    if lacking is not None:
        device, needed = lacking
        raise RunError(
            f"{device.name} would need {needed / 1e9:.1f} GB for its layers of {file.shown_name} and has "
            f"{device.free_bytes / 1e9:.1f} GB free: put fewer there with -ngl or --tensor-split, or try all the same "
            "with --force."
        )
    kept = (1 - offloaded(shape, settings)) * file.size_bytes
    if kept > available_memory_bytes():
        raise RunError(
            f"{kept / 1e9:.1f} GB of {file.shown_name} stay in this machine's memory, of which "
            f"{available_memory_bytes() / 1e9:.1f} GB is free: put more layers on devices with -ngl, or try all the "
            "same with --force."
        )


def offloaded(shape: Shape | None, settings: Mapping[str, Any]) -> float:
    """The share of the layers that go to devices."""
    from aa_tui.gguf.fit import layer_share

    wanted = settings.get("n_gpu_layers")
    return layer_share(shape, -1 if wanted is None else wanted)


def shortage(
    weights: Weights, shape: Shape | None, plan: Plan, settings: Mapping[str, Any], devices: Sequence[Device]
) -> tuple[Device, int] | None:
    """The first device that lacks memory for its part, and the bytes that it would take; None where all hold theirs.

    A device that does not tell its memory is trusted.
    """
    from aa_tui.gguf.fit import gpu_memory_of

    shares = settings.get("tensor_split") or [device.free_bytes for device in devices]
    whole = sum(shares) or 1
    for device, part in zip(devices, shares, strict=True):
        share = offloaded(shape, settings) * part / whole
        needed = gpu_memory_of(weights, shape, plan, device.context_bytes, share).total
        if share and device.memory_bytes and needed > device.free_bytes:
            return device, needed
    return None
