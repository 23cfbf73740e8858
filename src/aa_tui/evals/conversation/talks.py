"""Which items are conversations: their graders say."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    from aa_tui.evals.conversation.turns import Talk
    from aa_tui.evals.items import Item, Pack

_TALKS: dict[str, str] = {
    "bfcl": "aa_tui.evals.conversation.one_turn:talk",
    "tools": "aa_tui.evals.worlds.talk:talk",
}
"""From a grader's name to what makes the conversations that it grades: a function of pack, item and calls' format."""


def is_talk(pack: Pack, item: Item) -> bool:
    """Whether an item is a conversation."""
    return grades_talks(pack.grader_of(item))


def grades_talks(grader: str) -> bool:
    """Whether what a grader, by its name, is given is a conversation."""
    return grader in _TALKS


def talk_of(pack: Pack, item: Item, form: str) -> Talk | None:
    """The conversation about an item, whose calls are written in `form`; None for an item of one question.

    Raises PackError where the item is none that a conversation can be made of.
    """
    place = _TALKS.get(pack.grader_of(item))
    if place is None:
        return None
    module, name = place.split(":")
    make = cast("Callable[[Pack, Item, str], Talk]", getattr(import_module(module), name))
    return make(pack, item, form)
