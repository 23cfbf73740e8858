"""Which isolation this system offers, found by trying it, and starting processes in it.

Linux: `confine`'s layers, in bubblewrap where that is installed. macOS: sandbox-exec. Before anything is called
isolating, a probe process confines itself in that way and then tries to read and write a file, connect to a port, start
a program and signal its parent; all must fail. Without any of them there is no isolation, and nothing but the caller's
express wish (`unsafe`) runs code then.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from aa_tui.errors import AATuiError
from aa_tui.evals.jail.bundle import START, bundle
from aa_tui.evals.jail.reach import shown
from aa_tui.host import children

STARTUP_S = 20.0
"""Seconds a process has for starting Python and confining itself, on a busy machine."""
_ENDING_S = 5.0
"""Seconds that a wrapper has for ending after what it wraps, before it is killed itself."""

_MACOS_PROFILE = """(version 1)(deny default)
(allow process-exec (subpath {prefix}))
(allow file-read-metadata)
(allow file-read* (subpath "/usr/lib") (subpath "/System/Library"){readable})
(allow sysctl-read)(allow signal (target self))"""


class JailError(AATuiError):
    """The jail itself failed; says nothing about the solution. One sentence."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one solution may use. `cpu_s` binds a busy one, `wall_s` one that sleeps; both count for all its tests.

    `memory_bytes` is address space, `threads` counts the main one; processes and files it can make none at all.
    """

    cpu_s: int = 8
    wall_s: float = 15.0
    memory_bytes: int = 512 << 20
    threads: int = 48


@dataclass(frozen=True, slots=True)
class Isolation:
    """A way to confine a process. `name` lists its layers, such as "landlock7+seccomp+userns+rlimits".

    `isolating` is False where only resource limits hold. `why_not` says why nothing stronger is to be had. `command` is
    what the process is started with, `namespaces` whether it makes some of its own, `root` whether a file system is
    among them.
    """

    name: str
    isolating: bool
    why_not: str = ""
    command: tuple[str, ...] = ()
    namespaces: bool = False
    root: bool = False

    @property
    def meaning(self) -> str:
        """What it gives and what not, in a few words."""
        if not self.isolating:
            return "model-written code is not run; with --unsafe-code it has all your rights"
        reads = "an answer reads Python's own library and nothing else; it cannot write, connect or start programs"
        if self.hides_files:
            return f"{reads}, and sees no other file"
        return f"{reads}, but can tell whether a path exists"

    @property
    def hides_files(self) -> bool:
        """Whether other files cannot even be looked up."""
        return not {"bwrap", "mountns"}.isdisjoint(self.name.split("+"))


def available() -> Isolation:
    """The strongest isolation that a probe confirms here; takes about 0.2 s. Not isolating if there is none."""
    missing: list[str] = []
    for found in tried():
        if found.isolating:
            return replace(found, why_not="; ".join(missing))
        missing.append(found.why_not)
    return Isolation("rlimits", isolating=False, why_not="; ".join(missing) or f"nothing is known for {sys.platform}")


def tried() -> Iterator[Isolation]:
    """What each way comes to here, strongest first."""
    try:
        ways = _ways()
    except JailError as error:
        yield Isolation("rlimits", isolating=False, why_not=str(error))
        return
    for name, way in ways:
        try:
            found = _probe(name, way)
        except (JailError, OSError) as error:  # OSError: no folder for temporary files, no socket, no more processes
            found = replace(way, why_not=str(error))
        yield found if found.isolating else replace(found, why_not=f"{name}: {found.why_not}")


def _ways() -> list[tuple[str, Isolation]]:
    """What may work here, strongest first."""
    plain = Isolation("", isolating=False)
    ways = []
    if sys.platform == "linux":
        bubblewrap = children.find("bwrap")
        if bubblewrap:
            ways.append(("bubblewrap", replace(plain, command=_bubblewrap(bubblewrap))))
        ways += [
            ("Landlock, seccomp and a file system of its own", replace(plain, namespaces=True, root=True)),
            ("Landlock, seccomp and namespaces", replace(plain, namespaces=True)),
            ("Landlock and seccomp", plain),
        ]
    elif sys.platform == "darwin":
        sandbox = children.find("sandbox-exec")
        if sandbox:
            ways.append(("sandbox-exec", replace(plain, command=(sandbox, "-p", _macos_profile()))))
    return ways


def _bubblewrap(program: str) -> tuple[str, ...]:
    """New namespaces of every kind with Python's library, read-only, as the only files."""
    command = [program, "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--dev", "/dev"]
    command.append("--as-pid-1")  # its own first process would be left behind, dead and nobody's
    library = python_library()
    for place in shown(library):
        if not place.startswith("/dev/"):
            command += ["--ro-bind", place, place]
    for place in library["hidden"]:
        command += ["--tmpfs", place] if os.path.isdir(place) else ["--ro-bind", os.devnull, place]  # noqa: PTH112
    return (*command, "--remount-ro", "/", "--")


def _macos_profile() -> str:
    def rule(kind: str, path: str) -> str:
        return f" ({kind} {json.dumps(os.path.realpath(path), ensure_ascii=False)})"

    library = python_library()
    readable = [rule("subpath" if os.path.isdir(path) else "literal", path) for path in library["readable"]]  # noqa: PTH112
    readable += [rule("literal", folder) for folder in library["folders"]]  # its names, not what is in it
    prefix = json.dumps(os.path.realpath(sys.base_prefix), ensure_ascii=False)
    return _MACOS_PROFILE.format(prefix=prefix, readable="".join(readable))


