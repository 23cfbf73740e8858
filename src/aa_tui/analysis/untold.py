"""What no source has told of a model: it is neither said to be so nor otherwise."""

from __future__ import annotations

from typing import Literal

from aa_tui.analysis.model import Model

Fact = Literal["reasoning", "open_weights"]
NOT_TOLD = "not told"


def is_told(model: Model, fact: Fact) -> bool:
    """Whether a source has said it."""
    return fact not in model.untold


def weights(model: Model) -> str:
    """What a model's weights are: "open", "proprietary" or "not told"."""
    if not is_told(model, "open_weights"):
        return NOT_TOLD
    return "open" if model.open_weights else "proprietary"


def reasoning(model: Model) -> bool | None:
    """Whether it reasons; None where nobody tells."""
    return model.reasoning if is_told(model, "reasoning") else None


def open_weights(model: Model) -> bool | None:
    """Whether its weights are open; None where nobody tells."""
    return model.open_weights if is_told(model, "open_weights") else None


def marks(model: Model) -> str:
    """The marks of both, as lists have them: "◆○"; "?" for what is not told."""
    thinks, is_open = reasoning(model), open_weights(model)
    return f"{_mark(thinks, '◆', '◇')}{_mark(is_open, '○', '●')}"


def _mark(value: bool | None, yes: str, no: str) -> str:
    return "?" if value is None else yes if value else no


def reasoning_mark(model: Model) -> str:
    """The mark of reasoning with its word: "◆ reasoning"."""
    return {True: "◆ reasoning", False: "◇ non-reasoning", None: "? reasoning not told"}[reasoning(model)]


def weights_mark(model: Model) -> str:
    """The same of the weights: "○ open"."""
    return {True: "○ open", False: "● proprietary", None: "? not told"}[open_weights(model)]


def answers(model: Model) -> str:
    """Yes, no or not told, with the mark: "◆ yes"."""
    return {True: "◆ yes", False: "◇ no", None: "? not told"}[reasoning(model)]
