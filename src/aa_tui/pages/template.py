"""A chat template as a page: what it makes of a conversation, piece by piece, and what is to be known of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from aa_tui.gguf.reasoning import formats
from aa_tui.pages.template_lints import Lint, calls_form, lints
from aa_tui.runs.templates import TemplatePart, TemplateToken, TriedTemplate

Kind = Literal["template", "data", "control"]

_SHAPE = re.compile(r"<[|｜][^<>\s]{1,60}>|</?(?:s|bos|eos|start_of_turn|end_of_turn)>|\[/?[A-Z_]{2,40}\]")
"""What control tokens look like, where no vocabulary tells."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of the prompt: the template's own text, a message's, or a control token."""

    text: str
    kind: Kind
    token: int | None = None


@dataclass(frozen=True, slots=True)
class TemplatePage:
    """What is shown. `n_tokens` is None where nobody asked for tokens; then a piece is a run of text, else a token."""

    name: str
    n_chars: int
    pieces: tuple[Piece, ...]
    lints: tuple[Lint, ...]
    notes: tuple[str, ...]
    n_messages: int
    n_tools: int
    shows_tools: bool | None
    calls_format: str
    reasoning_format: str
    opens_thinking: bool
    n_tokens: int | None

    @property
    def text(self) -> str:
        """The whole prompt."""
        return "".join(piece.text for piece in self.pieces)


def page_of(tried: TriedTemplate) -> TemplatePage:
    """The page of a template that was tried out."""
    marks = tried.marks
    form = formats().recognise(tried.source, lambda tag: marks is not None and tag in marks)
    has_tokens = bool(tried.parts) and all(part.tokens is not None for part in tried.parts)
    shape = _SHAPE if marks is None else _any_of(marks)
    pieces = [
        piece
        for part in tried.parts
        for piece in (_tokens(part, part.tokens) if part.tokens is not None else _split(part, shape))
    ]
    return TemplatePage(
        name=tried.name,
        n_chars=len(tried.source),
        pieces=tuple(pieces),
        lints=lints(tried, form),
        notes=tried.notes,
        n_messages=len(tried.conversation.messages),
        n_tools=len(tried.conversation.tools),
        shows_tools=tried.shows_tools,
        calls_format=calls_form(tried),
        reasoning_format=form.name,
        opens_thinking=form.is_open(tried.end),
        n_tokens=len(pieces) if has_tokens else None,
    )


def _any_of(marks: frozenset[str]) -> re.Pattern[str]:
    texts = sorted((one for one in marks if len(one) > 1), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, texts)) or "(?!)")


def _tokens(part: TemplatePart, tokens: tuple[TemplateToken, ...]) -> list[Piece]:
    usual: Kind = "data" if part.is_data else "template"
    return [Piece(text, "control" if is_control else usual, token) for token, text, is_control in tokens]


def _split(part: TemplatePart, shape: re.Pattern[str]) -> list[Piece]:
    if part.is_data:
        return [Piece(part.text, "data")]
    found, at = [], 0
    for match in shape.finditer(part.text):
        found += [Piece(part.text[at : match.start()], "template"), Piece(match[0], "control")]
        at = match.end()
    return [piece for piece in (*found, Piece(part.text[at:], "template")) if piece.text]
