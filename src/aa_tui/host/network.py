"""Whether a server can be reached, found out in bounded time and without asking it for anything."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit


def reach(address: str, seconds: float = 2.0) -> str | None:
    """Why an http(s) address cannot be reached; None when a connection to it was made within `seconds`.

    Looking a name up cannot be interrupted, so that it goes on in a thread that nobody waits for.
    """
    import threading

    parts = urlsplit(address)
    if parts.hostname is None:
        return "it is no web address"
    host, port = parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)
    said: list[str | None] = []

    def connect() -> None:
        try:
            socket.create_connection((host, port), timeout=seconds).close()
            said.append(None)
        except OSError as error:
            said.append(error.strerror or str(error) or type(error).__name__)

    thread = threading.Thread(target=connect, daemon=True)
    thread.start()
    thread.join(seconds)
    return said[0] if said else f"no answer within {seconds:g} s"
