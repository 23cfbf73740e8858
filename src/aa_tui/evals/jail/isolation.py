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
import shutil
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_START = "import sys; sys.path.append({place!r}); from aa_tui.evals.jail.inside import main; main()"
STARTUP_S = 20.0
"""Seconds a process has for starting Python and confining itself, on a busy machine."""

_MACOS_PROFILE = """(version 1)(deny default)
(allow process-exec (subpath {prefix}))
(allow file-read-metadata)
(allow file-read* (subpath {prefix}) (subpath "/usr/lib") (subpath "/System/Library") (literal "/dev/null")
  (literal "/dev/urandom"){readable})
(allow sysctl-read)(allow signal (target self))"""


class JailError(Exception):
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

    `isolating` is False where only resource limits hold, then `why_not` says what is missing. `command` is what the
    process is started with, `namespaces` whether it makes some of its own.
    """

    name: str
    isolating: bool
    why_not: str = ""
    command: tuple[str, ...] = ()
    namespaces: bool = False


def available() -> Isolation:
    """The strongest isolation that a probe confirms here; takes about 0.1 s. Not isolating if there is none."""
    missing = []
    for name, way in _ways():
        try:
            found = _probe(name, way)
        except (JailError, OSError) as error:  # OSError: no folder for temporary files, no socket, no more processes
            missing.append(f"{name}: {error}")
            continue
        if found.isolating:
            return found
        missing.append(f"{name}: {found.why_not}")
    return Isolation("rlimits", isolating=False, why_not="; ".join(missing) or f"nothing is known for {sys.platform}")


def _ways() -> list[tuple[str, Isolation]]:
    """What may work here, strongest first."""
    ways = []
    if sys.platform == "linux":
        bubblewrap = shutil.which("bwrap")
        if bubblewrap:
            ways.append(("bubblewrap", Isolation("", isolating=False, command=_bubblewrap(bubblewrap))))
        ways.append(("Landlock, seccomp and namespaces", Isolation("", isolating=False, namespaces=True)))
        ways.append(("Landlock and seccomp", Isolation("", isolating=False)))
    elif sys.platform == "darwin":
        sandbox = shutil.which("sandbox-exec")
        if sandbox:
            ways.append(("sandbox-exec", Isolation("", isolating=False, command=(sandbox, "-p", _macos_profile()))))
    return ways


def _bubblewrap(program: str) -> tuple[str, ...]:
    """New namespaces of every kind with Python's library and this package, read-only, as the only files."""
    command = [program, "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--dev", "/dev"]
    package = Path(__file__).resolve().parents[2]
    executable = Path(sys.executable)
    places = [*readable_paths(), str(package), str(executable.resolve())]
    for place in sorted({place for place in places if not place.startswith("/dev/")}):
        command += ["--ro-bind-try", place, place]
    return (*command, "--remount-ro", "/", "--")


def _macos_profile() -> str:
    def quoted(path: str) -> str:
        return json.dumps(path, ensure_ascii=False)

    places = [*readable_paths(), str(Path(__file__).resolve().parents[2])]
    readable = "".join(f" (subpath {quoted(os.path.realpath(place))})" for place in places)
    return _MACOS_PROFILE.format(prefix=quoted(os.path.realpath(sys.base_prefix)), readable=readable)


def readable_paths() -> list[str]:
    """Python's own library and the shared libraries that its modules load later: nothing of anyone's data."""
    base = {"base": sys.base_prefix, "platbase": sys.base_exec_prefix, "installed_base": sys.base_prefix}
    paths = {sysconfig.get_path(name, vars=base) for name in ("stdlib", "platstdlib")}
    paths.update((sysconfig.get_config_var("LIBDIR"), "/lib", "/lib64", "/usr/lib", "/usr/lib64"))
    paths.update(("/usr/share/zoneinfo", "/dev/null", "/dev/urandom", "/etc/ld.so.cache"))
    return sorted(path for path in paths if path and os.path.exists(path))  # noqa: PTH110


def start(
    isolation: Isolation, limits: Limits, role: str, fds: tuple[int, ...] = (), **settings: Any
) -> subprocess.Popen[bytes]:
    """Start a process of `inside` with the pipe ends `fds`, nothing of our environment, and no terminal."""
    settings |= {
        "role": role,
        "readable": readable_paths(),
        "limits": {
            "cpu_s": limits.cpu_s,
            "memory_bytes": limits.memory_bytes,
            "threads": limits.threads,
            "namespaces": isolation.namespaces,
        },
    }
    place = str(Path(__file__).resolve().parents[3])
    python = str(Path(sys.executable).resolve()) if isolation.command else sys.executable
    command = [*isolation.command, python, "-P", "-s", "-S", "-X", "utf8", "-c", _START.format(place=place)]
    try:
        return subprocess.Popen(
            [*command, json.dumps(settings)],
            stdin=subprocess.PIPE if role == "tester" else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=fds,
            env=_environment(),
            cwd="/",
            start_new_session=True,
        )
    except OSError as error:
        raise JailError(f"the jail's process cannot be started: {error}") from error


def _environment() -> dict[str, str]:
    """What Python itself may need to start; and a fixed order of sets, which must not decide if an answer is right."""
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH", "PYTHONHOME") if name in os.environ}
    return {"PYTHONHASHSEED": "0"} | kept


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
    """SIGKILL to the process's whole session, and wait until it is gone."""
    try:
        os.killpg(process.pid, 9)
    except (ProcessLookupError, PermissionError):
        process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            try:
                pipe.close()
            except BrokenPipeError:
                continue


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
    if way.namespaces and "userns" not in layers:
        return Isolation(label, isolating=False, why_not="namespaces are not allowed here")
    return Isolation(label, isolating=True, command=way.command, namespaces=way.namespaces)