@cache
def python_library() -> dict[str, list[str]]:
    """What a confined process may read, see `reach.survey`: found once, by starting the interpreter that runs this.

    Raises JailError if it does not start.
    """
    process = start(Isolation("", isolating=False), Limits(), "survey")
    try:
        library = json.loads(process.communicate(timeout=STARTUP_S)[0])["library"]
    except (subprocess.TimeoutExpired, ValueError, KeyError) as error:
        raise JailError("Python's own library cannot be found") from error
    finally:
        kill(process)
    assert isinstance(library, dict)
    return library


def _python() -> str:
    """The interpreter below a virtual environment: what is in the environment is none of the jail's business."""
    base = Path(getattr(sys, "_base_executable", None) or sys.executable)
    return str((base if base.is_file() else Path(sys.executable)).resolve())


def start(
    isolation: Isolation, limits: Limits, role: str, fds: tuple[int, ...] = (), **settings: Any
) -> subprocess.Popen[bytes]:
    """Start a process of `inside` with the pipe ends `fds`, nothing of our environment, and no terminal."""
    settings["role"] = role
    if role != "survey":
        settings["library"] = python_library()
    settings["limits"] = {
        "cpu_s": limits.cpu_s,
        "memory_bytes": limits.memory_bytes,
        "threads": limits.threads,
        "namespaces": isolation.namespaces,
        "root": isolation.root,
    }
    command = [*isolation.command, _python(), "-P", "-s", "-S", "-X", "utf8", "-c", START]
    try:
        return children.start(
            [*command, bundle(role), json.dumps(settings)],
            stdin=children.PIPE if role == "tester" else children.NOWHERE,
            stdout=children.PIPE,
            pass_fds=fds,
            env=_environment(),
        )
    except OSError as error:
        raise JailError(f"the jail's process cannot be started: {error}") from error


def _environment() -> dict[str, str]:
    """What Python itself may need to start; a fixed order of sets, which must not decide if an answer is right; and one
    arena, since the C library takes 64 MiB of address space for each of the first threads otherwise."""
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH", "PYTHONHOME") if name in os.environ}
    return {"PYTHONHASHSEED": "0", "MALLOC_ARENA_MAX": "1"} | kept


def confined(process: subprocess.Popen[bytes]) -> list[str]:
    """Wait until it has confined itself; by which layers. Raises JailError, with it killed, if it does not."""
    try:
        line = read_line(process, time.monotonic() + STARTUP_S)
        report = json.loads(line)
        if "layers" in report:
            return list(report["layers"])
        raise JailError(report["error"])
    except (JailError, ValueError, KeyError) as error:
        kill(process)
        raise JailError(f"a process could not confine itself: {str(error) or 'it gave no reason'}") from error


def read_line(process: subprocess.Popen[bytes], deadline: float) -> bytes:
    """One line of its standard output, without its end; raises JailError at the deadline or the end of output."""
    assert process.stdout is not None
    source, line = process.stdout.fileno(), bytearray()
    poll = select.poll()
    poll.register(source, select.POLLIN)
    while not line.endswith(b"\n"):
        left = deadline - time.monotonic()
        if left <= 0 or not poll.poll(left * 1000):
            raise JailError("it did not answer in time")
        piece = os.read(source, 1)  # two short lines per process; the second must stay in the pipe
        if not piece:
            raise JailError(f"it ended with status {process.poll()}")
        line += piece
    return bytes(line)


def kill(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL to it and all that it started, and wait until nobody of them lives.

    From the innermost out: a wrapper (bubblewrap) then ends by itself, after it has waited for its own. Killed first,
    it would leave them dying behind our back.
    """
    below = descendants(process.pid)
    with ExitStack() as stack:
        handles = [handle for pid in below for handle in _handle(pid, stack)]
        for pid in reversed(below):
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        if below:
            with suppress(subprocess.TimeoutExpired):
                process.wait(_ENDING_S)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for handle in handles:
            dead = select.poll()
            dead.register(handle, select.POLLIN)
            dead.poll(_ENDING_S * 1000)
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(BrokenPipeError):
                pipe.close()


def _handle(pid: int, stack: ExitStack) -> list[int]:
    """A descriptor that can be read from when the process is dead; none where it is already, or cannot be had."""
    try:
        handle = os.pidfd_open(pid)
    except (AttributeError, OSError):
        return []
    stack.callback(os.close, handle)
    return [handle]


def descendants(pid: int) -> list[int]:
    """All processes below one, parents before children. None where there is no /proc."""
    try:
        direct = [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()]
    except OSError:
        return []
    return [*direct, *(below for one in direct for below in descendants(one))]


def _probe(name: str, way: Isolation) -> Isolation:
    """Try to get out of it. Raises JailError if it cannot even be started."""
    with tempfile.TemporaryDirectory(prefix="aa-tui-jail-") as folder, socket.create_server(("127.0.0.1", 0)) as server:
        canary = Path(folder) / "canary"
        canary.write_bytes(b"untouched")
        port = server.getsockname()[1]
        settings = {"canary": str(canary), "port": port, "parent": os.getpid()}
        process = start(way, Limits(cpu_s=5, memory_bytes=512 << 20), "probe", **settings)
        layers = confined(process)
        try:
            report = json.loads(read_line(process, time.monotonic() + STARTUP_S))
        except (JailError, ValueError) as error:
            raise JailError(f"its probe failed: {error}") from error
        finally:
            kill(process)
    wrapper = {"bubblewrap": ["bwrap"], "sandbox-exec": ["sandbox-exec"]}.get(name, [])
    label = "+".join([*wrapper, *layers])
    if report["open"]:
        return Isolation(label, isolating=False, why_not=", ".join(report["open"]))
    if (way.namespaces and "userns" not in layers) or (way.root and "mountns" not in layers):
        return Isolation(label, isolating=False, why_not="namespaces are not allowed here")
    return replace(way, name=label, isolating=True)
