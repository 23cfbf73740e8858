"""What is sent for an item, and in which order items are asked.

Both follow from the pack and a seed alone: from sha256, not from a library's random numbers, so that they are the same
on every machine and with every version of Python.
"""

from __future__ import annotations

import hashlib
import re
import string
from collections.abc import Callable, Iterable
from typing import Any

from aa_tui.engine.chat import Message
from aa_tui.evals.items import Item, Pack, PackError

_PLACES = re.compile(r"\{(prompt|choices)\}")
_WITHOUT_CHOICES = re.compile(r"\{choices\}\n{0,2}|\n{1,2}\{choices\}$")


def messages(pack: Pack, item: Item) -> list[Message]:
    """The conversation that asks an item: the pack's system message, if it has one, and the filled template.

    Texts are put in as they are: braces in an item mean nothing. Choices come where the template says {choices}, else
    below the prompt, as "A. text" lines; for an item without choices {choices} is left out with the line's end.
    """
    found = [Message("system", pack.system)] if pack.system.strip() else []
    return [*found, Message("user", _filled(pack, item, pack.template))]


def question(pack: Pack, item: Item) -> str:
    """An item alone, its choices below it, without what the pack's template says of how to answer."""
    return _filled(pack, item, "{prompt}\n\n{choices}")


def shuffled(pack: Pack, item: Item) -> tuple[tuple[str, ...], str]:
    """An item's choices in the order shown, and the letter of the right one (A is the first).

    The order depends on the pack's name and version and the item's id. An item whose extra `shuffle` is false keeps
    its own order ("all of the above" must stay below). Raises PackError where there is no right one.
    """
    if not item.choices:
        raise PackError(f"Item {item.id} has no choices.")
    right = _index_of_right(item)
    order: Iterable[int] = range(len(item.choices))
    if item.extra.get("shuffle", True):
        order = sorted(order, key=lambda index: _rank(pack.name, pack.version, item.id, index))
    indexes = list(order)
    return tuple(item.choices[index] for index in indexes), string.ascii_uppercase[indexes.index(right)]


def order(pack: Pack, seed: int = 0) -> list[Item]:
    """All items in an order in which every prefix is a fair sample of the pack's categories and their levels.

    Circular systematic sampling (Cochran, Sampling Techniques, 3rd ed. 1977, ch. 8): each stratum's shuffled items are
    spread evenly round a circle, from a start of its own; the circle is cut at a random place. First the levels are
    merged so within each category, then the categories. Every item is at every place with the same probability. With
    c categories, one of which has the share p of all items, that one is among the first k items k * p times, plus or
    minus 1 + c * p, and plus or minus 1 where all are of equal size.
    """

    def rank(*parts: object) -> bytes:
        return _rank("order", seed, pack.name, pack.version, *parts)

    in_categories = []
    for category, items in _groups(pack.items, lambda item: item.category):
        levels = [
            sorted(members, key=lambda item: rank("item", item.id))
            for _, members in _groups(items, lambda item: item.level)
        ]
        in_categories.append(_merged(levels, lambda *parts, at=category: rank("level", at, *parts), _level))
    return _merged(in_categories, lambda *parts: rank("category", *parts), lambda item: item.category)


def subset(pack: Pack, n: int, seed: int = 0) -> list[Item]:
    """The first `n` items of `order`: a fair sample, and a part of every larger one of the same seed."""
    return order(pack, seed)[: max(n, 0)]


def _filled(pack: Pack, item: Item, template: str) -> str:
    choices = ""
    if item.choices:
        shown, _ = shuffled(pack, item)
        choices = "\n".join(f"{letter}. {text}" for letter, text in zip(string.ascii_uppercase, shown, strict=False))
        if "{choices}" not in template:
            template = template.replace("{prompt}", "{prompt}\n\n{choices}", 1)
    else:
        template = _WITHOUT_CHOICES.sub("", template)
    texts = {"prompt": item.prompt, "choices": choices}
    return _PLACES.sub(lambda place: texts[place[1]], template)


def _index_of_right(item: Item) -> int:
    if isinstance(item.answer, int) and not isinstance(item.answer, bool) and 0 <= item.answer < len(item.choices):
        return item.answer
    if isinstance(item.answer, str) and item.answer in item.choices:
        return item.choices.index(item.answer)
    raise PackError(f"Item {item.id}: its answer is none of its choices.")


def _groups(items: Iterable[Item], key: Callable[[Item], Any]) -> list[tuple[Any, list[Item]]]:
    groups: dict[Any, list[Item]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return list(groups.items())


def _level(item: Item) -> int | None:
    return item.level


def _merged(groups: list[list[Item]], rank: Callable[..., bytes], key: Callable[[Item], object]) -> list[Item]:
    """Groups spread evenly round one circle, each from a start that its key decides, and cut at a random place."""
    placed = []
    for items in groups:
        start = int.from_bytes(rank("start", key(items[0]))[:6]) / (1 << 48)
        placed += [((place + start) / len(items), item.id, item) for place, item in enumerate(items)]
    circle = [item for *_, item in sorted(placed, key=lambda one: one[:2])]
    cut = int.from_bytes(rank("cut")) % len(circle) if circle else 0
    return circle[cut:] + circle[:cut]


def _rank(*parts: object) -> bytes:
    """A number that looks random but depends on the parts alone; the separator cannot be part of a cleaned text."""
    return hashlib.sha256("\0".join(map(str, parts)).encode()).digest()
