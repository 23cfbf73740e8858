"""Asking servers over HTTP in bounds of our own, and saying in one sentence what is wrong where one fails.

No redirect is followed, so that a key never leaves the host that it is for; certificates are always verified; nothing
packed is read, since it may unpack to anything. The environment's proxies count, but for servers on this machine.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from time import perf_counter
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urljoin, urlsplit

from aa_tui import __version__, strictjson
from aa_tui.config.offline import refusal
from aa_tui.engine.errors import EngineError
from aa_tui.engine.served.values import Target
from aa_tui.engine.served.waits import asked_wait_s
from aa_tui.host import network
from aa_tui.textsafe import clean_line, cut

if TYPE_CHECKING:
    import httpx

MOST_BYTES = 8 << 20
"""Of an answer that is read as a whole: OpenRouter's list of models takes one MB."""

MOST_REFUSAL_BYTES = 64 << 10
CONNECT_S = 10.0
PASSING = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529})
"""Statuses that another try may overcome."""

_KEEPS_S = 4.0
"""Unused connections are given up before llama-server does, which waits 5 s: else a request may meet one's end."""

_TRIES = 3
_DEAD_S = 1.0
"""A kept connection that is dead shows it at once; what breaks off later may have been worked at, and paid for."""


class ServerError(EngineError):
    """A server fails or refuses; `str()` is one sentence without the key.

    `is_passing` says that another try may go well, `wait_s` how long the server asks one to wait before, `is_busy` that
    it has too much to do and is not broken, `status` is HTTP's where it came to an answer. `unsupported` names the
    field of the request that it does not take, where it says so. `said` are the server's own words.
    """

    def __init__(
        self,
        sentence: str,
        *,
        status: int | None = None,
        is_passing: bool = False,
        is_busy: bool = False,
        wait_s: float | None = None,
        unsupported: str = "",
        said: str = "",
    ) -> None:
        super().__init__(sentence)
        self.status, self.is_passing, self.is_busy, self.wait_s = status, is_passing, is_busy, wait_s
        self.unsupported, self.said = unsupported, said


class Connections:
    """The connections to servers, kept between requests. Belongs to one asyncio loop."""

    def __init__(self) -> None:
        self._clients: dict[str, httpx.AsyncClient] = {}
        self._tls: ssl.SSLContext | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Give up every connection."""
        clients, self._clients = list(self._clients.values()), {}
        for one in clients:
            await one.aclose()

    def of(self, target: Target) -> httpx.AsyncClient:
        """The connections to a server's host. Raises ServerError where remote calls are forbidden."""
        import httpx

        found = self._clients.get(target.url)
        if found is None:
            host = urlsplit(target.url).hostname or ""
            is_here = is_this_machine(host)
            if not is_here and (words := refusal(host)) is not None:
                raise ServerError(words)
            needs_tls = not is_here or target.url.startswith("https:")  # a proxy may, too
            if self._tls is None and needs_tls:
                self._tls = httpx.create_ssl_context()
            found = self._clients[target.url] = httpx.AsyncClient(
                verify=self._tls if self._tls is not None else False,
                trust_env=not is_here,
                follow_redirects=False,
                limits=httpx.Limits(max_connections=None, max_keepalive_connections=256, keepalive_expiry=_KEEPS_S),
                timeout=httpx.Timeout(None, connect=CONNECT_S),
            )
        return found

    def request(self, target: Target, path: str, body: dict[str, Any] | None = None) -> httpx.Request:
        """A request with the key, where there is one: GET, or POST where it has a body."""
        headers = {"Accept-Encoding": "identity", "User-Agent": f"aa-tui/{__version__}"}
        if target.key:
            headers["Authorization"] = f"Bearer {target.key}"
        method = "GET" if body is None else "POST"
        return self.of(target).build_request(method, target.url + path, headers=headers, json=body)

    async def sent(self, target: Target, request: httpx.Request) -> tuple[httpx.Response, float]:
        """The beginning of an answer, and when the request for it was sent (`time.perf_counter`).

        Servers close kept connections when they like, llama-server some of a hundred right after an answer. A request
        that meets such an end has reached nobody: it is sent again. One over a new connection is not.
        """
        import httpx

        opened: list[str] = []

        async def note(event: str, _info: dict[str, Any]) -> None:
            if event.endswith("connect_tcp.started"):
                opened.append(event)

        request.extensions = {**request.extensions, "trace": note}
        for left in reversed(range(_TRIES)):
            start = perf_counter()
            try:
                return await self.of(target).send(request, stream=True), start
            except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
                if opened or not left or perf_counter() - start > _DEAD_S:
                    raise
        raise AssertionError("the last try ends in one way or the other")

    async def ask(self, target: Target, path: str, body: dict[str, Any] | None = None, *, patience_s: float) -> Any:
        """The JSON that a server answers with. Raises ServerError."""
        request = self.request(target, path, body)
        try:
            async with asyncio.timeout(patience_s):
                with failures(target):
                    answer, _ = await self.sent(target, request)
                    try:
                        if not answer.is_success:
                            raise await refused(target, answer, path)
                        data = await whole(target, answer)
                    finally:
                        await answer.aclose()
        except TimeoutError:
            raise too_slow(target, patience_s) from None
        return read_json(target, data, answer.headers.get("Content-Type", ""))


