"""Where a confined process begins: it confines itself, says which layers hold, and only then does its work.

Started by `isolation.start` with the modules of `bundle` and the JSON of its settings as arguments.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any

from aa_tui.evals.jail.confine import ConfinementError, confine, tie_to_parent
from aa_tui.evals.jail.reach import import_only, survey

_WORK = {"worker": "serve", "tester": "judge"}


def main(text: str) -> None:
    """Confine this process and become what its settings say: "worker", "tester" or "probe"; or "survey", which runs
    nothing of anyone's and needs no confinement."""
    settings = json.loads(text)
    del text, sys.orig_argv[1:]  # nothing of them is for who runs here later
    tie_to_parent()
    if settings["role"] == "survey":
        _say(library=survey())
        return
    for end in ("read_fd", "write_fd"):
        if end in settings:
            settings[end] = _lowest(settings[end])
    library = settings.pop("library")
    try:
        layers = confine(library, **settings["limits"])
    except ConfinementError as error:
        _say(error=str(error))
        return
    import_only(library)
    del library
    _say(layers=layers)
    _work(settings)


def _say(**report: Any) -> None:
    os.write(1, json.dumps(report).encode("ascii") + b"\n")


def _lowest(fd: int) -> int:
    """The same pipe under the lowest number that is free: who started this process may have had many files open, and
    what is left of `RLIMIT_NOFILE` should not depend on it."""
    lower = os.dup(fd)
    unused = max(lower, fd)
    os.close(unused)
    return min(lower, fd)


def _work(settings: dict[str, Any]) -> None:
    role = settings["role"]
    if role == "probe":
        _say(open=_open_ways(settings))
        return
    module = sys.modules[f"{__name__.rpartition('.')[0]}.{role}"]
    getattr(module, _WORK[role])(settings)


def _open_ways(settings: dict[str, Any]) -> list[str]:
    """Try what must not work, and say what did."""
    import _socket

    canary = settings["canary"]
    ways: dict[str, Callable[[], object]] = {
        "files can be read": lambda: os.open(canary, os.O_RDONLY),
        "files can be written": lambda: os.open(canary, os.O_WRONLY),
        "files can be made": lambda: os.open(canary + ".new", os.O_WRONLY | os.O_CREAT, 0o600),
        "files can be removed": lambda: os.unlink(canary),  # noqa: PTH108
        "files can be changed": lambda: os.chmod(canary, 0o644),  # noqa: PTH101
        "it can connect": lambda: _connects(_socket, settings["port"]),
        "it can start programs": lambda: os.posix_spawn("/bin/true", ["true"], {}),
        "it can send signals": lambda: os.kill(settings["parent"], 0),
    }
    if settings["limits"]["root"]:
        ways["files can be seen"] = lambda: os.stat(canary)  # noqa: PTH116
    return [way for way, attempt in ways.items() if _works(attempt)]


def _works(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except OSError:
        return False
    return True


def _connects(sockets: Any, port: int) -> None:
    connection = sockets.socket(sockets.AF_INET, sockets.SOCK_STREAM, 0)
    connection.settimeout(1.0)
    connection.connect(("127.0.0.1", port))
