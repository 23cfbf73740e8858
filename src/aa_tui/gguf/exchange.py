"""Talking with a Hub through its own client's connection, token and errors, but in bounds of our own.

The client (1.33) reads answers of any size for any time, follows pages and redirects as it is told, takes its token to
another port or host of the Hub, and sleeps as long as `Retry-After` says. So requests are made here: nothing is read
before it is known to be wanted, and a token goes to the address that was asked for and nowhere else.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from aa_tui.config.offline import refusal
from aa_tui.gguf.errors import GGUFError
from aa_tui.host.network import is_web, origin

if TYPE_CHECKING:
    import httpx

ANSWER_S = 30.0
"""For one answer as a whole, from the look-up of the server's name to the last byte."""

MAX_ANSWER_BYTES = 8 << 20
"""Of an answer in JSON: the list of a repository of 20,000 files takes some 6 MB."""

_MAX_REFUSAL_BYTES = 64 << 10
_MAX_REDIRECTS = 10
_TOKEN = re.compile(r"[!-~]{1,4096}")
TELEMETRY = "HF_HUB_DISABLE_TELEMETRY"


class AnswerError(Exception):
    """A server's answer is not what a Hub's is. `str()` says in what, as the end of a sentence."""


def prepare() -> None:
    """To be called before the client is imported, which reads its settings then.

    It reports nothing home unless the user turned that on (`HF_HUB_DISABLE_TELEMETRY=0`), and writes nothing to the
    terminal, which may belong to the app.
    """
    os.environ.setdefault(TELEMETRY, "1")
    from huggingface_hub.utils import logging

    if "HF_HUB_VERBOSITY" not in os.environ:
        logging.set_verbosity(logging.CRITICAL)


def headers_for(token: str | None) -> dict[str, str]:
    """What goes along with a request: who asks, and the user's token where there is one. Raises GGUFError."""
    from huggingface_hub.utils import build_hf_headers

    from aa_tui import __version__

    headers: dict[str, str] = build_hf_headers(token=token, library_name="aa-tui", library_version=__version__)
    secret = headers.get("authorization", "").removeprefix("Bearer ")
    if secret and not _TOKEN.fullmatch(secret):
        # Not left to the client: its message has the token in it.
        raise GGUFError("The token of the Hub holds characters that no token has: fix or unset HF_TOKEN.")
    return {**headers, "Accept-Encoding": "identity"}


def ask_json(url: str, params: Mapping[str, Any], token: str | None) -> Any:
    """What the Hub's API answers. Raises AnswerError, and what the client raises for refusals and lost connections."""
    from huggingface_hub.utils import hf_raise_for_status

    with opened("GET", str(_with(url, params)), headers_for(token), leaves=False) as answer:
        if answer.is_error:
            hf_raise_for_status(whole(answer))
        if answer.has_redirect_location:
            raise AnswerError(f"it sends us on to {urlsplit(answer.headers['Location']).netloc}")
        body = whole(answer, MAX_ANSWER_BYTES).content
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise AnswerError("it is no JSON") from None


def ask_head(url: str, token: str | None) -> httpx.Response:
    """What the Hub says of a file, without it: the headers are on the redirect to its storage. Raises as `ask_json`."""
    from huggingface_hub.utils import hf_raise_for_status

    with opened("HEAD", url, headers_for(token), leaves=False) as answer:
        found = whole(answer)
    hf_raise_for_status(found)
    return found


@contextmanager
def opened(method: str, url: str, headers: Mapping[str, str], *, leaves: bool) -> Iterator[httpx.Response]:
    """An answer whose body is still to be read. Redirects are followed on web addresses only.

    With `leaves` also to other hosts, to which the token is not sent; without, the redirect itself is the answer.
    """
    from huggingface_hub import constants
    from huggingface_hub.utils import get_session

    read_s = constants.HF_HUB_DOWNLOAD_TIMEOUT  # for a connection, and for each read
    home = origin(url)
    if (words := refusal(origin(url)[1])) is not None:
        raise GGUFError(words)
    for _ in range(_MAX_REDIRECTS):
        is_home = origin(url) == home
        sent = {name: value for name, value in headers.items() if is_home or name.lower() != "authorization"}
        with get_session().stream(method, url, headers=sent, timeout=read_s, follow_redirects=False) as answer:
            if not answer.has_redirect_location:
                _refuse_packed(answer)
                yield answer
                return
            target = urljoin(url, answer.headers["Location"])
            if not is_web(target):
                raise AnswerError("it sends us on to what is no web address")
            if not leaves and origin(target) != home:
                yield answer
                return
        url = target
    raise AnswerError("it sends us on without end")


def whole(answer: httpx.Response, most_bytes: int = _MAX_REFUSAL_BYTES) -> httpx.Response:
    """An answer with its body, read as far as is allowed: a refusal's is cut, a longer answer raises AnswerError."""
    import httpx

    body = bytearray()
    for piece in answer.iter_raw():
        body += piece
        if len(body) > most_bytes:
            if answer.is_error:
                break
            raise AnswerError(f"it is longer than {most_bytes >> 20} MiB")
    return httpx.Response(answer.status_code, headers=answer.headers, content=bytes(body), request=answer.request)


def _refuse_packed(answer: httpx.Response) -> None:
    """What is packed although that was not asked for may unpack to anything."""
    how = answer.headers.get("Content-Encoding", "identity").strip().lower()
    if how not in ("", "identity") and not answer.is_error:
        raise AnswerError("it is compressed, which was not asked for")


def _with(url: str, params: Mapping[str, Any]) -> httpx.URL:
    import httpx

    return httpx.URL(url, params=params) if params else httpx.URL(url)
