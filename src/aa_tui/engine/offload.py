"""Where a model's layers go: which devices take them, how they share, and those that other machines lend (RPC).

Nothing here loads llama.cpp: the app and the shell ask for its devices in a process of its own.
"""

from __future__ import annotations

import json
import math
import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aa_tui.config.offline import refusal
from aa_tui.engine import binaries
from aa_tui.engine.errors import EngineError
from aa_tui.gguf.fit import CONTEXT_BYTES
from aa_tui.host import children, network
from aa_tui.textsafe import clean_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

RPC_WARNING = (
    "llama.cpp's RPC protocol has neither authentication nor encryption: use it only on a network that you trust."
)
CPU = "CPU"
"""Named alone, it keeps every layer on the processor."""

MAX_SERVERS = 16
"""GGML_RPC_MAX_SERVERS of ggml-rpc.h."""

REACH_S = 3.0
ASK_S = 20.0
"""So long a server has to name its devices; llama.cpp itself would wait for ever."""

LOAD_S = 120.0

_ADDRESS = re.compile(r"([A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?):([0-9]{1,5})")


@dataclass(frozen=True, slots=True)
class Device:
    """Something that llama.cpp can compute with. `memory_bytes` is its total memory, `free_bytes` what of it is free;
    both are 0 where unknown. A device of another machine has its address as description.
    """

    name: str
    description: str
    kind: str
    memory_bytes: int
    free_bytes: int = 0

    @property
    def takes_layers(self) -> bool:
        """Whether layers can be put there; the processor keeps the others."""
        return "GPU" in self.kind

    @property
    def is_remote(self) -> bool:
        """Whether it is reached through llama.cpp's RPC protocol."""
        return self.name.startswith("RPC")

    @property
    def context_bytes(self) -> int:
        """What the driver takes of its memory for a process, beside llama.cpp's buffers."""
        return CONTEXT_BYTES if self.name.startswith(("CUDA", "ROCm")) else 0


def devices_of(build: Mapping[str, Any]) -> tuple[Device, ...]:
    """The devices in a build's plain values; what an older version of the program did not note is unknown."""
    names = Device.__dataclass_fields__
    return tuple(Device(**{key: one[key] for key in names if key in one}) for one in build.get("devices", ()))


def parse_devices(text: str) -> tuple[str, ...]:
    """Names of devices from "CUDA0,RPC0". Raises ValueError with a sentence."""
    names = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    if not names:
        raise ValueError("it must be names of devices such as CUDA0; `aa-tui doctor` lists them")
    return names


def parse_split(text: str) -> tuple[float, ...]:
    """Shares from "3,1". Raises ValueError with a sentence."""
    try:
        shares = tuple(float(part) for part in text.split(","))
    except ValueError:
        shares = ()
    if not shares or not all(math.isfinite(share) and share >= 0 for share in shares) or not any(shares):
        raise ValueError("it must be shares such as 3,1, one for each device: 0 or more, and one above 0")
    return shares


def parse_rpc(text: str) -> tuple[str, ...]:
    """Addresses from "10.0.0.2:50052,box:50052". Raises ValueError with a sentence."""
    found = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    for address in found:
        match = _ADDRESS.fullmatch(address)
        if match is None or not 0 < int(match[2]) < 1 << 16:
            raise ValueError(f"“{clean_line(address)}” is no HOST:PORT such as 192.168.1.20:50052")
    if not 0 < len(found) <= MAX_SERVERS:
        raise ValueError(f"it must be 1 to {MAX_SERVERS} addresses such as 192.168.1.20:50052")
    return found


_OPTIONS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "--device": ("devices", parse_devices),
    "--tensor-split": ("tensor_split", parse_split),
    "--rpc": ("rpc", parse_rpc),
    "-ngl": ("n_gpu_layers", int),
}


