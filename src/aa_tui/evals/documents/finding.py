"""Where in an answer the document is: in a fenced block, the whole answer, or the last complete one among words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from aa_tui.evals.documents.forms import MAX_CHARACTERS, BrokenError, Form
from aa_tui.evals.documents.reading import header_of, is_rule, read

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

    Of a very long answer the end alone is looked at. The last fenced block with the format's tag or none counts, or one
    with another tag that can be read; without one the whole answer, if it can be read; else the last complete document
    among the words. `names` are those at the document's top, none for a list.
    """
    text = answer.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff").strip("\n").rstrip()
    text = text[-2 * MAX_CHARACTERS :]
    fenced = _fenced(text, form, names)
    if fenced is not None:
        return fenced
    if not text.strip():
        return None
    if form.format == "json":
        return _json(text, names)
    if form.format == "table":
        return _table(text)
    return _lines(text, form, names)


@dataclass(frozen=True, slots=True)
class _Fence:
    """A fenced block: its first tag, what is in it, and whether nothing stands around it."""

    tag: str
    found: Found


def _fenced(text: str, form: Form, names: tuple[str, ...]) -> Found | None:
    """The last fenced block of the format. One without a tag counts too, but beside one with the format's only if it
    can be read; and one with another tag if it can be read and there is none of either."""
    fences = list(_fences(text))[-_TRIES:]
    tagged = [one.found for one in fences if one.tag in _TAGS[form.format]]
    own = [
        one.found
        for one in fences
        if one.tag in _TAGS[form.format]
        or (one.tag in _NO_TAG and (not tagged or _is_document(one.found.text, form, names)))
    ]
    if own:
        return own[-1]
    return next((one.found for one in reversed(fences) if _is_document(one.found.text, form, names)), None)


def _fences(text: str) -> Iterator[_Fence]:
    """The fenced blocks. One that no line closes is the last: it ends at the next mark, or with the text."""
    at = 0
    while (begin := _FENCE.search(text, at)) is not None:
        mark, words = begin.group(1), begin.group(2).strip().split()
        closing = rf"{re.escape(mark[0])}{{{len(mark)},}}"
        line = re.compile(rf"^[ \t]*{closing}[ \t]*$", re.MULTILINE).search(text, begin.end())
        end = line or re.compile(closing).search(text, begin.end())
        stop, at = (len(text), len(text)) if end is None else end.span()
        inner = _dedented(text[begin.end() : stop].strip("\n").removeprefix("\ufeff").rstrip())
        alone = not (text[: begin.start()].strip() or text[at:].strip())
        yield _Fence(words[0].casefold() if words else "", Found(inner, alone))
        if line is None:
            return


def _is_document(text: str, form: Form, names: tuple[str, ...]) -> bool:
    """Whether a text can be read and has the names that are wanted, or a list where none are."""
    value = _value(text, form)
    if form.columns:
        return value is not None and set(header_of(text, form)) == set(form.columns)
    if isinstance(value, dict):
        return bool(names) and set(value) <= set(names)
    return isinstance(value, list) and not names


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
    if form.format == "yaml" and _is_document(text, form, names):  # comments before its first name are its own
        return Found(text, alone=True)
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
