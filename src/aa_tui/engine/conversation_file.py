"""Conversations from files of others: messages and tools in OpenAI's form."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, get_args

from aa_tui import strictjson
from aa_tui.engine.calling import Call, Tool
from aa_tui.engine.chat import Message, Role
from aa_tui.engine.errors import EngineError
from aa_tui.textsafe import clean_line

MOST_BYTES = 4 << 20
MOST_MESSAGES = 1_000
MOST_TOOLS = 500


@dataclass(frozen=True, slots=True)
class Conversation:
    """Messages, and the functions on offer."""

    messages: tuple[Message, ...]
    tools: tuple[Tool, ...] = ()

    def without_tools(self) -> Conversation:
        """The same where nothing is on offer or called."""
        kept = (one for one in self.messages if one.role != "tool" and not one.calls)
        return Conversation(tuple(kept))


SAMPLE = Conversation(
    (
        Message("system", "You are a helpful assistant."),
        Message("user", "How warm is it in Rome?"),
        Message("assistant", "", (Call("get_weather", '{"place": "Rome", "unit": "celsius"}', "call00001"),)),
        Message("tool", '{"celsius": 21}', name="get_weather", call_id="call00001"),
        Message("assistant", "It is 21 °C in Rome."),
        Message("user", "And in Oslo?"),
    ),
    (
        Tool(
            "get_weather",
            "Tell the weather at a place.",
            {
                "type": "object",
                "properties": {
                    "place": {"type": "string", "description": "The name of a town."},
                    "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
                },
                "required": ["place"],
            },
        ),
    ),
)
"""What a template is shown by, where nobody names another conversation."""


def read(data: bytes) -> Conversation:
    """The conversation in a file: an object with `messages` and, where there are any, `tools`; or the messages alone.

    Raises EngineError with one sentence, which begins after the file's name, for anything else.
    """
    if len(data) > MOST_BYTES:
        raise EngineError(f"has {len(data) / 1e6:.1f} MB, more than a conversation that fits a context.")
    try:
        value = strictjson.value_of(data)
    except strictjson.BadJSONError as error:
        raise EngineError(f"cannot be read as a conversation, since {error}") from error
    if isinstance(value, list):
        value = {"messages": value}
    if not isinstance(value, dict) or not isinstance(value.get("messages"), list) or not value["messages"]:
        raise EngineError('has no conversation: write {"messages": […], "tools": […]}, as in OpenAI\'s API.')
    tools = value.get("tools") or []
    if not isinstance(tools, list):
        raise EngineError("has `tools` that are no list of functions.")
    if len(value["messages"]) > MOST_MESSAGES or len(tools) > MOST_TOOLS:
        raise EngineError(f"has more than {MOST_MESSAGES:,} messages or {MOST_TOOLS} functions: leave some out.")
    messages = tuple(_message(one, number) for number, one in enumerate(value["messages"], 1))
    return Conversation(messages, tuple(_tool(one, number) for number, one in enumerate(tools, 1)))


def _message(value: Any, number: int) -> Message:
    roles: Sequence[Role] = get_args(Role)
    if not isinstance(value, dict) or value.get("role") not in roles:
        raise EngineError(f"has a message {number} without a role: it is system, user, assistant or tool.")
    calls = value.get("tool_calls") or []
    if not isinstance(calls, list):
        raise EngineError(f"has a message {number} whose `tool_calls` are no list.")
    role = next(one for one in roles if one == value["role"])
    return Message(
        role,
        _content(value.get("content"), number),
        tuple(_call(one, number) for one in calls) if role == "assistant" else (),
        _text(value.get("name")),
        _text(value.get("tool_call_id")),
    )


def _content(value: Any, number: int) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    texts = [part.get("text") if isinstance(part, dict) else None for part in value] if isinstance(value, list) else []
    if not texts or not all(isinstance(text, str) for text in texts):
        raise EngineError(f"has a message {number} whose `content` is no text: images and the like are not shown.")
    return "".join(map(_text, texts))


def _call(value: Any, number: int) -> Call:
    function = value.get("function") if isinstance(value, dict) else None
    if not isinstance(function, dict) or not isinstance(function.get("name"), str):
        raise EngineError(f"has a call in message {number} without a function's name.")
    given = function.get("arguments", {})
    return Call(function["name"], given if isinstance(given, str) else json.dumps(given), _text(value.get("id")))


def _tool(value: Any, number: int) -> Tool:
    function = value.get("function", value) if isinstance(value, dict) else None
    if not isinstance(function, dict) or not isinstance(function.get("name"), str) or not function["name"].strip():
        raise EngineError(f"has a function {number} without a name.")
    parameters = function.get("parameters") or {}
    if not isinstance(parameters, dict):
        name = clean_line(function["name"])[:60]
        raise EngineError(f"has a function “{name}” whose `parameters` are no JSON schema.")
    return Tool(function["name"], _text(function.get("description")), parameters)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
