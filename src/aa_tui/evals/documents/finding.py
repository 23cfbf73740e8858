"""Where in an answer the document is: in a fenced block, the whole answer, or the last complete one among words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from aa_tui.evals.documents.forms import MAX_CHARACTERS, BrokenError, Form
from aa_tui.evals.documents.reading import is_rule, read

_FENCE = re.compile(r"^[ \t]{0,3}(`{3,}|~{3,})[ \t]*([^\n`]*)$", re.MULTILINE)
_TAGS = {
    "json": frozenset({"json", "jsonc", "json5"}),
    "csv": frozenset({"csv"}),
    "yaml": frozenset({"yaml", "yml"}),
    "table": frozenset({"markdown", "md", "table"}),
}
_NO_TAG = frozenset({"", "text", "txt", "plaintext", "plain"})
_TRIES = 20
_OPENING = re.compile(r"[\[{]")
_MARKS = re.compile(r'["\\\n\[\]{}]')
_SURPLUS = re.compile(r"[\s,\]}]{0,200}[\]}]")
"""Closing brackets that nothing opened: the document's, not the words'."""
_GAP = re.compile(r"\n[ \t]*\n")


@dataclass(frozen=True, slots=True)
class Found:
    """A document's text. `alone`: nothing but a fence stands around it."""

    text: str
    alone: bool


def find(answer: str, form: Form, names: tuple[str, ...]) -> Found | None:
    """The document in an answer, whether it can be read or not; None where none is begun.

    Of a very long answer the end alone is looked at. The last fenced block with the format's tag or none counts;
    without one the whole answer, if it can be read; else the last complete document among the words. `names` are
    those at the document's top, none for a list.
    """
    text = answer.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff").strip("\n").rstrip()
    text = text[-2 * MAX_CHARACTERS :]
    fenced = _fenced(text, form)
    if fenced is not None:
        return fenced
    if not text.strip():
        return None
    if form.format == "json":
        return _json(text, names)
    if form.format == "table":
        return _table(text)
    return _lines(text, form, names)


def _fenced(text: str, form: Form) -> Found | None:
    """The last fenced block of the format; one that is not closed goes to the end."""
    found, at = None, 0
    while (begin := _FENCE.search(text, at)) is not None:
        mark, words = begin.group(1), begin.group(2).strip().split()
        end = re.compile(rf"^[ \t]*{re.escape(mark[0])}{{{len(mark)},}}[ \t]*$", re.MULTILINE).search(text, begin.end())
        at = len(text) if end is None else end.end()
        tag = words[0].casefold() if words else ""
        if tag in _TAGS[form.format] or tag in _NO_TAG:
            found = (begin.start(), begin.end(), at if end is None else end.start(), at)
    if found is None:
        return None
    outer, start, stop, behind = found
    inner = _dedented(text[start:stop].strip("\n").rstrip())
    return Found(inner, alone=not (text[:outer].strip() or text[behind:].strip()))


def _dedented(text: str) -> str:
    """Without the indent that all lines have, as in a fence within a list."""
    lines = text.split("\n")
    indents = [len(line) - len(line.lstrip(" ")) for line in lines if line.strip()]
    least = min(indents, default=0)
    return "\n".join(line[least:] for line in lines) if least else text


def _json(text: str, names: tuple[str, ...]) -> Found | None:
    whole = text.strip()
    spans = _spans(whole)
    if not spans:
        begin = _OPENING.search(whole)
        return None if begin is None else Found(whole[begin.start() :], alone=begin.start() == 0)
    # Brackets within a sentence are mostly its own: those of the key's kind go before, and those that begin a line.
    spans = [span for span in spans if whole[span[0]] == ("{" if names else "[")] or spans
    start, end = ([span for span in spans if _begins_line(whole, span[0])] or spans)[-1]
    surplus = _SURPLUS.match(whole, end)
    end = end if surplus is None else surplus.end()
    return Found(whole[start:end], alone=(start, end) == (0, len(whole)))


