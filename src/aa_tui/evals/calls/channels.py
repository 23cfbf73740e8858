"""Calls as messages of their own, addressed to a function (harmony, of gpt-oss)."""

from __future__ import annotations

import re

from aa_tui.engine.call_formats import Format
from aa_tui.evals.calls.pieces import (
    MOST_CALLS,
    SPACE,
    BrokenCallError,
    Piece,
    Source,
    call_of,
    json_at,
    past,
    too_many,
    unread,
)
from aa_tui.evals.calls.tagged import check_whole

_MARK = re.compile(r"<\|(?:start|channel|message|end|call|return)\|>")
_TO = re.compile(r"\bto=(?:functions\.)?([^\s<]{1,300})")
_ANSWERED = re.compile(r"<\|channel\|>\s{0,5}analysis\b")
_NOBODY = ("assistant", "user", "system", "developer", "all")
"""To whom messages go that call nothing: results that a model made up, and answers."""

_BODY = "<|message|>"
_ENDS = ("<|end|>", "<|call|>", "<|return|>")


def pieces(source: Source, form: Format) -> list[Piece]:
    """The calls of an output, in order; its thinking and the heads of its messages are pieces without calls."""
    text, found, at, head, opened = source.text, list[Piece](), 0, 0, -1
    n_calls = 0
    while mark := _MARK.search(text, at):
        at = mark.end()
        if mark[0] in _ENDS or mark[0] == "<|start|>":
            found.append(Piece(min(head, mark.start()), at) if _is_head(text[head : mark.start()]) else _only(mark))
            head = at
            opened = at if mark[0] == "<|start|>" else opened
            continue
        if mark[0] != _BODY:
            head = head if head == opened else max(head, _head_start(text, head, mark.start()))
            continue
        start = head
        if mark.start() - start > 1_000:
            start = mark.start()
        to = _TO.search(text, start, mark.start())
        is_result = to is not None and to[1] in _NOBODY and to[1] not in source.tools
        if to is None or is_result:
            end = _message_end(text, at)
            is_hidden = is_result or _ANSWERED.search(text, start, at) is not None
            found.append(Piece(start, end if is_hidden else at))
            at = head = end if is_hidden else at
            continue
        if n_calls >= MOST_CALLS:
            found.append(too_many(text, start))
            break
        n_calls += 1
        piece = _call(source, to[1], start, at)
        found.append(piece)
        at = head = piece.end
    return found


def _is_head(text: str) -> bool:
    """Whether it is a head without a body, not the text of an answer."""
    return "<|channel|>" in text


def _only(mark: re.Match[str]) -> Piece:
    return Piece(mark.start(), mark.end())


def _head_start(text: str, start: int, channel: int) -> int:
    """Where the head begins whose channel is named at `channel`: behind an answer's text, before a "to="."""
    if text.startswith("to=", start):
        return start
    to = text.rfind(" to=", max(start, channel - 320), channel)
    role = text.rfind("assistant", max(start, channel - 330), channel if to < 0 else to)
    if to >= 0:
        return role if role >= start else to
    return channel if role < start or text[role:channel].strip() != "assistant" else role


def _message_end(text: str, at: int) -> int:
    following = _MARK.search(text, at)
    return len(text) if following is None else following.start()


def _call(source: Source, name: str, start: int, at: int) -> Piece:
    text = source.text
    body = past(SPACE, text, at)
    try:
        if text.startswith("{", body):
            value, end = json_at(source, body)
        else:
            value, end = {}, _message_end(text, at)
            if text[at:end].strip():
                raise BrokenCallError("its arguments are no whole JSON object")
        call = call_of(name, value)
        rest = _message_end(text, end)
        if text[end:rest].strip():
            raise BrokenCallError("more than one JSON object stands in it")
        if rest == len(text) and not value:
            check_whole(call, value, source)
    except BrokenCallError as error:
        return Piece(start, max(at, _message_end(text, at)), unread=unread(str(error)))
    return Piece(start, end, (call,))
