"""What a person may set of a speed run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SpeedOptions:
    """What the user may set of a speed run. `None` means what suits the machine, or the server.

    `depths` of () are the usual ones, `sustained_s` of 0 the pack's; `sweeps` holds "threads" and "load"; `tariff` is
    the price of a kWh in words. `devices`, `tensor_split` and `rpc` are those of `EngineSettings`.

    From `parallel` on it is of a server alone; `depths` and `repetitions` are of both. `parallel` of () are the usual
    numbers of concurrent requests; `rates` are requests a second, for `for_s` seconds each. `slo` is such as
    `ttft<1s,itl<50ms`.
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
    parallel: tuple[int, ...] | None = None
    rates: tuple[float, ...] | None = None
    for_s: float | None = None
    slo: str = ""
    prompt_tokens: int | None = None
    output_tokens: int | None = None
    key_env: str = ""
    max_usd: float | None = None
