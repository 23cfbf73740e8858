"""The machine's state as the catalog keeps it."""

from __future__ import annotations

from collections.abc import Callable

from aa_tui.catalog.telemetry import MachineState


def observer() -> Callable[[], MachineState]:
    """Something to call now and then for the machine's state since the call before."""
    from aa_tui.host.energy import find_meter
    from aa_tui.host.telemetry import Sampler

    sampler = Sampler(find_meter())
    return lambda: MachineState._make(sampler.sample())
