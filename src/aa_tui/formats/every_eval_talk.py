"""A conversation as Every Eval Ever has it: messages in place of an output (schema 0.3.0, of one sample).

Arguments of calls are texts of JSON there, as the project's own converters write them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aa_tui.formats.talked import LogCall, LogMessage, LogTalk, messages
from aa_tui.jsontext import dumps


def fields(talk: LogTalk, row: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a sample, whose others are in `row`, that a conversation fills or changes.

    Functions on offer, calls that could not be read, and tokens of each turn have no place of their own: they are texts
    of JSON among the metadata, times of each turn among the further details.
    """
    told = messages(talk)
    last = max(place for place, one in enumerate(told) if one.turn is not None)
    (attribution,) = row["answer_attribution"]
    more = {
        "tools": None if talk.tools is None else list(talk.tools),
        "unread_calls": _unread(talk, told),
        "turn_tokens": [
            {"prompt": turn.n_prompt, "cached": turn.n_cached, "thinking": turn.n_thinking, "answer": turn.n_answer}
            for turn in talk.turns
        ],
    }
    found: dict[str, Any] = {
        "interaction_type": "agentic" if talk.is_of_functions else "multi_turn",
        "output": None,
        "messages": [_message(one, place) for place, one in enumerate(told)],
        "answer_attribution": [{**attribution, "turn_idx": last, "source": "messages[turn_idx].content"}],
        "evaluation": {
            **row["evaluation"],
            "num_turns": len(told),
            "tool_calls_count": sum(len(one.calls) for one in told),
        },
        "metadata": {**row["metadata"], **{name: dumps(value) for name, value in more.items() if value}},
    }
    latencies = [turn.e2e_s for turn in talk.turns]
    if any(one is not None for one in latencies):
        told_ms = [None if one is None else 1000 * one for one in latencies]
        found["performance"] = {"additional_details": {"turn_latency_ms": dumps(told_ms)}}
    return found


def _unread(talk: LogTalk, told: list[LogMessage]) -> list[dict[str, Any]]:
    """What the model wrote where a call in it could not be read, or has arguments that are none."""
    found = []
    for place, message in enumerate(told):
        if message.turn is None:
            continue
        turn = talk.turns[message.turn]
        if turn.unread or any(call.values is None for call in turn.calls):
            found.append({"turn_idx": place, "written": turn.written, "why": list(turn.unread)})
    return found


def _message(message: LogMessage, place: int) -> dict[str, Any]:
    found: dict[str, Any] = {"turn_idx": place, "role": message.role, "content": message.content}
    if message.thinking:
        found["reasoning_trace"] = message.thinking
    if message.calls:
        found["tool_calls"] = [_call(one) for one in message.calls]
    if message.call_id:
        found["tool_call_id"] = [message.call_id]
    return found


def _call(call: LogCall) -> dict[str, Any]:
    values = call.values
    arguments = None if values is None else {name: dumps(value) for name, value in values.items()}
    return {"id": call.id, "name": call.name, "arguments": arguments}
