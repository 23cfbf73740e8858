"""Calls as JSON behind a mark: wholly JSON, or a head with the name and then the arguments."""

from __future__ import annotations

import re

from aa_tui.engine.call_formats import Format
from aa_tui.engine.calling import Call
from aa_tui.evals.calls.pieces import (
    MOST_CALLS,
    SPACE,
    BrokenCallError,
    Piece,
    Source,
    Talk,
    any_of,
    call_of,
    calls_of,
    json_at,
    past,
    too_many,
    unread,
)

_FENCE = re.compile(r"\s{0,20}```[a-z_]{0,12}\s*+")
_BETWEEN = re.compile(r"\s*+[,;]?\s*+(?=[{\[])")
_LIST = re.compile(r"\[\s{0,20}[{\]]")
_LONGEST_HEAD = 600
_NAMED = re.compile(r"[ \t]{0,8}[\w.:/-]{1,256}[ \t]{0,8}\{")
_INDEXED = re.compile(r"(?:functions\.)?(?P<name>[^\s]{1,300}?)(?::(?P<index>\d{1,9}))?")


def pieces(source: Source, form: Format) -> list[Piece]:
    """The calls of an output, in order, and those that were begun only."""
    text, found, at, talk = source.text, list[Piece](), 0, Talk(source)
    opening, n_calls = any_of(form.openings), 0
    while mark := opening.search(text, at):
        at = mark.end()
        if talk.is_at(mark.start()) or not _is_begun(source, mark, form):
            continue
        if n_calls >= MOST_CALLS:
            found.append(too_many(text, mark.start()))
            break
        piece = _piece(source, form, mark)
        n_calls += max(1, len(piece.calls))
        found.append(piece)
        at = piece.end
        talk.skip(at)
    return found


def _is_begun(source: Source, mark: re.Match[str], form: Format) -> bool:
    """Whether a call begins here: JSON follows, or it is a line's beginning where no one talks about marks."""
    text = source.text
    is_first = _is_first(text, form, mark.start())
    at = past(SPACE, text, mark.end())
    fence = _FENCE.match(text, mark.end())
    at = fence.end() if fence else at
    has_json = text.startswith(("{", "["), at)
    if form.at_line_start and not is_first and not (source.is_own and fence and has_json):
        return False
    if any_of(form.openings).match(text, at):
        return False  # a mark around several calls, the first of which begins there
    if has_json:
        return True
    if form.head:
        head = text[mark.end() : mark.end() + _LONGEST_HEAD]
        named = _NAMED.match(text, mark.end()) is not None
        return any(separator in head for separator in form.separators) or is_first or named
    return is_first and mark[0].startswith(("<", "["))


def _is_first(text: str, form: Format, start: int) -> bool:
    """Whether nothing but marks stands before it in its line."""
    line = max(text.rfind("\n", max(0, start - 200), start) + 1, start - 200)
    before = text[line:start].strip()
    return not before or before.endswith((*form.openings, *form.closings, *form.wrappers))


def _piece(source: Source, form: Format, mark: re.Match[str]) -> Piece:
    text = source.text
    try:
        calls, end = _read(source, form, mark.end())
    except BrokenCallError as error:
        return Piece(mark.start(), _give_up(text, form, mark.end()), unread=unread(str(error)))
    closing = _closing(text, form, end)
    return Piece(mark.start(), closing, calls)


def _read(source: Source, form: Format, start: int) -> tuple[tuple[Call, ...], int]:
    text = source.text
    at = past(SPACE, text, start)
    at = past(_FENCE, text, at)
    if _LIST.match(text, at) or text.startswith("{" if form.head else ("{", "["), at):
        return _whole(source, form, at)
    if form.head:
        return _headed(source, form, start)
    raise BrokenCallError("no JSON follows its mark")


def _whole(source: Source, form: Format, at: int) -> tuple[tuple[Call, ...], int]:
    """One value, or several one after the other before the mark that ends them."""
    calls: list[Call] = []
    while True:
        value, end = json_at(source, at)
        calls += calls_of(value, keyed=form.keyed)
        following = _BETWEEN.match(source.text, end)
        is_next = following is not None and any_of(form.openings).match(source.text, following.end()) is None
        if following is None or not is_next or len(calls) > MOST_CALLS:
            return tuple(calls), end
        at = following.end()


def _headed(source: Source, form: Format, start: int) -> tuple[tuple[Call, ...], int]:
    text = source.text
    stop = any_of((*form.openings, *form.closings)).search(text, start, start + _LONGEST_HEAD)
    last = min(len(text), start + _LONGEST_HEAD) if stop is None else stop.start()
    brace = text.find("{", start, last)
    head = text[start : last if brace < 0 else brace]
    parts = [part.strip() for part in any_of(form.separators).split(head)]
    if len(parts) < 2 and form.head == "name" and brace >= 0 and parts[0]:
        parts.append("")  # the arguments may follow at once
    if len(parts) < 2:
        raise BrokenCallError("no arguments follow its name")
    name, given_id = _named(form.head, parts)
    if brace < 0:
        if form.head == "name" or (parts[-1] and form.head != "kind"):
            raise BrokenCallError("its arguments are no object")
        if stop is None and last < len(text):
            raise BrokenCallError("no arguments follow its name")
        if stop is None or parts[-1]:
            raise BrokenCallError("it ends before its arguments")
        return (call_of(name, {}, given_id),), last
    value, end = json_at(source, brace)
    return (call_of(name, value, given_id),), end


def _named(head: str, parts: list[str]) -> tuple[str, str]:
    """Name and id, by what stands in the head."""
    if head == "id":
        return (parts[1], parts[0]) if len(parts) > 2 else (parts[0], "")
    if head == "indexed":
        found = _INDEXED.fullmatch(parts[0])
        return (found["name"], parts[0] if found["index"] else "") if found else ("", "")
    if head == "kind":  # "function", the name and a fenced block; or the name alone
        second = parts[1].partition("```")[0].strip()
        if not second and parts[0] == "function":
            raise BrokenCallError("no name follows its mark")
        return (second, "") if second else (parts[0], "")
    return parts[0], parts[1] if len(parts) > 2 else ""


def _closing(text: str, form: Format, end: int) -> int:
    at = past(SPACE, text, end)
    if text.startswith("```", at):
        end = at = at + 3
        at = past(SPACE, text, at)
    closing = any_of((*form.closings, *form.wrappers)).match(text, at)
    while closing is not None:
        end = closing.end()
        closing = any_of((*form.closings, *form.wrappers)).match(text, past(SPACE, text, end))
    return end


def _give_up(text: str, form: Format, start: int) -> int:
    """Where what cannot be read ends: behind its mark's end, before the next call, else at the end of the text."""
    closing = any_of((*form.closings, *form.openings)).search(text, start)
    if closing is None:
        return len(text)
    return closing.end() if closing[0] in form.closings else closing.start()