def parse_options(text: str) -> dict[str, Any]:
    """The fields of a run's options from "-ngl 20 --device CUDA0", as in the shell. Raises ValueError."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise ValueError(f"“{clean_line(text)}” has a quotation mark too many.") from error
    found: dict[str, Any] = {}
    for option, value in zip(words[::2], [*words[1::2], ""], strict=False):
        if option not in _OPTIONS:
            raise ValueError(f"“{clean_line(option)}” is none of {', '.join(_OPTIONS)}.")
        name, parse = _OPTIONS[option]
        try:
            found[name] = parse(value)
        except ValueError as error:
            why = "it must be a whole number" if option == "-ngl" else str(error)
            raise ValueError(f"{option}: {why}.") from error
    return found


def chosen(available: Sequence[Device], names: Sequence[str], tensor_split: Sequence[float]) -> tuple[Device, ...]:
    """The devices that layers go to, in their order; none where the processor keeps them all.

    Without names they are those that llama.cpp chooses: other machines', then GPUs, or else integrated ones. Raises
    EngineError for a name that there is not, and where there is not one share for each.
    """
    takers = {device.name.lower(): device for device in available if device.takes_layers}
    wanted = [name.lower() for name in names]
    if wanted == [CPU.lower()]:
        found = []
    elif wanted:
        names_there = [*(device.name for device in takers.values()), CPU]
        there = f"there are {', '.join(names_there)}" if takers else f"there is only {CPU}"
        unknown = next((name for name in names if name.lower() not in takers), None)
        if unknown is not None and unknown.upper() == CPU:
            raise EngineError("The processor keeps what no device takes: name CPU alone, or leave it out of --device.")
        if unknown is not None:
            raise EngineError(f"There is no device {clean_line(unknown)[:60]} for layers: {there}.")
        found = [takers[name] for name in wanted]
    else:
        remote = [device for device in takers.values() if device.is_remote]
        own = [device for device in takers.values() if device.kind == "GPU" and not device.is_remote]
        found = [*remote, *(own or [device for device in takers.values() if device.kind == "integrated GPU"])]
    if tensor_split and len(tensor_split) != len(found):
        names_found = ", ".join(device.name for device in found) or "none"
        raise EngineError(
            f"--tensor-split has {len(tensor_split)} {'share' if len(tensor_split) == 1 else 'shares'} but layers go "
            f"to {len(found)} {'device' if len(found) == 1 else 'devices'} ({names_found}): give one share for each."
        )
    return tuple(found)


def ask_build(rpc: Sequence[str] = ()) -> dict[str, Any]:
    """llama.cpp's build as `Build.to_dict` has it, with the devices of these servers, asked in a process of its own.

    llama.cpp ends its process where a server goes away, and waits for ever where one says nothing. Raises EngineError.
    """
    if words := binaries.not_installed():
        raise EngineError(words)
    for address in rpc:
        if (refused := refusal(f"The memory of {address}")) is not None:
            raise EngineError(refused)
        unreached = network.reach(f"http://{address}", REACH_S)
        if unreached is not None:
            raise EngineError(
                f"{address} cannot be reached ({clean_line(unreached)}): start `rpc-server` of llama.cpp there."
            )
    servers = " or ".join(rpc)
    command = children.python("aa_tui.engine.build", *rpc)
    limit_s = ASK_S if rpc else LOAD_S
    try:
        asked = children.run(command, timeout_s=limit_s, env=children.environment(computes=True))
    except children.ChildError as error:
        what = f"{servers} does not answer as an RPC server" if rpc else "llama.cpp does not load"
        why = ": it may be serving another program, which it does one at a time" if rpc else ""
        raise EngineError(f"{what} within {limit_s:.0f} s{why}.") from error
    if asked.code == 0:
        build: dict[str, Any] = json.loads(asked.said)
        return build
    last = asked.last_line
    kind, _, words = last.partition(": ")
    if kind.endswith("EngineError"):
        raise EngineError(clean_line(words))
    if rpc:
        raise EngineError(f"{servers} is no RPC server of this version of llama.cpp: start its own `rpc-server` there.")
    raise EngineError(f"llama.cpp does not load ({clean_line(last) or 'no reason given'}): `aa-tui doctor` tells more.")
