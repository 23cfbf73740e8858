"""What a person may set of a speed run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SpeedOptions:
    """What the user may set of a speed run. `None` means what suits the machine.

    `depths` of () are the usual ones, `sustained_s` of 0 the pack's; `sweeps` holds "threads" and "load"; `tariff` is
    the price of a kWh in words. `devices`, `tensor_split` and `rpc` are those of `EngineSettings`.
    """

    tests: tuple[str, ...] | None = None
    repetitions: int | None = None
    n_threads: int | None = None
    n_gpu_layers: int | None = None
    force: bool = False
    depths: tuple[int, ...] | None = None
    sweeps: tuple[str, ...] = ()
    sustained_s: float | None = None
    tariff: str | None = None
    devices: tuple[str, ...] = ()
    tensor_split: tuple[float, ...] = ()
    rpc: tuple[str, ...] = ()
