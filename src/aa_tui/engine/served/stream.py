"""The lines of an answer that comes bit by bit: events as the web has them (SSE), or lines of JSON as Ollama's."""

from __future__ import annotations

import re
from collections.abc import Iterator

MOST_LINE_BYTES = 1 << 20
"""Of one line: a token takes some 300 bytes, a last one with all its figures a few thousand."""

DONE = b"[DONE]"

_END = re.compile(rb"\r\n|\n|\r")


class TooLongError(Exception):
    """A line is longer than any that a server of models writes."""


class Lines:
    """Cuts bytes into lines, however they come: each byte is looked at once."""

    __slots__ = ("_had_cr", "_n_held", "_parts")

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._n_held = 0
        self._had_cr = False

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that these bytes complete, without their ends. Raises TooLongError."""
        if self._had_cr and data.startswith(b"\n"):  # the second half of one line's end
            data = data[1:]
            self._had_cr = False
        if not data:
            return []
        self._had_cr = data.endswith(b"\r")
        *lines, rest = _END.split(data) if b"\r" in data else data.split(b"\n")
        if lines:
            self._check(len(lines[0]))
            lines[0] = b"".join((*self._parts, lines[0]))
            self._parts, self._n_held = [], 0
        self._check(len(rest))
        if rest:
            self._parts.append(rest)
            self._n_held += len(rest)
        return lines

    def end(self) -> list[bytes]:
        """No more bytes: a last line that has no end."""
        rest, self._parts, self._n_held = b"".join(self._parts), [], 0
        return [rest] if rest else []

    def _check(self, n_more: int) -> None:
        if self._n_held + n_more > MOST_LINE_BYTES:
            raise TooLongError


def events(lines: list[bytes]) -> Iterator[bytes]:
    """What the lines of a stream of events carry: a line is an event, as every server here writes them.

    Comments, which keep connections open, and fields other than `data` carry nothing. Old ones of llama-server call
    the field `error` where something went wrong.
    """
    for line in lines:
        name, _, value = line.partition(b":")
        if name in (b"data", b"error") and (value := value.strip()):
            yield value


def rows(lines: list[bytes]) -> Iterator[bytes]:
    """What lines of JSON carry."""
    for line in lines:
        if value := line.strip():
            yield value
