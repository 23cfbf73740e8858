"""Calls without marks: JSON that is nothing but calls, alone, behind a sentence or in a fenced block.

What has no marks could be talk. So it counts where it begins the answer or ends it, never in the midst; and only where
each object has a name, arguments and nothing else.
"""

from __future__ import annotations

import re

from aa_tui.engine.calling import Call
from aa_tui.evals.calls import pythonic
from aa_tui.evals.calls.formats import Format
from aa_tui.evals.calls.pieces import (
    MOST_CALLS,
    BrokenCallError,
    Piece,
    Source,
    Talk,
    calls_of,
    json_end,
    json_of,
    looks_called,
    unread,
)

_BLOCK = re.compile(r"^[ \t]{0,8}```(?P<language>[A-Za-z_]{0,20})[ \t]*+\r?\n?", re.MULTILINE)
_START = re.compile(r"^[ \t]{0,50}(?=[{\[])", re.MULTILINE)
_BEGUN = re.compile(
    r'[\[\s]{0,50}\{\s{0,50}(?:"type"\s{0,5}:\s{0,5}"function"\s{0,5},\s{0,50})?'
    r'"(?:name|function|tool_name|tool)"\s{0,5}:\s{0,5}'
    r'(?:"[^"\n]{1,256}"\s{0,50},\s{0,50}"(?:arguments|parameters|args|input)"\s{0,5}:|\{\s{0,50}"name"\s{0,5}:)'
)
_BETWEEN = re.compile(r"\s*+[;,]?\s*+")
_LANGUAGES = ("json", "tool_call", "tool_code", "tool_use", "")


def pieces(source: Source, form: Format) -> list[Piece]:
    """The calls of an output, in order, and those that were begun only."""
    text = source.text
    for mark in form.openings:
        at = text.find(mark)
        if at >= 0:
            return _behind(source, at, at + len(mark))
    found = blocks(source, _LANGUAGES)
    if found:
        return found
    first, talk = len(text) - len(text.lstrip()), Talk(source)
    for start in _START.finditer(text):
        at = start.end()
        if at > first and not source.is_own:
            return []
        if at > first and (_BEGUN.match(text, at) is None or talk.is_at(at)):
            continue
        return _found(source, at, is_first=at <= first)
    return []


def _found(source: Source, at: int, *, is_first: bool) -> list[Piece]:
    text = source.text
    try:
        calls, end = sequence(source, at)
    except BrokenCallError as error:
        return [Piece(at, len(text), unread=unread(str(error)))] if _BEGUN.match(text, at) else []
    if text[end:].strip() and not (is_first and source.is_own):
        return []
    return [Piece(at, end, calls)] if calls else []


def _behind(source: Source, start: int, at: int) -> list[Piece]:
    """Llama's mark for calls: JSON follows, or name.call(key=value) of what its makers built in."""
    text = source.text
    try:
        if text[at : at + 50].lstrip().startswith(("{", "[")):
            calls, end = sequence(source, at + len(text[at : at + 50]) - len(text[at : at + 50].lstrip()))
            if not calls:
                raise BrokenCallError("what follows its mark has no name and arguments")
        else:
            calls, end = pythonic.read(text, at, source)
    except BrokenCallError as error:
        return [Piece(start, len(text), unread=unread(str(error)))]
    return [Piece(start, end, calls)]


def sequence(source: Source, at: int) -> tuple[tuple[Call, ...], int]:
    """The calls that stand one after the other from `at` on, and where they end; none where the first value is none.
    Raises BrokenCallError."""
    text = source.text
    calls: list[Call] = []
    end = at
    while text.startswith(("{", "["), at) and len(calls) <= MOST_CALLS:
        stop = json_end(text, at, source.work)
        if stop is None:
            raise BrokenCallError("it ends before its JSON does, or is too long")
        value = json_of(text[at:stop])
        if not looks_called(value):
            break
        calls += calls_of(value)
        end = stop
        between = _BETWEEN.match(text, end)
        at = between.end() if between else end
    if len(calls) > MOST_CALLS:
        raise BrokenCallError(f"it has more than {MOST_CALLS} calls")
    return tuple(calls), end


def blocks(source: Source, languages: tuple[str, ...]) -> list[Piece]:
    """The calls in fenced blocks, where nothing stands between these and behind them."""
    text = source.text
    fences = list(_BLOCK.finditer(text))
    if len(fences) % 2:
        fences.append(_BLOCK.search(text, len(text)) or fences[-1])  # the last is not closed
    found: list[Piece] = []
    last = len(text)
    for opening, closing in zip(reversed(fences[::2]), reversed(fences[1::2]), strict=True):
        is_open = closing is opening
        end = len(text) if is_open else closing.end()
        if text[end:last].strip() or len(found) >= MOST_CALLS:
            break
        body_end = len(text) if is_open else closing.start()
        piece = _block(source, opening, body_end, end, languages)
        if piece is None:
            break
        found.insert(0, piece)
        last = opening.start()
    if found and text[: found[0].start].strip() and not source.is_own:
        return []
    return found


def _block(source: Source, opening: re.Match[str], body_end: int, end: int, languages: tuple[str, ...]) -> Piece | None:
    text, at = source.text, opening.end()
    if opening["language"].lower() not in languages:
        return None
    at += len(text[at : at + 50]) - len(text[at : at + 50].lstrip())
    is_json = _BEGUN.match(text, at) is not None or text.startswith(("{", "[{"), at)
    if not is_json and not _is_python(source, opening["language"].lower(), at):
        return None
    try:
        if is_json:
            calls, stop = sequence(source, at)
        else:
            calls, stop = pythonic.read(text, at, source, body_end)
        if calls and text[stop:body_end].strip():
            raise BrokenCallError("something follows it that is no call")
    except BrokenCallError as error:
        is_begun = _BEGUN.match(text, at) or opening["language"].lower() == "tool_code"
        return Piece(opening.start(), end, unread=unread(str(error))) if is_begun else None
    return Piece(opening.start(), end, calls) if calls else None


_CALL = re.compile(r"\[?\s{0,50}[A-Za-z_][\w.]{0,200}\(")


def _is_python(source: Source, language: str, at: int) -> bool:
    """Whether a block may hold calls as Python writes them."""
    return language in ("tool_code", "python") and _CALL.match(source.text, at) is not None