def is_this_machine(host: str) -> bool:
    """Whether a host's name is this machine's own."""
    return host in ("localhost", "::1") or host.startswith("127.") or host.endswith(".localhost")


@contextmanager
def failures(target: Target) -> Iterator[None]:
    """Say what goes wrong with the connection as a ServerError."""
    import httpx

    try:
        yield
    except httpx.HTTPError as error:
        raise _unreachable(target, error) from None
    except (httpx.InvalidURL, UnicodeError):
        raise ServerError(f"{_named(target)} is no address that can be asked: check it.") from None


async def whole(target: Target, answer: httpx.Response, most_bytes: int = MOST_BYTES) -> bytes:
    """An answer's body. Raises ServerError where it is longer than it may be, or packed."""
    how = answer.headers.get("Content-Encoding", "identity").strip().lower()
    if how not in ("", "identity"):
        raise ServerError(f"{_named(target)} answers in a packed form that was not asked for: check the address.")
    body = bytearray()
    async for piece in answer.aiter_raw():
        body += piece
        if len(body) > most_bytes:
            if answer.is_error:
                break
            raise ServerError(f"{_named(target)} answers with more than {most_bytes >> 20} MiB: check the address.")
    return bytes(body)


def read_json(target: Target, data: bytes, content_type: str = "") -> Any:
    """The value of a body. Raises ServerError for a web page and for what is no JSON."""
    try:
        return strictjson.value_of(data)
    except strictjson.BadJSONError as error:
        if is_page(data, content_type):
            raise page(target) from None
        raise ServerError(
            f"{_named(target)} answers with what is no JSON ({clean_line(str(error)).rstrip('.')}): is it the address "
            "of a model server?"
        ) from None


def is_page(data: bytes, content_type: str) -> bool:
    """Whether an answer is a web page."""
    return content_type.lower().startswith("text/html") or data[:100].lstrip().lower().startswith((b"<!doc", b"<html"))


def page(target: Target) -> ServerError:
    """A web page came instead of JSON."""
    return ServerError(f"{_named(target)} answers with a web page and no JSON: is it the address of a model server?")


def too_slow(target: Target, seconds: float) -> ServerError:
    """Nothing came in time."""
    return ServerError(
        f"{_named(target)} does not answer within {seconds:g} s: check that the server runs and is not overloaded.",
        is_passing=True,
    )


