"""The memory's bandwidth, and what the processor and the disks tell."""

from __future__ import annotations

from pathlib import Path

import pytest

from aa_tui.host import bandwidth, disk, gpus, processor


def test_bandwidth_is_plausible_and_leaves_nothing_behind() -> None:
    import psutil

    before = psutil.Process().memory_info().rss
    found = bandwidth.measure(seconds=0.02, n_threads=1)
    assert 0.5e9 < found.bytes_per_s < 2e12
    assert found.n_threads == 1
    assert psutil.Process().memory_info().rss - before < 64 << 20


def test_too_little_memory_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bandwidth, "available_memory_bytes", lambda: 1 << 20)
    with pytest.raises(bandwidth.BandwidthError, match="close other programs"):
        bandwidth.measure(seconds=0.01)


def test_features_of_processors() -> None:
    x86 = ["processor : 0", "flags\t\t: fpu sse2 avx2 avx512f", "", "flags : fpu"]
    arm = ["Features\t: fp asimd asimddp i8mm"]
    assert processor.parse_cpuinfo(x86) == {"avx2", "avx512f"}
    assert processor.parse_cpuinfo(arm) == {"dotprod", "i8mm"}
    assert processor.parse_cpuinfo(["nothing"]) == frozenset()
    assert processor.features() <= {"avx2", "avx512f", "avx512_vnni", "amx_int8", "dotprod", "i8mm", "sve"}


def test_free_bytes_of_folders_that_are_yet_to_be_made(tmp_path: Path) -> None:
    here = disk.free_bytes(tmp_path)
    assert here is not None
    assert here > 0
    assert disk.free_bytes(tmp_path / "a" / "b" / "c") is not None


def test_a_machine_without_nvidia_has_no_gpus_of_theirs() -> None:
    if not gpus.has_nvidia_device():
        assert gpus.gpus() == []
