"""The machine's state: load, clock, heat, throttling, power. What a machine does not say is None.

Linux tells through /sys and /proc (https://docs.kernel.org/admin-guide/sysfs-rules.html), other systems through
psutil as far as they do. One reading takes about a millisecond, and none needs rights.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from aa_tui.host import sysfs
from aa_tui.host.machine import available_memory_bytes, load_1m

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aa_tui.host.energy import EnergyMeter

SYS = Path("/sys")

SAMPLE_EVERY_S = 2.0
"""Not more often: a sample wakes a core that may be computing."""

_CPU_SENSORS = ("coretemp", "k10temp", "zenpower", "cpu_thermal", "cpu-thermal", "soc_thermal", "acpitz")
"""hwmon drivers that tell the processor's temperature, the most exact first."""

_CPU_ZONES = ("x86_pkg_temp", "cpu-thermal", "cpu_thermal", "soc-thermal", "soc_thermal", "acpitz")


class MachineSample(NamedTuple):
    """The machine while a run goes on.

    Shares are from 0 to 1 and of the time since the sample before: `busy_share` of the processor is what all processes
    used, `own_cpu_share` this process' part of that, `gpu_busy_share` the busiest GPU's. `gpu_memory_bytes` is what is
    taken of all GPUs' memory. `throttled` says whether heat or power slowed the processor or a GPU since then. `at` is
    UTC, ISO 8601.
    """

    at: str
    load_1m: float | None
    own_cpu_share: float | None
    frequency_mhz: float | None
    temperature_c: float | None
    power_w: float | None
    gpu_temperature_c: float | None
    gpu_power_w: float | None
    on_mains: bool | None
    battery_percent: float | None
    throttled: bool | None
    rss_bytes: int | None
    busy_share: float | None = None
    gpu_busy_share: float | None = None
    gpu_memory_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class MachineState:
    """The machine before or after a run. `busy_share` (0 to 1) is what all processes used of the processor then."""

    at: str
    load_1m: float | None
    busy_share: float | None
    frequency_mhz: float | None
    temperature_c: float | None
    throttle_count: int | None
    on_mains: bool | None
    battery_percent: float | None
    governor: str | None
    energy_preference: str | None
    platform_profile: str | None
    swap_used_bytes: int | None
    free_memory_bytes: int

    def to_dict(self) -> dict[str, Any]:
        """As plain values, for the run's record."""
        return asdict(self)


def state(sys: Path = SYS, busy_over_s: float = 0.2) -> MachineState:
    """Look at the machine; takes `busy_over_s`, in which it is seen how busy the processor is."""
    mains, battery = power_source(sys)
    return MachineState(
        at=_now(),
        load_1m=load_1m(),
        busy_share=_busy_share(busy_over_s),
        frequency_mhz=frequency_mhz(sys),
        temperature_c=temperature_c(sys),
        throttle_count=throttle_count(sys),
        on_mains=mains,
        battery_percent=battery,
        governor=_common(_cpu_files(sys, "cpufreq/scaling_governor")),
        energy_preference=_common(_cpu_files(sys, "cpufreq/energy_performance_preference")),
        platform_profile=sysfs.text(sys / "firmware/acpi/platform_profile"),
        swap_used_bytes=_swap_used_bytes(),
        free_memory_bytes=available_memory_bytes(),
    )


