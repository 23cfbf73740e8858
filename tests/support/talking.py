"""A talker that plays the reference solutions of items with a world, as a model writes them in Hermes' form."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from aa_tui.engine.chat import Message
from aa_tui.evals.conversation.talks import talk_of
from aa_tui.evals.conversation.turns import Said, Turn
from aa_tui.evals.items import Item, Pack

Wrote = Sequence[str]
"""What a model writes, turn by turn."""


def call(name: str, /, **arguments: Any) -> dict[str, Any]:
    """A call."""
    return {"name": name, "arguments": arguments}


def hermes(*calls: Mapping[str, Any], text: str = "") -> str:
    """A turn with calls."""
    written = [f"<tool_call>\n{json.dumps(one, ensure_ascii=False)}\n</tool_call>" for one in calls]
    return "\n".join([*([text] if text else []), *written])


def solution(item: Item) -> list[str]:
    """The turns of an item's reference solution."""
    return [hermes(*step.get("calls", ()), text=step.get("say", "")) for step in item.extra["solution"]]


def played(pack: Pack, item: Item, texts: Wrote) -> tuple[Turn, ...]:
    """The conversation in which a model writes these texts; it says "Done." where there are no more."""
    talk = talk_of(pack, item, "hermes")
    assert talk is not None
    turns: list[Turn] = []
    while not turns or not turns[-1].reply.is_over:
        said = Said(texts[len(turns)] if len(turns) < len(texts) else "Done.")
        turns.append(Turn(said, talk.hear(said)))
    return tuple(turns)


class Talker:
    """Says what comes next in the solution of the item that a conversation is about."""

    def __init__(self, pack: Pack) -> None:
        self._items = {item.prompt: item for item in pack.items}

    def next(self, messages: Sequence[Message]) -> str:
        """The model's turn behind these messages."""
        at = next(n for n, one in enumerate(messages) if one.role == "user" and one.content in self._items)
        n_said = sum(one.role == "assistant" for one in messages[at:])
        return solution(self._items[messages[at].content])[n_said]
