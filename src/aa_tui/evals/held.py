"""What the answers of an item can be held to: its document's form, its JSON schema, or the functions on offer."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from aa_tui.engine.calling import Grammar, Tool
from aa_tui.evals import structured
from aa_tui.evals.calls import grammar
from aa_tui.evals.items import Item, PackError

VERSION = "grammar/2"
"""Rises whenever the same item may be held to something else than before: part of a run's identity."""


def grammar_of(item: Item, tools: Sequence[Tool] = (), form: str = "hermes") -> Grammar | None:
    """The grammar of an item, None for one whose answers are free. `form` is how calls are written."""
    if tools:
        return grammar.grammar_of(tools, form)
    if "format" in item.extra:
        return structured.grammar_of(item)
    schema = item.extra.get("schema")
    return Grammar(schema=schema) if isinstance(schema, Mapping) else None


def breaks(grammar: Grammar, answer: str) -> bool | None:
    """Whether an answer is not what its JSON schema allows, as one that was held to it cannot be; None where that
    cannot be told."""
    from aa_tui.evals.documents.fitting import Schema

    if grammar.schema is None:
        return None
    try:
        return Schema(grammar.schema).first_fault(json.loads(answer)) is not None
    except PackError:
        return None
    except (ValueError, RecursionError):
        return True
