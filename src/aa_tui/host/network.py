"""Dealing with servers in bounded time: whether one can be reached, and waiting for one that may never answer.

A name's look-up, a connection and a read cannot be interrupted from Python. So they go on in a thread of their own
that nobody waits for longer than is told here: stopping is at once, whatever the server does.
"""

from __future__ import annotations

import errno
import os
import queue
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TypeVar
from urllib.parse import urlsplit

_T = TypeVar("_T")

FLOOR_BYTES_PER_S = 1_000
"""Whatever is slower is no use: a model of 1 GB would take eleven days."""

PATIENCE_S = 30.0
"""So long may a server be slower than that: a lift, a tunnel, a storage that has to wake up."""

_LOOK_S = 0.1
_PIECES_AHEAD = 8
_NO_WAY_THERE = frozenset({errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ETIMEDOUT, errno.EADDRNOTAVAIL})
_SECRET = re.compile(r"(?:(?<=://)|^)[^/@\s]*@")


class StoppedError(Exception):
    """Somebody asked to stop."""


class TooSlowError(Exception):
    """A server took longer than is waited for. `str()` says what was waited for."""


def _never() -> bool:
    return False


def promptly(work: Callable[[], _T], seconds: float, is_cancelled: Callable[[], bool] = _never) -> _T:
    """What `work` gives or raises, if that comes within `seconds`. Raises TooSlowError, StoppedError.

    What is given up goes on unheeded, so it must change nothing.
    """
    done: queue.SimpleQueue[tuple[_T | None, BaseException | None]] = queue.SimpleQueue()

    def run() -> None:
        try:
            done.put((work(), None))
        except BaseException as error:  # noqa: BLE001  # it is raised again where it is waited for
            done.put((None, error))

    threading.Thread(target=run, daemon=True).start()
    end = time.monotonic() + seconds
    while True:
        if is_cancelled():
            raise StoppedError
        left = end - time.monotonic()
        if left <= 0:
            raise TooSlowError(f"no whole answer within {seconds:g} s")
        with suppress(queue.Empty):
            value, error = done.get(timeout=min(left, _LOOK_S))
            if error is not None:
                raise error
            return value  # type: ignore[return-value]  # None only where `work` gave it


def pieces(
    source: Callable[[], Iterator[bytes]], is_cancelled: Callable[[], bool] = _never, patience_s: float = PATIENCE_S
) -> Iterator[bytes]:
    """What `source` yields, as long as it comes faster than `FLOOR_BYTES_PER_S` over every `patience_s` of waiting.

    Raises what `source` raises, TooSlowError, and StoppedError. Only waiting for the server counts, not what is done
    with a piece. `source` is closed in its own thread, by its next piece at the latest.
    """
    come: queue.Queue[bytes | BaseException | None] = queue.Queue(_PIECES_AHEAD)
    is_over = threading.Event()

    def give(one: bytes | BaseException | None) -> bool:
        while not is_over.is_set():
            with suppress(queue.Full):
                come.put(one, timeout=_LOOK_S)
                return True
        return False

    def run() -> None:
        try:
            for piece in source():
                if not give(piece):
                    return
            give(None)
        except BaseException as error:  # noqa: BLE001  # as above
            give(error)

    threading.Thread(target=run, daemon=True).start()
    try:
        yield from _paced(come, is_cancelled, patience_s)
    finally:
        is_over.set()


def _paced(
    come: queue.Queue[bytes | BaseException | None], is_cancelled: Callable[[], bool], patience_s: float
) -> Iterator[bytes]:
    waited, got = 0.0, 0
    while True:
        if is_cancelled():
            raise StoppedError
        began = time.monotonic()
        one: bytes | BaseException | None = b""
        with suppress(queue.Empty):
            one = come.get(timeout=_LOOK_S)
        waited += time.monotonic() - began
        if one is None:
            return
        if isinstance(one, BaseException):
            raise one
        got += len(one)
        if one:
            yield one
        if waited >= patience_s:
            if got < FLOOR_BYTES_PER_S * waited:
                raise TooSlowError(f"only {got:,} bytes in {waited:.0f} s")
            waited, got = 0.0, 0


def why(error: BaseException) -> str:
    """Why a server was not reached, in words without numbers: what the system says, below what a client made of it."""
    found: BaseException | None = error
    seen: set[int] = set()
    while found is not None and id(found) not in seen:  # a client that tries again may raise what its own cause names
        seen.add(id(found))
        if isinstance(found, socket.gaierror):
            return "its name cannot be looked up"
        if isinstance(found, ConnectionError) or (isinstance(found, OSError) and found.errno in _NO_WAY_THERE):
            return os.strerror(found.errno) if found.errno else str(found)  # asyncio puts the address in its own words
        if isinstance(found, OSError) and found.strerror:
            return found.strerror
        found = found.__cause__ or found.__context__
    return str(error) or type(error).__name__


def masked(address: str) -> str:
    """An address without the user and password that may be in it."""
    return _SECRET.sub("***@", address)


def is_web(address: str) -> bool:
    """Whether it is an http(s) address with a host, and a port that can be one."""
    try:
        parts = urlsplit(address)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return False


def origin(address: str) -> tuple[str, str, int | None]:
    """Scheme, host and port: what may see a secret that was meant for the address."""
    parts = urlsplit(address)
    return parts.scheme, parts.hostname or "", parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def reach(address: str, seconds: float = 2.0) -> str | None:
    """Why an http(s) address cannot be reached; None when a connection to it was made within `seconds`."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        return f"it is no web address: {error}"
    if host is None:
        return "it is no web address"
    try:
        promptly(lambda: socket.create_connection((host, port), timeout=seconds).close(), seconds)
    except TooSlowError:
        return f"no answer within {seconds:g} s"
    except OSError as error:
        return why(error)
    except ValueError:  # a name that cannot be looked up: too long a label, a NUL
        return "its host has no name that can be looked up"
    return None
