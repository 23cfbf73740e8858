"""Addresses of servers, as people type and paste them."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

from aa_tui.engine.errors import EngineError
from aa_tui.engine.served.values import Target
from aa_tui.textsafe import clean_line, cut

LONGEST = 2_000
"""Characters of an address."""

_SCHEMES = ("http://", "https://", "ssh://")
_ENDINGS = ("/chat/completions", "/completions", "/models", "/api/chat", "/api/generate", "/v1")
"""What people paste with an address: its parts are taken away from the end, in this order."""

_WITH_PORT = re.compile(r"(?:[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}(?:/.*)?")
_HOST = re.compile(r"[^\s/?#@\\<>\"'`{}|^%]+")
_PATH = re.compile(r"[!-~]*")
_KEY = re.compile(r"[!-~]{1,4096}")


def is_address(text: str) -> bool:
    """Whether a word means a server and no file: only with a scheme, since `box:8080` may be a file's name."""
    return text.strip().lower().startswith(_SCHEMES)


def typed_target(text: str, *, model: str = "", key: str = "") -> Target:
    """The server that is meant by `http://box:8080`, `https://x/v1` or `box:8080`, the latter without TLS.

    Raises EngineError where it is no address of the web, and where a key holds what no header can carry.
    """
    return Target(_root(text), model.strip(), checked_key(key))


def checked_key(key: str) -> str:
    """A key without the space round it. Raises EngineError, without the key, for characters that no key has."""
    key = key.strip()
    if key and _KEY.fullmatch(key) is None:
        raise EngineError("The server's key holds characters that no key has: copy it again.")
    return key


def _root(text: str) -> str:
    typed = text.strip()
    shown = cut(clean_line(_without_secret(typed)), 80)
    if len(typed) > LONGEST:
        raise EngineError(f"An address of {len(typed):,} characters is none: {shown}.")
    if "://" not in typed:
        if _WITH_PORT.fullmatch(typed) is None:
            raise EngineError(f"“{shown}” is no server's address: write it like http://box:8080.")
        typed = f"http://{typed}"
    parts = _split(typed, shown)
    if parts.scheme not in ("http", "https"):
        raise EngineError(f"{shown} is no address of the web: it must begin with http:// or https://.")
    if parts.username is not None or parts.password is not None:
        raise EngineError(f"A name or key does not belong into an address ({shown}): give the key apart from it.")
    if parts.query or parts.fragment or "?" in typed or "#" in typed:
        raise EngineError(f"{shown} has a question or a place after its path: leave out what follows ? or #.")
    host, path = parts.hostname or "", parts.path
    if _HOST.fullmatch(host) is None or _PATH.fullmatch(path) is None:
        raise EngineError(f"{shown} is no server's address: write it like http://box:8080.")
    named = f"[{host}]" if ":" in host else host
    port = "" if parts.port in (None, {"http": 80, "https": 443}[parts.scheme]) else f":{parts.port}"
    return f"{parts.scheme}://{named}{port}{_without_endings(path)}"


def _split(typed: str, shown: str) -> SplitResult:
    try:
        parts = urlsplit(typed)
        port = parts.port  # read here: it raises for what is no port
    except ValueError:
        raise EngineError(f"{shown} is no server's address: its host or port cannot be read.") from None
    if port == 0:
        raise EngineError(f"{shown} is no server's address: there is no port 0.")
    return parts


def _without_endings(path: str) -> str:
    path = path.rstrip("/")
    for ending in _ENDINGS:
        path = path.removesuffix(ending).rstrip("/")
    return path


def _without_secret(typed: str) -> str:
    """The text without a name and password before the host."""
    scheme, found, rest = typed.rpartition("://")
    head, slash, tail = rest.partition("/")
    return f"{scheme}{found}{head.rpartition('@')[2]}{slash}{tail}"
