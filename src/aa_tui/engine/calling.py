"""Functions as they are offered to a model, and its calls of them: plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Tool:
    """A function that a model may call. `parameters` is a JSON schema of an object."""

    name: str
    description: str
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """As chat templates and servers are given it (OpenAI's form)."""
        function = {"name": self.name, "description": self.description, "parameters": dict(self.parameters)}
        return {"type": "function", "function": function}


@dataclass(frozen=True, slots=True)
class Call:
    """A call as a model wrote it. `arguments` is the text of the arguments, JSON of an object where all is well; `id`
    is the model's or the server's own name for the call, empty where there is none."""

    name: str
    arguments: str
    id: str = ""


@dataclass(frozen=True, slots=True)
class Grammar:
    """What an answer, not the thinking before it, is held to: a grammar (llama.cpp's GBNF) or a JSON schema.

    With `triggers` it begins where the first of these texts stands in the answer; without, at the answer's beginning.
    `parts` are JSON schemas of what the grammar names and does not hold itself.
    """

    gbnf: str = ""
    schema: Mapping[str, Any] | None = None
    triggers: tuple[str, ...] = ()
    parts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
