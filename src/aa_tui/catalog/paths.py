"""Paths in the catalog: kept to the byte, since a name may hold bytes that are no UTF-8.

A path whose bytes are UTF-8 is TEXT, any other a BLOB of its bytes. Everything that stores, finds or compares a path
goes through these two.
"""

from __future__ import annotations

import os


def stored(path: str | os.PathLike[str]) -> str | bytes:
    """The path as the catalog keeps it."""
    data = os.fsencode(path)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data


def told(value: str | bytes) -> str:
    """The path that was stored, as Python has it: bytes that are no text of this system as lone surrogates."""
    return os.fsdecode(value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value)
