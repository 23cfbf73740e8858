"""From the text after the thinking to the piece that is compared: pure text work, for every grader.

A pack's own patterns come first: in their order, of the first that matches the last match counts, its first group is
the answer. What they do not find `evals.final` looks for, with the pieces below.

An answer may be a megabyte of anything. So everything here sees at most the last `LONGEST` characters, without control
characters, and no pattern here has two unbounded repeats that can match the same text.
"""

from __future__ import annotations

import re
import unicodedata

from aa_tui.evals.items import Extraction, PackError
from aa_tui.textsafe import clean

VERSION = "extraction/2"
"""Rises whenever another piece of the same text may be taken as the answer; noted with each run."""

LONGEST = 100_000
"""Characters from an answer's end that are looked at."""

LONGEST_SHOWN = 2_000
"""Characters of an extracted answer that are kept."""

# A terminal's colours are dropped whole; of longer sequences only the controls, lest they swallow the answer.
_COLOUR = re.compile("(?:\x1b\\[|\x9b)[0-?]{0,20}[ -/]{0,4}[@-~]")
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffc\ud800-\udfff]"
)

_BOXES = ("\\boxed", "\\fbox")
_BOX_TRIES = 20

_PAIRS = (
    ("**", "**"),
    ("__", "__"),
    ("```", "```"),
    ("$$", "$$"),
    ("\\(", "\\)"),
    ("\\[", "\\]"),
    ("*", "*"),
    ("_", "_"),
    ("`", "`"),
    ("$", "$"),
    ('"', '"'),
    ("'", "'"),
    ("“", "”"),
    ("„", "“"),
    ("„", "”"),
    ("‹", "›"),
    ("『", "』"),
    ("《", "》"),
    ("‘", "’"),
    ("«", "»"),
    ("「", "」"),
)
_COMMAND = re.compile(
    r"\\(?:boxed|fbox|text|textbf|textit|texttt|mathrm|mathbf|mathit|mathsf|mbox|displaystyle)\s?(?=\{)"
)
_WHITE = re.compile(r"\s+")
_WRAPPINGS = 8


def readable(answer: str) -> str:
    """The end of an answer that graders look at: at most `LONGEST` characters, NFC, no control or invisible ones."""
    text = answer[-LONGEST:].replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", _INVISIBLE.sub("", _COLOUR.sub("", text)))


def shown(text: str | None) -> str | None:
    """An extracted answer as it is kept: what a terminal would obey is gone, at most `LONGEST_SHOWN` characters."""
    return None if text is None else clean(text[: 2 * LONGEST_SHOWN]).strip()[:LONGEST_SHOWN]


def by_patterns(extraction: Extraction, text: str) -> str | None:
    """What a pack's own patterns take from a readable text, or None. Raises PackError for a broken pattern."""
    span = matched_pattern(extraction, text)
    return None if span is None else text[slice(*span)].strip()


def matched_pattern(extraction: Extraction, text: str) -> tuple[int, int] | None:
    """Where a pack's own patterns find the answer, or None. Raises PackError for a broken pattern."""
    for pattern in extraction.patterns:
        try:
            compiled = re.compile(pattern)
        except re.error as error:
            raise PackError(f"The answer pattern {pattern!r} is not a regular expression: {error}.") from None
        span = (0, 0)
        for match in compiled.finditer(text):
            span = match.span(1 if compiled.groups else 0)
        if text[slice(*span)].strip(" \t\n*_`#>"):  # a lone ** is the end of a bold mark
            return span
    return None


def boxes_in(text: str) -> list[tuple[int, int, str]]:
    r"""The \boxed{...} of a text, at most its last `_BOX_TRIES`: start, end and inside, its braces matched."""
    found: list[tuple[int, int, str]] = []
    end = len(text)
    for _ in range(_BOX_TRIES):
        start, command = max((text.rfind(command, 0, end), command) for command in _BOXES)
        if start < 0:
            break
        inside = _braced(text, start + len(command))
        if inside is not None and inside[1].strip():
            if found and found[0][0] < inside[0]:
                found = [box for box in found if box[0] >= inside[0]]  # a box in a box
            found.insert(0, (start, inside[0], inside[1].strip()))
        end = start
    return found


def last_boxed(text: str) -> str | None:
    r"""What the last \boxed{...} holds, its braces matched; boxes that never close are passed over."""
    found = boxes_in(text)
    return found[-1][2] if found else None


def last_line(text: str) -> str | None:
    """The last line with anything but markup on it."""
    for line in reversed(text.rstrip()[-4 * LONGEST_SHOWN :].split("\n")):
        if line.strip(" \t*_`~#>-=|$"):
            return line.strip()
    return None


def unwrapped(text: str) -> str:
    r"""Text on one line without what is put around answers: markdown, quotes, $...$, \boxed{...}, \text{...}, a full
    stop. Quotes and the like go only in pairs."""
    text = _WHITE.sub(" ", text).strip()
    for _ in range(_WRAPPINGS):
        before = text
        text = _without_command(text)
        for opening, closing in _PAIRS:
            inside = len(text) - len(opening) - len(closing)
            if inside > 0 and text.startswith(opening) and text.endswith(closing):
                text = text[len(opening) : -len(closing)].strip()
                break
        else:
            text = _without_loose_marks(text)
        if text == before:
            break
    return text


def _braced(text: str, start: int) -> tuple[int, str] | None:
    """The end and the inside of the braces that open at `start` (spaces before allowed); without braces, the next
    word."""
    while start < len(text) and text[start] == " ":
        start += 1
    if start >= len(text):
        return None
    if text[start] != "{":
        word = re.match(r"[^\s$\\{}]{1,200}", text[start : start + 200])
        return (start + word.end(), word.group()) if word else None
    depth = 0
    for match in re.finditer(r"\\.|[{}]", text[start:]):
        depth += {"{": 1, "}": -1}.get(match.group(), 0)
        if depth == 0:
            return start + match.end(), text[start + 1 : start + match.start()]
    return None


def _without_command(text: str) -> str:
    command = _COMMAND.match(text)
    if not command:
        return text
    inside = _braced(text, command.end())
    # Only where nothing but a full stop follows: \text{A} + 1 is no wrapped letter.
    if inside is None or text[inside[0] :].strip(" .。"):
        return text
    return inside[1].strip()


def _without_loose_marks(text: str) -> str:
    """Without a final full stop, and without bold marks of which only one side is on this line."""
    if text.endswith((".", "。")) and not text.endswith(".."):
        text = text[:-1].rstrip()
    for mark in ("**", "__", "$$", "*"):
        if text.count(mark) == 1 and text != mark:
            text = text.removeprefix(mark).removesuffix(mark).strip()
    return text
