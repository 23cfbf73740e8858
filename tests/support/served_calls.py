"""How servers send calls of functions: the ways of `tests.support.served.Reply`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

Json = dict[str, Any]


def whole(number: int, name: str, arguments: Any, style: str) -> Json:
    """A call as it is sent in one piece."""
    if style == "object":
        return {"function": {"name": name, "arguments": arguments}}
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    call: Json = {"type": "function", "function": {"name": name, "arguments": text}}
    if style == "unnumbered":
        return call
    return call | {"index": 0 if style == "own" else number, "id": f"own-{number}"}


def bits(calls: Sequence[tuple[str, Any]], style: str) -> Iterator[Json]:
    """The pieces in which calls are sent."""
    for number, (name, arguments) in enumerate(calls):
        sent = whole(number, name, arguments, style)
        if style != "bits":
            yield sent
            continue
        text = sent["function"]["arguments"]
        yield {**sent, "function": {"name": name, "arguments": ""}}
        for at in range(0, len(text), max(4, len(text) // 20)):
            piece = text[at : at + max(4, len(text) // 20)]
            yield {"index": number, "function": {"arguments": piece}}
