"""Calls without marks: JSON that is nothing but calls, alone, behind a sentence or in a fenced block.

What has no marks could be talk. So it counts where it begins the answer or ends it, never in the midst; and only where
each object has a name, arguments and nothing else.
"""

from __future__ import annotations

import re

from aa_tui.engine.call_formats import Format
from aa_tui.engine.calling import Call
from aa_tui.evals.calls import pythonic
from aa_tui.evals.calls.pieces import (
    MOST_CALLS,
    SPACE,
    BrokenCallError,
    Piece,
    Source,
    Talk,
    any_of,
    calls_of,
    is_on_line,
    json_at,
    looks_called,
    past,
    too_many,
    unread,
)

_JSON = re.compile(r"\{|\[\s{0,50}[{\]]")
_BLOCK = re.compile(r"^[ \t]{0,8}```(?P<language>[A-Za-z_]{0,20})[ \t]*+\r?\n?", re.MULTILINE)
_KEYS = '"(?:name|function|tool_name|tool)"'
_OTHERS = r'(?:"(?:type|id|index|call_id|tool_call_id)"\s{0,5}:\s{0,5}(?:"[^"\n]{0,256}"|\d{1,9})\s{0,5},\s{0,50}){0,3}'
_START = re.compile(
    r'(?:\[\s{0,50})?\{\s{0,50}"(?:name|function|tool_name|tool|type|id|index|arguments|parameters|tool_calls?|function_call)"\s{0,5}:'
)
_NAMED = re.compile(rf'[\[\s]{{0,50}}\{{\s{{0,50}}{_OTHERS}{_KEYS}\s{{0,5}}:\s{{0,5}}"(?P<name>[^"\n]{{1,256}})"')
_BEGUN = re.compile(
    rf"[\[\s]{{0,50}}\{{\s{{0,50}}(?:\"tool_calls\"\s{{0,5}}:\s{{0,5}}\[\s{{0,50}}\{{\s{{0,50}})?{_OTHERS}{_KEYS}\s{{0,5}}:\s{{0,5}}"
    r'(?:"[^"\n]{1,256}"\s{0,50},\s{0,50}"(?:arguments|parameters|args|input)"\s{0,5}:|\{\s{0,50}"name"\s{0,5}:)'
)
_BETWEEN = re.compile(r"\s*+[;,]?\s*+")
_LANGUAGES = ("json", "tool_call", "tool_code", "tool_use", "")


def pieces(source: Source, form: Format) -> list[Piece]:
    """The calls of an output, in order, and those that were begun only."""
    text = source.text
    first = past(SPACE, text, 0)
    begins = _begins(source, first)
    found = _marked(source, form, begins[-1].end if begins else 0)
    if begins or found:
        return [*begins, *found]
    is_whole = source.is_own or not form.openings  # JSON without marks is a format of its own
    found = blocks(source, _LANGUAGES) if is_whole else []
    if not found and form.without_marks:
        found = pythonic.bare(source)
    return _unmarked(source, first) if is_whole and not found else found


def _begins(source: Source, first: int) -> list[Piece]:
    """The calls that an answer begins with; what stands behind them is left to be read."""
    if not source.is_own or not source.text.startswith(("{", "["), first):
        return []
    try:
        calls, end = sequence(source, first)
    except BrokenCallError:
        return []
    return [Piece(first, end, calls)] if calls else []


def _marked(source: Source, form: Format, start: int) -> list[Piece]:
    text, talk, found = source.text, Talk(source), list[Piece]()
    talk.skip(start)
    for mark in any_of(form.openings).finditer(text, start):
        at = past(SPACE, text, mark.end())
        is_begun = text.startswith(("{", "["), at) or pythonic.NAMED.match(text, at) is not None
        if mark.start() < start or talk.is_at(mark.start()) or not (is_begun or is_on_line(text, mark.start())):
            continue
        if len(found) >= MOST_CALLS:
            found.append(too_many(text, mark.start()))
            break
        found.append(_behind(source, form, mark.start(), at))
        start = found[-1].end
        talk.skip(start)
    return found


