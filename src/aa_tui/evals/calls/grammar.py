"""What a model's calls are held to: a grammar of the functions on offer, in the format that its template teaches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aa_tui.engine.calling import Grammar, Tool

AROUND: Mapping[str, tuple[str, str]] = {"hermes": ("<tool_call>", "</tool_call>")}
"""What each call stands between, by format."""

PLAIN = frozenset({"json", "plain"})
"""Formats in which a call is a JSON object and nothing else."""

PLAIN_TRIGGER = '{"name"'


def grammar_of(tools: Sequence[Tool], form: str) -> Grammar | None:
    """The grammar from where a call begins; what is said before it is free. None for a format that has none here."""
    if not tools:
        return None
    if form in AROUND:
        before, _ = AROUND[form]
        return Grammar(schema=_schema(tools), triggers=(before,), around=AROUND[form])
    return Grammar(schema=_schema(tools), triggers=(PLAIN_TRIGGER,)) if form in PLAIN else None


def _schema(tools: Sequence[Tool]) -> dict[str, Any]:
    """A call of any of the functions."""
    return {"anyOf": [_call(tool) for tool in tools]}


def _call(tool: Tool) -> dict[str, Any]:
    arguments = dict(tool.parameters) or {"type": "object"}
    return {
        "type": "object",
        "properties": {"name": {"const": tool.name}, "arguments": {"type": "object", **arguments}},
        "required": ["name", "arguments"],
        "additionalProperties": False,
    }
