"""Words for a shell: what a suggested command carries can be pasted, and what a shell would take can be typed here.

A word that cannot be shown as it is (controls, runs of white space, bytes that are no UTF-8, marks that combine) is
written as `$'...'` with octal escapes, which bash, zsh, ksh and POSIX of 2024 read.
"""

from __future__ import annotations

import os
import re
import unicodedata

_TO_ESCAPE = re.compile(r"[^\x20-\x7e]|(?<= ) | (?= )|[\\']")
_DOLLAR = re.compile(r"\$'((?:[^'\\]|\\.)*)'", re.DOTALL)
_ESCAPE = re.compile(rb"\\(?:([0-7]{1,3})|x([0-9a-fA-F]{1,2})|(.))", re.DOTALL)
_LETTERS = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"a": b"\a", b"b": b"\b", b"e": b"\x1b", b"f": b"\f", b"v": b"\v"}


def quoted(word: str) -> str:
    """The word as a shell takes it, on one line and with nothing that a terminal would obey or that looks alike."""
    if _is_plain(word):
        import shlex  # not needed by most commands

        return shlex.quote(word)
    return f"$'{_TO_ESCAPE.sub(lambda match: _escaped(match[0]), word)}'"


def unquoted(text: str) -> str | None:
    """The one word that a shell would make of a text; None where it would make several, or none."""
    text = text.strip()
    whole = _DOLLAR.fullmatch(text)
    if whole is not None:
        return os.fsdecode(_ESCAPE.sub(_meant, os.fsencode(whole[1])))
    try:
        import shlex

        words = shlex.split(text)
    except ValueError:  # a quotation mark without its other
        return None
    return words[0] if len(words) == 1 else None


def _is_plain(word: str) -> bool:
    return word.isprintable() and "  " not in word and not any(map(unicodedata.combining, word))


def _escaped(char: str) -> str:
    if char in "\\'":
        return f"\\{char}"
    if char != " " and char.isprintable() and not unicodedata.combining(char):
        return char
    is_byte = "\udc80" <= char <= "\udcff"  # as `surrogateescape` keeps what is no UTF-8
    return "".join(f"\\{byte:03o}" for byte in char.encode("utf-8", "surrogateescape" if is_byte else "replace"))


def _meant(match: re.Match[bytes]) -> bytes:
    if match[1] or match[2]:
        return bytes([int(match[1] or match[2], 8 if match[1] else 16) & 0xFF])
    return _LETTERS.get(match[3], match[3])
