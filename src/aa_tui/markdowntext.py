"""Text of others in Markdown, where it must stay text."""

from __future__ import annotations

import re

_MARKUP = re.compile(r"([\\`*_{}\[\]<>|~#]|&(?=#|\w+;))")
_INDENTED = re.compile(r"^[ \t]+", re.MULTILINE)  # by four and more is code
_LINE_START = re.compile(r"^(\d*)([-+.)=])(?=[ \t]|$|[-=]+[ \t]*$)", re.MULTILINE)  # of a list, or under a heading


def as_markdown(text: str) -> str:
    """Text of others as text in Markdown: nothing in it becomes a link, markup, a list, a heading or a cell's end."""
    lines = _INDENTED.sub("", _MARKUP.sub(r"\\\1", text))
    return _LINE_START.sub(r"\1\\\2", lines)
