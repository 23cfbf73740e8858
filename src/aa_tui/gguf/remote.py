"""A file on a web server, read piece by piece with HTTP range requests and never downloaded whole.

Implements what `aa_tui.gguf.cursor.Cursor` reads from. Every answer is checked: the server must send exactly the
range that was asked for, or is refused before its body is read, and no slower than `network.FLOOR_BYTES_PER_S`.
"""

from __future__ import annotations

import http.client
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from aa_tui.config.offline import refusal
from aa_tui.gguf.errors import GGUFError
from aa_tui.host.network import PATIENCE_S, TooSlowError, is_web, masked, origin, pieces, why
from aa_tui.textsafe import clean_line

if TYPE_CHECKING:
    from collections.abc import Mapping

TIMEOUT_S = 10.0
MAX_BYTES = 64 << 20
"""All that is ever read of one file: the largest vocabularies take some 20 MB."""

_FIRST_BYTES = 1 << 16
_PIECE_BYTES = 1 << 16
_MAX_REDIRECTS = 10
_REDIRECTS = (301, 302, 303, 307, 308)
_LONGEST_LABEL = 300
_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18})")
_REASONS = {
    401: "the server wants a token: run `hf auth login`, or set HF_TOKEN",
    403: "access is refused: accept the model's terms on its page, then `hf auth login`",
    404: "there is no such file: check the name",
    416: "the server refuses the range",
    429: "the server is asked too much: try again later, or with a token",
}


class RangeFile:
    """A remote file's bytes. `size_bytes` is known from the start, `fetched_bytes` counts what was read of it.

    Headers with secrets go to the server that was asked for and to no other that it redirects to. A server may be
    slower than the floor for `patience_s`.
    """

    def __init__(self, url: str, headers: Mapping[str, str] | None = None, *, patience_s: float = PATIENCE_S) -> None:
        self.label = clean_line(masked(url))[:_LONGEST_LABEL]
        if not is_web(url):
            raise GGUFError(f"{self.label} is no web address: name a file, an http(s) address or OWNER/REPO/FILE.")
        if (words := refusal(self.label)) is not None:
            raise GGUFError(words)
        self._url = url
        self._home = origin(url)
        self._headers = dict(headers or {})
        self._patience_s = patience_s
        self._position = 0
        self.fetched_bytes = 0
        self.size_bytes = 0
        self._start = self._fetch(0, _FIRST_BYTES)

    def seek(self, position: int) -> None:
        """Go to a byte."""
        self._position = position

    def read(self, n_bytes: int) -> bytes:
        """The next bytes; fewer at the end of the file only. Raises GGUFError."""
        at, end = self._position, min(self._position + n_bytes, self.size_bytes)
        if end <= at:
            return b""
        self._position = end
        if end <= len(self._start):
            return self._start[at:end]
        return self._fetch(at, end - at)

    def _fetch(self, start: int, n_bytes: int) -> bytes:
        if self.fetched_bytes + n_bytes > MAX_BYTES:
            raise GGUFError(f"The header of {self.label} is longer than any model's ({MAX_BYTES >> 20} MiB): refused.")
        try:
            data = b"".join(pieces(lambda: self._pieces(start, n_bytes), patience_s=self._patience_s))
        except TooSlowError as error:
            raise GGUFError(f"The server of {self.label} is too slow ({error}): try again later.") from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            below = getattr(error, "reason", None)  # urllib's
            reason = clean_line(masked(why(below if isinstance(below, BaseException) else error)))[:120]
            raise GGUFError(f"{self.label} cannot be reached ({reason}): check the address and the network.") from error
        self.fetched_bytes += len(data)
        return data

    def _pieces(self, start: int, n_bytes: int) -> Iterator[bytes]:
        """A range's bytes, from wherever the server sends us on to. In a thread of its own."""
        url = self._url
        opener = urllib.request.build_opener(_NoRedirects)
        for _ in range(_MAX_REDIRECTS):
            try:
                with opener.open(self._request(url, start, n_bytes), timeout=TIMEOUT_S) as answer:
                    n_sent = self._checked(answer, start, n_bytes)
                    self._url = url  # the storage behind the server: the next range goes there at once
                    while n_sent:
                        piece = answer.read1(min(n_sent, _PIECE_BYTES))
                        if not piece:
                            raise GGUFError(f"The connection to {self.label} broke off: try again.")
                        n_sent -= len(piece)
                        yield piece
                    return
            except urllib.error.HTTPError as error:
                with error:
                    target = urljoin(url, error.headers.get("Location") or "")
                    if error.code not in _REDIRECTS or not error.headers.get("Location"):
                        raise self._refused(error) from None
            if not is_web(target):
                raise GGUFError(f"The server of {self.label} sends us on to what is no web address: refused.")
            url = target
        raise GGUFError(f"The server of {self.label} sends us on without end: check the address.")

    def _request(self, url: str, start: int, n_bytes: int) -> urllib.request.Request:
        request = urllib.request.Request(url, headers={"User-Agent": "aa-tui", "Accept-Encoding": "identity"})
        request.add_header("Range", f"bytes={start}-{start + n_bytes - 1}")
        for name, value in self._headers.items() if origin(url) == self._home else ():
            request.add_unredirected_header(name, value)
        return request

    def _checked(self, answer: http.client.HTTPResponse, start: int, n_bytes: int) -> int:
        """How many bytes are to come of the range that was asked for."""
        if answer.status != 206:
            raise GGUFError(
                f"The server of {self.label} sends whole files only (it ignores ranges), so that its header cannot be "
                "read alone: download the file and inspect it here."
            )
        match = _RANGE.fullmatch(answer.headers.get("Content-Range", "").strip())
        if match is None:
            raise GGUFError(f"The server of {self.label} does not say which range it sends: download the file.")
        first, last, size = map(int, match.groups())
        packed = answer.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity")
        if packed or first != start or last < first or last != min(start + n_bytes, size) - 1:
            raise GGUFError(f"The server of {self.label} sends another range than was asked for: download the file.")
        if self.size_bytes not in (0, size):
            raise GGUFError(f"{self.label} changed while it was being read: try again.")
        self.size_bytes = size
        return last - first + 1

    def _refused(self, error: urllib.error.HTTPError) -> GGUFError:
        if error.code == 416 and error.headers.get("Content-Range", "").strip() == "bytes */0":
            return GGUFError(f"{self.label} is empty (0 bytes).")
        reason = _REASONS.get(error.code, "the server fails: try again later" if error.code >= 500 else "it is refused")
        return GGUFError(f"{self.label} cannot be read (HTTP {error.code}): {reason}.")


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Leaves redirects to us: urllib reads their bodies whole, and takes its headers along."""

    def redirect_request(self, *_: object, **__: object) -> None:
        """None: the redirect is the answer."""

    def http_error_302(self, *_: object, **__: object) -> None:
        """The same, before urllib looks at the new address."""

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302
