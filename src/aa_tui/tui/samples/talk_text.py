"""A sample that is a conversation as text for a width: who says what, calls and results, in their order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from aa_tui.pages.text.talked import Piece, pieces, raw_text
from aa_tui.tui.widgets.parts import styled, wrapped
from aa_tui.tui.widgets.running import last_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aa_tui.catalog.rows import EvalSample
    from aa_tui.catalog.turns import TurnRow

MOST_CHARACTERS = 4_000
"""Of a piece that is longer the beginning is shown: there are many pieces."""

_SIGNS = {
    "user": ("› ", "accent-strong", "strong"),
    "text": ("  ", "", ""),
    "call": ("→ ", "accent-strong", "accent"),
    "unread": ("! ", "bad", "bad"),
    "result": ("← ", "here", "dim"),
    "answer": ("  ", "", ""),
    "end": ("! ", "warn", "warn"),
}
"""Of each kind of piece the sign before it with its kind, and the kind of its text."""


def talk_text(
    sample: EvalSample, turns: Sequence[TurnRow], width: int, *, unfolded: bool, raw: bool = False
) -> list[Content]:
    """The conversation in blocks; `raw`: each turn as the model wrote it."""
    if raw:
        return [_raw(turn, width) for turn in turns]
    return [_piece(piece, width, unfolded=unfolded) for piece in pieces(sample, turns)]


def _raw(turn: TurnRow, width: int) -> Content:
    title = styled((f"Turn {turn.number + 1}", "accent-strong"), ("  as it was written; V shows what was read", "dim"))
    return styled(title, "\n", wrapped(styled(_shown(raw_text(turn)) or "(nothing)"), width))


def _piece(piece: Piece, width: int, *, unfolded: bool) -> Content:
    if piece.kind == "thinking":
        note = f"  turn {piece.turn}, {piece.note}; z {'folds' if unfolded else 'unfolds'}"
        title = styled((piece.title, "accent"), (note, "dim"))
        if unfolded:
            return styled(title, "\n", wrapped(styled((_shown(piece.text), "dim")), width))
        return styled(title, "\n", (last_line(piece.text, width), "dim"))
    sign, of_sign, of_text = _SIGNS[piece.kind]
    text = f"{piece.note}: {piece.text}" if piece.note else piece.text
    lines = wrapped(styled((_shown(text), of_text)), max(1, width - len(sign))).split("\n", allow_blank=True)
    first, *rest = lines
    return Content("\n").join([styled((sign, of_sign), first), *(styled(" " * len(sign), line) for line in rest)])


def _shown(text: str) -> str:
    if len(text) <= MOST_CHARACTERS:
        return text
    return f"{text[:MOST_CHARACTERS]}\n… {len(text) - MOST_CHARACTERS:,} more characters; e saves all of it"