async def refused(target: Target, answer: httpx.Response, path: str) -> ServerError:
    """What an answer that is no success means."""
    status, name = answer.status_code, _named(target)
    if answer.has_redirect_location or 300 <= status < 400:
        where = urlsplit(urljoin(str(answer.request.url), answer.headers.get("Location", "")))
        to = cut(clean_line(f"{where.scheme}://{(where.netloc or '').rpartition('@')[2]}"), 80)
        return ServerError(f"{name} sends us on to {to}: type that address yourself if you trust it.", status=status)
    data = await _refusal(answer)
    value = None if is_page(data, answer.headers.get("Content-Type", "")) else _json_or_none(data)
    said = own_words(target, value)
    if status in (401, 403):
        wants = "does not accept this key" if target.key else "wants a key"
        why = f"{status}: {said or _phrase(status)}"
        return ServerError(f"{name} {wants} ({why}): name the variable with the right one by --key-env.", status=status)
    if status == 404 and not said:
        return ServerError(f"{name} has no {path}: is it the address of a model server?", status=status)
    words = said or _phrase(status)
    if status in PASSING:
        busy = status in (429, 503, 529)
        what = "has too much to do" if busy else "fails"
        return ServerError(
            f"{name} {what} ({status}: {words}): ask it for less at once, or try again later.",
            status=status,
            is_passing=True,
            is_busy=busy,
            wait_s=asked_wait_s(answer.headers),
            said=words,
        )
    return ServerError(
        f"{name} refuses ({status}: {words}).", status=status, unsupported=_unsupported(value), said=words
    )


def without_tools(target: Target, error: ServerError) -> ServerError:
    """What a refusal may well mean where functions were on offer and this server never answered to such a request."""
    why = f"{error.status}: {error.said or 'no reason given'}"
    return ServerError(
        f"{_named(target)} refuses a request that offers functions ({why}): "
        "start it so that it takes tools (llama-server: --jinja; vLLM: --enable-auto-tool-choice), or leave out packs "
        "with functions.",
        status=error.status,
        said=error.said,
    )


def own_words(target: Target, value: Any) -> str:
    """What a server says in an error's JSON, in whichever of the usual places: one line, without the key."""
    found = value
    for name in ("error", "detail", "message", "msg"):
        while isinstance(found, list) and found:
            found = found[0]
        if isinstance(found, dict) and name in found:
            found = found[name]
    if not isinstance(found, str):
        return ""
    if target.key:
        found = found.replace(target.key, "***")
    return cut(clean_line(found), 200).rstrip(".")


def _unsupported(value: Any) -> str:
    """The field that a server does not take, as OpenAI says it: a code and a name."""
    error = value.get("error") if isinstance(value, dict) else None
    if not isinstance(error, dict) or error.get("code") != "unsupported_parameter":
        return ""
    found = error.get("param")
    return found if isinstance(found, str) else ""


def _json_or_none(data: bytes) -> Any:
    try:
        return strictjson.value_of(data)
    except strictjson.BadJSONError:
        return None


async def _refusal(answer: httpx.Response) -> bytes:
    body = bytearray()
    async for piece in answer.aiter_raw():
        body += piece
        if len(body) > MOST_REFUSAL_BYTES:
            break
    return bytes(body)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "no reason given"


def _named(target: Target) -> str:
    return cut(clean_line(target.url), 100)


def _unreachable(target: Target, error: BaseException) -> ServerError:
    import httpx

    name = _named(target)
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            why = clean_line(cause.verify_message or "not valid")
            return ServerError(
                f"The certificate of {name} is not trusted ({why}): let SSL_CERT_FILE name its authority, or use http "
                "on a network of your own."
            )
        if isinstance(cause, ssl.SSLError):
            return ServerError(f"{name} does not speak TLS as it should: is http:// meant?")
    if isinstance(error, httpx.ConnectTimeout):
        return too_slow(target, CONNECT_S)
    if isinstance(error, httpx.ConnectError | httpx.ProxyError):
        why = next((network.why(cause) for cause in reversed(_causes(error)) if isinstance(cause, OSError)), "")
        return ServerError(
            f"{name} cannot be reached ({clean_line(why) or 'no connection'}): start the server, or check the address.",
            is_passing=True,
        )
    why = clean_line(str(error)) or type(error).__name__
    if target.key:
        why = why.replace(target.key, "***")
    return ServerError(f"The connection to {name} broke off ({cut(why, 120).rstrip('.')}).", is_passing=True)


def _causes(error: BaseException) -> list[BaseException]:
    """An error and what it came of, outermost first."""
    found: list[BaseException] = []
    todo: list[BaseException | None] = [error]
    while todo:
        one = todo.pop(0)
        if one is None or any(one is known for known in found):
            continue
        found.append(one)
        todo += [one.__cause__, one.__context__]
        if isinstance(one, BaseExceptionGroup):
            todo += one.exceptions
    return found