def _behind(source: Source, form: Format, start: int, at: int) -> Piece:
    """Llama's marks for calls: JSON follows, or name.call(key=value) of what its makers built in, or a list of such."""
    text = source.text
    try:
        if _JSON.match(text, at):
            calls, end = sequence(source, at)
            if not calls:
                raise BrokenCallError("what follows its mark has no name and arguments")
        else:
            calls, end = pythonic.read(text, at, source)
    except BrokenCallError as error:
        return Piece(start, len(text), unread=unread(str(error)))
    closing = any_of(form.closings).match(text, past(SPACE, text, end))
    return Piece(start, closing.end() if closing else end, calls)


def _unmarked(source: Source, first: int) -> list[Piece]:
    """The calls that are the answer; of models that write calls so also those that it ends with, on a line of their own
    or with functions on offer."""
    text, talk, last = source.text, Talk(source), first
    for start in _START.finditer(text):
        at = start.start()
        is_member = text[max(0, at - 20) : at].rstrip().endswith('":')
        if at < last or is_member or talk.is_at(at):
            continue
        if at > first and not source.is_own:
            break
        has_line = is_on_line(text, at)
        try:
            calls, end = sequence(source, at)
        except BrokenCallError as error:
            if _is_begun(source, at, is_alone=at == first or has_line):
                return [Piece(at, len(text), unread=unread(str(error)))]
            continue
        last = past(SPACE, text, end)
        is_meant = at == first or has_line or all(call.name in source.tools for call in calls)
        if calls and last == len(text) and is_meant:
            return [Piece(at, end, calls)]
    return []


def _is_begun(source: Source, at: int, *, is_alone: bool) -> bool:
    """Whether JSON that cannot be read was to be a call."""
    named = _NAMED.match(source.text, at) if source.is_own else None
    is_offered = named is not None and named["name"] in source.tools
    return is_offered or (is_alone and _BEGUN.match(source.text, at) is not None)


def sequence(source: Source, at: int) -> tuple[tuple[Call, ...], int]:
    """The calls that stand one after the other from `at` on, and where they end; none where the first value is none.
    Raises BrokenCallError."""
    text = source.text
    calls: list[Call] = []
    end = at
    while text.startswith(("{", "["), at) and len(calls) <= MOST_CALLS:
        value, stop = json_at(source, at)
        if not looks_called(value):
            break
        calls += calls_of(value)
        end = stop
        at = past(_BETWEEN, text, end)
    if len(calls) > MOST_CALLS:
        raise BrokenCallError(f"it has more than {MOST_CALLS} calls")
    return tuple(calls), end


def blocks(source: Source, languages: tuple[str, ...]) -> list[Piece]:
    """The calls in fenced blocks, where nothing stands between these and behind them."""
    text = source.text
    fences = list(_BLOCK.finditer(text))
    if len(fences) % 2:
        fences.append(fences[-1])  # the last is not closed
    pairs = list(zip(fences[::2], fences[1::2], strict=True))
    found: list[Piece] = []
    last = len(text)
    for opening, closing in reversed(pairs):
        end = len(text) if closing is opening else closing.end()
        if past(SPACE, text, end) < last or len(found) >= MOST_CALLS:
            break
        piece = _block(source, opening, closing, languages)
        if piece is None:
            break
        found.insert(0, piece)
        last = opening.start()
    if not found and source.is_own:
        return _first_blocks(source, pairs, languages)
    if found and text[: found[0].start].strip() and not source.is_own:
        return []
    return found


def _first_blocks(
    source: Source, pairs: list[tuple[re.Match[str], re.Match[str]]], languages: tuple[str, ...]
) -> list[Piece]:
    """The calls in blocks that the answer begins with; Python there is calls where these are functions on offer."""
    found: list[Piece] = []
    at = 0
    for opening, closing in pairs[:MOST_CALLS]:
        piece = _block(source, opening, closing, languages) if past(SPACE, source.text, at) >= opening.start() else None
        if piece is None or not piece.calls:
            break
        if opening["language"].lower() == "python" and any(call.name not in source.tools for call in piece.calls):
            break
        found.append(piece)
        at = piece.end
    return found


def _block(source: Source, opening: re.Match[str], closing: re.Match[str], languages: tuple[str, ...]) -> Piece | None:
    text, at = source.text, opening.end()
    is_open = closing is opening  # the last is not closed
    end, body_end = (len(text), len(text)) if is_open else (closing.end(), closing.start())
    if opening["language"].lower() not in languages:
        return None
    at = past(SPACE, text, at)
    is_json = _JSON.match(text, at) is not None
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
