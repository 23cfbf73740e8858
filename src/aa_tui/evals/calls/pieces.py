"""What all grammars of calls share: pieces of an output, JSON within a text, and the bounds of both.

All takes time in proportion to the text: what would look again and again at the same characters draws on `Work`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from aa_tui import strictjson
from aa_tui.engine.calling import Call, Tool
from aa_tui.textsafe import has_controls

MOST_CALLS = 256
"""Calls that are read of one output; a model that writes more has lost itself."""

MOST_CHARACTERS = 200_000
"""Of one call with its arguments."""

_LONGEST_NAME = 256
_LONGEST_QUOTED = 1_000
NAMES = ("name", "function", "tool_name", "tool", "function_name")
ARGUMENTS = ("arguments", "parameters", "args", "input", "tool_input")
_AROUND = ("function", "function_call", "tool_call")
_IDS = ("id", "call_id", "tool_call_id")
_KNOWN = frozenset((*NAMES, *ARGUMENTS, *_IDS, "type", "index"))
_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+("?)', re.DOTALL)
_STOP = re.compile(r'["\[\]{}]')
_FENCE = re.compile(r"^[ \t]{0,8}```", re.MULTILINE)
SPACE = re.compile(r"\s*+")


def past(pattern: re.Pattern[str], text: str, at: int, last: int | None = None) -> int:
    """Where a pattern ends that may stand at a place; the place itself where it does not."""
    found = pattern.match(text, at, len(text) if last is None else last)
    return found.end() if found else at


def is_on_line(text: str, at: int) -> bool:
    """Whether nothing stands before a place in its line."""
    line = max(text.rfind("\n", max(0, at - 200), at) + 1, at - 200)
    return not text[line:at].strip()


@cache
def any_of(texts: tuple[str, ...]) -> re.Pattern[str]:
    """A pattern of any of these, the longer before the shorter."""
    return re.compile("|".join(re.escape(text) for text in sorted(texts, key=len, reverse=True)) or r"(?!)")


class BrokenCallError(ValueError):
    """A call is begun and cannot be read: why, as a clause that follows "A call cannot be read: "."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of an output that is calls, or was to be some: then `unread` says what is wrong, as a sentence."""

    start: int
    end: int
    calls: tuple[Call, ...] = ()
    unread: str = ""


@dataclass(slots=True)
class Work:
    """How many characters of a text were looked at for the ends of JSON, and how many may be: some times its length."""

    limit: int
    spent: int = 0

    @property
    def is_spent(self) -> bool:
        return self.spent >= self.limit


@dataclass(frozen=True, slots=True)
class Source:
    """An output to be read. `is_own`: the format is the one that the model was taught, so that it gets some grace.
    `fences` are where lines with the marks of code blocks begin, `thoughts` from where to where it thinks."""

    text: str
    tools: Mapping[str, Tool]
    work: Work
    is_own: bool = True
    fences: tuple[int, ...] = field(default=())
    thoughts: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of(
        cls,
        text: str,
        tools: Sequence[Tool] = (),
        *,
        is_own: bool = True,
        thoughts: tuple[tuple[int, int], ...] = (),
    ) -> Source:
        fences = tuple(found.start() for found in _FENCE.finditer(text))
        whole = text.strip()
        is_one_block = len(fences) == 2 and whole.startswith("```") and whole.endswith("```")
        return cls(
            text,
            {tool.name: tool for tool in tools},
            Work(4 * len(text) + 1_000),
            is_own,
            () if is_one_block else fences,
            thoughts,
        )


@dataclass(slots=True)
class Talk:
    """Whether a mark is only talked about: in a code block of an answer, between backticks or in thinking. Asked from
    the front to the back."""

    source: Source
    _index: int = 0
    _inside: bool = False
    _thought: int = 0
    _past: int = 0

    def is_at(self, at: int) -> bool:
        fences, thoughts = self.source.fences, self.source.thoughts
        while self._index < len(fences) and fences[self._index] < at:
            self._inside = not self._inside
            self._index += 1
        while self._thought < len(thoughts) and thoughts[self._thought][1] <= at:
            self._thought += 1
        is_thought = self._thought < len(thoughts) and thoughts[self._thought][0] <= at
        return self._inside or is_thought or self._is_quoted(at)

    def _is_quoted(self, at: int) -> bool:
        """Whether it stands between backticks of its line."""
        text = self.source.text
        if at > self._past and text[at - 1] == "`":
            return True
        line = max(text.rfind("\n", max(0, at - _LONGEST_QUOTED), at) + 1, self._past, at - _LONGEST_QUOTED)
        if not text.count("`", line, at) % 2:
            return False
        end = text.find("\n", at, at + _LONGEST_QUOTED)
        return text.find("`", at, at + _LONGEST_QUOTED if end < 0 else end) >= 0

    def skip(self, end: int) -> None:
        """What stands before `end` was a call: its text has no code blocks, and is no thinking."""
        fences, thoughts = self.source.fences, self.source.thoughts
        while self._index < len(fences) and fences[self._index] < end:
            self._index += 1
        while self._thought < len(thoughts) and thoughts[self._thought][0] < end:
            self._thought += 1
        self._past = end


def unread(why: str) -> str:
    """The sentence that says so."""
    return f"A call cannot be read: {why.rstrip('.')}."


