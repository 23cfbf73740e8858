"""Text from models, files and the network, made safe to show.

Everything that enters the catalog passes through `clean` or `clean_line`. What is removed, in this order:
whole escape sequences (ECMA-48 CSI, OSC, DCS and the like, in their 7-bit and 8-bit forms), then single control
characters (C0 but newline and tab, DEL, C1), then the bidirectional controls of Unicode (UAX 9) that can reorder
what a reader sees, its marks of notes and its tags. Markup is not touched here: the app never parses data as markup.

The last lines of defence are `shown`, through which the shell's writer passes all that it prints (`cli/outlet.py`), and
`strip_controls`, through which the app passes all that it draws. They remove single characters and short sequences
only: an unfinished sequence of one text must not swallow what follows it.
"""

from __future__ import annotations

import re

_SHORT_SEQUENCE = (
    "(?:\x1b\\[|\x9b)[0-?]*[ -/]*[@-~]?"  # CSI
    "|\x1b[ -/]*[0-~]?"  # two-character and charset sequences
)
_ESCAPE_SEQUENCE = re.compile(
    "(?:\x1b[PX^_\\]]|[\x90\x98\x9d\x9e\x9f])"  # DCS, SOS, PM, APC, OSC: a string ...
    "[^\x1b\x07\x9c]*(?:\x1b\\\\|\x07|\x9c)?"  # ... up to its terminator, if it has one
    f"|{_SHORT_SEQUENCE}"
)
_OBEYED = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u206f\ufff9-\ufffb\ud800-\udfff"
    "\U000e0000-\U000e007f"  # tags, which nobody sees
)
_HIDDEN = (
    "\u00ad\u034f\u180b-\u180f\u200b\u2060-\u2065\u206a-\u206f\ufe00-\ufe0f\ufeff\ufff0-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
"""What nobody sees, by Unicode's Default_Ignorable_Code_Point and U+FFF9 to U+FFFB: soft hyphen, zero-width space,
word joiner, byte order mark, variation selectors, tags and the like. No terminal obeys them, but two names that differ
in them alone look the same, and text can be smuggled past a reader in them. In a line of a terminal nothing is lost
with them. Fillers of Hangul and blanks of Braille stay: they take cells, so that a gap shows."""

_FILLERS = re.compile("[\\s\u115f\u1160\u2800\u3164\uffa0]")

_JOINERS = "\u200c\u200d"
"""Zero-width (non-)joiner: Persian, the scripts of India and emoji are spelt with them, Latin words are not."""

_CONTROL = re.compile(f"[{_OBEYED}]")
_UNSHOWN = re.compile(f"[{_OBEYED}{_HIDDEN}{_JOINERS}]")
_REMOVED = re.compile(f"{_SHORT_SEQUENCE}|[{_OBEYED}{_HIDDEN}]|(?<![^\x00-\x7f{_JOINERS}])[{_JOINERS}]")
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


def shown(text: str) -> str:
    """The shell's last line of defence: text without what a terminal would obey or nobody would see.

    Lines and tabs stay. Joiners stay after a letter that is not ASCII, where they may belong to the spelling.
    """
    return text if _UNSHOWN.search(text) is None else _REMOVED.sub("", text)


def shown_line(text: str) -> str:
    """The same on one line, its spaces kept: a text with a line's end in it must not pass for two lines."""
    return shown(text).replace("\n", " ").replace("\t", " ")


def is_blank(text: str) -> bool:
    """Whether there is nothing to see: white space, what nobody sees, and fillers alone."""
    return not _FILLERS.sub("", _UNSHOWN.sub("", text))


def cut(text: str, most: int) -> str:
    """A text of at most so many characters, its end given up for how many there were."""
    if len(text) <= most:
        return text
    told = f"… ({len(text):,} characters)"
    return text[: most - len(told)] + told


def escaped(json_text: str) -> str:
    """JSON, with all that `shown` may remove as \\uXXXX: it reads back the same and can be printed as it is."""
    return json_text if _UNSHOWN.search(json_text) is None else _UNSHOWN.sub(_escape, json_text)


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code > 0xFFFF:  # JSON knows UTF-16 alone: two surrogates
        code -= 0x10000
        return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"
    return f"\\u{code:04x}"
