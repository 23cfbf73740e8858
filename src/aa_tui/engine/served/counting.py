"""How many tokens a text has, by the server's own tokenizer where it can be asked for that."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from aa_tui.engine.calling import Tool
from aa_tui.engine.chat import Message
from aa_tui.engine.served.calling import told
from aa_tui.engine.served.exchange import Connections, ServerError
from aa_tui.engine.served.values import Served, Target

PATIENCE_S = 10.0

BYTES_PER_TOKEN = 3
"""English has some four bytes a token, Chinese three: rather too many tokens are guessed than too few."""

TOKENS_PER_MESSAGE = 8
"""What a template puts around a message."""


def can_count(served: Served) -> bool:
    """Whether the server counts the tokens of texts."""
    return served.kind in ("llama-server", "llama-cpp-python", "vllm")


def estimate(messages: Sequence[Message], tools: Sequence[Tool] = ()) -> int:
    """Tokens of a prompt, by the length of its texts: rather too many."""
    calls = [call.name + call.arguments for one in messages for call in one.calls]
    texts = [*(one.content for one in messages), *calls, *(json.dumps(tool.to_dict()) for tool in tools)]
    return sum(-(-len(text.encode()) // BYTES_PER_TOKEN) + TOKENS_PER_MESSAGE for text in texts)


async def n_text(connections: Connections, target: Target, served: Served, text: str) -> int | None:
    """Tokens of a text; None where the server does not tell."""
    if not text:
        return 0
    if served.kind == "llama-server":
        found = await _ask(connections, target, "/tokenize", {"content": text, "add_special": False})
        return _length(found, "tokens")
    if served.kind == "llama-cpp-python":
        found = await _ask(connections, target, "/extras/tokenize/count", {"model": served.model, "input": text})
        return _count(found, "count")
    if served.kind == "vllm":
        asked = {"model": served.model, "prompt": text, "add_special_tokens": False}
        return _count(await _ask(connections, target, "/tokenize", asked), "count")
    return None


async def n_prompt(
    connections: Connections,
    target: Target,
    served: Served,
    messages: Sequence[Message],
    switches: dict[str, bool],
    *,
    tools: Sequence[Tool] = (),
) -> int | None:
    """Tokens of a conversation through the server's template; None where it does not tell."""
    turns, extra = told(messages), _extra(switches, tools)
    if served.kind == "vllm":
        asked = {"model": served.model, "messages": turns, "add_generation_prompt": True, **extra}
        return _count(await _ask(connections, target, "/tokenize", asked), "count")
    if served.kind != "llama-server":
        return None
    prompt = await _rendered(connections, target, {"model": served.model, "messages": turns, **extra})
    if prompt is None:
        return None
    asked = {"model": served.model, "content": prompt, "add_special": True, "parse_special": True}
    return _length(await _ask(connections, target, "/tokenize", asked), "tokens")


async def shows_tools(
    connections: Connections, target: Target, served: Served, messages: Sequence[Message], tools: Sequence[Tool]
) -> bool | None:
    """Whether functions reach the prompt through the server's template; None where it does not tell."""
    if served.kind != "llama-server":
        return None
    asked = {"model": served.model, "messages": told(messages), **_extra({}, tools)}
    prompt = await _rendered(connections, target, asked)
    if prompt is None:
        return None
    said = [text for one in messages for text in (one.content, *(call.name for call in one.calls), one.name)]
    # a name may also be a word of the question, which tells nothing of the functions
    return all(prompt.count(tool.name) > sum(text.count(tool.name) for text in said) for tool in tools)


def _extra(switches: dict[str, bool], tools: Sequence[Tool]) -> dict[str, Any]:
    extra: dict[str, Any] = {"chat_template_kwargs": switches} if switches else {}
    return extra | ({"tools": [tool.to_dict() for tool in tools]} if tools else {})


async def _rendered(connections: Connections, target: Target, asked: dict[str, Any]) -> str | None:
    prompt = (await _ask(connections, target, "/apply-template", asked)).get("prompt")
    return prompt if isinstance(prompt, str) else None


async def _ask(connections: Connections, target: Target, path: str, body: dict[str, Any]) -> dict[str, Any]:
    try:
        found = await connections.ask(target, path, body, patience_s=PATIENCE_S)
    except ServerError:
        return {}
    return found if isinstance(found, dict) else {}


def _length(found: dict[str, Any], name: str) -> int | None:
    tokens = found.get(name)
    return len(tokens) if isinstance(tokens, list) and tokens else None


def _count(found: dict[str, Any], name: str) -> int | None:
    count = found.get(name)
    return count if isinstance(count, int) and not isinstance(count, bool) and 0 < count < 1 << 31 else None
