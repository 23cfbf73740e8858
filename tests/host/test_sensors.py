"""What is said of power and heat where a machine tells of them, and why where it does not."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from aa_tui.host import sensors

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has /sys")


def put(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def machine(folder: Path, flags: str) -> Path:
    """A machine's /sys, with /proc beside it."""
    put(folder / "proc/cpuinfo", f"processor : 0\nflags : fpu {flags}\n")
    (folder / "sys").mkdir()
    return folder / "sys"


def test_counters_that_can_be_read_are_named(tmp_path: Path) -> None:
    zone = tmp_path / "powercap/intel-rapl:0"
    for name, text in (("name", "package-0"), ("energy_uj", "5"), ("max_energy_range_uj", "100")):
        put(zone / name, text)
    assert sensors.power(tmp_path / "powercap", machine(tmp_path, "")) == sensors.Power("RAPL package-0")


def test_counters_of_root_alone_are_said_to_be_so(tmp_path: Path) -> None:
    zone = tmp_path / "powercap/intel-rapl:0"
    put(zone / "name", "package-0")
    (zone / "energy_uj").mkdir()  # which no one can read, not even root
    found = sensors.power(tmp_path / "powercap", machine(tmp_path, ""))
    assert found.source == ""
    assert found.why_not.startswith("only root may read its counters")
    assert f"sudo chmod a+r {tmp_path}/powercap/intel-rapl*/energy_uj" in found.why_not


@pytest.mark.parametrize(("flags", "who"), [("hypervisor", "a virtual machine"), ("", "this machine exposes no")])
def test_why_there_is_nothing(tmp_path: Path, flags: str, who: str) -> None:
    folder = machine(tmp_path, flags)
    assert sensors.power(tmp_path / "powercap", folder).why_not.startswith(who)
    assert sensors.temperature(folder) == sensors.Temperature(None, sensors.temperature(folder).why_not)
    assert sensors.temperature(folder).why_not.startswith(who)


def test_the_heat_of_a_sensor(tmp_path: Path) -> None:
    folder = machine(tmp_path, "hypervisor")
    put(folder / "class/hwmon/hwmon0/name", "k10temp")
    put(folder / "class/hwmon/hwmon0/temp1_input", "41500")
    assert sensors.temperature(folder) == sensors.Temperature(41.5)
