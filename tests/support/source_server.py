"""Sources on the loopback: what is answered at a path, faults included."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit


@dataclass
class Reply:
    """An answer. With `cut_after` the connection ends after so many bytes of the body."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut_after: int | None = None
    hold: threading.Event | None = None


def reply(value: Any, **headers: str) -> Reply:
    """JSON, with headers written with underscores."""
    return Reply(json.dumps(value).encode(), headers={name.replace("_", "-"): text for name, text in headers.items()})


class SourceServer:
    """Answers by path, with the query where that is told apart; 404 for all others."""

    def __init__(self) -> None:
        self.replies: dict[str, Reply] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        server = self

        class Handler(_Handler):
            of = server

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def close(self) -> None:
        """Stop serving."""
        self._http.shutdown()
        self._http.server_close()


class _Handler(BaseHTTPRequestHandler):
    of: SourceServer

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class' name
        pass

    def do_GET(self) -> None:  # the base class' name
        self.of.asked.append((self.path, {name.lower(): text for name, text in self.headers.items()}))
        found = self.of.replies.get(self.path) or self.of.replies.get(urlsplit(self.path).path) or Reply(b"{}", 404)
        if found.hold is not None:
            found.hold.wait(60)
        self.send_response(found.status) if "Date" not in found.headers else self.send_response_only(found.status)
        for name, text in {"Content-Length": str(len(found.body)), **found.headers}.items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(found.body if found.cut_after is None else found.body[: found.cut_after])
