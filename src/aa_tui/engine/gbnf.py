"""Grammars in llama.cpp's notation (GBNF) made of others: texts before them, texts around them."""

from __future__ import annotations

import re

_QUOTED = re.compile(r'("(?:\\.|[^"\\])*"|\[(?:\\.|[^\]\\])*\]|#[^\n]*)')
_ROOT = re.compile(r"(?<![\w-])root(?![\w-])")


def behind(head: str, gbnf: str) -> str:
    """The same grammar behind a text."""
    return f"root ::= {literal(head)} inner-root\n{_inner(gbnf)}"


def around(before: str, gbnf: str, after: str) -> str:
    """What the grammar holds between two texts, on lines of its own or not; once or several times."""
    return (
        'root ::= outer-one ("\\n"? outer-one)*\n'
        f'outer-one ::= {literal(before)} "\\n"? inner-root "\\n"? {literal(after)}\n'
        f"{_inner(gbnf)}"
    )


def literal(text: str) -> str:
    """A text as GBNF has it."""
    return '"' + "".join(f"\\U{ord(char):08X}" for char in text) + '"'


def _inner(gbnf: str) -> str:
    """The grammar with another name for its root."""
    parts = _QUOTED.split(gbnf)
    return "".join(part if at % 2 else _ROOT.sub("inner-root", part) for at, part in enumerate(parts))
