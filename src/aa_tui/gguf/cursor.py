"""Reading a file forward without trusting any length in it.

Memory is bounded by one window; every length is compared with the bytes left before anything is read or
skipped.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from aa_tui.gguf.errors import GGUFError

if TYPE_CHECKING:
    from typing import BinaryIO

_WINDOW_BYTES = 1 << 20
_U32 = struct.Struct("<I")
_U64 = struct.Struct("<Q")
_READ_WHOLE_BYTES = 1 << 20  # longest single value ever held in memory


class Cursor:
    """A position in a file of known size, little endian."""

    def __init__(self, file: BinaryIO, size_bytes: int, label: str) -> None:
        self._file = file
        self._window = b""
        self._window_start = 0
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
                f"{self.label} is truncated or damaged ({what} needs {n_bytes:,} bytes at byte "
                f"{self.position:,}, the file has {max(self.left, 0):,} left): download it again."
            )

    def skip(self, n_bytes: int, what: str) -> None:
        """Move on by `n_bytes` without reading."""
        self.require(n_bytes, what)
        self.position += n_bytes

    def take(self, n_bytes: int, what: str) -> bytes:
        """The next bytes. At most 1 MiB: longer values are skipped by their callers."""
        self.require(n_bytes, what)
        if n_bytes > _READ_WHOLE_BYTES:
            raise GGUFError(f"{self.label} is damaged ({what} is {n_bytes:,} bytes long): download it again.")
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
        size = self.size_bytes
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

    def _at(self, n_bytes: int) -> int:
        """Make the next `n_bytes` lie in the window; where in it they begin."""
        at = self.position - self._window_start
        if at < 0 or at + n_bytes > len(self._window):
            self._file.seek(self.position)
            self._window = self._file.read(max(n_bytes, _WINDOW_BYTES))
            self._window_start = self.position
            if len(self._window) < n_bytes:  # the file shrank under our hands
                raise GGUFError(f"{self.label} changed while it was being read: try again when it is complete.")
            return 0
        return at
