"""What this machine says of its power and heat, and where it says nothing, why."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from aa_tui.host import energy, sysfs, telemetry


@dataclass(frozen=True, slots=True)
class Power:
    """Where energy is read from, such as "RAPL package-0, dram + NVML"; empty with `why_not` where it is not."""

    source: str = ""
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class Temperature:
    """The processor's temperature now; None with `why_not` where it is not known."""

    celsius: float | None = None
    why_not: str = ""


def power(powercap: Path = energy.POWERCAP, sys_folder: Path = telemetry.SYS) -> Power:
    """What can be read of the energy that is used here."""
    meter = energy.find_meter(powercap)
    if meter is not None:
        return Power(meter.source)
    if sys.platform != "linux":
        return Power(why_not="this system shows it to its administrator only")
    counters = sorted(powercap.glob("intel-rapl*:*/energy_uj")) if powercap.is_dir() else []
    if counters and all(sysfs.number(one) is None for one in counters):
        return Power(
            why_not="only root may read its counters; until the next start "
            f"`sudo chmod a+r {powercap}/intel-rapl*/energy_uj` lets everybody"
        )
    return Power(why_not=_no_sensor(sys_folder, "no RAPL counters and no NVIDIA GPU"))


def temperature(sys_folder: Path = telemetry.SYS) -> Temperature:
    """The processor's temperature."""
    found = telemetry.temperature_c(sys_folder)
    if found is not None:
        return Temperature(found)
    if sys.platform != "linux":
        return Temperature(why_not="this system shows it to its administrator only")
    return Temperature(why_not=_no_sensor(sys_folder, "no sensor of the processor"))


def _no_sensor(sys_folder: Path, what: str) -> str:
    if _is_virtual(sys_folder):
        return f"a virtual machine, to which its host shows {what}"
    return f"this machine exposes {what}"


def _is_virtual(sys_folder: Path) -> bool:
    """Whether the processor says that a hypervisor is below; where that is not known, no."""
    if (sys_folder / "hypervisor/type").exists():
        return True
    try:
        flags = (sys_folder.parent / "proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    line = next((one for one in flags.splitlines() if one.startswith("flags")), "")
    return "hypervisor" in line.split()
