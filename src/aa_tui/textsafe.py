"""Text from models, files and the network, made safe to show.

Everything that enters the catalog passes through `clean` or `clean_line`. What is removed, in this order:
whole escape sequences (ECMA-48 CSI, OSC, DCS and the like, in their 7-bit and 8-bit forms), then single control
characters (C0 but newline and tab, DEL, C1), then the bidirectional controls of Unicode (UAX 9) that can reorder
what a reader sees. Markup is not touched here: the app never parses data as markup.
"""

from __future__ import annotations

import re

_ESCAPE_SEQUENCE = re.compile(
    "(?:\x1b[PX^_\\]]|[\x90\x98\x9d\x9e\x9f])"  # DCS, SOS, PM, APC, OSC: a string ...
    "[^\x1b\x07\x9c]*(?:\x1b\\\\|\x07|\x9c)?"  # ... up to its terminator, if it has one
    "|(?:\x1b\\[|\x9b)[0-?]*[ -/]*[@-~]?"  # CSI
    "|\x1b[ -/]*[0-~]?"  # two-character and charset sequences
)
_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_WHITE = re.compile(r"\s+")


def clean(text: str) -> str:
    """Text of several lines without anything that a terminal would obey. Tabs become spaces."""
    text = _ESCAPE_SEQUENCE.sub("", text.replace("\r\n", "\n"))
    return _CONTROL.sub("", text).replace("\t", " ")


def clean_line(text: str) -> str:
    """The same on one line: every run of white space becomes one space, ends are trimmed."""
    return _WHITE.sub(" ", clean(text)).strip()


def has_controls(text: str) -> bool:
    """Whether a terminal would obey any part of this one-line text."""
    return _CONTROL.search(text) is not None or "\n" in text


def strip_controls(text: str) -> str:
    """The app's last line of defence: drop control characters from a run of text about to be drawn."""
    return _CONTROL.sub("", text).replace("\n", " ")
