"""Reading the calls in an answer, by the format that the model's template teaches."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from aa_tui.engine.call_formats import GENERIC, Format, formats
from aa_tui.engine.calling import Call, Tool
from aa_tui.evals.calls import bare, braces, channels, fenced, marked, nested, pythonic, recipients, tagged
from aa_tui.evals.calls.pieces import Piece, Source, any_of
from aa_tui.gguf.reasoning import TAG
from aa_tui.gguf.reasoning import formats as reasoning_formats

Spans = tuple[tuple[int, int], ...]
"""From where to where something stands in a text."""

VERSION = formats().version
"""Rises whenever the same text may be read otherwise than before: part of a run's identity."""

_GRAMMARS: MappingProxyType[str, Callable[[Source, Format], list[Piece]]] = MappingProxyType(
    {
        "bare": bare.pieces,
        "braces": braces.pieces,
        "channels": channels.pieces,
        "fenced": fenced.pieces,
        "marked": marked.pieces,
        "nested": nested.pieces,
        "pythonic": pythonic.pieces,
        "recipients": recipients.pieces,
        "tagged": tagged.pieces,
    }
)

_TURN_ENDS = (
    "<|im_end|>", "<|eot_id|>", "<|eom_id|>", "<|eot|>", "<|eom|>", "<|end_of_text|>", "<|endoftext|>", "<|end|>",
    "</s>", "<end_of_turn>", "<turn|>", "<|END_OF_TURN_TOKEN|>", "<|END_RESPONSE|>", "<|return|>", "[e~[", "[EOS]",
    "<｜end▁of▁sentence｜>", "<|observation|>", "<|user|>", "<start_function_response>", "<|tool_response>",
)  # fmt: skip
"""Marks of a turn's end, which are none of its text."""


@dataclass(frozen=True, slots=True)
class Found:
    """What stands in an answer: its calls in order, what was wrong with those that cannot be read (a sentence each),
    and the text beside them. `other` are calls in a format that the model was not taught, `other_form`, which count as
    none."""

    calls: tuple[Call, ...] = ()
    unread: tuple[str, ...] = ()
    text: str = ""
    other: tuple[Call, ...] = ()
    other_form: str = ""


def recognise(template: str) -> str:
    """The name of the format that a chat template teaches; "generic" where none is known of it: any counts then."""
    return formats().recognise(template)


def read(text: str, form: str = GENERIC, tools: Sequence[Tool] = ()) -> Found:
    """The calls in an output (its thinking left out), read as `form` says. Never raises.

    `tools` are the functions on offer: in formats that write values without types ("5") their schemas say which are
    texts. Thinking that the output itself begins with, in whole marks, is passed over.
    """
    text = _without_end(_after_thinking(text))
    known = formats()
    own = known.named(form)
    if own is None:
        return _generic(text, tools)
    own, thoughts = own.taught(), _thoughts(text)
    pieces = _pieces(own, text, tools, is_own=True, thoughts=thoughts)
    other_form, others = _elsewhere(text, own, pieces, tools, thoughts)
    taken = [(piece.start, piece.end) for piece in others if piece.calls]
    unread = tuple(piece.unread for piece in pieces if piece.unread and not _is_within(piece, taken))
    return Found(
        tuple(call for piece in pieces for call in piece.calls),
        unread,
        _beside(text, [*pieces, *others], own, thoughts),
        tuple(call for piece in others for call in piece.calls),
        other_form,
    )


def _generic(text: str, tools: Sequence[Tool]) -> Found:
    """What any format reads of it: the first that has calls, else the first in which one is begun."""
    begun, thoughts = None, _thoughts(text)
    for form in formats().all:
        # Code that ends an answer, or a word before JSON, is a call only of models that write calls so.
        pieces = _pieces(form, text, tools, is_own=form.grammar not in ("fenced", "recipients"), thoughts=thoughts)
        calls = tuple(call for piece in pieces for call in piece.calls)
        unread = tuple(piece.unread for piece in pieces if piece.unread)
        if calls or (unread and begun is None):
            found = Found(calls, unread, _beside(text, pieces, form, thoughts))
            if calls:
                return found
            begun = found
    return begun or Found(text=text.strip())


