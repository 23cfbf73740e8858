"""NVIDIA's GPUs, through nvidia-ml-py where that is installed. Other makers' are named by llama.cpp's own build."""

from __future__ import annotations

import platform
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aa_tui.textsafe import clean_line

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class GPU:
    """A GPU. Memory in bytes."""

    name: str
    memory_bytes: int
    free_bytes: int
    driver: str


def gpus() -> list[GPU]:
    """The NVIDIA GPUs of this machine; none where there are none, or no driver, or no nvidia-ml-py."""
    with nvml_handles() as (nvml, handles):
        if not handles:
            return []
        try:
            driver = _text(nvml.nvmlSystemGetDriverVersion())
            found = []
            for handle in handles:
                memory = nvml.nvmlDeviceGetMemoryInfo(handle)
                found.append(GPU(_text(nvml.nvmlDeviceGetName(handle)), int(memory.total), int(memory.free), driver))
            return found
        except nvml.NVMLError:
            return []


@contextmanager
def nvml_handles() -> Iterator[tuple[Any, list[Any]]]:
    """NVIDIA's library and a handle of each of its GPUs; no handles where there is no GPU, driver or nvidia-ml-py."""
    try:
        import pynvml
    except ImportError:
        yield None, []
        return
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        yield pynvml, []
        return
    try:
        try:
            handles = [pynvml.nvmlDeviceGetHandleByIndex(index) for index in range(pynvml.nvmlDeviceGetCount())]
        except pynvml.NVMLError:
            handles = []
        yield pynvml, handles
    finally:
        pynvml.nvmlShutdown()


def hold_nvml() -> bool:
    """Keep NVIDIA's library open for as long as this process lives: each reading is then cheap. False without one."""
    try:
        import pynvml
    except ImportError:
        return False
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return False
    return True


def has_nvidia_device() -> bool:
    """Whether the system shows an NVIDIA GPU, with or without nvidia-ml-py."""
    from pathlib import Path

    return Path("/proc/driver/nvidia/version").exists() or Path("/dev/nvidia0").exists()


def driver() -> str:
    """What drives this machine's devices: the kernel, and NVIDIA's and AMD's modules where they are loaded."""
    from pathlib import Path

    found = [clean_line(platform.release())]
    for path in ("/proc/driver/nvidia/version", "/sys/module/amdgpu/version"):
        with suppress(OSError):
            found.append(clean_line(Path(path).read_text(encoding="ascii", errors="replace").splitlines()[0]))
    return "; ".join(found)


def _text(value: str | bytes) -> str:
    return clean_line(value.decode("utf-8", "replace") if isinstance(value, bytes) else value)
