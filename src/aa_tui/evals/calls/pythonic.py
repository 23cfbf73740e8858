"""Calls as Python would write them: [f(a=1), g(b="x")]. Nothing is run: values are literals, read by `ast`."""

from __future__ import annotations

import re
from typing import Any

from aa_tui.engine.call_formats import Format
from aa_tui.engine.calling import Call, Tool
from aa_tui.evals.calls.literals import literal
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
    calls_of,
    is_on_line,
    json_at,
    past,
    too_many,
    unread,
)
from aa_tui.strictjson import MAX_DEPTH

_FIRST = re.compile(r"\[\s{0,50}(?P<name>[A-Za-z_][\w.]{0,200})\(")
NAMED = re.compile(r"[A-Za-z_][\w.]{0,200}\(")
_LIST = re.compile(r"\{|\[\s{0,50}\{")
_BETWEEN = re.compile(r"\s*+[,;]?\s*+")

BEGUN = re.compile(r"\[\s{0,50}[A-Za-z_][\w.]{0,200}\((?:\s{0,50}\)|\s{0,50}[A-Za-z_]\w{0,200}\s{0,5}=)")
"""A list of calls, not of links or numbers."""

_TOKEN = re.compile(
    r"""(?P<space>(?:\s|\#[^\n]*)++)
    |(?P<text>\"\"\"(?:[^"\\]|\\.|"(?!""))*+\"\"\"|'''(?:[^'\\]|\\.|'(?!''))*+'''
        |"(?:[^"\\]|\\.)*+"|'(?:[^'\\]|\\.)*+')
    |(?P<number>[+-]?(?:0[xob][0-9a-fA-F_]{1,300}|(?:\d[\d_]*+\.?\d*+|\.\d++)(?:[eE][+-]?\d++)?)(?![\w.]))
    |(?P<word>[^\W\d][\w.\-/]*+)
    |(?P<sign>[\[\](){},:=;])""",
    re.VERBOSE | re.DOTALL,
)
_WORDS = {"True": "True", "False": "False", "None": "None", "true": "True", "false": "False", "null": "None"}
_CLOSER = {"(": ")", "[": "]", "{": "}"}
_PREFIXES = ("default_api.", "functions.", "tools.")


def pieces(source: Source, form: Format) -> list[Piece]:
    """The calls of an output, in order, and those that were begun only."""
    text, found, at, n_calls, talk = source.text, list[Piece](), 0, 0, Talk(source)
    opening = any_of(form.openings)
    while mark := opening.search(text, at):
        at = mark.end()
        if talk.is_at(mark.start()):
            continue
        start = past(SPACE, text, at)
        if not text.startswith(("[", "{"), start) and NAMED.match(text, start) is None:
            continue
        if n_calls >= MOST_CALLS:
            found.append(too_many(text, mark.start()))
            break
        piece = _marked(source, form, mark, start)
        n_calls += max(1, len(piece.calls))
        found.append(piece)
        at = piece.end
        talk.skip(at)
    return found


def bare(source: Source) -> list[Piece]:
    """The calls of an answer that is a list of them and nothing else; of models that write calls so also where it
    begins or ends the answer, on a line of its own or with functions on offer."""
    text, talk = source.text, Talk(source)
    first = last = past(SPACE, text, 0)
    for found in _FIRST.finditer(text):
        at, is_offered = found.start(), _plain_name(found["name"]) in source.tools
        is_begun = BEGUN.match(text, at) is not None
        if at > first and not source.is_own:
            break
        if at < last or talk.is_at(at) or not (is_offered or (is_begun and is_on_line(text, at))):
            continue
        try:
            calls, end = _lists(text, at, source)
        except BrokenCallError as error:
            return [Piece(at, len(text), unread=unread(str(error)))]
        last = past(SPACE, text, end)
        if last == len(text) or (source.is_own and at == first and not text.startswith("(", end)):
            return [Piece(at, end, calls)]
    return []


def _lists(text: str, at: int, source: Source) -> tuple[tuple[Call, ...], int]:
    """The calls of lists that follow each other, and where they end. Raises BrokenCallError."""
    calls, end = read(text, at, source)
    while _FIRST.match(text, following := past(_BETWEEN, text, end)) and len(calls) <= MOST_CALLS:
        more, end = read(text, following, source)
        calls += more
    if len(calls) > MOST_CALLS:
        raise BrokenCallError(f"it has more than {MOST_CALLS} calls")
    return calls, end


def _marked(source: Source, form: Format, mark: re.Match[str], start: int) -> Piece:
    text = source.text
    closing = any_of((*form.closings, *form.openings))
    try:
        if _LIST.match(text, start):
            value, end = json_at(source, start)
            calls = calls_of(value)
        else:
            calls, end = read(text, start, source)
        after = closing.match(text, past(SPACE, text, end))
        if after is not None and after[0] in form.closings:
            end = after.end()
    except BrokenCallError as error:
        stop = closing.search(text, mark.end())
        end = len(text) if stop is None else (stop.end() if stop[0] in form.closings else stop.start())
        return Piece(mark.start(), end, unread=unread(str(error)))
    return Piece(mark.start(), end, calls)