def _pieces(form: Format, text: str, tools: Sequence[Tool], *, is_own: bool, thoughts: Spans) -> list[Piece]:
    if not is_own and form.openings and not form.without_marks and not any(mark in text for mark in form.openings):
        return []
    return _GRAMMARS[form.grammar](Source.of(text, tools, is_own=is_own, thoughts=thoughts), form)


def _elsewhere(
    text: str, own: Format, pieces: Sequence[Piece], tools: Sequence[Tool], thoughts: Spans
) -> tuple[str, list[Piece]]:
    """The calls beside the own ones that another format reads, and that format's name."""
    if any(piece.calls for piece in pieces):
        text = _blanked(text, pieces)
    for form in formats().all:
        if form.name == own.name:
            continue
        found = [piece for piece in _pieces(form, text, tools, is_own=False, thoughts=thoughts) if piece.calls]
        if found:
            return form.name, found
    return "", []


def _blanked(text: str, pieces: Sequence[Piece]) -> str:
    """The text with spaces in place of its own calls, so that what is found in it keeps its place."""
    parts, at = [], 0
    for piece in pieces:
        if piece.calls:
            parts += [text[at : piece.start], " " * (piece.end - piece.start)]
            at = piece.end
    return "".join([*parts, text[at:]])


def _is_within(piece: Piece, taken: Sequence[tuple[int, int]]) -> bool:
    return any(start < piece.end and piece.start < end for start, end in taken)


def _beside(text: str, pieces: Sequence[Piece], form: Format, thoughts: Spans) -> str:
    """What was said: the text without its calls, their marks, and what was thought between them."""
    taken = [(piece.start, piece.end) for piece in pieces]
    thought = [Piece(start, end) for start, end in thoughts if not any(first <= start < last for first, last in taken)]
    pieces = [*pieces, *thought]
    parts, at = [], 0
    for piece in sorted(pieces, key=lambda one: one.start):
        parts.append(text[at : max(at, piece.start)])
        at = max(at, piece.end)
    beside = "".join([*parts, text[at:]])
    if pieces:
        for mark in (*form.wrappers, *form.closings, *(one for one in form.openings if one[0] in "<[]")):
            beside = beside.replace(mark, "")
    return beside.strip()


def _without_end(text: str) -> str:
    text = text.rstrip()
    while (end := next((mark for mark in _TURN_ENDS if text.endswith(mark)), None)) is not None:
        text = text[: -len(end)].rstrip()
    return text


def _after_thinking(text: str) -> str:
    """Without the thinking that an output begins with; where that does not end, nothing is left. An output that is only
    known from behind its thinking begins with the mark that closed it, which is none of its text."""
    start = text.lstrip()
    if (mark := next((one for one in _closings() if start.startswith(one)), None)) is not None:
        return start[len(mark) :]
    for form in reasoning_formats().all:
        if form.channels is not None:
            continue
        for opening, closing in form.pairs:
            if opening.strip() and closing.strip() and start.startswith(opening.strip()):
                _, found, rest = start.partition(closing.strip())
                return rest if found else ""
    return text


def _thoughts(text: str) -> Spans:
    """From where to where an output goes back to its thinking, in whole marks."""
    found, at = list[tuple[int, int]](), 0
    while opening := _thinking()[0].search(text, at):
        closing = _thinking()[1][opening[0]]
        end = text.find(closing, opening.end())
        if end < 0:
            break
        at = end + len(closing)
        found.append((opening.start(), at))
    return tuple(found)


@cache
def _thinking() -> tuple[re.Pattern[str], dict[str, str]]:
    """The tags that open thinking, and what closes each."""
    pairs = {
        opening.strip(): closing.strip()
        for form in reasoning_formats().all
        if form.channels is None
        for opening, closing in form.pairs
        if TAG.fullmatch(opening.strip()) and TAG.fullmatch(closing.strip())
    }
    return any_of(tuple(pairs)), pairs


@cache
def _closings() -> tuple[str, ...]:
    """The tags that close thinking and nothing else, as the end of a turn does too."""
    found = {mark.strip() for form in reasoning_formats().all if form.channels is None for mark in form.closings()}
    return tuple(sorted(mark for mark in found if TAG.fullmatch(mark) and mark not in _TURN_ENDS))
