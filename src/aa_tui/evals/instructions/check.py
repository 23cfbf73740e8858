"""What a check of one instruction is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Arguments = Mapping[str, Any]

Check = Callable[[str, Arguments], bool | None]
"""Takes the answer and the instruction's arguments; whether the answer holds to it, None where that cannot be told.

Raises KeyError, TypeError or ValueError where an argument is missing or of the wrong kind."""


def compared(count: int, relation: str, limit: float) -> bool:
    """IFEval's two relations: "less than" and "at least"."""
    if relation == "less than":
        return count < limit
    if relation == "at least":
        return count >= limit
    raise ValueError(f"the relation {relation!r} is neither 'less than' nor 'at least'")


def number(arguments: Arguments, name: str) -> float:
    """An argument that must be a number. Raises KeyError, TypeError or ValueError."""
    return float(arguments[name])
