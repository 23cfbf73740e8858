"""Calls as parts of an answer that are addressed to a function, those for the user to `all` (Functionary 3.2).

The prompt ends with the first part's mark, so that the output begins with its address.
"""

from __future__ import annotations

import re

from aa_tui.engine.call_formats import Format
from aa_tui.evals.calls.pieces import (
    MOST_CALLS,
    SPACE,
    BrokenCallError,
    Piece,
    Source,
    Talk,
    call_of,
    json_at,
    past,
    too_many,
    unread,
)

USER = "all"
"""The address of what the user is told."""

_NAME = r"(?P<name>[\w.-]{1,256})[ \t]{0,8}\r?\n"
_FIRST = re.compile(rf"\s{{0,20}}{_NAME}")
_NEXT = re.compile(f">>>{_NAME}")


def pieces(source: Source, form: Format) -> list[Piece]:
    """The calls of an output, in order; what is addressed to the user is a piece without calls: the address alone."""
    text, found, n_calls, talk = source.text, list[Piece](), 0, Talk(source)
    first = _first(source)
    heads = [*([] if first is None else [first]), *_NEXT.finditer(text)]
    for index, head in enumerate(heads):
        if (found and head.start() < found[-1].end) or talk.is_at(head.start()):
            continue
        if head["name"] == USER:
            found += [Piece(head.start(), head.end())] if source.is_own else []
            continue
        if n_calls >= MOST_CALLS:
            found.append(too_many(text, head.start()))
            break
        last = heads[index + 1].start() if index + 1 < len(heads) else len(text)
        piece = _piece(source, head, last)
        if source.is_own or piece.calls:
            n_calls += 1
            found.append(piece)
            talk.skip(piece.end)
    return found


def _first(source: Source) -> re.Match[str] | None:
    """The address that an output begins with: the user's, or one with arguments behind it."""
    head = _FIRST.match(source.text) if source.is_own else None
    if head is None:
        return None
    is_call = head["name"] in source.tools or source.text.startswith("{", past(SPACE, source.text, head.end()))
    return head if head["name"] == USER or is_call else None


def _piece(source: Source, head: re.Match[str], last: int) -> Piece:
    text, at = source.text, past(SPACE, source.text, head.end())
    try:
        if not text.startswith("{", at):
            raise BrokenCallError("its arguments are no JSON object")
        arguments, end = json_at(source, at)
        return Piece(head.start(), end, (call_of(head["name"], arguments),))
    except BrokenCallError as error:
        return Piece(head.start(), last, unread=unread(str(error)))
