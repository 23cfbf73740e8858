"""Calls whose arguments stand in tags, each value as plain text. What type it has, the function's schema says; without
one a value that is JSON counts as that, and any other as text."""

from __future__ import annotations

import re
import sys
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aa_tui.engine.call_formats import Format, Tags
from aa_tui.engine.calling import Call, Tool
from aa_tui.evals.calls.literals import literal
from aa_tui.evals.calls.pieces import (
    MOST_CALLS,
    MOST_CHARACTERS,
    SPACE,
    BrokenCallError,
    Piece,
    Source,
    Talk,
    any_of,
    call_of,
    json_of,
    past,
    too_many,
    unread,
)


def pieces(source: Source, form: Format) -> list[Piece]:
    """The calls of an output, in order, and those that were begun only."""
    tags, text = form.tags, source.text
    if tags is None:
        return []
    begun, marks = [found.start() for found in tags.begun.finditer(text)], _Marks.of(text, tags)
    found, talk, at = list[Piece](), Talk(source), 0
    for index, start in enumerate(begun):
        if start < at or talk.is_at(start):
            continue
        if len(found) >= MOST_CALLS:
            found.append(too_many(text, start))
            break
        following = (begun[one] for one in range(index + 1, len(begun)))
        last = next((one for one in following if not marks.is_in_value(start, one)), len(text))
        call = tags.call.match(text, start)
        if not _is_first(text, start) and (call is None or not _has_arguments(text, tags, call.end())):
            continue
        piece = _piece(source, form, tags, (start, last), call)
        found.append(piece)
        at = piece.end
        talk.skip(at)
    return found


@dataclass(frozen=True, slots=True)
class _Marks:
    """Where the tags of arguments end, and where the ends of values and of calls begin."""

    parameters: tuple[int, ...]
    values: tuple[int, ...]
    calls: tuple[int, ...]

    @classmethod
    def of(cls, text: str, tags: Tags) -> _Marks:
        ends = [any_of((end,)).finditer(text) for end in (tags.value_end, tags.call_end)]
        values, calls = (tuple(found.start() for found in each) for each in ends)
        return cls(tuple(found.end() for found in tags.parameter.finditer(text)), values, calls)

    def is_in_value(self, start: int, at: int) -> bool:
        """Whether a mark at `at` stands in the value of an argument of the call that begins at `start`: the argument's
        tag is open there, and its end comes before that of the next one begins."""
        index = bisect_left(self.parameters, at)
        if not index or self.parameters[index - 1] < start:
            return False
        value = self.parameters[index - 1]
        if _any_between(self.values, value, at) or _any_between(self.calls, value, at):
            return False
        following = self.parameters[index] if index < len(self.parameters) else sys.maxsize
        return _any_between(self.values, at, following)


def _any_between(places: tuple[int, ...], first: int, last: int) -> bool:
    index = bisect_left(places, first)
    return index < len(places) and places[index] < last


def _has_arguments(text: str, tags: Tags, at: int) -> bool:
    return tags.parameter.match(text, past(SPACE, text, at)) is not None


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
        name, given_id = call["name"].strip(), call.groupdict().get("id") or ""
        tool = source.tools.get(name)
        arguments, end = _arguments(text, tags, call.end(), last, tool)
        made = call_of(name, arguments, given_id)
        after = past(SPACE, text, end, last)
        if text.startswith(tags.call_end, after, last):
            end = after + len(tags.call_end)
        elif last == len(text) and check_end(text[end:], (tags.call_end, *form.wrappers), tags.lead):
            check_whole(made, arguments, source)
            end = last
    except BrokenCallError as error:
        closing = text.find(tags.call_end, start, last)
        return Piece(start, last if closing < 0 else closing + len(tags.call_end), unread=unread(str(error)))
    return Piece(start, _past_wrapper(text, form, end, last), (made,))


def _past_wrapper(text: str, form: Format, end: int, last: int) -> int:
    wrapper = any_of(form.wrappers).match(text, past(SPACE, text, end, last), last)
    return wrapper.end() if wrapper else end


def check_end(rest: str, ends: Sequence[str], lead: str) -> bool:
    """Whether a text behind a call without its end mark is nothing but the beginning of one of these; `lead` is what an
    argument begins with. Raises BrokenCallError where an argument's tag is half there: the output was cut off."""
    said = rest.strip()
    if said.startswith(tuple(ends)):
        return False
    if said and (lead.startswith(said) or said.startswith(lead)):
        raise BrokenCallError("it ends within an argument")
    return not said or any(end.startswith(said) for end in ends)


