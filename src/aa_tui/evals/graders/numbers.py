r"""Numbers as people and models write them, read into exact fractions.

Read: thousands separators (1,234 1_234 1'234 1.234.567 and spaces), decimal commas where they cannot be thousands,
currencies, per cent, the Unicode minus and "minus", digits of other scripts, fractions (3/4, \frac{3}{4}, 1 1/2, ½),
scientific notation (1.5e3, 1.5 × 10^3), million and its like. Units and words around a number are passed over. Not
read: NaN, infinity, times of day and ratios. Spelled numbers are `number_words`' work.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

MOST_DIGITS = 4_000
"""Digits (and size of exponents) up to which numbers are compared; Python's own limit for reading is 4,300."""

_MONEY = "¤"
_SCALES = {
    "hundred": 2,
    "thousand": 3,
    "k": 3,
    "lakh": 5,
    "million": 6,
    "millionen": 6,
    "mio": 6,
    "mln": 6,
    "millones": 6,
    "millón": 6,
    "milioni": 6,
    "milione": 6,
    "milhões": 6,
    "milhão": 6,
    "млн": 6,
    "миллион": 6,
    "миллиона": 6,
    "миллионов": 6,
    "m": 6,
    "milliard": 9,
    "milliarde": 9,
    "milliarden": 9,
    "mrd": 9,
    "miliardi": 9,
    "миллиард": 9,
    "миллиарда": 9,
    "млрд": 9,
    "b": 9,
    "mn": 6,
    "crore": 7,
    "billion": 9,
    "bn": 9,
    "trillion": 12,
    "万": 4,
    "萬": 4,
    "亿": 8,
    "億": 8,
    "만": 4,
    "억": 8,
    "千万": 7,
    "百万": 6,
    "万亿": 12,
    "tausend": 3,
    "duizend": 3,
    "mil": 3,
    "mille": 3,
    "mila": 3,
    "ribu": 3,
    "тысяч": 3,
    "тысячи": 3,
    "тысяча": 3,
    "тыс": 3,
    "miljoen": 6,
    "miljon": 6,
    "miljoner": 6,
    "milion": 6,
    "miliony": 6,
    "milionów": 6,
    "milyon": 6,
    "triệu": 6,
    "juta": 6,
    "mil millones": 9,
    "bilhão": 9,
    "bilhões": 9,
    "miljard": 9,
    "miljarder": 9,
    "miliard": 9,
    "miliardy": 9,
    "miliardów": 9,
    "milyar": 9,
    "miliar": 9,
    "tỷ": 9,
}
_OWN_SCALES = "|".join(
    word
    for word in sorted(_SCALES, key=len, reverse=True)
    if (len(word) > 2 or word == "tỷ") and word not in ("hundred", "lakh")
)
"""Words of scale that are no plain number words elsewhere; the longest first, so that "mil millones" is one."""

_MINUS = "(?i:minus|negative|menos|moins|meno|минус)(?=[ ])|[负負]|マイナス|마이너스"
_PER_CENT = "per[ ]?cent|prozent|pour[ ]cent|por[ ]ciento|por[ ]cento|per[ ]cento|procent|процент(?:а|ов)?"
_NUMBER = re.compile(
    rf"(?<![0-9A-Za-z_.\\^]){_MONEY}?(?P<sign>(?:[-+]|{_MINUS})[ ]?)?(?P<money>{_MONEY}[ ]?)?"
    r"(?P<whole>\d{1,3}(?:\.\d{3})+(?=,\d{1,2}(?!\d))|\d{1,3}(?:\.\d{3}){2,}(?![\d.]\d?)"
    r"|(?!0,)\d{1,3}(?:(?:[,_'’ \u00a0\u2009\u202f])\d{3})+(?!\d)"
    r"|\d{1,2}(?:,\d{2})+,\d{3}(?![\d,])|\d+|(?=\.\d))"
    r"(?P<decimals>\.\d+|,\d{1,2}(?![\d,])|(?<=(?<!\d)0),\d+(?![\d,.]))?"
    r"(?:[eE](?P<e>[-+]?\d{1,9})(?!\w)|[ ]?[×x*·⋅][ ]?10\^\(?(?P<power>[-+]?\d{1,9})\)?"
    r"|\^\(?(?P<raised>[-+]?\d{1,9})\)?)?"
    r"(?:[ ]?/[ ]?(?P<denominator>\d+)|[ ]{1,2}(?P<top>\d{1,9})/(?P<bottom>\d{1,9}))?"
    r"(?:[ -]?(?P<scale>(?i:hundred|thousand|million|billion|trillion|lakh|crore|mn|bn|milliard)s?(?![^\W_])"
    rf"|(?i:{_OWN_SCALES})(?![^\W_])|[kK](?![A-Za-z])|千万|百万|万亿|[万萬亿億만억])|(?P<letter>[MB])(?![^\W_]))?"
    r"(?P<percent>[ ]?%)?"
)
_MONEY_WORD = re.compile(rf"[ ]?(?:{_MONEY}|(?i:dollars?|euros?|pounds?|cents?|rupees?|yen|bucks)(?![A-Za-z]))")
_NO_NUMBER_BEFORE = re.compile(r"[ ]?(?:√|π|\\sqrt|\\pi(?![a-z])|\^)")
_IS_ODD = re.compile(r"[^ -~]|[\\$`*:^{}%_]|[A-Z]{3}|Rs|0[bo]|(?i:cent|zent|cien)")
"""What any of the replacements below begins with."""

