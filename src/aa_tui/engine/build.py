"""Which llama.cpp this is, and what it computes with."""

from __future__ import annotations

import ctypes
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

from aa_tui.engine import native
from aa_tui.textsafe import clean_line

_KINDS = {0: "CPU", 1: "GPU", 2: "integrated GPU", 3: "accelerator"}  # enum ggml_backend_dev_type


@dataclass(frozen=True, slots=True)
class Device:
    """Something that llama.cpp can compute with. `memory_bytes` is its total memory, 0 where unknown."""

    name: str
    description: str
    kind: str
    memory_bytes: int


@dataclass(frozen=True, slots=True)
class Build:
    """A build of llama.cpp. `llama_cpp` is its version and commit, `system_info` its CPU features.

    `mode` is the way in which this process runs it, `extra_buffers` the layouts that weights are copied into.
    """

    llama_cpp_python: str
    llama_cpp: str
    system_info: str
    devices: tuple[Device, ...]
    gpu_offload: bool
    mode: str
    extra_buffers: tuple[str, ...]

    @property
    def backend(self) -> str:
        """What computes by default: the first GPU's name where the build has one, else "CPU"."""
        return next((device.name for device in self.devices if "GPU" in device.kind), "CPU")

    def to_dict(self) -> dict[str, Any]:
        """The build as plain values, for JSON and for the run's record."""
        return {**asdict(self), "backend": self.backend}


def describe_build() -> Build:
    """The build of llama.cpp in this process. Loads the library; raises EngineError when that fails."""
    low = native.library()
    lib = native.symbols()
    number = low.llama_version().decode()
    commit = _text(lib, "ggml_commit")
    return Build(
        llama_cpp_python=version("llama-cpp-python"),
        llama_cpp=clean_line(f"{number} ({commit})" if commit else number),
        system_info=clean_line(low.llama_print_system_info().decode("utf-8", "replace")).strip("| "),
        devices=_devices(lib),
        gpu_offload=bool(low.llama_supports_gpu_offload()),
        mode=native.adopted().mode,
        extra_buffers=native.extra_buffers() if native.adopted().extra_buffers else (),
    )


def _devices(lib: ctypes.CDLL) -> tuple[Device, ...]:
    try:
        lib.ggml_backend_dev_count.restype = ctypes.c_size_t
        get = lib.ggml_backend_dev_get
        get.argtypes, get.restype = [ctypes.c_size_t], ctypes.c_void_p
        lib.ggml_backend_dev_type.argtypes = [ctypes.c_void_p]
        size_p = ctypes.POINTER(ctypes.c_size_t)
        lib.ggml_backend_dev_memory.argtypes = [ctypes.c_void_p, size_p, size_p]
        lib.ggml_backend_dev_memory.restype = None
    except AttributeError:  # a build that hides ggml's symbols
        return ()
    found = []
    for index in range(lib.ggml_backend_dev_count()):
        device = get(index)
        free, total = ctypes.c_size_t(0), ctypes.c_size_t(0)
        lib.ggml_backend_dev_memory(device, ctypes.byref(free), ctypes.byref(total))
        found.append(
            Device(
                name=_text(lib, "ggml_backend_dev_name", device),
                description=_text(lib, "ggml_backend_dev_description", device),
                kind=_KINDS.get(lib.ggml_backend_dev_type(device), "other"),
                memory_bytes=total.value,
            )
        )
    return tuple(found)


def _text(lib: ctypes.CDLL, function: str, *pointers: int) -> str:
    """The cleaned text that a C function returns, empty where the build hides it."""
    try:
        call = getattr(lib, function)
    except AttributeError:
        return ""
    call.argtypes, call.restype = [ctypes.c_void_p] * len(pointers), ctypes.c_char_p
    text: bytes | None = call(*pointers)
    return clean_line(text.decode("utf-8", "replace")) if text else ""
