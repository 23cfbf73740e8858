"""A chat template in words and lines: the prompt with its control tokens told apart, and what is to be known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from aa_tui.pages.template import Kind, Piece, TemplatePage
from aa_tui.textsafe import clean

SIGNS = {"error": "!", "warning": "▲", "note": "·"}
BETWEEN = "¦"
"""Stands between two tokens, where they are shown."""


class Shown(NamedTuple):
    """A run of text in a line of the prompt, and what it is."""

    text: str
    kind: Kind


def headline(page: TemplatePage) -> str:
    """ "model.gguf: a template of 4,312 characters, here with 6 messages and 1 function; 212 tokens"."""
    functions = f" and {_counted(page.n_tools, 'function')}" if page.n_tools else ""
    tokens = f"; {_counted(page.n_tokens, 'token')}" if page.n_tokens is not None else ""
    return (
        f"{page.name}: a template of {page.n_chars:,} characters, here with {_counted(page.n_messages, 'message')}"
        f"{functions}{tokens}"
    )


def summary(page: TemplatePage) -> str:
    """How many lints of each level there are."""
    levels = [one.level for one in page.lints]
    errors, warnings, notes = (levels.count(level) for level in ("error", "warning", "note"))
    return f"{_counted(errors, 'error')}, {_counted(warnings, 'warning')}, {_counted(notes, 'note')}"


def prompt_lines(pieces: Sequence[Piece], *, plain: bool, between: bool) -> list[list[Shown]]:
    """The prompt line by line. In `plain` text control tokens have a backslash before them, and a backslash has two;
    `between` puts a sign between tokens."""
    lines: list[list[Shown]] = [[]]
    for number, piece in enumerate(pieces):
        text = clean(piece.text)
        if plain:
            text = f"\\{text}" if piece.kind == "control" else text.replace("\\", "\\\\")
        if between and number and lines[-1]:
            lines[-1].append(Shown(BETWEEN, "template"))
        first, *rest = text.split("\n")
        if first:
            lines[-1].append(Shown(first, piece.kind))
        for line in rest:
            lines.append([Shown(line, piece.kind)] if line else [])
    return lines


def _counted(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"
