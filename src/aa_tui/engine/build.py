"""Which llama.cpp this is, and what it computes with."""

from __future__ import annotations

import ctypes
import json
import sys
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from aa_tui.engine import native
from aa_tui.engine.errors import EngineError
from aa_tui.engine.offload import Device
from aa_tui.host.installation import rebuild_command
from aa_tui.host.machine import available_memory_bytes
from aa_tui.textsafe import clean_line

if TYPE_CHECKING:
    from collections.abc import Sequence


_KINDS = {0: "CPU", 1: "GPU", 2: "integrated GPU", 3: "accelerator"}  # enum ggml_backend_dev_type


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


def describe_build(rpc: Sequence[str] = ()) -> Build:
    """The build of llama.cpp in this process, with the devices of these RPC servers.

    Loads the library; raises EngineError when that fails. See `add_servers` for what servers may do to the process.
    """
    low = native.library()
    lib = native.symbols()
    add_servers(rpc)
    found = devices()
    number = low.llama_version().decode()
    commit = _text(lib, "ggml_commit")
    return Build(
        llama_cpp_python=version("llama-cpp-python"),
        llama_cpp=clean_line(f"{number} ({commit})" if commit else number),
        system_info=clean_line(low.llama_print_system_info().decode("utf-8", "replace")).strip("| "),
        devices=found,
        gpu_offload=can_offload(found),
        mode=native.adopted().mode,
        extra_buffers=native.extra_buffers() if native.adopted().extra_buffers else (),
    )


def can_offload(found: Sequence[Device]) -> bool:
    """Whether layers can go to a device. llama.cpp itself says so of every build with RPC, without a server too."""
    return any(one.takes_layers for one in found) if found else bool(native.library().llama_supports_gpu_offload())


_added: set[str] = set()


def add_servers(rpc: Sequence[str]) -> None:
    """Make the devices of these RPC servers (HOST:PORT) known to llama.cpp in this process, RPC0 and so on.

    llama.cpp aborts the process where a server cannot be reached, and waits for ever where one says nothing: ask with
    `aa_tui.engine.offload.ask_build` first. Raises EngineError for a build without RPC and a server without devices.
    """
    for address in rpc:
        if address in _added:
            continue
        lib = native.symbols()
        registry = _function(lib, "ggml_backend_reg_by_name", ctypes.c_void_p, ctypes.c_char_p)(b"RPC")
        if not registry:
            raise EngineError(
                f"This llama.cpp was built without RPC: `{rebuild_command('-DGGML_RPC=on')}` builds it with it."
            )
        find = _function(lib, "ggml_backend_reg_get_proc_address", ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p)
        add = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_char_p)(find(registry, b"ggml_backend_rpc_add_server"))
        server = add(address.encode())
        if not server:
            raise EngineError(f"The RPC server {address} lends no device.")
        _function(lib, "ggml_backend_register", None, ctypes.c_void_p)(server)
        _added.add(address)


def device_pointer(name: str) -> int:
    """ggml's device of that name, one of `devices`."""
    pointer = _function(native.symbols(), "ggml_backend_dev_by_name", ctypes.c_void_p, ctypes.c_char_p)(name.encode())
    return int(pointer)


def _function(lib: ctypes.CDLL, name: str, result: Any, *arguments: Any) -> Any:
    try:
        function = lib[name]  # a new object each time, unlike an attribute
    except AttributeError as error:
        raise EngineError("This build of llama.cpp hides ggml's functions, so that no device can be chosen.") from error
    function.restype, function.argtypes = result, list(arguments)
    return function


def devices() -> tuple[Device, ...]:
    """What this process's llama.cpp can compute with, the processor among them; none where the build hides it."""
    lib = native.symbols()
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
        kind = _KINDS.get(lib.ggml_backend_dev_type(device), "other")
        found.append(
            Device(
                name=_text(lib, "ggml_backend_dev_name", device),
                description=_text(lib, "ggml_backend_dev_description", device),
                kind=kind,
                memory_bytes=total.value,
                # of the processor's memory llama.cpp says that all of it is free
                free_bytes=min(total.value, available_memory_bytes()) if kind == "CPU" else free.value,
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


def main() -> None:
    """Tell of the build with the devices of the servers that the command line names, for a process that asks."""
    sys.stdout.write(json.dumps(describe_build(tuple(sys.argv[1:])).to_dict()))
