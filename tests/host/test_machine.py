"""What machine this is, checked against what the system says elsewhere."""

from __future__ import annotations

import os
import platform
from typing import TYPE_CHECKING

import psutil

from aa_tui.host import cgroup, machine
from aa_tui.textsafe import has_controls

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_describe() -> None:
    here = machine.describe()
    assert here.name == platform.node()
    assert here.memory_bytes == psutil.virtual_memory().total
    assert here.cores_logical == psutil.cpu_count()
    assert 1 <= here.cores_physical <= here.cores_logical
    assert here.arch == platform.machine()
    assert here.cpu
    assert here.os
    assert not any(has_controls(text) for text in (here.name, here.cpu, here.os, here.arch))


def test_fingerprint_is_stable_and_short() -> None:
    first, second = machine.describe().fingerprint, machine.describe().fingerprint
    assert first == second
    assert len(first) == 12
    assert int(first, 16) >= 0


def test_fingerprint_depends_on_the_facts(monkeypatch: pytest.MonkeyPatch) -> None:
    before = machine.describe()
    monkeypatch.setattr(platform, "node", lambda: "another\x1b[31m machine")
    after = machine.describe()
    assert after.name == "another machine"
    assert after.fingerprint != before.fingerprint


def test_memory_and_load() -> None:
    total = psutil.virtual_memory().total
    assert 0 < machine.available_memory_bytes() <= total
    assert machine.load_1m() >= 0


def test_peak_memory_grows_with_what_is_held() -> None:
    before = machine.peak_memory_bytes()
    held = b"x" * (64 << 20) + bytes([len(str(before))])
    grown = machine.peak_memory_bytes()
    assert len(held) > 64 << 20
    assert grown >= before
    assert grown >= 64 << 20
    assert grown < psutil.virtual_memory().total


def test_default_threads_respects_affinity_and_quota(monkeypatch: pytest.MonkeyPatch) -> None:
    assert 1 <= machine.default_threads() <= machine.cores_physical()
    monkeypatch.setattr(machine, "cores_physical", lambda: 64)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: set(range(8)), raising=False)
    monkeypatch.setattr(cgroup, "cpu_limit", lambda: None)
    assert machine.default_threads() == 8
    monkeypatch.setattr(cgroup, "cpu_limit", lambda: 2.5)
    assert machine.default_threads() == 2
    monkeypatch.setattr(cgroup, "cpu_limit", lambda: 0.5)
    assert machine.default_threads() == 1


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_cgroup_v2_limits_of_the_group_and_its_parents(tmp_path: Path) -> None:
    root, membership = tmp_path / "cgroup", tmp_path / "membership"
    write(membership, "0::/system.slice/job\n")
    write(root / "system.slice/job/cpu.max", "max 100000\n")
    write(root / "system.slice/cpu.max", "150000 100000\n")
    write(root / "system.slice/memory.max", f"{1 << 30}\n")
    write(root / "system.slice/memory.current", f"{700 << 20}\n")
    write(root / "system.slice/memory.stat", f"anon 5\ninactive_file {200 << 20}\nactive_file {100 << 20}\n")
    write(root / "system.slice/job/memory.max", "max\n")
    assert cgroup.cpu_limit(root, membership) == 1.5
    assert cgroup.memory_left_bytes(root, membership) == (1024 - 400) << 20


def test_cgroup_v1_limits(tmp_path: Path) -> None:
    root, membership = tmp_path / "cgroup", tmp_path / "membership"
    write(membership, "4:cpu,cpuacct:/docker/abc\n3:memory:/docker/abc\n")
    write(root / "cpu,cpuacct/docker/abc/cpu.cfs_quota_us", "200000\n")
    write(root / "cpu,cpuacct/docker/abc/cpu.cfs_period_us", "100000\n")
    write(root / "cpu,cpuacct/cpu.cfs_quota_us", "-1\n")
    write(root / "memory/docker/abc/memory.limit_in_bytes", "9223372036854771712\n")
    write(root / "memory/docker/abc/memory.usage_in_bytes", "1000\n")
    assert cgroup.cpu_limit(root, membership) == 2.0
    assert cgroup.memory_left_bytes(root, membership) is None


def test_no_cgroup_no_limit(tmp_path: Path) -> None:
    assert cgroup.cpu_limit(tmp_path, tmp_path / "none") is None
    assert cgroup.memory_left_bytes(tmp_path, tmp_path / "none") is None
    membership = tmp_path / "membership"
    write(membership, "0::/\nnonsense\n0::/../../etc\n")
    write(tmp_path / "cpu.max", "garbage\n")
    assert cgroup.cpu_limit(tmp_path, membership) is None