class Tokens:
    """The tokens of Python's literals and calls, one after the other."""

    def __init__(self, text: str, at: int, last: int) -> None:
        self.text, self.at, self.last = text, at, min(last, at + MOST_CHARACTERS)
        self.is_cut = self.last < last
        self.kind, self.value, self.start = "", "", at
        self.next()

    def next(self) -> None:
        """Go to the next one; at the end, `kind` is empty. Raises BrokenCallError for what is none of Python's."""
        while True:
            if self.at >= self.last:
                if self.is_cut:
                    raise BrokenCallError(f"it has more than {MOST_CHARACTERS:,} characters")
                self.kind, self.value, self.start = "", "", self.at
                return
            found = _TOKEN.match(self.text, self.at, self.last)
            if found is None or found.lastgroup is None:
                self.kind, self.value, self.start = "other", self.text[self.at], self.at
                return
            self.start, self.at = self.at, found.end()
            self.kind, self.value = found.lastgroup, found[0]
            if self.kind != "space":
                return

    def take(self, sign: str) -> bool:
        """Whether this is that sign; if so, go on."""
        if self.kind != "sign" or self.value != sign:
            return False
        self.next()
        return True


def read(text: str, start: int, source: Source, last: int | None = None) -> tuple[tuple[Call, ...], int]:
    """The calls that begin at `start`, in a list or not, and where they end. Raises BrokenCallError."""
    if source.work.is_spent:
        raise BrokenCallError("too many calls are begun in it")
    tokens = Tokens(text, start, len(text) if last is None else last)
    try:
        return _calls(tokens, source)
    finally:
        source.work.spent += tokens.at - start


def _calls(tokens: Tokens, source: Source) -> tuple[tuple[Call, ...], int]:
    calls: list[Call] = []
    in_list = tokens.take("[")
    end = tokens.start
    while tokens.kind == "word":
        if len(calls) >= MOST_CALLS:
            raise BrokenCallError(f"it has more than {MOST_CALLS} calls")
        call, end = _one(tokens, source)
        calls.append(call)
        if in_list:
            if not tokens.take(","):
                break
        elif not (tokens.take(";") or tokens.take(",")) and NAMED.match(tokens.text, tokens.start) is None:
            break
    if in_list:
        if tokens.kind != "sign" or tokens.value != "]":
            raise BrokenCallError("its list is not closed")
        end = tokens.start + 1
    if not calls and not in_list:
        raise BrokenCallError("no call follows its mark")
    return tuple(calls), end


def _one(tokens: Tokens, source: Source, *, is_printed: bool = False) -> tuple[Call, int]:
    name = tokens.value
    tokens.next()
    if not tokens.take("("):
        raise BrokenCallError("no arguments follow its name")
    if name == "print" and tokens.kind == "word" and name not in source.tools and not is_printed:
        call, _ = _one(tokens, source, is_printed=True)
        return call, _closed(tokens)
    if name not in source.tools:
        name = _plain_name(name)
    arguments, end = _arguments(tokens, source.tools.get(name))
    return call_of(name, arguments), end


def _plain_name(name: str) -> str:
    """Without what some models put around a function's name."""
    for prefix in _PREFIXES:
        name = name.removeprefix(prefix)
    return name.removesuffix(".call")


def _closed(tokens: Tokens) -> int:
    end = tokens.start + 1
    if not tokens.take(")"):
        raise BrokenCallError("its brackets are not closed")
    return end


def _arguments(tokens: Tokens, tool: Tool | None) -> tuple[dict[str, Any], int]:
    arguments: dict[str, Any] = {}
    names = iter(_parameters(tool))
    while not (tokens.kind == "sign" and tokens.value == ")"):
        key = ""
        parts: list[str] = []
        if tokens.kind == "word":
            word = tokens.value
            tokens.next()
            if tokens.take("="):
                key = word
            else:
                parts.append(_word(word))
        if not key:
            key = next(names, "")
            if not key:
                why = "an argument has no name" if tokens.kind or parts else "its brackets are not closed"
                raise BrokenCallError(why)
        if key in arguments:
            raise BrokenCallError("an argument is there twice")
        arguments[key] = _value(tokens, parts)
        if not tokens.take(","):
            break
    return arguments, _closed(tokens)


def _parameters(tool: Tool | None) -> list[str]:
    properties = tool.parameters.get("properties") if tool else None
    return list(properties) if isinstance(properties, dict) else []


def _value(tokens: Tokens, parts: list[str]) -> Any:
    """The literal that the next tokens are, up to the comma or bracket behind it."""
    open_ones: list[str] = []
    while tokens.kind:
        if tokens.kind == "sign":
            if not open_ones and tokens.value in ",);]=}":
                break
            if tokens.value in _CLOSER:
                open_ones.append(_CLOSER[tokens.value])
            elif tokens.value in ")]}" and open_ones.pop() != tokens.value:
                raise BrokenCallError("its brackets do not match")
            if len(open_ones) > MAX_DEPTH:
                raise BrokenCallError(f"it is nested more than {MAX_DEPTH} deep")
            parts.append(tokens.value)
        elif tokens.kind == "word":
            parts.append(_word(tokens.value))
        elif tokens.kind == "other":
            raise BrokenCallError("an argument is no plain value of Python")
        elif tokens.kind == "text" and tokens.value[:3] not in ('"""', "'''"):
            parts.append(tokens.value.replace("\r", "\\r").replace("\n", "\\n"))  # as models write lines in texts
        else:
            parts.append(tokens.value)
        tokens.next()
    if open_ones:
        raise BrokenCallError("its brackets are not closed")
    return literal(" ".join(parts))


def _word(word: str) -> str:
    if word not in _WORDS:
        raise BrokenCallError("an argument is no plain value of Python")
    return _WORDS[word]
