"""A file on a web server, read piece by piece with HTTP range requests and never downloaded whole.

Implements what `aa_tui.gguf.cursor.Cursor` reads from. Every answer is checked: the server must send exactly the
range that was asked for, or is refused before its body is read.
"""

from __future__ import annotations

import http.client
import re
import urllib.error
import urllib.request
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aa_tui.gguf.errors import GGUFError
from aa_tui.textsafe import clean_line

if TYPE_CHECKING:
    from collections.abc import Mapping
    from email.message import Message
    from typing import IO

TIMEOUT_S = 10.0
MAX_BYTES = 64 << 20
"""All that is ever read of one file: the largest vocabularies take some 10 MB."""

_FIRST_BYTES = 1 << 16
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

    Headers with secrets go to the host that was asked for and to no other that it redirects to.
    """

    def __init__(self, url: str, headers: Mapping[str, str] | None = None) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise GGUFError(f"{clean_line(url)} is no web address: name a file, an http(s) address or OWNER/REPO/FILE.")
        self.label = clean_line(url)
        self._url = url
        self._host = parts.netloc
        self._headers = dict(headers or {})
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
        request = urllib.request.Request(self._url, headers={"User-Agent": "aa-tui", "Accept-Encoding": "identity"})
        request.add_header("Range", f"bytes={start}-{start + n_bytes - 1}")
        if urlsplit(self._url).netloc == self._host:
            for name, value in self._headers.items():
                request.add_unredirected_header(name, value)
        opener = urllib.request.build_opener(_Redirects(self._host, self._headers))
        try:
            with opener.open(request, timeout=TIMEOUT_S) as answer:
                self._url = answer.geturl()  # the storage behind the server: the next range goes there at once
                data = self._checked(answer, start, n_bytes)
        except urllib.error.HTTPError as error:
            with error:
                raise self._refused(error) from error
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", None) or error
            raise GGUFError(
                f"{self.label} cannot be reached ({clean_line(str(reason))}): check the address and the network."
            ) from error
        self.fetched_bytes += len(data)
        return data

    def _checked(self, answer: http.client.HTTPResponse, start: int, n_bytes: int) -> bytes:
        if answer.status != 206:
            raise GGUFError(
                f"The server of {self.label} sends whole files only (it ignores ranges), so that its header cannot be "
                "read alone: download the file and inspect it here."
            )
        match = _RANGE.fullmatch(answer.headers.get("Content-Range", "").strip())
        if match is None:
            raise GGUFError(f"The server of {self.label} does not say which range it sends: download the file.")
        first, last, size = map(int, match.groups())
        if first != start or last < first or last >= start + n_bytes or last >= size:
            raise GGUFError(f"The server of {self.label} sends another range than was asked for: download the file.")
        if self.size_bytes not in (0, size):
            raise GGUFError(f"{self.label} changed while it was being read: try again.")
        self.size_bytes = size
        data = answer.read(last - first + 1)
        if len(data) != last - first + 1 or (last + 1 < size and len(data) < n_bytes):
            raise GGUFError(f"The connection to {self.label} broke off: try again.")
        return data

    def _refused(self, error: urllib.error.HTTPError) -> GGUFError:
        if error.code == 416 and error.headers.get("Content-Range", "").strip() == "bytes */0":
            return GGUFError(f"{self.label} is empty (0 bytes).")
        reason = _REASONS.get(error.code, "the server fails: try again later" if error.code >= 500 else "it is refused")
        return GGUFError(f"{self.label} cannot be read (HTTP {error.code}): {reason}.")


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows to web addresses only, with the secret headers for the first host alone."""

    def __init__(self, host: str, headers: Mapping[str, str]) -> None:
        self._host = host
        self._headers = headers

    def redirect_request(  # noqa: PLR0917  # urllib's own
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> urllib.request.Request | None:
        following = super().redirect_request(req, fp, code, msg, headers, newurl)  # type: ignore[arg-type]
        if following is not None and urlsplit(newurl).netloc == self._host:
            for name, value in self._headers.items():
                following.add_unredirected_header(name, value)
        return following
