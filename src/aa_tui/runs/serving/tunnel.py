"""`ssh://box/8080`: a port of another machine, forwarded by an ssh of our own for as long as it is needed."""

from __future__ import annotations

import os
import re
import socket
import tempfile
import time
from dataclasses import dataclass
from typing import IO

from aa_tui.host import children
from aa_tui.runs.errors import RunError
from aa_tui.textsafe import clean_line

OPEN_WITHIN_S = 30.0
LOOK_S = 0.05
SCHEME = "ssh://"

_WAY = re.compile(r"ssh://([A-Za-z0-9_][A-Za-z0-9_.@-]*|[A-Za-z0-9_.-]+@\[[0-9A-Fa-f:]+\])(?::(\d{1,5}))?/(\d{1,5})/?")
"""No name begins with a dash: ssh would take it for an option."""

_ENDS_WITH_US = 'exec 3<&0; { cat <&3 >/dev/null; kill "$$"; } & exec 3<&- </dev/null; exec "$@"'
"""For `sh -c`: become a program that is ended when our end of its input closes, whatever ends us."""

_OPTIONS = ("BatchMode=yes", "ExitOnForwardFailure=yes", "ServerAliveInterval=15", "ConnectTimeout=15")


@dataclass(frozen=True, slots=True)
class Way:
    """Where ssh goes, and the port there that is wanted."""

    host: str
    ssh_port: int | None
    port: int

    @property
    def url(self) -> str:
        """As it is noted."""
        at = f":{self.ssh_port}" if self.ssh_port is not None else ""
        return f"{SCHEME}{self.host}{at}/{self.port}"


def is_through_ssh(typed: str) -> bool:
    """Whether an address is to be reached through ssh."""
    return typed.strip().lower().startswith(SCHEME)


def typed_way(typed: str) -> Way:
    """What `ssh://user@box:22/8080` means. Raises RunError for what is none."""
    found = _WAY.fullmatch(typed.strip())
    ports = [int(one) for one in found.groups()[1:] if one] if found else []
    if found is None or not all(0 < port < 65_536 for port in ports):
        raise RunError(f"“{clean_line(typed)[:80]}” is no way through ssh: write it like ssh://box/8080.")
    return Way(found[1], int(found[2]) if found[2] else None, int(found[3]))


class Tunnel:
    """A forwarded port; open after `open`, gone with `close` or with this process."""

    def __init__(self, way: Way) -> None:
        self._way = way
        self._process: children.Process | None = None
        self._complaint: IO[bytes] | None = None

    def open(self) -> str:
        """The address here under which the server is reached from now on. Raises RunError."""
        port = _free_port()
        to = ("-p", str(self._way.ssh_port)) if self._way.ssh_port is not None else ()
        options = [word for option in _OPTIONS for word in ("-o", option)]
        command = ("ssh", "-N", "-L", f"127.0.0.1:{port}:localhost:{self._way.port}", *options, *to, self._way.host)
        self._complaint = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `close`
        ssh = children.find("ssh")
        if ssh is None:
            raise RunError("There is no ssh on this machine: install it, or forward the port yourself.")
        self._process = children.start(
            ("sh", "-c", _ENDS_WITH_US, "sh", ssh, *command[1:]),
            stdin=children.PIPE,
            stderr=self._complaint,
            env=children.environment(more=_of_ssh()),
        )
        give_up_at = time.monotonic() + OPEN_WITHIN_S
        while not _answers(port):
            if self._process.poll() is not None or time.monotonic() > give_up_at:
                why = self._last_words() or "it took too long"
                self.close()
                raise RunError(
                    f"ssh does not reach {clean_line(self._way.host)} ({why}): see whether `ssh "
                    f"{clean_line(self._way.host)}` works without a password."
                )
            time.sleep(LOOK_S)
        return f"http://127.0.0.1:{port}"

    def close(self) -> None:
        """End it. Calling it again does nothing."""
        if self._process is not None:
            children.kill(self._process)
            if self._process.stdin is not None:
                self._process.stdin.close()
            self._process = None
        if self._complaint is not None:
            self._complaint.close()
            self._complaint = None

    def _last_words(self) -> str:
        if self._complaint is None:
            return ""
        self._complaint.seek(0)
        lines = self._complaint.read(1 << 16).decode("utf-8", "replace").strip().splitlines()
        return clean_line(lines[-1])[:200] if lines else ""


def _of_ssh() -> dict[str, str]:
    """What ssh needs to reach the user's agent."""
    return {name: os.environ[name] for name in ("SSH_AUTH_SOCK", "SSH_AGENT_PID") if name in os.environ}


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1.0).close()
    except OSError:
        return False
    return True
