"""A program run on another machine through an ssh of our own: what it says goes into a file here."""

from __future__ import annotations

import os
import re
import shlex
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO

from aa_tui.host import children
from aa_tui.runs.errors import RunError
from aa_tui.textsafe import clean_line

SCHEME = "ssh://"
LOOK_S = 0.05
STALLS_S = 600.0
"""An errand that says nothing for so long is given up: a program there may wait for somebody to type."""

NO_SUCH_PROGRAM, SSH_FAILED = 127, 255

_WAY = re.compile(
    r"ssh://([A-Za-z0-9_][A-Za-z0-9_.@-]*|[A-Za-z0-9_.-]+@\[[0-9A-Fa-f:]+\])(?::(\d{1,5}))?(/.*)?", re.DOTALL
)
"""No name begins with a dash: ssh would take it for an option."""

_OPTIONS = ("BatchMode=yes", "ServerAliveInterval=15", "ConnectTimeout=15")


@dataclass(frozen=True, slots=True)
class Box:
    """Where ssh goes, and a path there, empty for none."""

    host: str
    ssh_port: int | None
    path: str

    @property
    def shown(self) -> str:
        """As it was typed."""
        at = f":{self.ssh_port}" if self.ssh_port is not None else ""
        return clean_line(f"{SCHEME}{self.host}{at}{self.path}")


def typed_box(typed: str) -> Box:
    """What `ssh://user@box:22/path` means. Raises RunError for what is none."""
    found = _WAY.fullmatch(typed.strip())
    port = int(found[2]) if found is not None and found[2] else None
    path = (found[3] or "") if found is not None else ""
    if found is None or (port is not None and not 0 < port < 65_536) or "\0" in path:
        raise RunError(f"“{clean_line(typed)[:80]}” is no machine for ssh: write it like ssh://box or ssh://box/path.")
    return Box(found[1], port, "" if path == "/" else path)


def command_there(*words: str) -> str:
    """A command for the shell there, whichever that is. Programs of the user's own are found as at his terminal."""
    script = f'PATH="$PATH:$HOME/.local/bin:$HOME/bin" exec {shlex.join(words)}'
    return f"sh -c {shlex.quote(script)}"


def run_there(
    box: Box,
    command: str,
    into: IO[bytes],
    *,
    given: IO[bytes] | None = None,
    most_bytes: int,
    on_bytes: Callable[[int], object] = lambda _count: None,
) -> None:
    """Run a command there; what it says is written into a file, what it reads is `given`, a file as well.

    Raises RunError where ssh does not come through, the command fails, says more than `most_bytes`, or nothing at all
    for ten minutes.
    """
    ssh = children.find("ssh")
    if ssh is None:
        raise RunError("There is no ssh on this machine: install it, or copy the catalog here and merge the copy.")
    to = ("-p", str(box.ssh_port)) if box.ssh_port is not None else ()
    options = [word for option in _OPTIONS for word in ("-o", option)]
    environment = children.environment(more=_of_ssh())
    with tempfile.TemporaryFile() as complaint:
        process = children.start(
            (ssh, "-T", *options, *to, box.host, command),
            stdin=children.NOWHERE if given is None else given,
            stdout=into,
            stderr=complaint,
            env=environment,
        )
        try:
            _wait(process, box, into, most_bytes, on_bytes)
        finally:
            if process.returncode is None:
                children.kill(process)
        if process.returncode:
            raise RunError(_why(box, process.returncode, _last_words(complaint)))


def _wait(
    process: children.Process, box: Box, into: IO[bytes], most_bytes: int, on_bytes: Callable[[int], object]
) -> None:
    said, changed_at = -1, time.monotonic()
    while process.poll() is None:
        now = os.fstat(into.fileno()).st_size
        if now > most_bytes:
            raise RunError(f"{box.shown} sends more than {most_bytes / 1e9:.0f} GB: nothing of it was used.")
        if now != said:
            said, changed_at = now, time.monotonic()
            on_bytes(now)
        if time.monotonic() - changed_at > STALLS_S:
            raise RunError(
                f"{box.shown} has said nothing for {STALLS_S / 60:.0f} minutes: see what it does, then try again."
            )
        time.sleep(LOOK_S)


def _why(box: Box, code: int, words: str) -> str:
    host = clean_line(box.host)
    if code == NO_SUCH_PROGRAM:
        return f"There is no aa-tui on {host}, or not where ssh finds it: install it there (`uv tool install aa-tui`)."
    if code == SSH_FAILED:
        said = words or "it says nothing"
        return f"ssh does not reach {host} ({said}): see whether `ssh {host}` works without a password."
    return f"{host} refused ({words or f'exit code {code}'}): see whether aa-tui is as new there as here."


def _of_ssh() -> dict[str, str]:
    """What ssh needs to reach the user's agent."""
    return {name: os.environ[name] for name in ("SSH_AUTH_SOCK", "SSH_AGENT_PID") if name in os.environ}


def _last_words(complaint: IO[bytes]) -> str:
    complaint.seek(0)
    lines = complaint.read(1 << 16).decode("utf-8", "replace").strip().splitlines()
    return clean_line(lines[-1].removeprefix("aa-tui: "))[:300] if lines else ""
