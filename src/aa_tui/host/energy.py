"""Energy as the machine itself counts it: RAPL of Intel and AMD processors, NVML of NVIDIA's GPUs.

RAPL's counters (https://docs.kernel.org/power/powercap/powercap.html) are in microjoules, start again from 0 after
`max_energy_range_uj`, and are readable by root alone on most systems. They cover the processor's packages, and the
memory where there is a `dram` zone, not the machine. Where no counter can be read there is no meter, and no figure.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aa_tui.host import sysfs
from aa_tui.host.gpus import hold_nvml, nvml_handles

if TYPE_CHECKING:
    from collections.abc import Iterator

POWERCAP = Path("/sys/class/powercap")


@dataclass(slots=True)
class _Zone:
    """One RAPL counter, its wrap-arounds undone."""

    name: str
    path: Path
    range_uj: int
    last_uj: int
    total_uj: int = 0

    def read(self) -> int | None:
        now = sysfs.number(self.path)
        if now is None:
            return None
        step = now - self.last_uj
        self.total_uj += step if step >= 0 else step + self.range_uj
        self.last_uj = now
        return self.total_uj


class EnergyMeter:
    """Adds up the counters that can be read. `source` names them: "RAPL package-0, dram"."""

    def __init__(self, zones: list[_Zone], *, with_gpus: bool) -> None:
        self._zones = zones
        self._with_gpus = with_gpus
        names = [f"RAPL {', '.join(zone.name for zone in zones)}"] if zones else []
        self.source = " + ".join([*names, *(["NVML"] if with_gpus else [])])

    def joules(self) -> float | None:
        """Joules since some moment in the past: only a difference means something.

        Read it at least every few minutes, since a counter that went all the way round twice cannot be told from one
        that did once. None when a counter is no longer readable.
        """
        total = 0.0
        for zone in self._zones:
            found = zone.read()
            if found is None:
                return None
            total += found / 1e6
        if self._with_gpus:
            gpus = _gpu_joules()
            if gpus is None:
                return None
            total += gpus
        return total


def find_meter(powercap: Path = POWERCAP, *, gpu: bool = True) -> EnergyMeter | None:
    """A meter of all that computes here, None where nothing can be read. `gpu` counts NVIDIA's GPUs in."""
    zones = list(_zones(powercap))
    with_gpus = gpu and hold_nvml() and _gpu_joules() is not None
    return EnergyMeter(zones, with_gpus=with_gpus) if zones or with_gpus else None


def _zones(powercap: Path) -> Iterator[_Zone]:
    """The packages and their memory. `core` and `uncore` are parts of a package, and `psys` holds all of them."""
    seen: set[str] = set()
    try:
        folders = sorted(powercap.glob("intel-rapl*:*"))  # AMD's too go by this name
    except OSError:
        return
    for folder in folders:
        name = sysfs.text(folder / "name") or ""
        is_package, is_memory = name.startswith("package"), name == "dram"
        parent = folder.name.rpartition(":")[0] if is_memory else ""
        # the same package shows a second time through intel-rapl-mmio
        key = f"{parent}/{name}"
        value = sysfs.number(folder / "energy_uj")
        largest = sysfs.number(folder / "max_energy_range_uj")
        if (
            (is_package or is_memory)
            and key not in seen
            and value is not None
            and largest
            and "mmio" not in folder.name
        ):
            seen.add(key)
            yield _Zone(name, folder / "energy_uj", largest, value)


def _gpu_joules() -> float | None:
    """What all NVIDIA GPUs have used since their driver was loaded (Volta and newer), None where one does not tell."""
    with nvml_handles() as (nvml, handles):
        if not handles:
            return None
        try:
            return float(sum(nvml.nvmlDeviceGetTotalEnergyConsumption(handle) for handle in handles)) / 1000
        except nvml.NVMLError:
            return None
