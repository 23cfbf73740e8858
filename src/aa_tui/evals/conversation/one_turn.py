"""A conversation of one turn: functions are offered, the model calls them or does not, and that is all (BFCL)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from aa_tui.engine.calling import Call, Tool
from aa_tui.engine.chat import Message, Role
from aa_tui.evals.calls import reading
from aa_tui.evals.conversation.turns import Reply, Said, spoken
from aa_tui.evals.graders.bfcl import functions_of, language_of
from aa_tui.evals.graders.bfcl_check import offered_name
from aa_tui.evals.graders.bfcl_values import Language
from aa_tui.evals.items import Item, Pack, PackError

UNREAD = "the server left a call in its text unread"

_ROLES = ("system", "user", "assistant")
_LANGUAGES: Mapping[Language, str] = {"python": "Python", "java": "Java", "javascript": "JavaScript"}

_SCHEMA_TYPES = {
    "dict": "object", "float": "number", "double": "number", "tuple": "array", "any": "string", "list": "array",
    "String": "string", "char": "string", "byte": "integer", "short": "integer", "long": "integer",
    "Bigint": "integer", "Boolean": "boolean", "Array": "array", "ArrayList": "array", "Set": "array",
    "Queue": "array", "Stack": "array", "HashMap": "object", "Hashtable": "object",
}  # fmt: skip
"""From the types of the benchmark's functions to those of JSON schemas, where they differ."""


def talk(pack: Pack, item: Item, form: str) -> OneTurn:
    """The conversation about an item of BFCL. Raises PackError where it is none."""
    language = language_of(item)
    return OneTurn(_messages(pack, item), tuple(_tool(one, language) for one in functions_of(item)), form)


class OneTurn:
    """Asks once and is over."""

    def __init__(self, messages: tuple[Message, ...], tools: tuple[Tool, ...], form: str) -> None:
        self._messages, self._tools, self._form = messages, tools, form

    @property
    def tools(self) -> tuple[Tool, ...]:
        """The functions on offer."""
        return self._tools

    @property
    def messages(self) -> tuple[Message, ...]:
        """What the model sees."""
        return self._messages

    def hear(self, said: Said) -> Reply:
        """Read the calls; nothing comes back."""
        if said.calls is None:
            found = reading.read(spoken(said), self._form, self._tools)
            return _reply(found.calls, found.unread, found.text)
        is_unread = not said.calls and bool(reading.read(said.answer, self._form).calls)
        return _reply(said.calls, (UNREAD,) if is_unread else (), said.answer)


def _reply(calls: tuple[Call, ...], unread: tuple[str, ...], text: str) -> Reply:
    return Reply(calls, unread, (Message("assistant", text, calls=calls),))


def _messages(pack: Pack, item: Item) -> tuple[Message, ...]:
    system = (Message("system", pack.system),) if pack.system else ()
    told = item.extra.get("messages")
    if told is None:
        return (*system, Message("user", item.prompt))
    if not isinstance(told, list) or not told:
        raise PackError(f"Item {item.id}: its messages must be a list of objects with role and content.")
    return (*system, *(_message(item, one) for one in told))


def _message(item: Item, value: Any) -> Message:
    fields = value if isinstance(value, dict) else {}
    role, content = fields.get("role"), fields.get("content")
    if role not in _ROLES or not isinstance(content, str):
        raise PackError(f"Item {item.id}: its messages must be a list of objects with role and content.")
    return Message(cast("Role", role), content)


def _tool(function: Mapping[str, Any], language: Language) -> Tool:
    description = function.get("description")
    schema = function["parameters"]
    properties = {str(name): _property(one, language) for name, one in schema["properties"].items()}
    required = schema.get("required")
    parameters = {
        "type": "object",
        "properties": properties,
        "required": [one for one in required if isinstance(one, str)] if isinstance(required, list) else [],
    }
    return Tool(offered_name(str(function["name"])), description if isinstance(description, str) else "", parameters)


def _property(schema: Mapping[str, Any], language: Language) -> dict[str, Any]:
    """A parameter as a JSON schema. Those of Java and JavaScript are pieces of a program, given as texts."""
    if language == "python":
        return _as_schema(schema)
    kind, about = schema.get("type"), schema.get("description")
    inner = schema["items"].get("type") if isinstance(schema.get("items"), dict) else None
    what = f"{kind} of {inner}" if inner else str(kind)
    said = f"{about.strip()} " if isinstance(about, str) and about.strip() else ""
    return {"type": "string", "description": f"{said}(Give it as {_LANGUAGES[language]} code, of type {what}.)"}


def _as_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(schema)
    kind = found.get("type")
    if isinstance(kind, str):
        found["type"] = _SCHEMA_TYPES.get(kind, kind)
    for name in ("items", "additionalProperties"):
        if isinstance(found.get(name), dict):
            found[name] = _as_schema(found[name])
    inner = found.get("properties")
    if isinstance(inner, dict):
        found["properties"] = {key: _as_schema(one) if isinstance(one, dict) else one for key, one in inner.items()}
    return found
