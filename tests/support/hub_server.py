"""A server on the loopback that speaks the Hub's protocol, faults included, for the real client.

Model info with files' metadata, searching, `resolve` with a redirect to a storage under another host name, ETag,
X-Linked-Etag, X-Linked-Size and X-Repo-Commit headers, ranges.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import repeat
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass(frozen=True)
class Lie:
    """What is answered instead of the truth. With `every_s` the body comes byte by byte, for ever when it is empty.

    `length` is stated instead of the body's own.
    """

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    every_s: float = 0.0
    length: int | None = None


@dataclass
class Faults:
    """What goes wrong. `cut_after` closes the connection after so many bytes, `cuts` times."""

    cut_after: int = 0
    cuts: int = 0
    ignores_ranges: bool = False
    lies_about_content: bool = False
    status: dict[str, int] = field(default_factory=dict)  # by repository
    token: str | None = None  # the only one that is good; None lets everybody in
    lies: dict[str, Lie] = field(default_factory=dict)  # by what a path holds
    says_of_files: dict[str, str] = field(default_factory=dict)  # headers of `resolve`, instead of the true ones


@dataclass
class Request:
    """What was asked."""

    method: str
    path: str
    host: str
    range: str | None
    authorization: str | None
    headers: dict[str, str]
    sent: int = 0


class HubServer:
    """Repositories with files, served until `close`."""

    def __init__(self) -> None:
        self.repos: dict[str, dict[str, bytes]] = {}  # data sets are under datasets/OWNER/NAME
        self.commits = {COMMIT}  # revisions that there are besides main, which is COMMIT
        self.derived: dict[str, list[str]] = {}  # weights: the repositories quantized from them
        self.faults = Faults()
        self.requests: list[Request] = []
        server = self

        class Handler(_Handler):
            hub = server

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.port = self._http.server_address[1]
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self.storage = f"http://localhost:{self.port}"
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def add(self, repo: str, file: str, content: bytes) -> str:
        """Put a file into a repository. Its sha256."""
        self.repos.setdefault(repo, {})[file] = content
        return hashlib.sha256(content).hexdigest()

    def of_storage(self) -> list[Request]:
        """The requests that reached the storage."""
        return [one for one in self.requests if one.path.startswith("/storage/")]

    def close(self) -> None:
        """Stop serving."""
        self._http.shutdown()
        self._http.server_close()


class _Handler(BaseHTTPRequestHandler):
    hub: HubServer
    commit: str | None = COMMIT
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class' name
        pass

    def do_HEAD(self) -> None:  # the base class' name
        self._answer()

    def do_GET(self) -> None:  # the base class' name
        self._answer()

    def _answer(self) -> None:
        path = unquote(urlsplit(self.path).path)
        headers = self.headers
        self.request_noted = Request(
            self.command,
            path,
            headers["Host"],
            headers.get("Range"),
            headers.get("Authorization"),
            {name.lower(): value for name, value in headers.items()},
        )
        self.hub.requests.append(self.request_noted)
        for part, lie in self.hub.faults.lies.items():
            if part in path:
                self._lie(lie)
                return
        if path == "/api/models":
            self._search()
        elif match := re.fullmatch(r"/api/models/([^/]+/[^/]+)(?:/revision/[^/]+)?", path):
            self._info(match[1])
        elif match := re.fullmatch(r"/api/(datasets/[^/]+/[^/]+)(?:/revision/([^/]+))?", path):
            if not self._lacks(match[2]):
                self._info(match[1])
        elif match := re.fullmatch(r"/((?:datasets/)?[^/]+/[^/]+)/resolve/([^/]+)/(.+)", path):
            if not self._lacks(match[2]):
                self._resolve(match[1], match[3])
        elif match := re.fullmatch(r"/storage/((?:datasets/)?[^/]+/[^/]+)/(.+)", path):
            self._content(self.hub.repos[match[1]][match[2]])
        else:
            self._send(404, b"not found")

    def _lie(self, lie: Lie) -> None:
        self.close_connection = True
        try:
            self.send_response(lie.status)
            self.send_header("Connection", "close")  # else the next question could come on one that is being closed
            for name, value in lie.headers.items():
                self.send_header(name, value)
            if lie.length is not None or not lie.every_s:
                self.send_header("Content-Length", str(len(lie.body) if lie.length is None else lie.length))
            if self.command == "HEAD" and lie.every_s:
                self.flush_headers()
                self.wfile.write(b"X-Slow: ")  # there are no more than headers, so these are slow
                self._trickle(repeat(ord("x")), lie.every_s)
            self.end_headers()
            if self.command == "HEAD":
                return
            if not lie.every_s:
                self.wfile.write(lie.body)
                return
            self._trickle(lie.body or repeat(32), lie.every_s)
        except OSError:  # the client went away, as it should
            pass

    def _trickle(self, data: Iterable[int], every_s: float) -> None:
        for byte in data:
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
            time.sleep(every_s)

    def _search(self) -> None:
        wanted = parse_qs(urlsplit(self.path).query).get("filter", [])
        weights = [one.removeprefix("base_model:quantized:") for one in wanted if one.startswith("base_model:")]
        found = [{"id": repo, "modelId": repo} for one in weights for repo in self.hub.derived.get(one, [])]
        self._send(200, json.dumps(found).encode(), {"Content-Type": "application/json"})

    def _info(self, repo: str) -> None:
        if self._refused(repo):
            return
        siblings = [
            {
                "rfilename": name,
                "size": len(data),
                "blobId": "b" * 40,
                "lfs": {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": 130},
            }
            for name, data in self.hub.repos[repo].items()
        ]
        name = repo.removeprefix("datasets/")
        body = {"id": name, "modelId": name, "sha": self.commit, "siblings": siblings, "private": False, "tags": []}
        self._send(200, json.dumps(body).encode(), {"Content-Type": "application/json"})

    def _lacks(self, revision: str | None) -> bool:
        """Whether there is no such revision; else it is the one that this answer is about."""
        if revision in (None, "main") or revision in self.hub.commits:
            self.commit = revision if revision in self.hub.commits else COMMIT
            return False
        self._send(404, b"{}", {"X-Error-Code": "RevisionNotFound"})
        return True

    def _resolve(self, repo: str, file: str) -> None:
        if self._refused(repo):
            return
        if file not in self.hub.repos[repo]:
            self._send(404, b"", {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": self.commit or ""})
            return
        data = self.hub.repos[repo][file]
        sha256 = hashlib.sha256(data).hexdigest()
        headers = {
            "Location": f"{self.hub.storage}/storage/{repo}/{file}",
            "X-Repo-Commit": self.commit or "",
            "X-Linked-Etag": f'"{sha256}"',
            "X-Linked-Size": str(len(data)),
            "ETag": f'"{sha256}"',
        }
        self._send(302, b"", headers | self.hub.faults.says_of_files)

    def _refused(self, repo: str) -> bool:
        faults = self.hub.faults
        status = faults.status.get(repo)
        if status is not None:
            code = {403: "GatedRepo", 401: "GatedRepo", 404: "RepoNotFound"}.get(status)
            self._send(status, b"{}", {"X-Error-Code": code} if code else {})
            return True
        if faults.token is not None and self.headers.get("Authorization") not in (None, f"Bearer {faults.token}"):
            message = "Invalid credentials in Authorization header"
            self._send(401, json.dumps({"error": message}).encode(), {"X-Error-Message": message})
            return True
        if repo not in self.hub.repos:
            self._send(404, b"{}", {"X-Error-Code": "RepoNotFound"})
            return True
        return False

    def _content(self, data: bytes) -> None:
        faults = self.hub.faults
        if faults.lies_about_content:
            data = bytes(byte ^ 1 for byte in data)
        start, end, status, headers = 0, len(data), 200, {}
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if asked and not faults.ignores_ranges:
            start = int(asked[1])
            end = min(len(data), int(asked[2]) + 1 if asked[2] else len(data))
            if start >= len(data):
                self._send(416, b"", {"Content-Range": f"bytes */{len(data)}"})
                return
            status, headers = 206, {"Content-Range": f"bytes {start}-{end - 1}/{len(data)}"}
        body = data[start:end]
        if faults.cuts > 0 and len(body) > faults.cut_after:
            faults.cuts -= 1
            self._send(status, body, headers, cut_after=faults.cut_after)
            return
        self._send(status, body, headers)

    def _send(
        self, status: int, body: bytes, headers: dict[str, str] | None = None, *, cut_after: int | None = None
    ) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        part = body if cut_after is None else body[:cut_after]
        self.request_noted.sent = len(part)  # before it is sent: the client's test may look as soon as it has all
        self.wfile.write(part)
        if cut_after is not None:
            self.wfile.flush()
            self.close_connection = True