def too_many(text: str, at: int) -> Piece:
    """What stands from `at` on when there are too many calls."""
    return Piece(at, len(text), unread=f"More than {MOST_CALLS} calls are begun: the others are not read.")


def json_end(text: str, start: int, work: Work) -> int | None:
    """Where the object or list that begins at `start` ends; None where it does not, or is too long, or all the work
    is spent."""
    depth, at, most = 0, start, min(len(text), start + MOST_CHARACTERS)
    if work.is_spent:
        return None
    end: int | None = None
    while at < most:
        stop = _STOP.search(text, at, most)
        if stop is None:
            at = most
            break
        at = stop.end()
        if stop[0] == '"':
            string = _STRING.match(text, stop.start(), most)
            at = most if string is None or not string[1] else string.end()
            continue
        depth += 1 if stop[0] in "[{" else -1
        if depth <= 0:
            end = at
            break
    work.spent += at - start
    return end


def json_at(source: Source, at: int) -> tuple[Any, int]:
    """The value of the JSON that begins at a place, and where it ends. Raises BrokenCallError, also where more brackets
    are closed than it opens."""
    end = json_end(source.text, at, source.work)
    if end is None:
        raise BrokenCallError("it ends before its JSON does, or is too long")
    value = json_of(source.text[at:end])
    if source.text.startswith(("}", "]"), past(SPACE, source.text, end)):
        raise BrokenCallError("more brackets are closed in it than opened")
    return value, end


def json_of(text: str) -> Any:
    """The value that a text is. Raises BrokenCallError, also for NaN, repeated keys and what is nested too deep."""
    if len(text) > MOST_CHARACTERS:
        raise BrokenCallError(f"it has {len(text):,} characters, more than {MOST_CHARACTERS:,}")
    try:
        return strictjson.value_of(text.strip().encode("utf-8", "replace"))
    except strictjson.BadJSONError as error:
        raise BrokenCallError(str(error)) from None


def call_of(name: Any, arguments: Any, given_id: Any = "") -> Call:
    """A call of a name and its arguments: an object, its JSON, or nothing. Raises BrokenCallError."""
    if not isinstance(name, str) or not name.strip():
        raise BrokenCallError("it has no name")
    name = name.strip()
    if len(name) > _LONGEST_NAME or has_controls(name):
        raise BrokenCallError(f"its name has control characters or is longer than {_LONGEST_NAME} characters")
    if isinstance(arguments, str):
        arguments = json_of(arguments) if arguments.strip() else {}
    if arguments is None:
        arguments = {}
    if not isinstance(arguments, dict):
        raise BrokenCallError("its arguments are no object")
    return Call(name, json.dumps(arguments, ensure_ascii=False), _plain_id(given_id))


def calls_of(value: Any, *, keyed: bool = False) -> tuple[Call, ...]:
    """The calls that a JSON value is: one, or a list of them. Raises BrokenCallError where it is none."""
    if isinstance(value, dict) and isinstance(value.get("tool_calls"), list) and len(value) == 1:
        value = value["tool_calls"]
    entries = value if isinstance(value, list) else [value]
    if len(entries) > MOST_CALLS:
        raise BrokenCallError(f"it has {len(entries):,} calls, more than {MOST_CALLS}")
    return tuple(_keyed(one) if keyed else _call(one) for one in entries)


def looks_called(value: Any) -> bool:
    """Whether a JSON value can be nothing but calls: each has a name, arguments and nothing that calls have not."""
    entries = value if isinstance(value, list) else [value]
    return bool(entries) and all(isinstance(one, dict) and _is_call(one) for one in entries)


def _is_call(fields: dict[str, Any]) -> bool:
    if isinstance(fields.get("tool_calls"), list):
        return len(fields) == 1 and looks_called(fields["tool_calls"])
    inner = _inner(fields)
    if inner is not None:
        return set(fields) <= {*_IDS, "type", "index", *_AROUND} and _is_call(inner)
    name = next((fields[key] for key in NAMES if key in fields), None)
    arguments = next((fields[key] for key in ARGUMENTS if key in fields), None)
    return isinstance(name, str) and isinstance(arguments, dict | str) and set(fields) <= _KNOWN


def _inner(fields: dict[str, Any]) -> dict[str, Any] | None:
    """The call that stands in an object around it."""
    return next((fields[key] for key in _AROUND if isinstance(fields.get(key), dict)), None)


def _call(fields: Any) -> Call:
    if not isinstance(fields, dict):
        raise BrokenCallError("it is no object")
    given_id = next((fields[key] for key in _IDS if key in fields), "")
    fields = _inner(fields) or fields
    name = next((fields[key] for key in NAMES if key in fields), None)
    key = next((key for key in ARGUMENTS if key in fields), None)
    if key is None and not set(fields) <= _KNOWN:
        raise BrokenCallError("it has no arguments")
    return call_of(name, fields[key] if key else {}, given_id)


def _keyed(fields: Any) -> Call:
    if not isinstance(fields, dict) or len(fields) != 1:
        raise BrokenCallError("it is no object of one name and its arguments")
    return call_of(*next(iter(fields.items())))


def _plain_id(value: Any) -> str:
    text = str(value) if isinstance(value, str | int) else ""
    return "" if has_controls(text) or len(text) > _LONGEST_NAME else text.strip()
