"""Calls as call:name{key:value}, texts between marks of their own and keys without quotes (Gemma 4, FunctionGemma)."""

from __future__ import annotations

import re
from typing import Any

from aa_tui.engine.call_formats import Format
from aa_tui.engine.calling import Call, Tool
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
    json_of,
    past,
    too_many,
    unread,
)
from aa_tui.evals.calls.tagged import kinds_of
from aa_tui.strictjson import MAX_DEPTH

_NAME = re.compile(r"\s{0,20}call:\s{0,5}(?P<name>[^\s{}<>]{1,256})\s{0,5}(?=\{)")
_KEY = re.compile(r"\s*+(?P<key>[^\s:{}\[\],]{1,256})\s*+:\s*+")
_PLAIN = re.compile(r"[^,{}\[\]<]*+(?:<(?!\||escape>)[^,{}\[\]<]*+)*+")


def pieces(source: Source, form: Format) -> list[Piece]:
    """The calls of an output, in order, and those that were begun only."""
    text, found, at, talk = source.text, list[Piece](), 0, Talk(source)
    opening = any_of(form.openings)
    closing = any_of((*form.closings, *form.openings))
    while mark := opening.search(text, at):
        at = mark.end()
        if talk.is_at(mark.start()) or not text.startswith("call", past(SPACE, text, at)):
            continue
        if len(found) >= MOST_CALLS:
            found.append(too_many(text, mark.start()))
            break
        stop = closing.search(text, at)
        try:
            call, end = _call(source, form, at)
            after = closing.match(text, past(SPACE, text, end))
            end = after.end() if after is not None and after[0] in form.closings else end
            found.append(Piece(mark.start(), end, (call,)))
        except BrokenCallError as error:
            end = len(text) if stop is None else (stop.end() if stop[0] in form.closings else stop.start())
            found.append(Piece(mark.start(), end, unread=unread(str(error))))
        at = end
        talk.skip(at)
    return found


def _call(source: Source, form: Format, at: int) -> tuple[Call, int]:
    name = _NAME.match(source.text, at)
    if name is None:
        raise BrokenCallError("no arguments follow its name")
    if source.work.is_spent:
        raise BrokenCallError("too many calls are begun in it")
    values = _Values(source.text, name.end(), form.quote, source.tools.get(name["name"]))
    try:
        arguments = values.fields(0, is_top=True)
    finally:
        source.work.spent += values.at - at
    return call_of(name["name"], arguments), values.at


class _Values:
    """Reads values from a place on; `at` goes along."""

    def __init__(self, text: str, at: int, quote: str, tool: Tool | None) -> None:
        self.text, self.at, self.quote, self.tool = text, at, quote, tool
        self.last = min(len(text), at + MOST_CHARACTERS)

    def fields(self, depth: int, *, is_top: bool = False) -> dict[str, Any]:
        """An object, whose brace is here."""
        self.at += 1
        found: dict[str, Any] = {}
        while not self._take("}"):
            if found and not self._take(","):
                raise BrokenCallError("its arguments are not closed")
            if found and self._take("}"):
                break
            key = self._key()
            if key in found:
                raise BrokenCallError("an argument is there twice")
            is_text = is_top and kinds_of(self.tool, key) == {"string"}
            found[key] = self._value(depth + 1, is_text=is_text)
        return found

    def _key(self) -> str:
        self.at = past(SPACE, self.text, self.at)
        if self.text.startswith(self.quote, self.at):
            key = self._quoted()
            if not self._take(":"):
                raise BrokenCallError("an argument has no value")
            return key
        found = _KEY.match(self.text, self.at, self.last)
        if found is None:
            raise BrokenCallError("its arguments are not closed, or one has no name")
        self.at = found.end()
        return found["key"].strip("\"'")

    def _quoted(self) -> str:
        start = self.at + len(self.quote)
        end = self.text.find(self.quote, start, self.last)
        if end < 0:
            raise BrokenCallError("a text in it is not closed, or is too long")
        self.at = end + len(self.quote)
        return self.text[start:end]

    def _value(self, depth: int, *, is_text: bool) -> Any:
        if depth > MAX_DEPTH:
            raise BrokenCallError(f"it is nested more than {MAX_DEPTH} deep")
        self.at = past(SPACE, self.text, self.at)
        if self.text.startswith(self.quote, self.at):
            return self._quoted()
        if self.text.startswith("{", self.at):
            return self.fields(depth)
        if self.text.startswith("[", self.at):
            return self._entries(depth)
        found = _PLAIN.match(self.text, self.at, self.last)
        text = found[0].strip() if found else ""
        if not text:
            raise BrokenCallError("an argument has no value")
        self.at = found.end() if found else self.at
        if is_text and not text.startswith('"'):
            return text
        try:
            return json_of(text)
        except BrokenCallError:
            if text in ("NaN", "Infinity", "-Infinity"):
                raise
            return text

    def _entries(self, depth: int) -> list[Any]:
        self.at += 1
        found: list[Any] = []
        while not self._take("]"):
            if found and not self._take(","):
                raise BrokenCallError("a list in it is not closed")
            if found and self._take("]"):
                break
            found.append(self._value(depth + 1, is_text=False))
        return found

    def _take(self, sign: str) -> bool:
        self.at = past(SPACE, self.text, self.at)
        if self.at >= self.last or not self.text.startswith(sign, self.at):
            return False
        self.at += len(sign)
        return True
