"""Numbers spelled out in English: "eighteen", "minus twenty-one", "one million two hundred thousand"."""

from __future__ import annotations

import re
from fractions import Fraction

_SMALL = {
    word: value
    for value, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
        ]
    )
}
_TENS = {
    word: 10 * value
    for value, word in enumerate(
        ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], start=2
    )
}
_PARTS = {
    "half": 2,
    "third": 3,
    "quarter": 4,
    "fourth": 4,
    "fifth": 5,
    "sixth": 6,
    "eighth": 8,
    "tenth": 10,
    "hundredth": 100,
}
_PARTS |= {"thousandth": 1_000, "millionth": 10**6}
_SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
NUMBER_WORDS = frozenset((*_SMALL, *_TENS, *_SCALES, "hundred"))
"""All words that numbers are spelled with."""

_WORD = re.compile(r"[A-Za-z]+")
_MOST_WORDS = 200


def spelled_number(phrase: str) -> Fraction | None:
    """The only number that a phrase spells; None where it spells none or several."""
    words = [word.lower() for word in _WORD.findall(phrase[:2_000])][:_MOST_WORDS]
    if words[-3:-1] == ["and", "a"] and words[-1] in _PARTS:
        whole = spelled_number(" ".join(words[:-3]))
        return None if whole is None else whole + Fraction(1, _PARTS[words[-1]])
    if len(words) == 2 and words[-1].removesuffix("s") in _PARTS and words[0] in (*_SMALL, "a"):
        return Fraction(_SMALL.get(words[0], 1), _PARTS[words[-1].removesuffix("s")])
    runs: list[list[str]] = [[]]
    for word in words:
        if word in _SMALL or word in _TENS or word in _SCALES or word in ("hundred", "minus", "negative"):
            runs[-1].append(word)
        elif not (word == "and" and runs[-1]):
            runs.append([])
    told = [run for run in runs if run]
    if len(told) != 1 or (told[0] == ["one"] and len(words) > 1):  # "one of them" counts nothing
        return None
    return _value(told[0])


def _value(run: list[str]) -> Fraction | None:
    is_negative = run[0] in ("minus", "negative")
    total, part, last = 0, 0, 10**15
    for word in run[1:] if is_negative else run:
        if word in _SMALL or word in _TENS:
            size = _SMALL.get(word, _TENS.get(word, 0))
            # "twenty one" and "two hundred five" go on, "two three" does not.
            fits = part == 0 or (part % 100 == 0 and part) or (part % 10 == 0 and part % 100 >= 20 and 0 < size < 10)
            if not fits:
                return None
            part += size
        elif word == "hundred":
            if part > 99:
                return None
            part = max(part, 1) * 100
        elif word in _SCALES and _SCALES[word] < last:
            last = _SCALES[word]
            total += max(part, 1) * last
            part = 0
        else:
            return None
    return Fraction(-(total + part) if is_negative else total + part)
