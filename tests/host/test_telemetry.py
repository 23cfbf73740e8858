"""The machine's state, read from a tree of files as Linux has them, and from this machine."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from aa_tui.host import energy, telemetry, trust

NOTHING = Path("/nonexistent")


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


LAPTOP = {
    "devices/system/cpu/cpu0/cpufreq/scaling_cur_freq": "3000000\n",
    "devices/system/cpu/cpu1/cpufreq/scaling_cur_freq": "1000000\n",
    "devices/system/cpu/cpu0/cpufreq/scaling_governor": "powersave\n",
    "devices/system/cpu/cpu1/cpufreq/scaling_governor": "powersave\n",
    "devices/system/cpu/cpu0/cpufreq/energy_performance_preference": "balance_power\n",
    "devices/system/cpu/cpu0/thermal_throttle/core_throttle_count": "4\n",
    "devices/system/cpu/cpu0/thermal_throttle/package_throttle_count": "7\n",
    "class/hwmon/hwmon0/name": "nvme\n",
    "class/hwmon/hwmon0/temp1_input": "99000\n",
    "class/hwmon/hwmon1/name": "coretemp\n",
    "class/hwmon/hwmon1/temp1_input": "71000\n",
    "class/hwmon/hwmon1/temp2_input": "73500\n",
    "class/power_supply/AC/type": "Mains\n",
    "class/power_supply/AC/online": "0\n",
    "class/power_supply/BAT0/type": "Battery\n",
    "class/power_supply/BAT0/capacity": "57\n",
    "class/power_supply/BAT0/status": "Discharging\n",
    "class/power_supply/mouse/type": "Battery\n",
    "class/power_supply/mouse/scope": "Device\n",
    "class/power_supply/mouse/capacity": "3\n",
    "firmware/acpi/platform_profile": "low-power\n",
}


def test_a_laptop_tells_its_state(tmp_path: Path) -> None:
    found = telemetry.state(write(tmp_path, LAPTOP), busy_over_s=0.01)
    assert found.frequency_mhz == 2000
    assert found.temperature_c == 73.5
    assert found.throttle_count == 11
    assert (found.on_mains, found.battery_percent) == (False, 57)
    assert (found.governor, found.energy_preference, found.platform_profile) == (
        "powersave",
        "balance_power",
        "low-power",
    )
    assert found.busy_share is not None
    assert 0 <= found.busy_share <= 1
    assert found.to_dict()["governor"] == "powersave"


def test_a_machine_that_says_nothing_leaves_blanks(tmp_path: Path) -> None:
    found = telemetry.state(tmp_path, busy_over_s=0)
    blank = (found.frequency_mhz, found.temperature_c, found.throttle_count, found.on_mains, found.governor)
    assert blank == (None,) * 5
    assert found.busy_share is None
    broken = write(tmp_path, {"class/hwmon/hwmon0/name": "coretemp\n", "class/hwmon/hwmon0/temp1_input": "hot\n"})
    assert telemetry.temperature_c(broken) is None


def test_a_board_without_hwmon_has_a_thermal_zone(tmp_path: Path) -> None:
    zones = {"class/thermal/thermal_zone0/type": "cpu-thermal\n", "class/thermal/thermal_zone0/temp": "48200\n"}
    assert telemetry.temperature_c(write(tmp_path, zones)) == 48.2


def test_a_desktop_on_mains_has_no_battery(tmp_path: Path) -> None:
    assert telemetry.power_source(tmp_path) == (None, None)
    battery = {key: value for key, value in LAPTOP.items() if "power_supply/AC" not in key}
    assert telemetry.power_source(write(tmp_path, battery)) == (False, 57)


def test_this_machine_is_sampled(tmp_path: Path) -> None:
    now = [0.0]
    sampler = telemetry.Sampler(clock=lambda: now[0])
    assert not sampler.is_due()
    now[0] = 2.0
    assert sampler.is_due()
    start = time.process_time()
    while time.process_time() < start + 0.05:
        sum(range(10_000))
    sample = sampler.sample()
    assert not sampler.is_due()
    assert sample.own_cpu_share is None or 0 < sample.own_cpu_share <= 1
    assert sample.rss_bytes is not None
    assert sample.rss_bytes > 1 << 20
    assert sample.load_1m is not None
    assert sample._fields == (
        *("at", "load_1m", "own_cpu_share", "frequency_mhz", "temperature_c", "power_w", "gpu_temperature_c"),
        *("gpu_power_w", "on_mains", "battery_percent", "throttled", "rss_bytes"),
        *("busy_share", "gpu_busy_share", "gpu_memory_bytes"),
    )
    assert sample.busy_share is None or 0 < sample.busy_share <= 1


def test_throttling_and_power_since_the_last_sample(tmp_path: Path) -> None:
    sys, cap = write(tmp_path / "sys", LAPTOP), write(tmp_path / "cap", RAPL)
    now = [10.0]
    sampler = telemetry.Sampler(energy.find_meter(cap, gpu=False), sys, clock=lambda: now[0])
    now[0] = 14.0
    write(cap, {"intel-rapl:0/energy_uj": "61000000\n"})
    first = sampler.sample()
    assert (first.throttled, first.power_w) == (False, 15.0)
    now[0] = 16.0
    write(sys, {"devices/system/cpu/cpu0/thermal_throttle/core_throttle_count": "5\n"})
    second = sampler.sample()
    assert (second.throttled, second.power_w) == (True, 0.0)


RAPL = {
    "intel-rapl:0/name": "package-0\n",
    "intel-rapl:0/energy_uj": "1000000\n",
    "intel-rapl:0/max_energy_range_uj": "262143328850\n",
    "intel-rapl:0:0/name": "core\n",
    "intel-rapl:0:0/energy_uj": "500000\n",
    "intel-rapl:0:0/max_energy_range_uj": "262143328850\n",
    "intel-rapl:0:1/name": "dram\n",
    "intel-rapl:0:1/energy_uj": "2000000\n",
    "intel-rapl:0:1/max_energy_range_uj": "65712999613\n",
    "intel-rapl:1/name": "psys\n",
    "intel-rapl:1/energy_uj": "9000000\n",
    "intel-rapl:1/max_energy_range_uj": "262143328850\n",
    "intel-rapl-mmio:0/name": "package-0\n",
    "intel-rapl-mmio:0/energy_uj": "1000000\n",
    "intel-rapl-mmio:0/max_energy_range_uj": "262143328850\n",
}


def test_rapl_counts_each_package_and_its_memory_once(tmp_path: Path) -> None:
    meter = energy.find_meter(write(tmp_path, RAPL), gpu=False)
    assert meter is not None
    assert meter.source == "RAPL package-0, dram"
    before = meter.joules()
    write(tmp_path, {"intel-rapl:0/energy_uj": "4000000\n", "intel-rapl:0:1/energy_uj": "2500000\n"})
    after = meter.joules()
    assert before is not None
    assert after is not None
    assert after - before == pytest.approx(3.5)


def test_rapl_that_started_again_from_zero(tmp_path: Path) -> None:
    only = {key: value for key, value in RAPL.items() if "rapl:0/" in key}
    meter = energy.find_meter(write(tmp_path, {**only, "intel-rapl:0/energy_uj": "262143000000\n"}), gpu=False)
    assert meter is not None
    before = meter.joules()
    write(tmp_path, {"intel-rapl:0/energy_uj": "671150\n"})
    after = meter.joules()
    assert before == 0.0
    assert after == pytest.approx(1.0)
    (tmp_path / "intel-rapl:0/energy_uj").unlink()
    assert meter.joules() is None


def test_without_counters_there_is_no_meter(tmp_path: Path) -> None:
    assert energy.find_meter(NOTHING, gpu=False) is None
    assert energy.find_meter(write(tmp_path, {"intel-rapl:0/name": "package-0\n"}), gpu=False) is None


GOOD = telemetry.MachineState(
    at="2026-01-01T00:00:00+00:00",
    load_1m=0.1,
    busy_share=0.02,
    frequency_mhz=3000,
    temperature_c=50,
    throttle_count=3,
    on_mains=True,
    battery_percent=None,
    governor="performance",
    energy_preference="performance",
    platform_profile="performance",
    swap_used_bytes=0,
    free_memory_bytes=1 << 33,
)
CALM = telemetry.MachineSample(GOOD.at, 1.9, 0.99, 3000, 70, 20, None, None, True, None, False, 1 << 30)


def test_a_quiet_machine_is_trusted() -> None:
    assert trust.warnings(GOOD, GOOD, [CALM] * 5) == []
    unknown = replace(GOOD, on_mains=None, governor="powersave", energy_preference="balance_performance")
    assert trust.warnings(unknown, None, []) == [], "the usual governor of intel_pstate"


@pytest.mark.parametrize(
    ("before", "after", "sample", "words"),
    [
        ({"busy_share": 0.4}, {}, {}, "other programs used 40 % of the processor when it began"),
        ({}, {}, {"own_cpu_share": 0.7}, "other programs took 30 % of the processor time used while it measured"),
        ({"on_mains": False}, {}, {}, "the machine ran on its battery"),
        ({}, {}, {"on_mains": False}, "the machine ran on its battery"),
        ({"governor": "powersave", "energy_preference": None}, {}, {}, "the processor's governor is powersave"),
        ({"energy_preference": "power"}, {}, {}, "the processor's energy preference is power"),
        ({"platform_profile": "low-power"}, {}, {}, "the platform's profile is low-power"),
        ({}, {"throttle_count": 4}, {}, "heat or a power limit slowed the processor while it measured"),
        ({}, {}, {"throttled": True}, "heat or a power limit slowed the processor while it measured"),
        ({}, {}, {"temperature_c": 97.2}, "the processor reached 97 °C"),
        ({}, {"swap_used_bytes": 200_000_000}, {}, "200 MB were swapped out while it measured"),
    ],
)
def test_what_was_amiss_is_said(
    before: dict[str, object], after: dict[str, object], sample: dict[str, object], words: str
) -> None:
    found = trust.warnings(
        replace(GOOD, **before),  # type: ignore[arg-type]
        replace(GOOD, **after),  # type: ignore[arg-type]
        [CALM._replace(**sample)] * 3,  # type: ignore[arg-type]
    )
    assert found == [words]
