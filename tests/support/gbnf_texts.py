"""Texts that a grammar in llama.cpp's notation allows, written at random."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

Write = Callable[[int], str]
"""Writes a text; the deeper it is, the shorter."""

_TOKEN = re.compile(
    r'\s*(?:(?P<text>"(?:\\.|[^"\\])*")|(?P<among>\[(?:\\.|[^\]\\])*\])|(?P<name>[A-Za-z][\w-]*)|'
    r"(?P<times>\{\d+(?:,\d*)?\})|(?P<sign>[()|?*+]))"
)
_CHAR = re.compile(r"\\U([0-9A-F]{8})|\\x([0-9A-Fa-f]{2})|\\(.)|(.)", re.DOTALL)
_NAMED = {"n": "\n", "r": "\r", "t": "\t"}
_SOME = "abz AZ09_-.:,'\"<>/{}[]()=\\\n|äß日🎉`~"
DEEP = 60


class Texts:
    """The texts of a grammar, whose root is "root"."""

    def __init__(self, gbnf: str, seed: int) -> None:
        self._random = random.Random(seed)
        found = [rule.split("::=", 1) for rule in re.split(r"\n(?=[\w-]+ ::=)", gbnf.strip())]
        self._rules = {name.strip(): self._alternatives(_tokens(body)) for name, body in found}

    def one(self) -> str:
        return self._rules["root"](0)

    def _alternatives(self, tokens: list[tuple[str, str]]) -> Write:
        ways = [self._sequence(tokens)]
        while tokens and tokens[0][1] == "|":
            tokens.pop(0)
            ways.append(self._sequence(tokens))
        # the first way of a rule that goes round is the one that ends it
        return lambda depth: ways[0](depth) if depth > DEEP else self._random.choice(ways)(depth)

    def _sequence(self, tokens: list[tuple[str, str]]) -> Write:
        parts: list[Write] = []
        while tokens and tokens[0][1] not in ("|", ")"):
            parts.append(self._part(tokens))
        return lambda depth: "".join(part(depth + 1) for part in parts)

    def _part(self, tokens: list[tuple[str, str]]) -> Write:
        kind, value = tokens.pop(0)
        if kind == "text":
            text = "".join(_chars(value[1:-1]))
            part: Write = lambda _: text  # noqa: E731
        elif kind == "among":
            choices = _among(value[1:-1])
            part = lambda _: self._random.choice(choices)  # noqa: E731
        elif kind == "name":
            part = lambda depth: self._rules[value](depth + 1)  # noqa: E731
        else:
            part = self._alternatives(tokens)
            tokens.pop(0)
        if tokens and (tokens[0][0] == "times" or tokens[0][1] in ("?", "*", "+")):
            return self._repeated(part, tokens.pop(0)[1])
        return part

    def _repeated(self, part: Write, times: str) -> Write:
        signs = {"?": (0, 1), "*": (0, 3), "+": (1, 3)}
        if times in signs:
            least, most = signs[times]
        else:
            numbers = times[1:-1].split(",")
            least, most = int(numbers[0]), min(int(numbers[-1] or 3), int(numbers[0]) + 3)
        return lambda depth: "".join(
            part(depth) for _ in range(least if depth > DEEP else self._random.randint(least, most))
        )


def _tokens(body: str) -> list[tuple[str, str]]:
    return [(str(found.lastgroup), found[str(found.lastgroup)]) for found in _TOKEN.finditer(body)]


def _chars(text: str) -> list[str]:
    return [
        chr(int(long or short, 16)) if long or short else _NAMED.get(named, named) if named else plain
        for long, short, named, plain in _CHAR.findall(text)
    ]


def _among(body: str) -> list[str]:
    is_not, body = body.startswith("^"), body.removeprefix("^")
    pieces = [match[0] for match in _CHAR.finditer(body)]
    chars = [_chars(piece)[0] for piece in pieces]
    found: set[str] = set()
    at = 0
    while at < len(chars):
        if at + 2 < len(chars) and pieces[at + 1] == "-":
            found |= {chr(code) for code in range(ord(chars[at]), ord(chars[at + 2]) + 1)}
            at += 3
        else:
            found.add(chars[at])
            at += 1
    return sorted(char for char in _SOME if char not in found) if is_not else sorted(found)