def _begins_line(text: str, at: int) -> bool:
    return not text[text.rfind("\n", 0, at) + 1 : at].strip()


def _spans(text: str) -> list[tuple[int, int]]:
    """Where brackets that stand in no other open and close again."""
    spans: list[tuple[int, int]] = []
    at, restarts = 0, 0
    while (begin := _OPENING.search(text, at)) is not None:
        end = _closing(text, begin.start())
        if end is not None:
            spans.append((begin.start(), end))
            at = end
            continue
        restarts += 1
        if restarts > _TRIES or _begins_line(text, begin.start()):
            break
        at = begin.end()
    return spans


def _closing(text: str, start: int) -> int | None:
    """Behind the bracket that closes the one at `start`; None where none does. No text goes beyond its line."""
    depth, quoted, escaped_at = 0, False, -1
    for match in _MARKS.finditer(text, start):
        mark = match.group()
        if match.start() == escaped_at:
            continue
        if mark == "\\":
            escaped_at = match.end()
        elif mark == '"':
            quoted = not quoted
        elif mark == "\n":
            quoted = False
        elif not quoted:
            depth += 1 if mark in "[{" else -1
            if depth == 0:
                return match.end()
    return None


def _table(text: str) -> Found | None:
    """The last run of lines with a rule as its second; where there is none, the last run of lines with bars."""
    lines = text.split("\n")
    runs: list[tuple[int, int]] = []
    at = 0
    while at < len(lines):
        end = at
        while end < len(lines) and "|" in lines[end]:
            end += 1
        if end - at >= 2:
            runs.append((at, end))
        at = max(end, at + 1)
    if not runs:
        return None
    start, end = ([run for run in runs if is_rule(lines[run[0] + 1])] or runs)[-1]
    alone = not "".join((*lines[:start], *lines[end:])).strip()
    return Found("\n".join(lines[start:end]), alone)


def _lines(text: str, form: Form, names: tuple[str, ...]) -> Found | None:
    """CSV from its last line of names, YAML from the first line with one of its names, each to the last paragraph with
    which it can be read."""
    if form.format == "csv":
        named = "|".join(map(re.escape, form.columns))
        pattern = rf'^"?(?:{named})"?{re.escape(form.delimiter)}.*$'
    else:
        named = "|".join(rf"[\"']?{re.escape(name)}[\"']?[ \t]*:(?=[ \t\n]|$)" for name in names) or r"-[ ]"
        pattern = rf"^(?:{named}|---$)"
    begins = [match.start() for match in re.finditer(pattern, text, re.MULTILINE)]
    if not begins:
        is_begun = re.match(r"[^\n]*[,;\t][^\n]*\n", text) is not None
        is_document = is_begun if form.format == "csv" else _value(text, form) is not None
        return Found(text, alone=True) if is_document else None
    start = begins[-1] if form.format == "csv" else begins[0]
    gaps = [match.start() for match in _GAP.finditer(text, start)]
    longest, left = None, MAX_CHARACTERS
    for end in [len(text), *reversed(gaps[-_TRIES:])]:
        left -= end - start
        if left < 0:
            break
        value = _value(text[start:end], form)
        # "Note: …" behind a document in YAML would be one more of its names.
        if value is not None and not (isinstance(value, dict) and names and set(value) - set(names)):
            return _cut(text, start, end)
        longest = end if longest is None and value is not None else longest
    return _cut(text, start, longest or (gaps[0] if gaps else len(text)))


def _cut(text: str, start: int, end: int) -> Found:
    return Found(text[start:end], alone=not (text[:start].strip() or text[end:].strip()))


def _value(text: str, form: Form) -> dict[str, Any] | list[Any] | None:
    try:
        value = read(text, form)
    except BrokenError:
        return None
    return value if isinstance(value, dict | list) else None
