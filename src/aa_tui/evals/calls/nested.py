"""Calls whose arguments are elements within elements, each tag behind the same mark (MiniMax-M3).

An element holds a text, or the members of an object or a list, whose tags are all `item`. Which of these it is, and of
what type a text is, the function's schema says; without one what reads as JSON counts as JSON.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from aa_tui.engine.call_formats import Format
from aa_tui.engine.calling import Call
from aa_tui.evals.calls.pieces import (
    MOST_CALLS,
    MOST_CHARACTERS,
    SPACE,
    BrokenCallError,
    Piece,
    Source,
    Talk,
    any_of,
    call_of,
    too_many,
    unread,
)
from aa_tui.evals.calls.tagged import check_end, check_whole, kinds_of_schema, plain_value
from aa_tui.strictjson import MAX_DEPTH

ITEM = "item"
_CALL = re.compile(r'invoke name="(?P<name>[^"<>\n]{1,256})"')


@cache
def _tags(mark: str) -> re.Pattern[str]:
    return re.compile(re.escape(mark) + r"<(?P<close>/?)(?P<tag>[^<>\n]{1,280})>")


@dataclass(slots=True)
class _Element:
    """An element that is open: its text begins at `start`."""

    tag: str
    start: int
    schema: Mapping[str, Any]
    members: list[tuple[str, Any]] = field(default_factory=list)

    def inner(self, tag: str) -> Mapping[str, Any]:
        """The schema of a member, empty for none that is known."""
        inner = self.schema.get("items") if tag == ITEM and self._is_list else None
        if inner is None:
            properties = self.schema.get("properties")
            inner = properties.get(tag) if isinstance(properties, Mapping) else None
        return inner if isinstance(inner, Mapping) else {}

    @property
    def _is_list(self) -> bool:
        kinds = kinds_of_schema(self.schema)
        return "array" in kinds or not kinds

    def value(self, text: str) -> Any:
        """What it stands for; `text` is all that is inside."""
        kinds = kinds_of_schema(self.schema)
        if kinds == {"string"}:
            return text
        if not self.members:
            if not text.strip() and kinds - {"null"} in ({"array"}, {"object"}):
                return [] if "array" in kinds else {}
            return plain_value(text, kinds)
        if self._is_list and all(tag == ITEM for tag, _ in self.members):
            return [value for _, value in self.members]
        return self.fields()

    def fields(self) -> dict[str, Any]:
        """Its members by their tags. Raises BrokenCallError where one is there twice."""
        found = dict(self.members)
        if len(found) != len(self.members):
            raise BrokenCallError("an argument is there twice")
        return found


def pieces(source: Source, form: Format) -> list[Piece]:
    """The calls of an output, in order, and those that were begun only."""
    text, found, at, talk = source.text, list[Piece](), 0, Talk(source)
    begun = [mark.start() for mark in any_of(form.openings).finditer(text)]
    for index, start in enumerate(begun):
        if start < at or talk.is_at(start):
            continue
        if len(found) >= MOST_CALLS:
            found.append(too_many(text, start))
            break
        last = begun[index + 1] if index + 1 < len(begun) else len(text)
        piece = _piece(source, form, start, last)
        found.append(piece)
        at = piece.end
        talk.skip(at)
    return found


def _piece(source: Source, form: Format, start: int, last: int) -> Piece:
    text = source.text
    try:
        if last - start > MOST_CHARACTERS:
            raise BrokenCallError(f"it has {last - start:,} characters, more than {MOST_CHARACTERS:,}")
        call, end = _call(source, form, start, last)
    except BrokenCallError as error:
        closing = any_of(form.closings).search(text, start, last)
        return Piece(start, last if closing is None else closing.end(), unread=unread(str(error)))
    space = SPACE.match(text, end, last)
    wrapper = any_of(form.wrappers).match(text, space.end() if space else end, last)
    return Piece(start, wrapper.end() if wrapper else end, (call,))


def _call(source: Source, form: Format, start: int, last: int) -> tuple[Call, int]:
    text, tags = source.text, _tags(form.separators[0])
    first = tags.match(text, start, last)
    named = _CALL.fullmatch(first["tag"]) if first is not None and not first["close"] else None
    if first is None or named is None:
        raise BrokenCallError("its first tag is not complete")
    tool = source.tools.get(named["name"].strip())
    open_ = [_Element("invoke", first.end(), tool.parameters if tool is not None else {})]
    end = first.end()
    for tag in tags.finditer(text, first.end(), last):
        name, end = tag["tag"].strip(), tag.end()
        if not tag["close"]:
            if len(open_) > MAX_DEPTH:
                raise BrokenCallError("its arguments are nested too deep")
            open_.append(_Element(name, tag.end(), open_[-1].inner(name)))
            continue
        if name != open_[-1].tag:
            if len(open_) == 1:  # the mark around all calls: this one was not ended
                end = tag.start()
                break
            raise BrokenCallError("its tags do not match")
        element = open_.pop()
        if not open_:
            return call_of(named["name"], element.fields()), end
        open_[-1].members.append((name, element.value(text[element.start : tag.start()])))
    if len(open_) > 1 or (not open_[0].members and text[open_[0].start : end].strip()):
        raise BrokenCallError("it ends within an argument")
    arguments = open_[0].fields()
    made = call_of(named["name"], arguments)
    if last == len(text) and check_end(text[end:], (*form.closings, *form.wrappers), f"{form.separators[0]}<"):
        check_whole(made, arguments, source)
        end = last
    return made, end
