"""How texts become tokens: no control token from data, and what a model wrote in the tokens that it chose."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Sequence
from typing import Any

SHAPE = re.compile(r"(?=<[^<>\s]{1,60}>|\[[^\[\]\s]{1,60}\]|◁[^◁▷\s]{1,60}▷)")
"""What control tokens look like, for a template whose vocabulary is not at hand."""

DEEPEST = 60
"""Levels of a value that are looked into; deeper ones stay texts."""

_HALF = re.compile("[\ud800-\udfff]")
_OWN = range(0xE002, 0xF8FF)


class Breaker:
    """Puts a mark after the first character of whatever could become a control token in a text of data.

    The texts at both sides of a mark are to be made tokens of by themselves. A piece of a control token at the end or
    the beginning of a text counts too, since the template may write the rest of it.
    """

    def __init__(self, controls: Collection[str] | None = None) -> None:
        known = sorted({one for one in controls or () if len(one) > 1}, key=len, reverse=True)
        self._whole = SHAPE if controls is None else _one_of(known)
        self._any = controls is None or bool(known)
        self._longest = max(map(len, known), default=0)
        self._known = known
        self._starts = {one[:size] for one in known for size in range(2, len(one)) if _is_telling(one[:size])}
        self._ends = {one[-size:] for one in known for size in range(2, len(one)) if _is_telling(one[-size:])}

    def broken(self, text: str, mark: str) -> str:
        """The text with marks."""
        text = _HALF.sub("\ufffd", text)
        if not self._any or not text:
            return text
        places = {found.start() + 1 for found in self._whole.finditer(text)}
        for size in range(2, min(self._longest, len(text) + 1)):
            if text[-size:] in self._starts:
                places.add(len(text) - size + 1)
            if text[:size] in self._ends:
                places.add(1)
        if 2 < len(text) < self._longest and _is_telling(text) and any(text in one for one in self._known):
            places.add(1)
        pieces, at = [], 0
        for place in sorted(places):
            pieces.append(text[at:place])
            at = place
        return mark.join([*pieces, text[at:]])

    def value(self, value: Any, mark: str) -> Any:
        """A value of JSON with marks in all of its texts, keys too."""
        if isinstance(value, str):
            return self.broken(value, mark)
        if isinstance(value, dict):
            return {self.broken(str(key), mark): self.value(one, mark) for key, one in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(one, mark) for one in value]
        return value


def _one_of(texts: Sequence[str]) -> re.Pattern[str]:
    """Where one of these texts begins; thousands of them are only tried where a first character of theirs stands."""
    first = "".join(sorted({re.escape(one[0]) for one in texts}))
    return re.compile(f"(?=[{first}])(?={'|'.join(map(re.escape, texts))})" if texts else "(?!)")


def _is_telling(text: str) -> bool:
    """Whether a piece of a control token is more than a word, which may stand anywhere."""
    return not text.replace("_", "a").isalnum()


def arguments(text: str) -> dict[str, Any] | None:
    """The object that a call's arguments are; None where they are none, or one of more levels than make sense."""
    try:
        found = json.loads(text)
        return found if isinstance(found, dict) and _is_flat(found, DEEPEST) else None
    except (ValueError, RecursionError):
        return None


def _is_flat(value: Any, levels: int) -> bool:
    if isinstance(value, dict | list):
        inner = value.values() if isinstance(value, dict) else value
        return levels > 0 and all(_is_flat(one, levels - 1) for one in inner)
    return True


def unused(texts: Sequence[str]) -> str:
    """A character of private use that none of these texts has, nor JSON's escape of it."""
    everything = "\n".join(texts)
    lowered = everything.lower()
    return next(chr(one) for one in _OWN if chr(one) not in everything and f"u{one:04x}" not in lowered)


def n_common(one: Sequence[int], other: Sequence[int]) -> int:
    """With how many tokens both begin."""
    same = 0
    for first, second in zip(one, other, strict=False):
        if first != second:
            break
        same += 1
    return same


def as_held(
    prompt: Sequence[int], held: Sequence[int], piece: Callable[[int], bytes], is_mark: Callable[[int], bool]
) -> tuple[int, ...]:
    """A prompt that begins, as far as its text allows, with the tokens that are held.

    A model may have written a text in other tokens than a tokenizer cuts it into; where the text is the same, its own
    count. Tokens for which `is_mark` holds are only ever like themselves: the spelled text of one never becomes it.
    """
    first = second = n_common(prompt, held)
    best = first, second
    ahead, held_leads = b"", False
    while True:
        if not ahead:
            best = first, second
            if first == len(held) or second == len(prompt):
                break
            if held[first] == prompt[second]:
                first, second = first + 1, second + 1
                continue
            if is_mark(held[first]) or is_mark(prompt[second]):
                break
            ahead, held_leads = piece(held[first]), True
            first += 1
            if not ahead:
                break
            continue
        tokens, at = (prompt, second) if held_leads else (held, first)
        if at == len(tokens) or is_mark(tokens[at]):
            break
        other = piece(tokens[at])
        first, second = (first, second + 1) if held_leads else (first + 1, second)
        if ahead.startswith(other):
            ahead = ahead[len(other) :]
        elif other.startswith(ahead):
            ahead, held_leads = other[len(ahead) :], not held_leads
        else:
            break
    return (*held[: best[0]], *prompt[best[1] :])
