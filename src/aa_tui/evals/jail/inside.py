"""Where a confined process begins: it confines itself, says which layers hold, and only then does its work.

Started by `isolation.start` as `python -c "... main()"` with one argument, the JSON of its settings.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from aa_tui.evals.jail.confine import ConfinementError, confine, tie_to_parent


def main() -> None:
    """Confine this process and become what its settings say: "worker", "tester" or "probe"."""
    settings = json.loads(sys.argv[1])
    tie_to_parent()
    for end in ("read_fd", "write_fd"):
        if end in settings:
            settings[end] = _lowest(settings[end])
    role = _role(settings["role"])
    del sys.path[-1]  # where this package lies is out of reach from here on
    try:
        layers = confine(settings["readable"], **settings["limits"])
    except ConfinementError as error:
        os.write(1, json.dumps({"error": str(error)}).encode("ascii") + b"\n")
        return
    os.write(1, json.dumps({"layers": layers}).encode("ascii") + b"\n")
    role(settings)


def _lowest(fd: int) -> int:
    """The same pipe under the lowest number that is free: who started this process may have had many files open, and
    what is left of `RLIMIT_NOFILE` should not depend on it."""
    lower = os.dup(fd)
    unused = max(lower, fd)
    os.close(unused)
    return min(lower, fd)


def _role(name: str) -> Any:
    """Imported before the confinement: afterwards only Python's own library can be read."""
    if name == "worker":
        from aa_tui.evals.jail import worker

        return worker.serve
    if name == "tester":
        from aa_tui.evals.jail import tester

        return tester.judge
    return _probe


def _probe(settings: dict[str, Any]) -> None:
    """Try what must not work, and say what did."""
    import _socket

    open_ways = []
    for way, attempt in (
        ("files can be read", lambda: os.open(settings["canary"], os.O_RDONLY)),
        ("files can be written", lambda: os.open(settings["canary"], os.O_WRONLY)),
        ("files can be made", lambda: os.open(settings["canary"] + ".new", os.O_WRONLY | os.O_CREAT, 0o600)),
        ("files can be removed", lambda: os.unlink(settings["canary"])),  # noqa: PTH108
        ("files can be changed", lambda: os.chmod(settings["canary"], 0o644)),  # noqa: PTH101
        ("it can connect", lambda: _connects(_socket, settings["port"])),
        ("it can start programs", lambda: os.posix_spawn("/bin/true", ["true"], {})),
        ("it can send signals", lambda: os.kill(settings["parent"], 0)),
    ):
        try:
            attempt()
        except OSError:
            continue
        open_ways.append(way)
    os.write(1, json.dumps({"open": open_ways}).encode("ascii") + b"\n")


def _connects(sockets: Any, port: int) -> None:
    connection = sockets.socket(sockets.AF_INET, sockets.SOCK_STREAM, 0)
    connection.settimeout(1.0)
    connection.connect(("127.0.0.1", port))
