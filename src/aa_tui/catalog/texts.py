"""Long texts in the catalog: compressed where that saves something. TEXT is as it is, a BLOB is zlib's of its UTF-8."""

from __future__ import annotations

import zlib

SHORT_CHARS = 200
"""Texts up to this length stay readable in plain SQLite; zlib would hardly shorten them."""


def storable(text: str) -> str:
    """The text with lone surrogates, which no UTF-8 has, as question marks: SQLite would refuse them."""
    return text.encode("utf-8", "replace").decode()


def packed(text: str) -> str | bytes:
    """The text as it is stored. Lone surrogates become question marks."""
    data = text.encode("utf-8", "replace")
    return data.decode() if len(text) <= SHORT_CHARS else zlib.compress(data, 6)


def unpacked(stored: str | bytes) -> str:
    """The text that was stored."""
    return stored if isinstance(stored, str) else zlib.decompress(stored).decode("utf-8", "replace")
