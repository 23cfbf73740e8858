"""What the rest of this room speaks of: a turn of the model, what comes back, and a conversation. Plain values."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from aa_tui.engine.calling import Call, Tool
from aa_tui.engine.chat import Message

MOST_TURNS = 24
"""Turns of the model in one conversation, where its item says nothing else: a model that never stops calling ends."""


_TAIL = 80
"""Characters of the thinking's end by which it is found in the raw text."""


@dataclass(frozen=True, slots=True)
class Said:
    """One turn as a model wrote it.

    `thinking` and `answer` are the texts before and after the end of the thinking, `raw` is all of it with the marks
    that no text holds. `calls` are those that a server read of it, None where they are to be read here.
    """

    answer: str
    thinking: str = ""
    raw: str = ""
    calls: tuple[Call, ...] | None = None
    shows_tools: bool | None = None  # whether the functions on offer stood in the prompt; None where nobody can tell


@dataclass(frozen=True, slots=True)
class Reply:
    """What comes of a turn: the `calls` that were read of it, what was wrong with those that could not be, and the
    messages that the model is given next (its own turn first). `is_over`: the conversation has ended with this turn,
    `is_capped`: only because it had too many turns."""

    calls: tuple[Call, ...] = ()
    unread: tuple[str, ...] = ()
    messages: tuple[Message, ...] = ()
    is_over: bool = True
    is_capped: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn with what came of it."""

    said: Said
    reply: Reply


class Talk(Protocol):
    """A conversation about one item, from its beginning. The same turns bring the same replies, on every machine: one
    that was cut short is taken up by telling it the turns that there are."""

    @property
    def tools(self) -> tuple[Tool, ...]:
        """The functions on offer now."""
        ...

    @property
    def messages(self) -> tuple[Message, ...]:
        """All that the model is to see now, the system's and the first user's message first."""
        ...

    def hear(self, said: Said) -> Reply:
        """Take the model's turn: read its calls, run them in the item's world. Never raises for what a model wrote."""
        ...


def spoken(said: Said) -> str:
    """What a model wrote behind its thinking, with the marks that its text does not hold where they are known."""
    if not said.raw:
        return said.answer
    tail = said.thinking.strip()[-_TAIL:]
    at = said.raw.rfind(tail) if tail else -1
    return said.raw if at < 0 else said.raw[at + len(tail) :]


def transcript(turns: Sequence[Turn]) -> str:
    """A conversation as graders are given it: one text of JSON."""
    return json.dumps([asdict(turn) for turn in turns])


def turns_of(text: str) -> tuple[Turn, ...]:
    """The turns of such a text. Raises ValueError for what is none."""
    try:
        return tuple(_turn(one) for one in json.loads(text))
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError("this is no conversation") from error


def exported(rows: Sequence[Any]) -> str:
    """The same text of turns as `aa-tui runs export --format jsonl` writes them. Raises ValueError for what is none."""
    try:
        text = json.dumps([_of_export(one) for one in rows])
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError("this is no conversation") from error
    turns_of(text)
    return text


def _of_export(row: Mapping[str, Any]) -> dict[str, Any]:
    said = {name: row[name] for name in ("answer", "thinking", "raw", "shows_tools")}
    reply = {name: row[name] for name in ("calls", "unread", "is_over", "is_capped")}
    calls = row["calls"] if row.get("calls_from") == "server" else None
    return {"said": {**said, "calls": calls}, "reply": {**reply, "messages": row["given"]}}


def _turn(fields: Mapping[str, Any]) -> Turn:
    said, reply = dict(fields["said"]), dict(fields["reply"])
    calls = said.pop("calls")
    return Turn(
        Said(**said, calls=None if calls is None else _calls(calls)),
        Reply(
            calls=_calls(reply.pop("calls")),
            unread=tuple(reply.pop("unread")),
            messages=tuple(_message(one) for one in reply.pop("messages")),
            **reply,
        ),
    )


def _calls(values: Sequence[Mapping[str, Any]]) -> tuple[Call, ...]:
    return tuple(Call(**one) for one in values)


def _message(fields: Mapping[str, Any]) -> Message:
    return Message(**{**fields, "calls": _calls(fields["calls"])})
