"""Grader "numeric": one number, compared exactly as a fraction."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from aa_tui.evals.extraction import (
    after_hashes,
    after_marker,
    after_saying,
    by_patterns,
    last_boxed,
    last_line,
    readable,
    shown,
    unwrapped,
)
from aa_tui.evals.graders.numbers import MOST_DIGITS, Number, last_number_in, number_in
from aa_tui.evals.items import Item, Pack, PackError, Verdict


class Numeric:
    """Takes the pack's patterns; else the last "Answer:", "#### n", \\boxed{}, "the answer is", or the last number of
    the last line.

    Equal means exactly equal, 0.5 and 1/2 are; an item's extra `tolerance` (a number, or a share such as "1%") allows
    that much more or less. Where only one side has a per cent sign, 25% is 25 as well as 0.25.
    """

    name = "numeric"
    version = 1

    def grade(self, pack: Pack, item: Item, answer: str) -> Verdict:
        """Correct or wrong; no answer where no number was given. Raises PackError for a key that is no number."""
        label = f"{self.name}/{self.version}"
        key = _key(item)
        text = readable(answer)
        found = _extracted(pack, text)
        if found is None:
            return Verdict("no_answer", None, label, "no number was found" if text.strip() else "the answer is empty")
        phrase, number = found
        if number is None:
            same = unwrapped(phrase) == str(item.answer).strip()
            detail = "the same text" if same else f"no number of up to {MOST_DIGITS:,} digits in it"
            return Verdict("correct" if same else "wrong", shown(phrase), label, detail)
        right = any(abs(value - key.value) <= _tolerance(item.extra, key.value) for value in _readings(number, key))
        detail = "" if right else f"not {item.answer}"
        return Verdict("correct" if right else "wrong", shown(number.text), label, detail)


def _key(item: Item) -> Number:
    text = str(item.answer).rsplit("####", 1)[-1]
    number = None if isinstance(item.answer, bool) else number_in(text)
    if number is None:
        raise PackError(f"Item {item.id}: its answer {shown(str(item.answer))!r} is not a number.")
    return number


def _extracted(pack: Pack, text: str) -> tuple[str, Number | None] | None:
    """The phrase that holds the answer, and its number."""
    phrase = by_patterns(pack.extraction, text)
    if phrase is not None:
        return phrase, number_in(_unboxed(phrase))
    stated = None
    for find in (after_marker, after_hashes, last_boxed, after_saying):
        phrase = find(text)
        number = number_in(_unboxed(phrase)) if phrase else None
        if phrase and number:
            return phrase, number
        # What stands behind such a mark is an answer even if it is no number; prose may go on in other ways.
        if find is not after_saying:
            stated = stated or phrase
    phrase = last_line(text)
    number = last_number_in(phrase) if phrase else None
    if phrase and number:
        return phrase, number
    return (stated, None) if stated else None


def _unboxed(phrase: str) -> str:
    return last_boxed(phrase) or phrase


def _readings(number: Number, key: Number) -> tuple[Fraction, ...]:
    if number.percent == key.percent:
        return (number.value,)
    return (number.value, number.value / 100 if number.percent else number.value * 100)


def _tolerance(extra: Mapping[str, Any], key: Fraction) -> Fraction:
    stated = extra.get("tolerance")
    if stated is None:
        return Fraction(0)
    number = number_in(str(stated))
    if number is None or number.value < 0:
        raise PackError(f"The tolerance {stated!r} is neither a number nor a share such as 1%.")
    return abs(key) * number.value / 100 if number.percent else number.value


GRADER = Numeric()
