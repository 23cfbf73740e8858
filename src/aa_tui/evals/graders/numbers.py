r"""Numbers as people and models write them, read into exact fractions.

Read: thousands separators (1,234 1_234 1'234 and thin spaces), decimal commas where they cannot be thousands, currency
signs, per cent, the Unicode minus, digits of other scripts, fractions (3/4, \frac{3}{4}, 1 1/2, ½), scientific notation
(1.5e3, 1.5 × 10^3). Units and words around a number are passed over. Not read: numbers spelled out, NaN, infinity.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

MOST_DIGITS = 4_000
"""Digits (and size of exponents) up to which numbers are compared; Python's own limit for reading is 4,300."""

_NUMBER = re.compile(
    r"(?<![0-9A-Za-z_.\\^])(?P<sign>[-+][ ]?)?"
    r"(?P<whole>\d{1,3}(?:\.\d{3})+(?=,\d{1,2}(?!\d))|\d{1,3}(?:[,_'\u00a0\u2009\u202f]\d{3})+(?!\d)|\d+|(?=\.\d))"
    r"(?P<decimals>\.\d+|,\d{1,2}(?![\d,]))?"
    r"(?:[eE](?P<e>[-+]?\d{1,9})(?!\w)|[ ]?[×x*][ ]?10\^\(?(?P<power>[-+]?\d{1,9})\)?"
    r"|\^\(?(?P<raised>[-+]?\d{1,9})\)?)?"
    r"(?:[ ]?/[ ]?(?P<denominator>\d+)|[ ](?P<top>\d{1,9})/(?P<bottom>\d{1,9}))?"
    r"(?P<percent>[ ]?%)?"
)
_NO_NUMBER_BEFORE = re.compile(r"[ ]?(?:√|π|\\sqrt|\\pi(?![a-z])|\^)")
_SUPERSCRIPTS = re.compile("[\u207a\u207b]?[\u00b2\u00b3\u00b9\u2070\u2074-\u2079]+")
_VULGAR = re.compile("(?<=[0-9])(?=[\u00bc-\u00be\u2150-\u215e])")
_TIDY = (
    (re.compile(r"\\[dtc]?frac\s?\{\s?([-+]?\d{1,4000})\s?\}\s?\{\s?(\d{1,4000})\s?\}"), r" \1/\2"),
    (re.compile(r"\\[dtc]?frac\s?(\d)\s?(\d)"), r" \1/\2"),
    (re.compile(r"\{,\}|(?<=\d)\\,(?=\d{3})"), ","),
    (re.compile(r"\\[,!;: ]|\\(?:left|right|displaystyle)(?![a-z])"), ""),
    (re.compile(r"\\(?:times|cdot)(?![a-z])"), "×"),
    (re.compile(r"\^\s?\{\s?([-+]?\d{1,9})\s?\}"), r"^\1"),
    (re.compile(r"\\(?:text|mathrm|textbf|mathbf)\s?\{"), " {"),
    (re.compile(r"\\?[$€£¥₹₩₽¢]|US\$|\*\*|__|`"), ""),
    (re.compile(r"\\%|％"), "%"),
    (re.compile(r"[−‐‑‒–—﹣－]"), "-"),
)


@dataclass(frozen=True, slots=True)
class Number:
    """A number as read: its exact value, whether a per cent sign follows, and its text."""

    value: Fraction
    percent: bool
    text: str


def numbers_in(text: str) -> Iterator[Number]:
    """The numbers of a text, in order. Left out: more than `MOST_DIGITS` digits, denominators of 0."""
    tidied = _tidy(text)
    for match in _NUMBER.finditer(tidied):
        value = None if _NO_NUMBER_BEFORE.match(tidied, match.end()) else _value(match)
        if value is not None:
            yield Number(value, match["percent"] is not None, match.group().strip())


def number_in(phrase: str) -> Number | None:
    """The number that a short answer states: the first one, behind the last equals sign where there is one."""
    for part in (phrase.rsplit("=", 1)[-1], phrase):
        for piece in (part.split("≈")[0], part):
            found = next(numbers_in(piece), None)
            if found is not None:
                return found
    return None


def last_number_in(line: str) -> Number | None:
    """The last number of a line of prose."""
    found = None
    for number in numbers_in(line):
        found = number
    return found


def _tidy(text: str) -> str:
    if not text.isascii():
        text = _SUPERSCRIPTS.sub(lambda digits: "^" + unicodedata.normalize("NFKC", digits.group()), text)
        text = "".join(map(_plain_character, _VULGAR.sub(" ", text)))
    for pattern, replacement in _TIDY:
        text = pattern.sub(replacement, text)
    return text


def _plain_character(character: str) -> str:
    """Digits of every script as 0 to 9, ½ as 1/2, Arabic separators as points and commas; superscripts stay."""
    decimal = unicodedata.decimal(character, None)
    if decimal is not None:
        return str(decimal)
    if "\u00bc" <= character <= "\u00be" or "\u2150" <= character <= "\u215e":
        return unicodedata.normalize("NFKC", character).replace("\u2044", "/")
    return {"٫": ".", "٬": ",", "，": ",", "．": ".", "⁄": "/", "∕": "/", "＝": "="}.get(character, character)


def _value(match: re.Match[str]) -> Fraction | None:
    whole = re.sub(r"\D", "", match["whole"])
    decimals = (match["decimals"] or "")[1:]
    denominator = match["denominator"] or match["bottom"] or "1"
    exponent, raised = int(match["e"] or match["power"] or 0), int(match["raised"] or 1)
    n_digits = (len(whole) + len(decimals)) * max(abs(raised), 1)
    if max(n_digits, len(denominator), abs(exponent)) > MOST_DIGITS or not int(denominator):
        return None
    size = Fraction(int(whole + decimals or "0"), 10 ** len(decimals))
    if raised < 0 and not size:
        return None
    size = size**raised * Fraction(10) ** exponent
    if match["denominator"]:
        size /= int(denominator)
    elif match["top"]:
        size += Fraction(int(match["top"]), int(denominator))
    return -size if (match["sign"] or "").startswith("-") else size