_SUPERSCRIPTS = re.compile("[\u207a\u207b]?[\u00b2\u00b3\u00b9\u2070\u2074-\u2079]+")
_VULGAR = re.compile("(?<=[0-9])(?=[\u00bc-\u00be\u2150-\u215e])")
_TIDY = (
    (re.compile(r"\\[dtc]?frac\s?\{\s?([-+]?\d{1,4000})\s?\}\s?\{\s?(\d{1,4000})\s?\}"), r" \1/\2"),
    (re.compile(r"\\[dtc]?frac\s?(\d)\s?(\d)(?!\d)"), r" \1/\2"),
    (re.compile(r"\\[dtc]?frac\s?(\d)\s?\{\s?(\d{1,4000})\s?\}"), r" \1/\2"),
    (re.compile(r"\{\s?([-+]?\d{1,4000})\s?\\over\s?(\d{1,4000})\s?\}"), r" \1/\2"),
    (re.compile(r"\{,\}|(?<=\d)\\,(?=\d{3})"), ","),
    (re.compile(r"\\[,!;: ]|\\(?:left|right|displaystyle)(?![a-z])"), ""),
    (re.compile(r"\\(?:times|cdot)(?![a-z])"), "×"),
    (re.compile(r"\^\s?\{\s?([-+]?\d{1,9})\s?\}"), r"^\1"),
    (re.compile(r"\^\s?\{?\s?\\circ\s?\}?|\\degree(?![a-z])|°"), " "),
    (re.compile(r"\\(?:text|mathrm|textbf|mathbf)\s?\{"), " {"),
    (re.compile(r"(?<=[\d)])\*\*(?=[\d(-])"), "^"),
    (re.compile(r"\*\*|__|`"), ""),
    (re.compile(r"\$\$|\$(?!\s)([^$\n]{1,200}?)(?<!\s)\$(?!\d)"), r" \1 "),
    (re.compile(r"\\?(?:(?<![A-Za-z])(?:US|R|A|C|NZ|HK|S|CA|AU))?[$€£¥₹₩₽¢₺₫]"), _MONEY),
    (re.compile(r"(?<![A-Za-z])(?:USD|EUR|GBP|INR|BRL|CHF|JPY|CNY|RMB|AUD|CAD|Rs\.?)[ ]?(?=[-\d.])"), _MONEY),
    (re.compile(r"(?<!\d)\d{1,6}(?::\d{1,6})+(?!\d)"), " : "),
    (re.compile(r"(?<![0-9A-Za-z])0[bo](?=[0-7]+(?![0-9A-Za-z]))"), ""),
    (re.compile(r"\\%|％"), "%"),
    (re.compile(rf"(?<=\d)[ ]?(?i:{_PER_CENT})(?![^\W_])"), "%"),
    (re.compile(r"[−‐‑‒–—﹣－]"), "-"),
)


@dataclass(frozen=True, slots=True)
class Number:
    """A number as read: its exact value, whether a per cent sign follows, its text, and where that stands in the tidied
    text; whether it is an amount of money, and whether it stood without any unit."""

    value: Fraction
    percent: bool
    text: str
    start: int = 0
    end: int = 0
    is_money: bool = False
    is_bare: bool = False


def numbers_in(text: str) -> Iterator[Number]:
    """The numbers of a text, in order. Left out: more than `MOST_DIGITS` digits, denominators of 0."""
    return numbers_in_tidied(tidied(text))


def numbers_in_tidied(text: str) -> Iterator[Number]:
    """The same of a text that `tidied` gave."""
    for match in _NUMBER.finditer(text):
        value = None if _NO_NUMBER_BEFORE.match(text, match.end()) else _value(match)
        if value is not None:
            shown = match.group().replace(_MONEY, "").strip()
            is_money = _MONEY in match.group() or _MONEY_WORD.match(text, match.end()) is not None
            yield Number(value, match["percent"] is not None, shown, match.start(), match.end(), is_money)


def tidied(text: str) -> str:
    """A text in the one spelling of digits, signs and separators that is read; currencies become ¤."""
    if _IS_ODD.search(text) is None:
        return text
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
    scale = (match["scale"] or match["letter"] or "").lower()
    exponent += _SCALES.get(scale, _SCALES.get(scale.removesuffix("s"), 0))
    if raised != 1 or exponent:
        size = size**raised * Fraction(10) ** exponent
    if match["denominator"]:
        size /= int(denominator)
    elif match["top"]:
        size += Fraction(int(match["top"]), int(denominator))
    return -size if (match["sign"] or "+")[0] in "-mMnNмМ负負マ마" else size
