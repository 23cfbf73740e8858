r"""Units behind a number: 5 \text{ cm}, 18 square miles, 12 m/s, $3.50, 90°, 50%. Taken off, and compared.

A unit is a product of powers; what is no unit of measurement ("apples") counts as one of its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

_F = Fraction
_KNOWN: dict[str, tuple[str, Fraction]] = {
    name: (dimension, _F(factor))
    for dimension, named in {
        "length": {
            "mm millimeter millimetre": "1/1000",
            "cm centimeter centimetre": "1/100",
            "dm decimeter decimetre": "1/10",
            "m meter metre": "1",
            "km kilometer kilometre": "1000",
            "in inch inche": "0.0254",
            "ft foot feet": "0.3048",
            "yd yard": "0.9144",
            "mi mile": "1609.344",
        },
        "mass": {
            "mg milligram": "1/1000",
            "g gram": "1",
            "kg kilogram": "1000",
            "oz ounce": "28.349523125",
            "lb pound": "453.59237",
        },
        "time": {
            "ms millisecond": "1/1000",
            "s sec second": "1",
            "min minute": "60",
            "h hr hour": "3600",
            "day": "86400",
            "week": "604800",
        },
        "volume": {"ml mL milliliter millilitre": "1/1000", "l L liter litre": "1"},
        "dollars": {"$ dollar": "1", "¢ cent": "1/100"},
        "euros": {"€ euro": "1"},
        "pounds": {"£": "1"},
        "yen": {"¥ yen": "1"},
        "angle": {"° degree deg": "1"},
        "share": {"% percent": "1"},
    }.items()
    for names, factor in named.items()
    for name in names.split()
}
_SPEEDS = {"mph": ("mile", "hour"), "kph": ("km", "hour"), "kmh": ("km", "hour")}
_SHORT = (
    "mm|cm|dm|km|ft|yd|mi|mg|kg|oz|lb|ms|sec|min|hr|ml|mL|mph|kph|km/h|m/s|cm/s|ft/s|deg|in|m|g|s|h|L|J|N|W|V|Hz|kWh"
)
_EXPONENT = r"(?:\s?\^\s?\{?\s?-?\d\s?\}?)?"
_TEXTS = re.compile(
    r"(?P<number>.*?(?:[\d}).\]a-z]|\\pi)) ?"
    rf"(?P<unit>(?:/ ?)?(?:\\text ?\{{[^{{}}]{{0,60}}\}}{_EXPONENT}\s?[/*]?\s?){{1,4}})\.?",
    re.DOTALL,
)
_MARK = re.compile(r"(?P<number>.*[\d})\]a-zA-Z]) ?(?P<unit>[%°€£¥¢$]| degrees?| percent)", re.DOTALL)
_WORDS = re.compile(
    rf"(?P<number>.*(?:[\d}})]|\\pi)) (?P<unit>(?:per |a )?[A-Za-z]{{3,20}}{_EXPONENT}"
    rf"(?: [A-Za-z]{{2,20}}{_EXPONENT}| ?/ ?[A-Za-z]{{1,20}}){{0,4}})\.?",
    re.DOTALL,
)
_LETTERS = re.compile(
    rf"(?P<number>.*(?:[\d}})]|\\pi)) ?(?P<unit>(?:(?:sq|square|cu|cubic)\.? )?(?:{_SHORT}){_EXPONENT}"
    rf"(?: ?(?:/|per) ?[A-Za-z]{{1,10}}{_EXPONENT})?)\.?",
    re.DOTALL,
)
_MONEY = re.compile(r"(?P<sign>-?) ?(?P<unit>[$€£¥]|USD|EUR) ?(?P<number>(?:\d|\.\d|\\frac|\().*)", re.DOTALL)
_WORD = re.compile(r"(/|per(?![a-z]))|([A-Za-z$€£¥¢%°]+)(?:\s?\^\s?\{?\s?(-?\d)\s?\}?)?")
_NO_UNITS = frozenset(
    [
        "is",
        "not",
        "isn",
        "wrong",
        "incorrect",
        "or",
        "and",
        "but",
        "plus",
        "minus",
        "over",
        "squared",
        "cubed",
        "factorial",
        "half",
        "if",
        "when",
        "where",
        "because",
        "since",
        "then",
        "so",
        "for",
        "mod",
        "base",
        "with",
        "than",
    ]
)


@dataclass(frozen=True, slots=True)
class Unit:
    """A product of powers of bases, and how many of the bases one of it is."""

    powers: tuple[tuple[str, int], ...]
    factor: Fraction


def without_unit(text: str) -> tuple[str, Unit | None]:
    """A spelled answer without its unit, and the unit; as it is, and None, where no unit is behind (or before) it."""
    money = _MONEY.fullmatch(text)
    if money:
        return money["sign"] + money["number"], _unit(money["unit"])
    for pattern in (_MARK, _TEXTS, _WORDS, _LETTERS):
        match = pattern.fullmatch(text)
        if match:
            unit = _unit(match["unit"].strip())
            if unit is not None:
                return match["number"].strip(), unit
    return text, None


def _unit(text: str) -> Unit | None:
    bare = re.sub(r"\\text\s?\{([^{}]*)\}", r" \1 ", text).replace("*", " ")
    powers: dict[str, int] = {}
    factor, sign, carried, at = _F(1), 1, 1, 0
    for match in _WORD.finditer(bare):
        if bare[at : match.start()].strip(" .,-"):
            return None
        at = match.end()
        if match[1]:
            sign = -1
            continue
        word, exponent = match[2], int(match[3] or 1)
        if word in _SPEEDS:
            length, time = _SPEEDS[word]
            return Unit((("length", 1), ("time", -1)), _KNOWN[length][1] / _KNOWN[time][1])
        if word.casefold() in _NO_UNITS:
            return None
        if word.casefold() in ("square", "sq", "cubic", "cu"):
            carried = 2 if word[0] in "sS" else 3
            continue
        base, size = _base(word)
        powers[base] = powers.get(base, 0) + sign * exponent * carried
        factor *= size ** (sign * exponent * carried)
        carried = 1
    if bare[at:].strip(" .,-"):
        return None
    return Unit(tuple(sorted((base, power) for base, power in powers.items() if power)), factor)


def _base(word: str) -> tuple[str, Fraction]:
    for name in (word, word.casefold(), word.casefold().removesuffix("s")):
        if name in _KNOWN:
            return _KNOWN[name]
    return word.casefold().removesuffix("s"), _F(1)
