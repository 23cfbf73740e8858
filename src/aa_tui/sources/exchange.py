"""Asking a source over HTTP in bounds of our own, and saying in one sentence what is wrong where that fails.

No redirect is followed, so that a key never leaves the host that it is for; nothing packed is read, since it may unpack
to anything; certificates are always verified.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from aa_tui import __version__, strictjson
from aa_tui.config.offline import refusal
from aa_tui.host import network
from aa_tui.sources.errors import SourceError
from aa_tui.textsafe import clean_line, cut

MOST_BYTES = 32 << 20
"""Of an answer: the largest, models.dev's, has 2.4 MB."""

PATIENCE_S = 60.0
"""For one answer as a whole."""

CONNECT_S = 10.0
MOST_WAIT_S = 86_400.0
"""What a source may ask one to wait; longer is not believed."""

CLOCK_OFF_S = 86_400.0
"""So far may this machine's clock be from a source's: what is written is known by its date."""


@dataclass(frozen=True, slots=True)
class Body:
    """What was answered. `remaining` is how many requests are left where the source says so."""

    value: Any
    n_bytes: int
    remaining: int | None = None


Told = Callable[[int, int | None], None]
"""Called with bytes read and bytes in all, None where nobody says."""


def _never() -> bool:
    return False


def _silent(_done: int, _total: int | None) -> None:
    pass


def ask(
    source: str,
    url: str,
    headers: Mapping[str, str],
    *,
    key_name: str = "",
    told: Told = _silent,
    is_cancelled: Callable[[], bool] = _never,
) -> Body:
    """The JSON that an address answers with. `key_name` is the variable that held the key which was sent, "" for none.

    Raises:
        SourceError: one sentence, without the key.
        StoppedError: somebody asked to stop.
    """
    if not network.is_web(url):
        raise SourceError(f"{cut(clean_line(url), 100)} is no web address: {source} is asked at http:// or https://.")
    host = urlsplit(url).hostname or ""
    if not _is_here(host) and (words := refusal(source)) is not None:
        raise SourceError(words)
    if key_name and not _is_here(host) and not url.startswith("https:"):
        raise SourceError(f"The key in {key_name} would go to {cut(clean_line(host), 60)} unencrypted: use https://.")
    try:
        status, answered, data = network.promptly(
            lambda: _read(source, url, headers, told=told, is_cancelled=is_cancelled), PATIENCE_S, is_cancelled
        )
    except network.TooSlowError:
        raise SourceError(
            f"{source} does not answer within {PATIENCE_S:g} s: check the network, or try again later."
        ) from None
    if not 200 <= status < 300:
        raise _refused(source, status, answered, key_name)
    _check_clock(source, answered)
    return Body(_json(source, data, answered), len(data), _remaining(answered))


def _read(
    source: str,
    url: str,
    headers: Mapping[str, str],
    *,
    told: Told,
    is_cancelled: Callable[[], bool],
) -> tuple[int, Mapping[str, str], bytes]:
    import httpx

    host = urlsplit(url).hostname or ""
    sent = {
        **headers,
        "Accept": "application/json",
        "Accept-Encoding": "identity",
        "User-Agent": f"aa-tui/{__version__}",
    }
    timeout = httpx.Timeout(PATIENCE_S, connect=CONNECT_S)
    needs_tls = url.startswith("https:") or not _is_here(host)
    try:
        with (
            httpx.Client(timeout=timeout, verify=needs_tls, trust_env=not _is_here(host)) as client,
            client.stream("GET", url, headers=sent, follow_redirects=False) as answer,
        ):
            if answer.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
                raise SourceError(f"{source} answers in a packed form that was not asked for: check the address.")
            said = answer.headers.get("Content-Length", "")
            total = int(said) if said.isascii() and said.isdigit() else None
            body = bytearray()
            for piece in answer.iter_raw():
                body += piece
                told(len(body), total)
                if len(body) > MOST_BYTES or is_cancelled():
                    break
            if len(body) > MOST_BYTES and answer.is_success:
                raise SourceError(
                    f"{source} answers with more than {MOST_BYTES >> 20} MiB: check the address; nothing was changed."
                )
            return answer.status_code, dict(answer.headers), bytes(body)
    except httpx.HTTPError as error:
        raise _unreachable(source, error) from None
    except (httpx.InvalidURL, UnicodeError):
        raise SourceError(f"{source} has no address that can be asked: check it.") from None


