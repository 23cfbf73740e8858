"""NVIDIA's GPUs, through nvidia-ml-py where that is installed. Other makers' are named by llama.cpp's own build."""

from __future__ import annotations

from dataclasses import dataclass

from aa_tui.textsafe import clean_line


@dataclass(frozen=True, slots=True)
class GPU:
    """A GPU. Memory in bytes."""

    name: str
    memory_bytes: int
    free_bytes: int
    driver: str


def gpus() -> list[GPU]:
    """The NVIDIA GPUs of this machine; none where there are none, or no driver, or no nvidia-ml-py."""
    try:
        import pynvml
    except ImportError:
        return []
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return []
    try:
        driver = _text(pynvml.nvmlSystemGetDriverVersion())
        found = []
        for index in range(pynvml.nvmlDeviceGetCount()):
            handle = pynvml.nvmlDeviceGetHandleByIndex(index)
            memory = pynvml.nvmlDeviceGetMemoryInfo(handle)
            found.append(GPU(_text(pynvml.nvmlDeviceGetName(handle)), int(memory.total), int(memory.free), driver))
        return found
    except pynvml.NVMLError:
        return []
    finally:
        pynvml.nvmlShutdown()


def has_nvidia_device() -> bool:
    """Whether the system shows an NVIDIA GPU, with or without nvidia-ml-py."""
    from pathlib import Path

    return Path("/proc/driver/nvidia/version").exists() or Path("/dev/nvidia0").exists()


def _text(value: str | bytes) -> str:
    return clean_line(value.decode("utf-8", "replace") if isinstance(value, bytes) else value)
