"""A conversation as inspect's log has it: messages, and an event for each turn of the model and each call.

Fields are those of inspect_ai 0.3.285 (`model/_chat_message.py`, `event/_model.py`, `event/_tool.py`). What a turn was
given is told by places in a pool of messages, as inspect itself writes it: a log does not grow with the square of the
turns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from aa_tui.formats import ours
from aa_tui.formats.inspect_names import STOPPED, short_id, usage
from aa_tui.formats.log import FORMAT_OF_OURS
from aa_tui.formats.talked import LogCall, LogMessage, LogTalk, LogTurn, messages

_KINDS: Final = ("string", "integer", "number", "boolean", "array", "object", "null")
_DEEPEST: Final = 20
_NO_OBJECT: Final = "its arguments are no object of JSON: "


@dataclass(frozen=True, slots=True)
class Frame:
    """What all messages and events of a sample have in common: its name, the model's, and how it was sampled."""

    uid: str
    model: str
    model_of_usage: str
    config: Mapping[str, Any]


def fields(talk: LogTalk, frame: Frame) -> dict[str, Any]:
    """The fields of a sample that a conversation fills."""
    told = messages(talk)
    pool = [_message(talk, one, frame, place) for place, one in enumerate(told)]
    outputs = [_output(turn, pool[place], frame) for turn, place in zip(talk.turns, _places(told), strict=True)]
    found: dict[str, Any] = {
        "input": pool[: len(talk.opening)],
        "messages": pool,
        "output": outputs[-1],
        "events": _events(talk, told, pool, outputs, frame),
        "events_data": {"messages": pool, "calls": []},
        "turn_count": len(talk.turns),
    }
    totals = _total([one["usage"] for one in outputs if "usage" in one])
    found["model_usage"] = {frame.model_of_usage: totals} if totals else {}
    if talk.turns[-1].is_capped:
        found["limit"] = {"type": "turn", "limit": float(len(talk.turns))}
    return found


def _places(told: Sequence[LogMessage]) -> list[int]:
    """Where the model's own turns are."""
    return [place for place, one in enumerate(told) if one.turn is not None]


def _message(talk: LogTalk, message: LogMessage, frame: Frame, place: int) -> dict[str, Any]:
    content: Any = message.content
    if message.thinking:
        content = [{"type": "reasoning", "reasoning": message.thinking}, {"type": "text", "text": message.content}]
    found: dict[str, Any] = {
        "id": short_id(frame.uid, "message", place),
        "role": message.role,
        "content": content,
    }
    if message.role == "tool":
        return found | {"tool_call_id": message.call_id or None, "function": message.name or None}
    if message.role != "assistant":
        return found | {"source": "input"}
    if message.calls:
        found["tool_calls"] = [_call(one) for one in message.calls]
    if message.turn is None:
        return found | {"source": "input"}
    found |= {"source": "generate", "model": frame.model}
    turn = talk.turns[message.turn]
    if turn.calls or turn.unread:
        found["metadata"] = {FORMAT_OF_OURS: {"written": turn.written, "unread": list(turn.unread)}}
    return found


def _call(call: LogCall) -> dict[str, Any]:
    values = call.values
    found: dict[str, Any] = {"id": call.id, "function": call.name, "arguments": values or {}, "type": "function"}
    return found if values is not None else found | {"parse_error": f"{_NO_OBJECT}{call.arguments}"}


def _output(turn: LogTurn, message: Mapping[str, Any], frame: Frame) -> dict[str, Any]:
    stop = STOPPED.get(turn.finish_reason, "stop" if turn.finish_reason == "stop" else "unknown")
    if turn.calls and stop == "stop":
        stop = "tool_calls"
    found: dict[str, Any] = {"model": frame.model, "choices": [{"message": message, "stop_reason": stop}]}
    spent = usage(turn.n_prompt, turn.n_cached, turn.n_thinking, turn.n_answer)
    if spent:
        found["usage"] = spent
    if turn.e2e_s is not None:
        found["time"] = turn.e2e_s
    return found


