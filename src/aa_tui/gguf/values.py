"""The metadata of a GGUF: typed values, of which only scalars are kept.

Layout: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING, Final

from aa_tui.gguf.cursor import line_of, shown
from aa_tui.gguf.errors import GGUFError

if TYPE_CHECKING:
    from aa_tui.gguf.cursor import Cursor, StringList

Scalar = str | int | float | bool

STRING: Final = 8
ARRAY: Final = 9
_BOOL: Final = 7
_FIXED: Final = {
    0: struct.Struct("<B"),
    1: struct.Struct("<b"),
    2: struct.Struct("<H"),
    3: struct.Struct("<h"),
    4: struct.Struct("<I"),
    5: struct.Struct("<i"),
    6: struct.Struct("<f"),
    _BOOL: struct.Struct("<B"),
    10: struct.Struct("<Q"),
    11: struct.Struct("<q"),
    12: struct.Struct("<d"),
}
_MAX_KEY_BYTES = 65_535  # the format's own limit
_MAX_STRING_BYTES = 1 << 20  # a longer one is skipped; chat templates are some tens of kB
_MAX_KEPT_BYTES = 1 << 24
_MAX_DEPTH = 4
_MAX_KEPT_ELEMENTS = 1024  # of a list of numbers: one for each layer; vocabularies' scores and types are longer
_MAX_KEPT_NUMBERS = 262_144  # in all such lists: a model has some of them
_MAX_STRINGS = 4_000_000  # in all lists of one file; the largest vocabularies have < 1 M with merges
_MAX_LISTS = 65_536  # within lists, which no model has at all


class MetadataReader:
    """Reads values at a cursor; one per file, as its limits count over the whole file."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor
        self._n_strings = 0
        self._n_lists = 0
        self._n_numbers = 0
        self._kept_bytes = 0
        self.numbers: dict[str, tuple[int | float, ...]] = {}
        """Short lists of numbers by key: what differs from layer to layer."""
        self.strings: dict[str, StringList] = {}
        """Where the strings of the lists at the top level lie."""

    def key(self) -> str:
        """The next key, cleaned."""
        length = self._cursor.u64("a metadata key")
        self._kept_bytes += length
        if length > _MAX_KEY_BYTES or self._kept_bytes > _MAX_KEPT_BYTES:
            raise self._damaged(f"a metadata key is {length:,} bytes long")
        return line_of(self._cursor.take(length, "a metadata key"))

    def value(self, key: str) -> tuple[bytes | Scalar | None, int]:
        """The next value and, for an array, its number of elements (else 0).

        Strings come as bytes; None stands for an array, for a number that is none (inf, NaN) and for a string
        too long to be of use.
        """
        kind = self._cursor.u32(key)
        if kind == ARRAY:
            return None, self._skip_array(key, depth=1)
        if kind == STRING:
            return self._string(key), 0
        fixed = _FIXED.get(kind)
        if fixed is None:
            raise self._damaged(f"{shown(key)} has the unknown type {kind}")
        number: int | float = fixed.unpack(self._cursor.take(fixed.size, key))[0]
        if kind == _BOOL:
            return bool(number), 0
        return (number if math.isfinite(number) else None), 0

    def _string(self, key: str) -> bytes | None:
        length = self._cursor.u64(key)
        self._cursor.require(length, key)
        if length > _MAX_STRING_BYTES or self._kept_bytes + length > _MAX_KEPT_BYTES:
            self._cursor.skip(length, key)
            return None
        self._kept_bytes += length
        return self._cursor.take(length, key)

    def _skip_array(self, key: str, depth: int) -> int:
        kind = self._cursor.u32(key)
        count = self._cursor.u64(key)
        fixed = _FIXED.get(kind)
        if fixed is not None:
            if depth == 1 and 0 < count <= _MAX_KEPT_ELEMENTS:
                self._keep_numbers(key, fixed, count)
            else:
                self._cursor.skip(count * fixed.size, key)
            return count
        if kind not in (STRING, ARRAY):
            raise self._damaged(f"{shown(key)} has elements of the unknown type {kind}")
        # a string takes 8 bytes at least, an array 12: more elements than that cannot be there
        self._cursor.require(count * (8 if kind == STRING else 12), key)
        if kind == STRING:
            self._n_strings += count
        else:
            self._n_lists += count
        if self._n_strings > _MAX_STRINGS or self._n_lists > _MAX_LISTS or depth > _MAX_DEPTH:
            raise self._damaged(f"{shown(key)} holds more or deeper lists than any model has")
        if kind == STRING and depth == 1:
            self.strings[key] = self._cursor.skip_list(count, key)
        elif kind == STRING:
            self._cursor.skip_strings(count, key)
        else:
            for _ in range(count):
                self._skip_array(key, depth + 1)
        return count

    def _keep_numbers(self, key: str, one: struct.Struct, count: int) -> None:
        self._n_numbers += count
        if self._n_numbers > _MAX_KEPT_NUMBERS:
            raise self._damaged(f"{shown(key)} is one list of numbers too many")
        found = tuple(value for (value,) in one.iter_unpack(self._cursor.take(count * one.size, key)))
        if all(math.isfinite(value) for value in found):
            self.numbers[key] = found

    def _damaged(self, reason: str) -> GGUFError:
        return GGUFError(f"{self._cursor.label} is damaged or hostile ({reason}): download it again.")
