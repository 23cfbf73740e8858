"""Samples that are conversations, for other programs' formats: what was said from the system's message to the end."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from aa_tui.catalog import turns
from aa_tui.catalog.rows import ScoredSample
from aa_tui.formats.talked import LogCall, LogMessage, LogTalk, LogTurn, in_openai_form, messages
from aa_tui.jsontext import dumps

if TYPE_CHECKING:
    from aa_tui.catalog.turns import TurnRow
    from aa_tui.evals.items import Item, Pack

_END_OF_THINKING: Final = re.compile(r"\s*(?:</[^<>\s]{1,30}>|\[/[^\[\]\s]{1,30}\])\s*", re.ASCII)


def talk_of(
    conn: sqlite3.Connection, row: ScoredSample, prompt: str, pack: Pack | None, item: Item | None
) -> LogTalk | None:
    """A sample's conversation; None of one that asks a single question.

    What the model was given first, and the functions on offer, are those of its item. Where that is not here the
    question alone is known.
    """
    told = turns.of_sample(conn, row.run_id, row.item_id, row.epoch)
    if not told:
        return None
    begun = None if pack is None or item is None else _beginning(pack, item)
    opening, tools = begun if begun is not None else ((LogMessage("user", prompt),), None)
    return LogTalk(opening, tools, tuple(map(_turn, told)))


def columns(talk: LogTalk | None) -> dict[str, Any]:
    """A conversation in a table: how many turns and calls, all messages and the functions as texts of JSON."""
    if talk is None:
        return {"n_turns": None, "n_calls": None, "messages": None, "tools": None}
    return {
        "n_turns": len(talk.turns),
        "n_calls": sum(len(turn.calls) for turn in talk.turns),
        "messages": dumps([in_openai_form(one) for one in messages(talk)]),
        "tools": None if talk.tools is None else dumps(list(talk.tools)),
    }


def _beginning(pack: Pack, item: Item) -> tuple[tuple[LogMessage, ...], tuple[Mapping[str, Any], ...]] | None:
    """The first messages of an item, and the functions on offer."""
    from aa_tui.evals.conversation import talks
    from aa_tui.evals.items import PackError

    try:
        talk = talks.talk_of(pack, item, "generic")
    except PackError:
        return None
    if talk is None:
        return None
    opening = tuple(
        LogMessage(
            one.role,
            one.content,
            tuple(LogCall(call.name, call.arguments, call.id) for call in one.calls),
            one.name,
            one.call_id,
        )
        for one in talk.messages
    )
    return opening, tuple(tool.to_dict() for tool in talk.tools)


def _turn(row: TurnRow) -> LogTurn:
    own: Mapping[str, Any] = row.given[0] if row.given else {}
    is_counted = any((row.n_prompt, row.n_thinking, row.n_answer))
    return LogTurn(
        text=str(own.get("content", row.answer)),
        written=_written(row),
        thinking=row.thinking,
        calls=_calls(row.calls),
        unread=row.unread,
        given=tuple(_message(one) for one in row.given[1:]),
        finish_reason=row.finish_reason,
        message=row.message,
        is_capped=row.is_capped,
        n_prompt=row.n_prompt if is_counted else None,
        n_cached=row.n_cached if is_counted else None,
        n_thinking=row.n_thinking if is_counted else None,
        n_answer=row.n_answer if is_counted else None,
        ttft_s=row.ttft_s,
        e2e_s=row.e2e_s,
        ended_at=row.ended_at,
    )


def _written(row: TurnRow) -> str:
    """What the model wrote behind its thinking; of calls as it wrote them, with the marks that no text holds."""
    from aa_tui.evals.conversation.turns import Said, spoken

    if not row.calls and not row.unread:
        return row.answer
    text = spoken(Said(row.answer, row.thinking, row.raw))
    end = _END_OF_THINKING.match(text) if row.thinking else None
    return text if end is None else text[end.end() :]


def _message(one: Mapping[str, Any]) -> LogMessage:
    role, content, name, call_id = (str(one.get(key, "")) for key in ("role", "content", "name", "call_id"))
    known = role if role in ("system", "user", "assistant") else "tool"
    return LogMessage(known, content, _calls(one.get("calls")), name, call_id)


def _calls(values: object) -> tuple[LogCall, ...]:
    """Calls as a catalog has them, which may be somebody else's."""
    told: Sequence[object] = values if isinstance(values, list | tuple) else ()
    names = ("name", "arguments", "id")
    return tuple(LogCall(*(str(one.get(key, "")) for key in names)) for one in told if isinstance(one, Mapping))
