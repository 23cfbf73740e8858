"""Servers' keys: found in the environment or the keyring, handed to the worker alone, written nowhere."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Sequence

from aa_tui.host.children import SECRET
from aa_tui.host.keyring import in_ring
from aa_tui.runs.errors import RunError
from aa_tui.runs.serving.servers import Server
from aa_tui.textsafe import clean_line

_OF_SSH = ("SSH_AUTH_SOCK", "SSH_AGENT_PID")
_NAME = re.compile(r"[^A-Za-z0-9]+")


def key_of(server: Server) -> str:
    """A server's key; empty where it has none. Raises RunError where the one that is named is not there.

    It is, in this order: what the launcher handed over, the environment variable or keyring entry that was named, and
    `AA_TUI_KEY_` with the server's name.
    """
    handed = os.environ.get(_handed(server))
    if handed:
        return handed
    if not server.key_env:
        return os.environ.get(usual_variable(server.name), "")
    key = os.environ.get(server.key_env) or in_ring(server.key_env)
    if not key:
        raise RunError(
            f"The key of {server.shown} is to be in {clean_line(server.key_env)}, but there is no such environment "
            f"variable or keyring entry: `export {clean_line(server.key_env)}=…` sets it."
        )
    return key


def usual_variable(name: str) -> str:
    """The variable that holds the key of a server of this name, where none is named: AA_TUI_KEY_BOX."""
    return f"{SECRET}{_NAME.sub('_', name).strip('_').upper()}"


def for_worker(servers: Sequence[Server]) -> dict[str, str]:
    """What the worker of a run with these servers needs in its environment beside the usual. Raises RunError."""
    found = {_handed(server): key for server in servers if (key := key_of(server))}
    if any(server.way is not None for server in servers):
        found |= {name: os.environ[name] for name in _OF_SSH if name in os.environ}
    return found


def _handed(server: Server) -> str:
    """By the address: a key is for that very server, whatever another is called."""
    return f"{SECRET}HANDED_{hashlib.sha256(server.url.encode()).hexdigest()[:16].upper()}"
