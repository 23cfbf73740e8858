"""Asking a base model, which continues texts and knows no conversation: solved examples, then the question.

The examples are other items of the same pack, category and grader, those that come first in the pack's fair order, with
the answers that their keys give. Items whose answers no key writes out (code, instructions) are asked without any.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aa_tui.evals.items import Item, Pack
from aa_tui.evals.prompts import order, question, shuffled

VERSION = "plain/1"
"""Part of a run's identity: raised whenever the same item would be asked in another way."""

N_EXAMPLES = 4
EXAMPLES_CHARS = 4_000
"""Longer examples would fill the context; as many of the first ones are shown as stay below it."""

WITHOUT_KEY = frozenset({"code", "instructions", "regex", "contains", "tools"})
"""Graders whose items have no answer that could be shown."""

_NEXT = "\nQuestion:"
_GAP = "\n\n"


@dataclass(frozen=True, slots=True)
class Plain:
    """An item's prompt and the texts that end its answer: the next question, and an empty line where keys are short."""

    text: str
    stop: tuple[str, ...]


def plain(pack: Pack, items: Sequence[Item]) -> list[Plain]:
    """The prompts of items. Raises PackError for an item whose key is none of its choices."""
    pools: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for item in order(pack):
        pool = pools.setdefault(_kind(pack, item), [])
        answer = _key(pack, item)
        if answer is not None and len(pool) <= N_EXAMPLES:  # one more, for those that are an example themselves
            pool.append((item.id, f"Question: {question(pack, item)}\nAnswer: {answer}{_GAP}"))
    return [_one(pack, item, pools[_kind(pack, item)]) for item in items]


def _one(pack: Pack, item: Item, pool: Sequence[tuple[str, str]]) -> Plain:
    shown, left = "", EXAMPLES_CHARS
    for text in [text for item_id, text in pool if item_id != item.id][:N_EXAMPLES]:
        left -= len(text)
        if left >= 0:
            shown += text
    text = f"{shown}Question: {question(pack, item)}\nAnswer:"
    return Plain(text, (_GAP, _NEXT) if _key(pack, item) is not None else (_NEXT,))


def _kind(pack: Pack, item: Item) -> tuple[str, str]:
    return item.category, pack.grader_of(item)


def _key(pack: Pack, item: Item) -> str | None:
    """The right answer as a text; None where there is none to show."""
    if pack.grader_of(item) in WITHOUT_KEY or item.answer is None:
        return None
    if item.choices:
        return shuffled(pack, item)[1]
    first = item.answer[0] if isinstance(item.answer, list | tuple) and item.answer else item.answer
    return str(first).strip()
