"""Grammars in llama.cpp's notation (GBNF) made of others: behind a text, as a part, and of texts without some marks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_QUOTED = re.compile(r'("(?:\\.|[^"\\])*"|\[(?:\\.|[^\]\\])*\]|#[^\n]*)')
_NAME = re.compile(r"[A-Za-z][\w-]*")
_ROOT = re.compile(r"(?<![\w-])root(?![\w-])")


def behind(head: str, gbnf: str) -> str:
    """The same grammar behind a text."""
    return f"root ::= {literal(head)} inner-root\n{_inner(gbnf)}"


def named(name: str, gbnf: str) -> str:
    """The rules of a grammar as parts of another one, where its root has this name."""
    parts = _QUOTED.split(gbnf)
    renamed = (_NAME.sub(lambda rule: name if rule[0] == "root" else f"{name}-{rule[0]}", part) for part in parts[::2])
    return "".join(part for pair in zip(renamed, [*parts[1::2], ""], strict=True) for part in pair)


def without(marks: Iterable[str], name: str) -> str:
    """The rules of a text that holds none of these marks: an automaton of their beginnings (Aho and Corasick, 1975),
    a rule for each."""
    marks = tuple(marks)
    states = sorted({mark[:length] for mark in marks for length in range(len(mark))}, key=lambda one: (len(one), one))
    numbers = {state: f"{name}-{number}" if number else name for number, state in enumerate(states)}
    rules = []
    for state in states:
        ways, known = [], ""
        for char in sorted({mark[len(end)] for end in _ends(state, numbers) for mark in marks if mark.startswith(end)}):
            known += char
            read = state + char
            if not any(read.endswith(mark) for mark in marks):
                following = next(numbers[end] for end in _ends(read, numbers))
                ways.append(f"{literal(char)} {following}")
        others = "".join(map(_code, known))
        rules.append(" | ".join([f'{numbers[state]} ::= ""', f"[^{others}] {name}", *ways]))
    return "\n".join(rules) + "\n"


def _ends(text: str, known: Mapping[str, str]) -> list[str]:
    """The ends of a text that are known, the longest first; the last is empty."""
    return [text[at:] for at in range(len(text) + 1) if text[at:] in known]


def literal(text: str) -> str:
    """A text as GBNF has it."""
    return '"' + "".join(char if " " <= char <= "~" and char not in '"\\' else _code(char) for char in text) + '"'


def _code(char: str) -> str:
    return f"\\U{ord(char):08X}"


def _inner(gbnf: str) -> str:
    """The grammar with another name for its root."""
    parts = _QUOTED.split(gbnf)
    return "".join(part if at % 2 else _ROOT.sub("inner-root", part) for at, part in enumerate(parts))
