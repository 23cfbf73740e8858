"""How long this process waits for an RPC server: llama.cpp itself would wait for ever for one that says nothing."""

from __future__ import annotations

import os
import socket
import struct

ANSWER_S = 600.0
"""A server answers when it has computed all that it was sent, which takes minutes for a long prompt on a slow one."""


def answer_s() -> float:
    """The limit in seconds: AA_TUI_RPC_TIMEOUT, or `ANSWER_S` where that is no number above 0."""
    try:
        wanted = float(os.environ.get("AA_TUI_RPC_TIMEOUT", ""))
    except ValueError:
        return ANSWER_S
    return wanted if 0 < wanted < 1e6 else ANSWER_S


def bound(rpc: tuple[str, ...]) -> None:
    """Bound the waits of this process's connections to these servers (HOST:PORT).

    After it llama.cpp takes the server for lost: it ends the process, and the run can be resumed. A server whose
    machine went away without a word is found out by the same limit.
    """
    import psutil

    if os.name != "posix":
        return
    ports = {int(address.rpartition(":")[2]) for address in rpc}
    limit = answer_s()
    timeval = struct.pack("@ll", int(limit), int(limit % 1 * 1e6))
    for connection in psutil.Process().net_connections("tcp"):
        if connection.raddr and connection.raddr.port in ports and connection.fd >= 0:
            with socket.socket(fileno=os.dup(connection.fd)) as one:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, timeval)
                one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, timeval)
                one.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
