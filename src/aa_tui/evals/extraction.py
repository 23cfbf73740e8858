"""From the text after the thinking to the piece that is compared: pure text work, for every grader.

A pack's own patterns come first: in their order, of the first that matches the last match counts, its first group is
the answer. What they do not find each grader looks for with the pieces below, in its own order (METRICS.md, "Evaluation
settings": the last match, tolerating markdown and boxed LaTeX, then a row of fallbacks).

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

_MARKER = re.compile(
    r"(?<![a-z])(?:answer|antwort|réponse|respuesta|risposta|resposta|ответ|答案|答え|回答|答|정답|答复|الإجابة|الجواب|उत्तर)"
    r"(?:[ \t]{1,3}(?:is|choice|option|letter))?[ \t*_]{0,6}(?:是|为|為|は)?[ \t*_]{0,6}[:：=][ \t*_]{0,6}",
    re.IGNORECASE,
)
_SAID = re.compile(
    r"(?<![a-z])(?:answer|option|choice|alternative)[ \t*_]{1,6}(?:is|would be|should be|must be)[ \t*_:]{1,6}"
    r"|(?:答案|正确选项|選項|选项)[ \t]{0,3}(?:是|为|為)[ \t:：*]{0,6}",
    re.IGNORECASE,
)
_HASHES = re.compile(r"(?m)^[ \t>*]{0,8}####[ \t]{0,8}(?=\S)")
_FENCE = re.compile(r"\s*```\w{0,20}\s*")
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
    for pattern in extraction.patterns:
        try:
            compiled = re.compile(pattern)
        except re.error as error:
            raise PackError(f"The answer pattern {pattern!r} is not a regular expression: {error}.") from None
        found = ""
        for match in compiled.finditer(text):
            found = (match.group(1) if compiled.groups else match.group()) or ""
        if found.strip():
            return found.strip()
    return None


def after_marker(text: str) -> str | None:
    """The rest of the line behind the last "Answer:" (or its like in other languages); the next line if it is empty."""
    return _rest_after_last(_MARKER, text)


def after_hashes(text: str) -> str | None:
    """The rest of the last line that begins with "####", GSM8K's mark of the answer."""
    return _rest_after_last(_HASHES, text)


def after_saying(text: str) -> str | None:
    """The rest of the line behind the last "the answer is" and its like."""
    return _rest_after_last(_SAID, text)


def last_boxed(text: str) -> str | None:
    r"""What the last \boxed{...} holds, its braces matched; boxes that never close are passed over."""
    end = len(text)
    for _ in range(_BOX_TRIES):
        start, command = max((text.rfind(command, 0, end), command) for command in _BOXES)
        if start < 0:
            return None
        inside = _braced(text, start + len(command))
        if inside is not None and inside.strip():
            return inside.strip()
        end = start
    return None


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


def _rest_after_last(marker: re.Pattern[str], text: str) -> str | None:
    end = -1
    for match in marker.finditer(text):
        end = match.end()
    if end < 0:
        return None
    for line in text[end : end + 2 * LONGEST_SHOWN].split("\n"):
        if _FENCE.fullmatch(line):
            continue
        rest = line.strip().lstrip("*_ ") if line.strip().count("**") % 2 else line.strip()
        if rest.strip(" \t*_`~#>-=|$") not in ("", "\\[", "\\("):
            return rest
    return None


def _braced(text: str, start: int) -> str | None:
    """The inside of the braces that open at `start` (spaces before allowed); without braces, the next word."""
    while start < len(text) and text[start] == " ":
        start += 1
    if start >= len(text):
        return None
    if text[start] != "{":
        word = re.match(r"[^\s$\\{}]{1,200}", text[start : start + 200])
        return word.group() if word else None
    depth = 0
    for match in re.finditer(r"\\.|[{}]", text[start:]):
        depth += {"{": 1, "}": -1}.get(match.group(), 0)
        if depth == 0:
            return text[start + 1 : start + match.start()]
    return None


def _without_command(text: str) -> str:
    command = _COMMAND.match(text)
    if not command:
        return text
    inside = _braced(text, command.end())
    # Only where nothing but a full stop follows: \text{A} + 1 is no wrapped letter.
    if inside is None or text[command.end() + len(inside) + 2 :].strip(" .。"):
        return text
    return inside.strip()


def _without_loose_marks(text: str) -> str:
    """Without a final full stop, and without bold marks of which only one side is on this line."""
    if text.endswith((".", "。")) and not text.endswith(".."):
        text = text[:-1].rstrip()
    for mark in ("**", "__", "$$", "*"):
        if text.count(mark) == 1 and text != mark:
            text = text.removeprefix(mark).removesuffix(mark).strip()
    return text
