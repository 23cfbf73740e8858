"""Calls of functions as servers tell them: whole or bit by bit, numbered or not, arguments as text or as object."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aa_tui.engine.calling import Call
from aa_tui.engine.chat import Message

MOST_CALLS = 4_096
"""In one answer; a model that writes more has lost its way."""

MOST_CHARS = 1 << 20
"""Of the names and arguments of one answer's calls."""

LONGEST_NAME = 400
"""Characters that are kept of a function's name, and of a call's."""

_MOST_READ = 1 << 14
"""Arguments longer than this are not read to see whether they are complete."""

_LARGEST_INDEX = 1 << 31
_LONE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class CallPart:
    """A bit of a call, or all of it. `index` is its number in the answer, None where the server gives none."""

    index: int | None = None
    id: str = ""
    name: str = ""
    arguments: str = ""

    @property
    def n_chars(self) -> int:
        """Characters of what the model wrote of it."""
        return len(self.name) + len(self.arguments)


def parts_of(delta: Mapping[str, Any]) -> tuple[CallPart, ...]:
    """The bits of calls in a message or in a piece of one, of OpenAI's form or of Ollama's."""
    listed = delta.get("tool_calls")
    if isinstance(listed, dict):  # some send a single one without its list
        listed = [listed]
    if isinstance(listed, list) and listed:
        # the limit shows one too many, so that whoever gathers them notices
        found = [_part(one) for one in listed[: MOST_CALLS + 1] if isinstance(one, dict)]
        return tuple(part for part in found if part is not None)
    old = delta.get("function_call")  # OpenAI's first form, of one call alone
    part = _part({"index": 0, "function": old}) if isinstance(old, dict) else None
    return () if part is None else (part,)


def _part(says: Mapping[str, Any]) -> CallPart | None:
    inner = says.get("function")
    function: Mapping[str, Any] = inner if isinstance(inner, dict) else says
    index = says.get("index", function.get("index"))
    if isinstance(index, bool) or not isinstance(index, int) or not 0 <= index < _LARGEST_INDEX:
        index = None
    name, own = _text(function.get("name")), _text(says.get("id"))
    arguments = _arguments(function.get("arguments", function.get("parameters")))
    if not (name or own or arguments):
        return None
    return CallPart(index, own[:LONGEST_NAME], name[:LONGEST_NAME], arguments)


def _arguments(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return _text(value)
    try:
        return json.dumps(value)
    except RecursionError:
        return ""


def _text(value: Any) -> str:
    """A text without halves of characters, which no file can hold."""
    if not isinstance(value, str):
        return ""
    if value.isascii() or _LONE.search(value) is None:
        return value
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


class _Open:
    """A call that may go on."""

    __slots__ = ("arguments", "id", "n_chars", "name")

    def __init__(self) -> None:
        self.id = self.name = ""
        self.arguments: list[str] = []
        self.n_chars = 0

    def ends_before(self, part: CallPart) -> bool:
        """Whether a bit with this one's number, or without any, begins another call."""
        if not part.name:  # some servers give each bit of a call an id of its own
            return False
        if part.id and self.id:
            return part.id != self.id
        return self.is_complete and (part.arguments.lstrip().startswith("{") or part.name != self.name)

    @property
    def is_complete(self) -> bool:
        """Whether its arguments are an object already."""
        if not self.arguments or self.n_chars > _MOST_READ:
            return False
        text = "".join(self.arguments)
        if not text.rstrip().endswith("}"):
            return False
        try:
            return isinstance(json.loads(text), dict)
        except (ValueError, RecursionError):
            return False

    def take(self, part: CallPart) -> None:
        """Go on."""
        self.id = self.id or part.id
        if part.name != self.name and not self.arguments:
            self.name = (self.name + part.name)[:LONGEST_NAME]
        if part.arguments:
            self.arguments.append(part.arguments)
            self.n_chars += len(part.arguments)


class Gathered:
    """The calls of one answer, put together of their bits. With `is_full` there are too many, or too long ones."""

    __slots__ = ("_by_id", "_by_index", "_n_chars", "_opened", "is_full")

    def __init__(self) -> None:
        self._opened: list[_Open] = []
        self._by_index: dict[int, _Open] = {}
        self._by_id: dict[str, _Open] = {}
        self._n_chars = 0
        self.is_full = False

    def take(self, part: CallPart) -> None:
        """A bit of a call; nothing where there are too many."""
        self._n_chars += part.n_chars
        if self._n_chars > MOST_CHARS:
            self.is_full = True
            return
        known = self._known(part)
        if known is None:
            if len(self._opened) >= MOST_CALLS:
                self.is_full = True
                return
            known = _Open()
            self._opened.append(known)
        known.take(part)
        if part.index is not None:
            self._by_index[part.index] = known
        if part.id:
            self._by_id.setdefault(part.id, known)

    def _known(self, part: CallPart) -> _Open | None:
        """The call that a bit belongs to; None for the beginning of one."""
        if part.index is not None:
            known = self._by_index.get(part.index)
        elif part.id in self._by_id:
            return self._by_id[part.id]
        else:
            known = self._opened[-1] if self._opened else None
            if part.name and known is not None and (known.arguments or part.id):
                return None  # without numbers each call is sent whole, or begins with its name
        return None if known is None or known.ends_before(part) else known

    @property
    def calls(self) -> tuple[Call, ...]:
        """What there is. A server that sends no arguments means that there are none."""
        return tuple(Call(one.name, "".join(one.arguments) or "{}", one.id) for one in self._opened)

    @property
    def text(self) -> str:
        """What the model wrote of them, nearly, to have its tokens counted."""
        return "".join(text for one in self._opened for text in (one.name, *one.arguments))


def told(messages: Sequence[Message], *, as_ollama: bool = False) -> list[dict[str, Any]]:
    """A conversation as servers are told it. Calls without an id get one, which their results name in turn."""
    found: list[dict[str, Any]] = []
    waiting: list[str] = []
    n_calls = 0
    for message in messages:
        one: dict[str, Any] = {"role": message.role, "content": message.content}
        if message.calls:
            ids = []
            for call in message.calls:
                n_calls += 1
                ids.append(call.id or f"call{n_calls:05}")  # nine letters and digits, as Mistral's templates want it
            waiting = list(ids)
            one["tool_calls"] = [_told(call, own, as_ollama) for call, own in zip(message.calls, ids, strict=True)]
        elif message.role == "tool":
            own = message.call_id or (waiting[0] if waiting else "")
            if own in waiting:
                waiting.remove(own)
            one |= {"tool_call_id": own} if own else {}
            one |= {"tool_name" if as_ollama else "name": message.name} if message.name else {}
        found.append(one)
    return found


def _told(call: Call, own: str, as_ollama: bool) -> dict[str, Any]:
    if as_ollama:
        return {"id": own, "function": {"name": call.name, "arguments": _object(call.arguments)}}
    arguments = json.dumps(_object(call.arguments))
    return {"id": own, "type": "function", "function": {"name": call.name, "arguments": arguments}}


def _object(arguments: str) -> dict[str, Any]:
    """Arguments as the object that servers insist on: some fail at any other text, which is then told as a field."""
    try:
        value = json.loads(arguments, parse_constant=str)
        if isinstance(value, dict):
            whole: dict[str, Any] = json.loads(_text(json.dumps(value, ensure_ascii=False, allow_nan=False)))
            return whole
    except (ValueError, RecursionError):  # a number without end, too
        pass
    return {"unread": _text(arguments)}
