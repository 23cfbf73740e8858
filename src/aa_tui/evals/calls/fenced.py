"""Calls in fenced blocks that end the answer, as Python or as JSON (Gemma)."""

from __future__ import annotations

from aa_tui.engine.call_formats import Format
from aa_tui.evals.calls import bare, pythonic
from aa_tui.evals.calls.pieces import Piece, Source

_OF_PYTHON = ("tool_code", "python")


def pieces(source: Source, form: Format) -> list[Piece]:
    """The calls of an output, in order, and those that were begun only; also bare ones where the answer is no more."""
    found = bare.blocks(source, form.languages if source.is_own else _OF_PYTHON)
    if found or not source.is_own:
        return found
    return pythonic.bare(source) or bare.pieces(source, form)
