"""Checks of our own, for the bundled pack: its prompts ask for exactly so much, where IFEval is content with more, or
with something like it."""

from __future__ import annotations

import json
import re

from aa_tui.evals.instructions.check import Arguments, Check, number

_FENCED = re.compile(r"```[ \t]*(?:json)?[ \t]*\n(.*)\n[ \t]*```", re.IGNORECASE | re.DOTALL)
_BULLET = re.compile(r"(?m)^[ \t]*-[ \t]+\S")
_OTHER_LIST = re.compile(r"(?m)^[ \t]*(?:[*+•◦▪‣–][ \t]+\S|\(?(?:\d{1,3}[.)]|[A-Za-z]\))[ \t]+\S|-[^\W\d])")
_SIX = re.compile(r"\*{6,}")
_SIX_ALONE = re.compile(r"(?m)^[ \t]*\*{6}[ \t]*$")
_THREE = re.compile(r"\*{3,}")
_THREE_ALONE = re.compile(r"(?m)^[ \t]*\*{3}[ \t]*$")


def _json_object(text: str, arguments: Arguments) -> bool:
    """One object and nothing else, in a code block or not: a list, a text or a number is none."""
    bare = text.strip()
    fenced = _FENCED.fullmatch(bare)
    try:
        return isinstance(json.loads(fenced[1] if fenced else bare), dict)
    except (ValueError, RecursionError):
        return False


def _sections(text: str, arguments: Arguments) -> bool:
    """Headings with the numbers from 1 on, no more of them than asked for, each with something below it."""
    heading = re.compile(rf"(?m)^[ \t>#*_]*{re.escape(arguments['section_spliter'].strip())}[ \t]+(\d+)\b[ \t:.*_)-]*")
    found = list(heading.finditer(text))
    ends = [match.start() for match in found[1:]] + [len(text)]
    filled = all(text[match.end() : end].strip() for match, end in zip(found, ends, strict=False))
    numbers = [int(match[1]) for match in found]
    return filled and numbers == list(range(1, int(number(arguments, "num_sections")) + 1))


def _bullets(text: str, arguments: Arguments) -> bool:
    """So many lines that begin with "- ", and no list of another kind; a rule of dashes is none."""
    return len(_BULLET.findall(text)) == number(arguments, "num_bullets") and _OTHER_LIST.search(text) is None


def _two_versions(text: str, arguments: Arguments) -> bool:
    """Two different texts with one line of exactly six asterisks between them."""
    pieces = [piece.strip() for piece in _SIX_ALONE.split(text)]
    return len(pieces) == 2 and all(pieces) and pieces[0] != pieces[1] and len(_SIX.findall(text)) == 1


def _paragraphs(text: str, arguments: Arguments) -> bool:
    """So many texts with a line of exactly three asterisks between each two, and no such asterisks elsewhere."""
    pieces = _THREE_ALONE.split(text)
    asked = number(arguments, "num_paragraphs")
    return len(pieces) == asked and all(piece.strip() for piece in pieces) and len(_THREE.findall(text)) == asked - 1


STRICT: dict[str, Check] = {
    "strict:json_object": _json_object,
    "strict:sections": _sections,
    "strict:bullets": _bullets,
    "strict:two_versions": _two_versions,
    "strict:paragraphs": _paragraphs,
}
