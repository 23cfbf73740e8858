"""Holding answers to a JSON schema or a grammar, in the words of each kind of server.

Calls of functions are not among them: a server that is told to hold these demands one in every turn. llama-server holds
them by itself, from where one begins.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from aa_tui.engine.calling import Grammar
from aa_tui.engine.served.values import Served, ServerKind
from aa_tui.gguf.reasoning import formats

HOLDS_CALLS = frozenset({"llama-server"})
"""Who holds every call to its function's schema unasked."""

_Fields = dict[str, Any]
_VERSION = re.compile(r"v?(\d{1,4})\.(\d{1,4})")
_ONE_FIELD_SINCE = (0, 11)
"""vLLM's release since when what an answer is held to has one field of its own; those of before went with 0.12."""


def way_of(served: Served, grammar: Grammar) -> str:
    """The field of a request that holds the whole answer to something; empty where the server is not known to take
    one."""
    return next(iter(fields_of(served, grammar)), "")


def fields_of(served: Served, grammar: Grammar) -> _Fields:
    """What is added to a request's body; nothing where a server is not known to take it."""
    if grammar.triggers or grammar.parts:
        return {}
    if grammar.schema is not None:
        return _SCHEMAS.get(served.kind, _as_openai)(grammar.schema)
    of_text = _GRAMMARS.get(served.kind)
    if of_text is None or not grammar.gbnf or _holds_thinking(served):
        return {}
    return of_text(served, grammar.gbnf)


def _holds_thinking(served: Served) -> bool:
    """Whether a grammar would hold the model's thinking too: llama-server applies one from the first token on."""
    return served.kind == "llama-server" and bool(served.template) and formats().thinks(served.template or "")


def _as_openai(schema: Mapping[str, Any]) -> _Fields:
    wanted = {"name": "answer", "schema": dict(schema), "strict": True}
    return {"response_format": {"type": "json_schema", "json_schema": wanted}}


def _as_openrouter(schema: Mapping[str, Any]) -> _Fields:
    """Only of providers that do hold it: others leave it out without a word."""
    return {**_as_openai(schema), "provider": {"require_parameters": True}}


def _of_vllm(served: Served, gbnf: str) -> _Fields:
    found = _VERSION.match(served.version)
    if found is not None and (int(found[1]), int(found[2])) < _ONE_FIELD_SINCE:
        return {"guided_grammar": gbnf}
    return {"structured_outputs": {"grammar": gbnf}}


_SCHEMAS: Mapping[ServerKind, Callable[[Mapping[str, Any]], _Fields]] = {
    "llama-cpp-python": lambda schema: {"response_format": {"type": "json_object", "schema": dict(schema)}},
    "ollama": lambda schema: {"format": dict(schema)},
    "openrouter": _as_openrouter,
}
_GRAMMARS: Mapping[ServerKind, Callable[[Served, str], _Fields]] = {
    "llama-server": lambda _, gbnf: {"grammar": gbnf},
    "llama-cpp-python": lambda _, gbnf: {"grammar": gbnf},
    "vllm": _of_vllm,
    "sglang": lambda _, gbnf: {"ebnf": gbnf},
}
