"""Calls whose arguments stand in tags, each value as plain text. What type it has, the function's schema says; without
one a value that is JSON counts as that, and any other as text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from aa_tui.engine.calling import Call, Tool
from aa_tui.evals.calls.formats import Format, Tags
from aa_tui.evals.calls.marked import any_of
from aa_tui.evals.calls.pieces import (
    MOST_CALLS,
    MOST_CHARACTERS,
    SPACE,
    BrokenCallError,
    Piece,
    Source,
    Talk,
    call_of,
    json_of,
    too_many,
    unread,
)


def pieces(source: Source, form: Format) -> list[Piece]:
    """The calls of an output, in order, and those that were begun only."""
    tags, text = form.tags, source.text
    if tags is None:
        return []
    begun = [found.start() for found in tags.begun.finditer(text)]
    found, talk, at = list[Piece](), Talk(source), 0
    for index, start in enumerate(begun):
        if start < at or talk.is_at(start):
            continue
        if len(found) >= MOST_CALLS:
            found.append(too_many(text, start))
            break
        last = begun[index + 1] if index + 1 < len(begun) else len(text)
        call = tags.call.match(text, start)
        if not _is_first(text, start) and (call is None or not _has_arguments(text, tags, call.end())):
            continue
        piece = _piece(source, form, tags, (start, last), call)
        found.append(piece)
        at = piece.end
        talk.skip(at)
    return found


def _has_arguments(text: str, tags: Tags, at: int) -> bool:
    space = SPACE.match(text, at)
    return tags.parameter.match(text, space.end() if space else at) is not None


def _is_first(text: str, start: int) -> bool:
    """Whether nothing but marks stands before it in its line: no sentence that speaks of it."""
    line = max(text.rfind("\n", max(0, start - 200), start) + 1, start - 200)
    before = text[line:start].strip()
    return not before or before.endswith(">")


def _piece(source: Source, form: Format, tags: Tags, span: tuple[int, int], call: re.Match[str] | None) -> Piece:
    text, (start, last) = source.text, span
    try:
        if call is None:
            raise BrokenCallError("its first tag is not complete")
        if last - start > MOST_CHARACTERS:
            raise BrokenCallError(f"it has {last - start:,} characters, more than {MOST_CHARACTERS:,}")
        arguments, end = _arguments(text, tags, call.end(), last, source.tools.get(call["name"].strip()))
        name, given_id = call["name"], call.groupdict().get("id") or ""
        calls: tuple[Call, ...] = (call_of(name, arguments, given_id),)
    except BrokenCallError as error:
        closing = text.find(tags.call_end, start, last)
        return Piece(start, last if closing < 0 else closing + len(tags.call_end), unread=unread(str(error)))
    return Piece(start, _past_wrapper(text, form, end, last), calls)


def _past_wrapper(text: str, form: Format, end: int, last: int) -> int:
    space = SPACE.match(text, end, last)
    wrapper = any_of(form.wrappers).match(text, space.end() if space else end, last)
    return wrapper.end() if wrapper else end


def _arguments(text: str, tags: Tags, start: int, last: int, tool: Tool | None) -> tuple[dict[str, Any], int]:
    if tags.whole is not None and (whole := tags.whole.search(text, start, last)):
        end = text.find(tags.whole_end, whole.end(), last)
        value = json_of(text[whole.end() : last if end < 0 else end])
        if not isinstance(value, dict):
            raise BrokenCallError("its arguments are no object")
        return value, _after_end(text, tags, max(end, whole.end()), last)
    arguments: dict[str, Any] = {}
    found = list(tags.parameter.finditer(text, start, last))
    at = start
    for index, parameter in enumerate(found):
        if parameter.start() < at:
            continue  # within a value
        if tags.call_end in text[at : parameter.start()]:
            break
        following = found[index + 1].start() if index + 1 < len(found) else last
        value, at = _value(text, tags, parameter.end(), following)
        key = parameter["key"].strip()
        if key in arguments:
            raise BrokenCallError("an argument is there twice")
        if tags.raw and value.strip().startswith(tags.raw) and value.strip().endswith(tags.raw_end):
            value = value.strip()[len(tags.raw) : -len(tags.raw_end)]
        arguments[key] = _typed(value, parameter.groupdict(), key, tool)
    if not found and _has_more(text, tags, start, last):
        raise BrokenCallError("its arguments are not in their tags")
    return arguments, _after_end(text, tags, at, last)


def _has_more(text: str, tags: Tags, start: int, last: int) -> bool:
    """Whether something stands where the first argument should."""
    end = text.find(tags.call_end, start, last)
    between = text[start : last if end < 0 else end].strip()
    return bool(between) and (end >= 0 or between.startswith(("{", "<")))


def _value(text: str, tags: Tags, start: int, following: int) -> tuple[str, int]:
    """A value and where it ends: at the last mark of its end before the next argument or the call's end."""
    stop = text.find(tags.call_end, start, following)
    last = following if stop < 0 else stop
    end = text.rfind(tags.value_end, start, last)
    if end >= 0:
        return text[start:end], end + len(tags.value_end)
    if stop < 0 and following == len(text):
        raise BrokenCallError("it ends within an argument")
    return text[start:last], last


def _after_end(text: str, tags: Tags, at: int, last: int) -> int:
    space = SPACE.match(text, at, last)
    place = space.end() if space else at
    return place + len(tags.call_end) if text.startswith(tags.call_end, place) else at


def _typed(value: str, told: dict[str, Any], key: str, tool: Tool | None) -> Any:
    """The value that a text in tags stands for."""
    is_text = told.get("string") == "true" or told.get("type") == "string"
    is_json = told.get("string") == "false" or (bool(told.get("type")) and not is_text)
    if is_text:
        return value
    if is_json:
        return json_of(value)
    return plain_value(_trimmed(value), kinds_of(tool, key))


def plain_value(value: str, kinds: set[str]) -> Any:
    """What a text without a type stands for where a schema allows these kinds, none for any. Raises BrokenCallError."""
    if kinds == {"string"} or (kinds == {"string", "null"} and value.strip() not in ("null", "None")):
        return value
    try:
        parsed = json_of(_plain(value, kinds))
    except BrokenCallError:
        if value.lstrip().startswith(("{", "[")) and kinds and "string" not in kinds:
            raise
        return value
    return value if isinstance(parsed, str) and not value.startswith('"') else parsed


def _plain(value: str, kinds: set[str]) -> str:
    """Python's words for yes, no and nothing, which some models write, where the schema asks for such."""
    words = {"True": "true", "False": "false", "None": "null"}
    return words.get(value.strip(), value) if kinds & {"boolean", "null"} else value


def _trimmed(value: str) -> str:
    """Without the one line's end on either side that the formats put there."""
    value = value.removeprefix("\r\n").removeprefix("\n")
    return value.removesuffix("\n").removesuffix("\r")


def kinds_of(tool: Tool | None, key: str) -> set[str]:
    """The types that a function's schema has for an argument; none where it says none."""
    if tool is None:
        return set()
    properties = tool.parameters.get("properties")
    schema = properties.get(key) if isinstance(properties, dict) else None
    return kinds_of_schema(schema) if isinstance(schema, dict) else set()


def kinds_of_schema(schema: Mapping[str, Any]) -> set[str]:
    """The types that a schema allows; none where it says none."""
    kind = schema.get("type")
    if isinstance(kind, str):
        return {kind}
    if isinstance(kind, list):
        return {one for one in kind if isinstance(one, str)}
    values = schema.get("enum")
    return {"string"} if isinstance(values, list) and all(isinstance(one, str) for one in values) else set()
