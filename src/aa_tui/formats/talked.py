"""A conversation as logs tell it: what was said, called and given back, and what each turn of the model took."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from aa_tui.strictjson import BadJSONError, value_of


@dataclass(frozen=True, slots=True)
class LogCall:
    """A call of a function. `arguments` is the text of them, `id` empty where the model gave none."""

    name: str
    arguments: str
    id: str = ""

    @property
    def values(self) -> Mapping[str, Any] | None:
        """The arguments as an object of JSON; None where they are none."""
        try:
            found = value_of(self.arguments.encode("utf-8", "surrogatepass"))
        except BadJSONError:
            return None
        return found if isinstance(found, dict) else None


@dataclass(frozen=True, slots=True)
class LogMessage:
    """One message: role is system, user, assistant or tool, whose message is the result of the call `call_id`.

    `turn` counts the model's turns from 0: the one that wrote it, None for what the model was given.
    """

    role: str
    content: str
    calls: tuple[LogCall, ...] = ()
    name: str = ""
    call_id: str = ""
    thinking: str = ""
    turn: int | None = None


@dataclass(frozen=True, slots=True)
class LogTurn:
    """One turn of the model. `text` is what it said beside its calls, `written` all that it wrote behind its thinking,
    with its calls as it wrote them; `unread` says what was wrong with those that could not be read.

    `given` are the messages that came back. Counts are of tokens, times in seconds.
    """

    text: str
    written: str
    thinking: str = ""
    calls: tuple[LogCall, ...] = ()
    unread: tuple[str, ...] = ()
    given: tuple[LogMessage, ...] = ()
    finish_reason: str = "stop"
    message: str = ""
    is_capped: bool = False
    n_prompt: int | None = None
    n_cached: int | None = None
    n_thinking: int | None = None
    n_answer: int | None = None
    ttft_s: float | None = None
    e2e_s: float | None = None
    ended_at: str | None = None


@dataclass(frozen=True, slots=True)
class LogTalk:
    """A conversation: what the model was given first, the functions on offer in OpenAI's form (None where nobody knows
    them any more), and its turns, at least one."""

    opening: tuple[LogMessage, ...]
    tools: tuple[Mapping[str, Any], ...] | None
    turns: tuple[LogTurn, ...]

    @property
    def is_of_functions(self) -> bool:
        """Whether functions were on offer or called."""
        return bool(self.tools) or any(message.calls or message.role == "tool" for message in messages(self))


def messages(talk: LogTalk) -> list[LogMessage]:
    """All of it in order. A call without an id is given one, since formats tell by it which result is whose; so is the
    result, which comes in the order of the calls."""
    found = list(talk.opening)
    for number, turn in enumerate(talk.turns):
        calls = tuple(
            replace(call, id=call.id or f"turn{number + 1}-call{place + 1}") for place, call in enumerate(turn.calls)
        )
        found.append(LogMessage("assistant", turn.text, calls, thinking=turn.thinking, turn=number))
        open_calls = [call.id for call in calls]
        for message in turn.given:
            call_id = message.call_id
            if message.role == "tool":
                call_id = call_id or (open_calls[0] if open_calls else "")
                open_calls = [one for one in open_calls if one != call_id]
            found.append(replace(message, call_id=call_id))
    return found


def in_openai_form(message: LogMessage) -> dict[str, Any]:
    """A message as most programs write it."""
    found: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.thinking:
        found["reasoning_content"] = message.thinking
    if message.calls:
        found["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in message.calls
        ]
    if message.name:
        found["name"] = message.name
    if message.call_id:
        found["tool_call_id"] = message.call_id
    return found