def _events(
    talk: LogTalk,
    told: Sequence[LogMessage],
    pool: Sequence[Mapping[str, Any]],
    outputs: Sequence[Mapping[str, Any]],
    frame: Frame,
) -> list[dict[str, Any]]:
    """What was asked turn by turn. How long a function took is not known: nobody waits for a simulated one."""
    found: list[dict[str, Any]] = []
    working_s = 0.0
    places = _places(told)
    for turn, place, end, output in zip(talk.turns, places, [*places[1:], len(told)], outputs, strict=True):
        ended = _moment(turn.ended_at)
        event: dict[str, Any] = {
            "event": "model",
            "uuid": short_id(frame.uid, "event", len(found)),
            "working_start": working_s,
            "model": frame.model,
            "input": [],
            "input_refs": [[0, place]],
            "tools": [_tool(one) for one in talk.tools or ()],
            "tool_choice": "auto",
            "config": dict(frame.config),
            "output": output,
        }
        if ended is not None:
            event |= {"timestamp": _before(ended, turn.e2e_s), "completed": ended.isoformat()}
        if turn.e2e_s is not None:
            event["working_time"] = turn.e2e_s
            working_s += turn.e2e_s
        if turn.ttft_s is not None:
            event["metadata"] = {"time_to_first_token_s": turn.ttft_s}
        if turn.finish_reason == "error":
            event["error"] = turn.message or "error"
        found.append(event)
        results = {told[at].call_id: at for at in range(place + 1, end) if told[at].role == "tool"}
        for call in told[place].calls:
            at = results.get(call.id)
            if at is not None:
                made = _tool_event(call, pool[at], short_id(frame.uid, "event", len(found)), working_s)
                found.append(made if ended is None else made | {"timestamp": ended.isoformat()})
    return found


def _tool_event(call: LogCall, result: Mapping[str, Any], uid: str, working_s: float) -> dict[str, Any]:
    return {
        "event": "tool",
        "uuid": uid,
        "working_start": working_s,
        "type": "function",
        "id": call.id,
        "function": call.name,
        "arguments": call.values or {},
        "result": result["content"],
        "message_id": result["id"],
        "events": [],
    }


def _tool(tool: Mapping[str, Any]) -> dict[str, Any]:
    """A function as inspect describes it, whose parameters are always an object."""
    function = ours.mapping(tool.get("function"))
    schema = _schema(function.get("parameters"), _DEEPEST)
    return {
        "name": ours.text(function.get("name")),
        "description": ours.text(function.get("description")),
        "parameters": {
            "type": "object",
            "properties": schema.get("properties", {}),
            "required": schema.get("required", []),
            "additionalProperties": False,
        },
    }


def _schema(value: object, depth: int) -> dict[str, Any]:
    """What inspect's own JSON schemas have a place for: it reads no log in which one has anything else there."""
    told = ours.mapping(value) if depth else {}
    found: dict[str, Any] = {name: told[name] for name in ("description", "format") if isinstance(told.get(name), str)}
    kind, required = told.get("type"), told.get("required")
    kinds = [one for one in (kind if isinstance(kind, list) else [kind]) if one in _KINDS]
    if kinds:
        found["type"] = kinds if isinstance(kind, list) else kinds[0]
    if isinstance(told.get("enum"), list):
        found["enum"] = told["enum"]
    if "default" in told:
        found["default"] = told["default"]
    if isinstance(told.get("items"), dict):
        found["items"] = _schema(told["items"], depth - 1)
    if isinstance(told.get("properties"), dict):
        found["properties"] = {name: _schema(one, depth - 1) for name, one in told["properties"].items()}
    if isinstance(required, list):
        found["required"] = [one for one in required if isinstance(one, str)]
    return found


def _total(spent: Sequence[Mapping[str, int]]) -> dict[str, int]:
    return {name: sum(one.get(name, 0) for one in spent) for name in dict.fromkeys(key for one in spent for key in one)}


def _moment(words: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(words or "")
    except ValueError:
        return None


def _before(ended: datetime, seconds: float | None) -> str:
    try:
        return (ended - timedelta(seconds=seconds or 0.0)).isoformat()
    except OverflowError:
        return ended.isoformat()