def check_whole(call: Call, arguments: Mapping[str, Any], source: Source) -> None:
    """Raises BrokenCallError for a call that an output ends with, without its end mark, where it was cut off: it lacks
    what its function requires, or is no more than the beginning of a name."""
    tool = source.tools.get(call.name)
    required = tool.parameters.get("required", ()) if tool is not None else ()
    if any(one not in arguments for one in required) or (tool is None and source.tools and not arguments):
        raise BrokenCallError("it ends before its arguments do")


def _arguments(text: str, tags: Tags, start: int, last: int, tool: Tool | None) -> tuple[dict[str, Any], int]:
    if tags.whole is not None and (whole := tags.whole.search(text, start, last)):
        end = text.find(tags.whole_end, whole.end(), last)
        value = json_of(text[whole.end() : last if end < 0 else end])
        if not isinstance(value, dict):
            raise BrokenCallError("its arguments are no object")
        return value, last if end < 0 else end + len(tags.whole_end)
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
        arguments[key] = _typed(_trimmed(value, tags), parameter.groupdict(), key, tool)
    if not found and _has_more(text, tags, start, last):
        raise BrokenCallError("its arguments are not in their tags")
    return arguments, at


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
        first = text.find(tags.value_end, start, last)
        if text.find(tags.lead, first, end) >= 0:
            raise BrokenCallError("an argument's tag is not complete")
        return text[start:end], end + len(tags.value_end)
    if stop < 0 and following == len(text):
        raise BrokenCallError("it ends within an argument")
    return text[start:last], last


def _typed(value: str, told: dict[str, Any], key: str, tool: Tool | None) -> Any:
    """The value that a text in tags stands for."""
    is_text = told.get("string") == "true" or told.get("type") == "string"
    is_json = told.get("string") == "false" or (bool(told.get("type")) and not is_text)
    if is_text:
        return value
    if is_json:
        return json_of(value)
    return plain_value(value, kinds_of(tool, key))


def plain_value(value: str, kinds: set[str]) -> Any:
    """What a text without a type stands for where a schema allows these kinds, none for any. Raises BrokenCallError."""
    if kinds == {"string"} or (kinds == {"string", "null"} and value.strip() not in ("null", "None")):
        return value
    try:
        parsed = json_of(_plain(value, kinds))
    except BrokenCallError:
        if value.lstrip().startswith(("{", "[")) and kinds and "string" not in kinds:
            return literal(value.strip())
        return value
    return value if isinstance(parsed, str) and not value.startswith('"') else parsed


def _plain(value: str, kinds: set[str]) -> str:
    """Python's words for yes, no and nothing, which some models write, where the schema asks for such."""
    words = {"True": "true", "False": "false", "None": "null"}
    return words.get(value.strip(), value) if kinds & {"boolean", "null"} else value


def _trimmed(value: str, tags: Tags) -> str:
    """Without the one line's end on either side that some formats put there; where a format does not, both have to be
    there."""
    inner = value.removeprefix("\r\n").removeprefix("\n")
    trimmed = inner.removesuffix("\n").removesuffix("\r")
    return trimmed if tags.on_lines or len(trimmed) < len(inner) < len(value) else value


def kinds_of(tool: Tool | None, key: str) -> set[str]:
    """The types that a function's schema has for an argument; none where it says none."""
    if tool is None:
        return set()
    properties = tool.parameters.get("properties")
    schema = properties.get(key) if isinstance(properties, dict) else None
    return kinds_of_schema(schema) if isinstance(schema, dict) else set()


_KINDS = {"str": "string", "int": "integer", "float": "number", "bool": "boolean", "list": "array", "dict": "object"}
"""Python's names of types, which some packs have in their schemas."""


def kinds_of_schema(schema: Mapping[str, Any]) -> set[str]:
    """The types that a schema allows; none where it says none."""
    kind = schema.get("type")
    if isinstance(kind, str):
        return {_KINDS.get(kind, kind)}
    if isinstance(kind, list):
        return {_KINDS.get(one, one) for one in kind if isinstance(one, str)}
    for key in ("anyOf", "oneOf"):
        if isinstance(schema.get(key), list):
            found = [kinds_of_schema(one) for one in schema[key] if isinstance(one, Mapping)]
            return set().union(*found) if all(found) else set()
    values = schema.get("enum", [schema["const"]] if "const" in schema else None)
    return {"string"} if isinstance(values, list) and values and all(isinstance(one, str) for one in values) else set()