def _is_here(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")


def _json(source: str, data: bytes, headers: Mapping[str, str]) -> Any:
    try:
        return strictjson.value_of(data)
    except strictjson.BadJSONError as error:
        start = data[:100].lstrip().lower()
        if headers.get("content-type", "").lower().startswith("text/html") or start.startswith((b"<!doc", b"<html")):
            raise SourceError(
                f"{source} answers with a web page and no JSON: check the address, or whether this network wants a "
                "login; nothing was changed."
            ) from None
        raise SourceError(
            f"{source} answers with what is no JSON ({clean_line(str(error)).rstrip('.')}): try again later; nothing "
            "was changed."
        ) from None


def _refused(source: str, status: int, headers: Mapping[str, str], key_name: str) -> SourceError:
    """What a status that is no success means."""
    wait_s = _wait_s(headers)
    key = f"the key in {key_name}"
    when = f"in {_duration(wait_s)}" if wait_s is not None else "tomorrow"
    told = {
        401: f"does not accept {key} (401): set it to a good one"
        if key_name
        else "wants a key (401): `aa-tui sync --list` says where it is looked for",
        402: "wants to be paid for that (402): see to your account there",
        403: f"does not let {key} have that (403): see to what your account there may do"
        if key_name
        else "refuses to answer (403): check the address, or try again later",
        404: "has nothing at that address (404): check it, or upgrade aa-tui",
        429: f"was asked too often (429): try again {when}",
    }
    if 300 <= status < 400:
        to = urlsplit(headers.get("location", ""))
        where = cut(clean_line(f"{to.scheme}://{to.netloc.rpartition('@')[2]}"), 80) if to.netloc else "another place"
        words = f"sends us on to {where}: name that address yourself if you trust it"
    elif status >= 500:
        words = f"fails at the moment ({status}: {_phrase(status)}): try again later"
    else:
        words = told.get(status, f"refuses that ({status}: {_phrase(status)}): check the address, or upgrade aa-tui")
    is_gone = status in (404, 410)
    return SourceError(f"{source} {words}; nothing was changed.", retry_after_s=wait_s, is_gone=is_gone)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "no reason given"


def _unreachable(source: str, error: BaseException) -> SourceError:
    import httpx

    causes: list[BaseException] = []
    one: BaseException | None = error
    while one is not None and one not in causes:
        causes.append(one)
        one = one.__cause__ or one.__context__
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            why = clean_line(cause.verify_message or "not valid")
            return SourceError(f"The certificate of {source} is not trusted ({why}): check this network and its proxy.")
    if isinstance(error, httpx.ConnectTimeout):
        return SourceError(f"{source} does not answer within {CONNECT_S:g} s: check the network, or try again later.")
    if isinstance(error, httpx.ConnectError | httpx.ProxyError):
        why = next((network.why(cause) for cause in reversed(causes) if isinstance(cause, OSError)), "no connection")
        return SourceError(f"{source} cannot be reached ({clean_line(why)}): check the network; nothing was changed.")
    return SourceError(
        f"The answer of {source} broke off ({cut(clean_line(str(error)), 100).rstrip('.') or type(error).__name__}): "
        "try again; nothing was changed."
    )


def _wait_s(headers: Mapping[str, str]) -> float | None:
    """What `Retry-After` says, in seconds or as a time; None where it says nothing that can be believed."""
    said = headers.get("retry-after", "").strip()
    try:
        found = (
            float(said) if said.replace(".", "", 1).isdigit() else (_moment(said) - datetime.now(UTC)).total_seconds()
        )
    except ValueError:
        return None
    return min(max(0.0, found), MOST_WAIT_S)


def _moment(said: str) -> datetime:
    """A time of HTTP. Raises ValueError."""
    try:
        found = parsedate_to_datetime(said)
    except (TypeError, IndexError):
        raise ValueError(said) from None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _remaining(headers: Mapping[str, str]) -> int | None:
    for name in ("x-ratelimit-remaining", "ratelimit-remaining", "x-rate-limit-remaining"):
        said = headers.get(name, "").strip()
        if said.isascii() and said.isdigit() and len(said) < 10:
            return int(said)
    return None


def _check_clock(source: str, headers: Mapping[str, str]) -> None:
    """Raise SourceError where this machine's clock is days from the source's."""
    try:
        off_s = (datetime.now(UTC) - _moment(headers.get("date", ""))).total_seconds()
    except ValueError:
        return
    if abs(off_s) > CLOCK_OFF_S:
        way = "ahead of" if off_s > 0 else "behind"
        raise SourceError(
            f"This machine's clock is {_duration(abs(off_s))} {way} that of {source}, so that the figures would get a "
            "wrong date: set the clock; nothing was changed."
        )


def _duration(seconds: float) -> str:
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= size:
            n = round(seconds / size)
            return f"{n} {unit}{'' if n == 1 else 's'}"
    n = max(1, round(seconds))
    return f"{n} second{'' if n == 1 else 's'}"
