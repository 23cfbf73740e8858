"""Conversations of evaluations in words: what they came to, and one of them piece by piece."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from aa_tui.catalog.rows import EvalSample
from aa_tui.catalog.turns import TurnRow
from aa_tui.pages.talked import Talked
from aa_tui.textsafe import clean, clean_line, cut

PieceKind = Literal["user", "thinking", "text", "call", "unread", "result", "answer", "end"]

MOST_ARGUMENTS = 600
"""Characters of a call's arguments that are shown in a line."""


class Piece(NamedTuple):
    """A piece of a conversation: of which turn of the model, from 1 (0: before the first), and what is said in it.

    `title` is whose it is where that is to be told, `note` what stands behind it. All of it is cleaned.
    """

    kind: PieceKind
    turn: int
    text: str
    title: str = ""
    note: str = ""


def lines(found: Talked | None) -> list[str]:
    """Lines for an evaluation's report."""
    if found is None:
        return []
    out = []
    if found.n_turns:
        out.append(f"  turns        {found.n_turns:,} in {found.n_conversations:,} conversations")
        out.append(f"               {kept_words(found)}")
    if found.faults:
        out.append(f"  faults       {' · '.join(f'{name} {count:,}' for name, count in found.by_class.items())}")
        cells = max(len(fault) for fault, _ in found.faults)
        out += [f"    {clean_line(fault):<{cells}} {count:>6,}" for fault, count in found.faults]
    return out


def kept_words(found: Talked) -> str:
    """The prompt's tokens that were not processed again: "12,340 prompt tokens kept of 15,000"."""
    if found.n_kept is None:
        return f"{found.n_prompt:,} prompt tokens; the server told of none that it kept"
    return f"{found.n_kept:,} prompt tokens kept of {found.n_prompt:,}"


def pieces(sample: EvalSample, turns: Sequence[TurnRow]) -> list[Piece]:
    """A conversation from its first question to its end."""
    found = [Piece("user", 0, clean(sample.prompt), "User")]
    for turn in turns:
        found += _turn(turn)
    if sample.message:
        found.append(Piece("end", len(turns), clean_line(sample.message)))
    return found


def _turn(turn: TurnRow) -> Iterable[Piece]:
    number, own = turn.number + 1, turn.given[0] if turn.given else {}
    if turn.thinking:
        yield Piece("thinking", number, clean(turn.thinking), "Thinking", f"{turn.n_thinking:,} tokens")
    if turn.calls or turn.unread:
        if text := clean(str(own.get("content", ""))).strip():
            yield Piece("text", number, text, "Model")
        yield from (Piece("call", number, call_words(one), "Call") for one in turn.calls)
        yield from (Piece("unread", number, clean_line(one), "Not read") for one in turn.unread)
    else:
        yield Piece("answer", number, clean(turn.answer).strip("\n") or "(nothing)", "Model")
    for one in turn.given[1:]:
        text, is_user = clean(str(one.get("content", ""))), one.get("role") == "user"
        name = clean_line(str(one.get("name", "")))
        yield Piece("user" if is_user else "result", number, text, "User" if is_user else "Result", name)
    if turn.is_capped:
        yield Piece("end", number, "the last turn that it may have")


def call_words(call: Mapping[str, Any]) -> str:
    """A call as `name(argument=value, …)`, its values in JSON; where they are none, as they were written."""
    name, written = clean_line(str(call.get("name", ""))), str(call.get("arguments", ""))
    try:
        values = json.loads(written)
    except (ValueError, RecursionError):
        values = None
    words = (
        ", ".join(f"{key}={_value(value)}" for key, value in values.items()) if isinstance(values, dict) else written
    )
    return f"{name}({cut(clean_line(words), MOST_ARGUMENTS)})"


def _value(value: object) -> str:
    from aa_tui.jsontext import dumps

    return dumps(value)


def raw_text(turn: TurnRow) -> str:
    """What the model wrote in a turn, with the marks that no text holds, as far as that was kept."""
    return clean(turn.raw or "".join(filter(None, (turn.thinking, turn.answer)))).strip("\n")
