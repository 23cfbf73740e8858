"""Reading a file forward without trusting any length in it.

Memory is bounded by one window; every length is compared with the bytes left before anything is read or
skipped. Windows grow: a small header of a far file costs little, a large one few turns.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Protocol

from aa_tui.gguf.errors import GGUFError
from aa_tui.textsafe import clean_line

_FIRST_WINDOW_BYTES = 1 << 16
_WINDOW_BYTES = 1 << 20
_MARK_EVERY = 1024  # strings between two remembered places of a list
_U32 = struct.Struct("<I")
_U64 = struct.Struct("<Q")
_READ_WHOLE_BYTES = 1 << 20  # longest single value ever held in memory
_LONGEST_SHOWN = 80

MAX_HEADER_BYTES = 64 << 20
"""Of a header, whatever the file's size: those of the largest vocabularies (262,144 tokens with merges) take 16 MB."""


class Source(Protocol):
    """What bytes are read from: a file here, or ranges of one elsewhere."""

    def seek(self, position: int, /) -> object:
        """Go to a byte."""
        ...

    def read(self, n_bytes: int, /) -> bytes:
        """The next bytes; fewer at the end of the file only."""
        ...


@dataclass(slots=True)
class StringList:
    """A list of strings that was skipped, with the places of every 1024th, so that one of them can be read later."""

    count: int = 0
    marks: list[int] = field(default_factory=list)


def shown(text: str) -> str:
    """What a message shows of a text from a file: no more than a line."""
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"


def line_of(data: bytes) -> str:
    """A text from a file as one clean line. Most need no cleaning, which takes ten times as long as looking."""
    text = data.decode("utf-8", "replace")
    return text if text.isprintable() and " " not in text else clean_line(text)


class Cursor:
    """A position in a file of known size, little endian."""

    def __init__(self, file: Source, size_bytes: int, label: str) -> None:
        self._file = file
        self._window = b""
        self._window_start = 0
        self._next_window_bytes = _FIRST_WINDOW_BYTES
        self.size_bytes = size_bytes
        self.label = label
        self.position = 0

    @property
    def left(self) -> int:
        """Bytes from here to the end of the file."""
        return self.size_bytes - self.position

    def require(self, n_bytes: int, what: str) -> None:
        """Raise GGUFError unless the file still has `n_bytes` bytes for `what`."""
        if n_bytes > self.left:
            raise GGUFError(
                f"{self.label} is truncated or damaged ({shown(what)} needs {n_bytes:,} bytes at byte "
                f"{self.position:,}, the file has {max(self.left, 0):,} left): download it again."
            )
        if self.position + n_bytes > MAX_HEADER_BYTES:
            raise GGUFError(
                f"{self.label} is damaged or hostile ({shown(what)} would make its header longer than "
                f"{MAX_HEADER_BYTES >> 20} MiB, which no model's is): download it again."
            )

    def skip(self, n_bytes: int, what: str) -> None:
        """Move on by `n_bytes` without reading."""
        self.require(n_bytes, what)
        self.position += n_bytes

    def take(self, n_bytes: int, what: str) -> bytes:
        """The next bytes. At most 1 MiB: longer values are skipped by their callers."""
        self.require(n_bytes, what)
        if n_bytes > _READ_WHOLE_BYTES:
            raise GGUFError(f"{self.label} is damaged ({shown(what)} is {n_bytes:,} bytes long): download it again.")
        at = self._at(n_bytes)
        self.position += n_bytes
        return self._window[at : at + n_bytes]

    def u32(self, what: str) -> int:
        """The next unsigned 32-bit number."""
        return int(_U32.unpack(self.take(4, what))[0])

    def u64(self, what: str) -> int:
        """The next unsigned 64-bit number."""
        return int(_U64.unpack(self.take(8, what))[0])

    def skip_strings(self, count: int, what: str) -> None:
        """Skip `count` length-prefixed strings, looking at their lengths only."""
        unpack = _U64.unpack_from
        size = min(self.size_bytes, MAX_HEADER_BYTES)
        while count:
            self.require(8, what)
            at = self._at(8)
            window, start = self._window, self._window_start
            last = len(window) - 8
            while count and at <= last:  # the hot loop: a vocabulary has hundreds of thousands of turns
                length = unpack(window, at)[0]
                at += 8 + length
                count -= 1
                if start + at > size:
                    self.position = start + at - length
                    self.require(length, what)
            self.position = start + at

    def skip_list(self, count: int, what: str) -> StringList:
        """Skip strings as `skip_strings` does, remembering where they are."""
        found = StringList(count)
        while count:
            found.marks.append(self.position)
            some = min(count, _MARK_EVERY)
            self.skip_strings(some, what)
            count -= some
        return found

    def string_of(self, strings: StringList, index: int, what: str, longest: int = 4096) -> bytes | None:
        """One string of a list that was skipped, None where there is none or it is longer than a token can be."""
        if not 0 <= index < strings.count:
            return None
        self.position = strings.marks[index // _MARK_EVERY]
        self._next_window_bytes = _FIRST_WINDOW_BYTES
        self.skip_strings(index % _MARK_EVERY, what)
        length = self.u64(what)
        return self.take(length, what) if length <= longest else None

    def _at(self, n_bytes: int) -> int:
        """Make the next `n_bytes` lie in the window; where in it they begin."""
        at = self.position - self._window_start
        if at < 0 or at + n_bytes > len(self._window):
            self._file.seek(self.position)
            self._window = self._file.read(min(max(n_bytes, self._next_window_bytes), max(self.left, 0)))
            self._next_window_bytes = min(self._next_window_bytes * 2, _WINDOW_BYTES)
            self._window_start = self.position
            if len(self._window) < n_bytes:  # the file shrank under our hands
                raise GGUFError(f"{self.label} changed while it was being read: try again when it is complete.")
            return 0
        return at
