"""The tester's end of the pipe to the worker: asks, waits no longer than it may, and takes only well-formed replies."""

from __future__ import annotations

import builtins
import json
import os
import select
import time
from typing import Any

from aa_tui.evals.jail.values import BROKEN, decode, encode

_NOT_RAISED = (Exception, StopIteration, StopAsyncIteration)
LONGEST_REPLY = 8 << 20
"""Bytes. A longer value is not believed to be an answer."""

# What is asked of the object itself. Never what compares (eq, lt, contains) or has a truth value: that is judging.
_FORWARDED = ("iter", "len", "getitem", "str", "repr")


class LinkBrokenError(BaseException):
    """The worker will not answer any more. Not an Exception, so that no test's `except Exception` can pass over it.

    `end` is "timeout", "ended" (it closed the pipe or is gone) or "garbled" (its reply is not one).
    """

    def __init__(self, end: str, detail: str) -> None:
        super().__init__(detail)
        self.end = end
        self.detail = detail


class SolutionError(Exception):
    """The solution raised something that is no built-in Exception, such as SystemExit or a class of its own; or
    StopIteration, which would end a test's own loop, `all(map(f, ...))`, before its time. `name` is the class's."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"{name}: {message}")
        self.name = name


class Link:
    """Sends one request at a time and waits for its reply until `deadline` (of `time.monotonic`).

    `broken` keeps the failure that ended it, in case a test swallowed it. `last` holds the value that
    was returned last, if one was.
    """

    def __init__(self, read_fd: int, write_fd: int, nonce: str, deadline: float) -> None:
        self._read, self._write, self._nonce, self._deadline = read_fd, write_fd, nonce, deadline
        os.set_blocking(write_fd, False)
        self._number = 0
        self._buffer = bytearray()
        self.broken: LinkBrokenError | None = None
        self.last: tuple[object, ...] = ()

    def ask(self, operation: str, *arguments: Any) -> Any:
        """The decoded value of the reply and the encoded arguments after the call. Raises what the solution raised (as
        the nearest built-in exception) or LinkBrokenError."""
        if self.broken is not None:
            raise self.broken
        try:
            return self._ask(operation, arguments)
        except LinkBrokenError as error:
            self.broken = error
            raise

    def garbled(self) -> LinkBrokenError:
        """To raise where a reply is none, for a reason that only the asker can see; the link is broken then."""
        self.broken = LinkBrokenError("garbled", "it sent a reply that is not one")
        return self.broken

    def value(self, encoded: Any) -> object:
        """Decoded; objects of the solution become `Remote`."""
        return decode(encoded, lambda number, kind: Remote(self, number, kind[:60]))

    def _ask(self, operation: str, arguments: tuple[Any, ...]) -> Any:
        self._number += 1
        request = json.dumps([self._nonce, self._number, operation, *arguments]).encode("ascii") + b"\n"
        self._send(memoryview(request))
        line = self._receive()
        try:
            nonce, number, kind, first, second = json.loads(line)
            if (nonce, number) != (self._nonce, self._number) or kind not in ("value", "raised"):
                raise ValueError
            if kind == "value":
                value = self.value(first)
                self.last = (value,)
                return value, second
            raised = _exception([str(name) for name in first], str(second))
        except BROKEN:
            raise LinkBrokenError("garbled", "it sent a reply that is not one") from None
        raise raised

    def _send(self, request: memoryview) -> None:
        while request:
            self._wait(writing=True)
            try:
                request = request[os.write(self._write, request) :]
            except BlockingIOError:
                continue
            except OSError:
                raise LinkBrokenError("ended", "it ended before all calls were made") from None

    def _receive(self) -> bytes:
        while b"\n" not in self._buffer[-65536:]:
            self._wait(writing=False)
            piece = os.read(self._read, 65536)
            if not piece:
                raise LinkBrokenError("ended", "it ended instead of returning")
            self._buffer += piece
            if len(self._buffer) > LONGEST_REPLY:
                raise LinkBrokenError("garbled", f"it returned more than {LONGEST_REPLY >> 20} MiB")
        line, _, rest = bytes(self._buffer).partition(b"\n")
        self._buffer = bytearray()
        if rest:
            raise LinkBrokenError("garbled", "it sent more than one reply to one call")
        return line

    def _wait(self, *, writing: bool) -> None:
        left = self._deadline - time.monotonic()
        poll = select.poll()
        poll.register(self._write if writing else self._read, select.POLLOUT if writing else select.POLLIN)
        if left <= 0 or not poll.poll(left * 1000):
            raise LinkBrokenError("timeout", "it did not return in time")


class Remote:
    """An object that stays with the solution: a function, an instance, an iterator. Calls and attributes go there.

    It never compares equal to anything and has no truth value: only plain values are judged. So `__eq__` is not
    forwarded; a test of two such objects has to ask for their parts.
    """

    __slots__ = ("_kind", "_link", "_number")

    def __init__(self, link: Link, number: int, kind: str) -> None:
        for name, value in (("_link", link), ("_number", number), ("_kind", kind)):
            object.__setattr__(self, name, value)

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        sent = [["o", self._number, ""], encode(list(arguments), _handle), encode(named, _handle)]
        value, after = self._link.ask("call", *sent)
        try:
            self._take_over(arguments, after)
        except BROKEN:
            raise self._link.garbled() from None
        return value

    def _take_over(self, arguments: tuple[Any, ...], after: Any) -> None:
        """Lists, sets and dictionaries that the call changed change here too, as if it had run here."""
        changed = self._link.value(after)
        if not isinstance(changed, list) or len(changed) != len(arguments):
            raise ValueError
        for own, new in zip(arguments, changed, strict=True):
            if type(own) is not type(new):
                continue
            if isinstance(own, list):
                own[:] = new
            elif isinstance(own, (dict, set)):
                own.clear()
                own.update(new)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._get(name)

    def __setattr__(self, name: str, value: Any) -> None:
        self._link.ask("set", ["o", self._number, ""], name, encode(value, _handle))

    def _get(self, name: str) -> Any:
        return self._link.ask("get", ["o", self._number, ""], name)[0]

    def __eq__(self, other: object) -> bool:
        raise TypeError(f"a {self._kind} of the solution cannot be compared: only plain values are")

    def __bool__(self) -> bool:
        raise TypeError(f"a {self._kind} of the solution is neither true nor false here: only plain values are")

    def __next__(self) -> Any:
        try:
            return self._get("__next__")()
        except SolutionError as error:
            if error.name == "StopIteration":
                raise StopIteration from None
            raise

    __hash__ = object.__hash__


def _forward(name: str) -> Any:
    def method(self: Remote, *arguments: Any) -> Any:
        try:
            own = self._get(name)
        except AttributeError as error:  # Python's own error for it: list() asks a generator for its length
            raise TypeError(str(error)) from None
        return own(*arguments)

    return method


for _method in _FORWARDED:
    setattr(Remote, f"__{_method}__", _forward(f"__{_method}__"))


def _handle(value: object) -> list[Any]:
    if isinstance(value, Remote):
        return ["o", value._number, ""]
    raise TypeError(f"a test passes a {type(value).__name__}, which cannot be handed to the solution")


def _exception(names: list[str], message: str) -> Exception:
    """The nearest built-in exception that takes a message, so that tests of errors can catch it."""
    for name in names:
        kind = getattr(builtins, name, None)
        if isinstance(kind, type) and issubclass(kind, Exception) and kind not in _NOT_RAISED:
            try:
                return kind(message)
            except TypeError:  # UnicodeDecodeError wants five arguments
                continue
    return SolutionError(names[0] if names else "error", message)