class Sampler:
    """Takes a sample now and then; one thread's. `meter` gives the power that is drawn, where the machine tells it."""

    def __init__(
        self, meter: EnergyMeter | None = None, sys: Path = SYS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._sys = sys
        self._clock = clock
        self._meter = meter
        self._process = _own_process()
        self._cpu = _cpu_seconds(self._process)
        self._throttles = throttle_count(sys)
        self._joules = meter.joules() if meter else None
        self._at = clock()

    def is_due(self) -> bool:
        """Whether the last sample is old enough."""
        return self._clock() - self._at >= SAMPLE_EVERY_S

    def sample(self) -> MachineSample:
        """The machine now, and since the last sample."""
        now, cpu, throttles = self._clock(), _cpu_seconds(self._process), throttle_count(self._sys)
        joules = self._meter.joules() if self._meter else None
        elapsed = now - self._at
        power = None
        if joules is not None and self._joules is not None and elapsed > 0:
            power = (joules - self._joules) / elapsed
        gpu = _gpu_state()
        mains, battery = power_source(self._sys)
        slowed = [gpu.throttled]
        if throttles is not None and self._throttles is not None:
            slowed.append(throttles > self._throttles)
        sample = MachineSample(
            at=_now(),
            load_1m=load_1m(),
            own_cpu_share=_share(self._cpu.own, self._cpu.busy, cpu.own, cpu.busy) if self._cpu and cpu else None,
            frequency_mhz=frequency_mhz(self._sys),
            temperature_c=temperature_c(self._sys),
            power_w=power,
            gpu_temperature_c=gpu.temperature_c,
            gpu_power_w=gpu.power_w,
            on_mains=mains,
            battery_percent=battery,
            throttled=any(slowed) if any(one is not None for one in slowed) else None,
            rss_bytes=int(self._process.memory_info().rss) if self._process else None,
            busy_share=_share(self._cpu.busy, self._cpu.all, cpu.busy, cpu.all) if self._cpu and cpu else None,
            gpu_busy_share=gpu.busy_share,
            gpu_memory_bytes=gpu.memory_bytes,
        )
        self._at, self._cpu, self._throttles, self._joules = now, cpu, throttles, joules
        return sample


def frequency_mhz(sys: Path = SYS) -> float | None:
    """The mean clock of the cores, in MHz."""
    khz = [value for path in _cpu_files(sys, "cpufreq/scaling_cur_freq") if (value := sysfs.number(path)) is not None]
    if khz:
        return sum(khz) / len(khz) / 1000
    if sys != SYS:
        return None
    import psutil

    try:
        found = psutil.cpu_freq()
    except (AttributeError, OSError, RuntimeError, NotImplementedError):  # not on every system
        return None
    return float(found.current) if found and found.current else None


def temperature_c(sys: Path = SYS) -> float | None:
    """The processor's temperature in °C: the hottest of the best sensor there is."""
    by_driver: dict[str, list[int]] = {}
    for folder in _folders(sys / "class/hwmon", "hwmon*"):
        driver = sysfs.text(folder / "name") or ""
        if driver in _CPU_SENSORS:
            found = (sysfs.number(path) for path in _folders(folder, "temp*_input"))
            by_driver.setdefault(driver, []).extend(value for value in found if value is not None)
    for driver in _CPU_SENSORS:
        if by_driver.get(driver):
            return max(by_driver[driver]) / 1000
    zones = {
        sysfs.text(zone / "type"): sysfs.number(zone / "temp")
        for zone in _folders(sys / "class/thermal", "thermal_zone*")
    }
    for kind in _CPU_ZONES:
        value = zones.get(kind)
        if value is not None:
            return value / 1000
    return None


def throttle_count(sys: Path = SYS) -> int | None:
    """How often heat has slowed the cores since the system started; only differences mean something.

    Intel's counters: https://docs.kernel.org/admin-guide/abi-testing.html, thermal_throttle. Others have none.
    """
    counts = [
        value
        for name in ("core_throttle_count", "package_throttle_count")
        for path in _cpu_files(sys, f"thermal_throttle/{name}")
        if (value := sysfs.number(path)) is not None
    ]
    return sum(counts) if counts else None


def power_source(sys: Path = SYS) -> tuple[bool | None, float | None]:
    """Whether the machine runs on mains, and what its battery holds in percent."""
    mains: list[bool] = []
    batteries: list[int] = []
    discharging = False
    for folder in _folders(sys / "class/power_supply", "*"):
        kind, scope = sysfs.text(folder / "type"), sysfs.text(folder / "scope")
        if kind in ("Mains", "USB") and (online := sysfs.number(folder / "online")) is not None:
            mains.append(online == 1)
        elif kind == "Battery" and scope != "Device":  # not a mouse's
            capacity = sysfs.number(folder / "capacity")
            batteries += [] if capacity is None else [capacity]
            discharging = discharging or sysfs.text(folder / "status") == "Discharging"
    if mains or batteries:
        percent = sum(batteries) / len(batteries) if batteries else None
        return (any(mains) if mains else not discharging), percent
    if sys != SYS:
        return None, None
    import psutil

    try:
        found = psutil.sensors_battery()
    except (AttributeError, OSError, RuntimeError):  # not on every system
        return None, None
    return (None, None) if found is None else (found.power_plugged, float(found.percent))


@dataclass(frozen=True, slots=True)
class _GPUState:
    temperature_c: float | None = None
    power_w: float | None = None
    throttled: bool | None = None
    busy_share: float | None = None
    memory_bytes: int | None = None


def _gpu_state() -> _GPUState:
    """The hottest NVIDIA GPU's temperature, the busiest one's load, the power and memory of all, and whether heat or
    power limits slow one."""
    from aa_tui.host.gpus import nvml_handles

    with nvml_handles() as (nvml, handles):
        if not handles:
            return _GPUState()
        hot = nvml.nvmlClocksThrottleReasonSwThermalSlowdown | nvml.nvmlClocksThrottleReasonHwThermalSlowdown
        temperatures, powers, slowed, busy, memory = [], [], [], [], []
        for handle in handles:
            try:
                temperatures.append(float(nvml.nvmlDeviceGetTemperature(handle, nvml.NVML_TEMPERATURE_GPU)))
                powers.append(nvml.nvmlDeviceGetPowerUsage(handle) / 1000)
                slowed.append(bool(nvml.nvmlDeviceGetCurrentClocksThrottleReasons(handle) & hot))
                memory.append(int(nvml.nvmlDeviceGetMemoryInfo(handle).used))
                busy.append(nvml.nvmlDeviceGetUtilizationRates(handle).gpu / 100)
            except nvml.NVMLError:  # a card or a virtual machine that does not tell
                continue
        return _GPUState(
            max(temperatures, default=None),
            sum(powers) if powers else None,
            any(slowed) if slowed else None,
            max(busy, default=None),
            sum(memory) if memory else None,
        )


def _cpu_files(sys: Path, name: str) -> list[Path]:
    return list(_folders(sys / "devices/system/cpu", f"cpu[0-9]*/{name}"))


def _folders(folder: Path, pattern: str) -> Iterator[Path]:
    try:
        yield from sorted(folder.glob(pattern))
    except OSError:
        return


def _common(paths: list[Path]) -> str | None:
    """What all cores say; several words where they differ."""
    words = sorted({word for path in paths if (word := sysfs.text(path))})
    return ", ".join(words) or None


def _own_process() -> Any:
    """This process as psutil's, None where the system does not tell of processes (no /proc)."""
    import psutil

    try:
        return psutil.Process()
    except (psutil.Error, OSError):
        return None


class _CPUSeconds(NamedTuple):
    """Processor seconds: this process' own, those of all processes, and all that passed on all cores."""

    own: float
    busy: float
    all: float


def _cpu_seconds(process: Any) -> _CPUSeconds | None:
    import psutil

    if process is None:
        return None
    own, total = process.cpu_times(), psutil.cpu_times()
    idle = total.idle + getattr(total, "iowait", 0.0)
    # Linux counts a guest's time twice: once as the host's user time
    twice = getattr(total, "guest", 0.0) + getattr(total, "guest_nice", 0.0)
    passed = sum(total) - twice
    return _CPUSeconds(own.user + own.system, passed - idle, passed)


def _share(part_before: float, whole_before: float, part: float, whole: float) -> float | None:
    passed = whole - whole_before
    return max(0.0, min(1.0, (part - part_before) / passed)) if passed > 0 else None


def _busy_share(seconds: float) -> float | None:
    import psutil

    try:
        return float(psutil.cpu_percent(interval=seconds)) / 100 if seconds > 0 else None
    except OSError:  # no /proc
        return None


def _swap_used_bytes() -> int | None:
    import psutil

    try:
        return int(psutil.swap_memory().used)
    except (OSError, RuntimeError):  # a container may hide it
        return None


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
