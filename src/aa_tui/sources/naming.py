"""A model's name taken apart: words, version, sizes, date and mode, however it is written."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

MOST_CHARACTERS = 200
"""Of a name: a longer one is no model's."""

_MONTHS = {
    "jan": 1,
    "feb": 2,
    "mar": 3,
    "apr": 4,
    "may": 5,
    "jun": 6,
    "jul": 7,
    "aug": 8,
    "sep": 9,
    "oct": 10,
    "nov": 11,
    "dec": 12,
}
_MILLIONS = {"m": 1.0, "b": 1e3, "t": 1e6}
_MODES = {
    "nonreasoning": "non-reasoning",
    "reasoning": "reasoning",
    "thinking": "reasoning",
    "instruct": "instruct",
    "it": "instruct",
}
_NON_REASONING = re.compile(r"\bnon[- ]?(reasoning|thinking)\b")
_TOKEN = re.compile(r"\d+(?:\.\d+)?x\d+(?:\.\d+)?[bm]\b|[ae]?\d+(?:\.\d+)?[bmt](?![a-z0-9])|[a-z]+|\d+[a-z]+|\d+|\+")
_SIZE = re.compile(r"(\d+(?:\.\d+)?x|[ae])?(\d+(?:\.\d+)?)([bmt])")
_PACKED = re.compile(
    r"(?<![a-z0-9])(?:(?:fp|bf|int|nvfp|mxfp)(?:4|8|16|32)|awq|gptq|gguf|exl[23]|mlx|[2-8]-?bits?"
    r"|(?:i1-)?(?:ud-)?i?q[2-8](?:_[0-9a-z]+)*)(?![a-z0-9])"
)
"""How weights are packed for serving: no other model."""

_TAIL = re.compile(r":(free|thinking|nitro|floor|exacto|extended|online)$|[-_ ](free)$")
"""What gateways append to an id to choose how it is served."""

_SERVICE = re.compile(r"@default$|-maas$|(?<=\d)-tee$")
_POINT = re.compile(r"(?<=\d)p(?=\d)")  # "glm-5p1", where an id may hold no point
_LEAD = re.compile(r"^[a-z0-9 .&-]{2,30}: ")
_MONTH = re.compile(
    r"\b(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.? '?(\d{4}|\d{2})\b"
    r"|(?<!\d)(20[2-3]\d)[-_ ](\d\d)[-_ ](\d\d)(?!\d)|(?<!\d)(20[2-3]\d)(\d\d)(\d\d)(?!\d)"
    r"|(?<![\d.])(2[3-9])(\d\d)(\d\d)(?![\d.])|(?<!\d)(\d\d)[-/](20[2-3]\d)(?!\d)"
    r"|(?<![\d.])(2[3-9])(0[1-9]|1[0-2])(?![\da-z.])|(?<![\d.])(0[1-9]|1[0-2])[- ]?([0-2]\d|3[01])(?![\da-z.])"
)
_REGIONS = frozenset({"us", "eu", "global", "apac", "au", "jp", "free", "latest"})
_REASONING = frozenset({"reasoning", "thinking", "adaptive reasoning"})
_PLAIN = frozenset({"non-reasoning", "non reasoning", "no thinking", "non-thinking", "nonreasoning"})
_EFFORTS = frozenset({"minimal", "low", "medium", "high", "xhigh", "max"})
_MAKERS = frozenset(
    {
        "openai",
        "google",
        "meta",
        "nvidia",
        "anthropic",
        "microsoft",
        "alibaba",
        "amazon",
        "ibm",
        "moonshotai",
        "moonshot",
        "xai",
        "zai",
        "cohere",
        "ai",
        "baidu",
        "tencent",
        "bytedance",
        "allenai",
        "liquidai",
        "perplexity",
        "inclusionai",
        "meituan",
        "upstage",
        "xiaomi",
        "org",
    }
)
"""Words that say who made a model and that no family is called by: names are written with and without them."""


class Date(NamedTuple):
    """What a name says of its date; None is not said."""

    year: int | None = None
    month: int | None = None
    day: int | None = None

    @property
    def is_whole(self) -> bool:
        """Whether it names a day of a year."""
        return None not in self

    def fits(self, other: Date) -> bool:
        """Whether both say the same, as far as both say something, and share a month at least."""
        pairs = [(one, two) for one, two in zip(self, other, strict=True) if one is not None and two is not None]
        return all(one == two for one, two in pairs) and self.month is not None and other.month is not None


NO_DATE = Date()


@dataclass(frozen=True, slots=True)
class Name:
    """A name's parts. `mode` is "reasoning", "non-reasoning", "instruct" or "" where none is named.

    `sizes` are in millions of parameters with what they count ("", "a" active, "e" effective, "8x" experts).
    `is_offered` is whether the mode stands in brackets: a way to run the weights, not other weights.
    """

    words: tuple[str, ...]
    version: tuple[int, ...]
    sizes: tuple[tuple[str, float], ...]
    date: Date = NO_DATE
    mode: str = ""
    effort: str = ""
    is_offered: bool = False
    is_floating: bool = field(default=False, compare=False)
    is_packed: bool = field(default=False, compare=False)

    @property
    def family(self) -> tuple[object, ...]:
        """What every mode and date of it shares."""
        return self.words, self.version, self.sizes


NO_NAME = Name((), (), ())


@lru_cache(maxsize=8192)
def read(text: str) -> Name | None:
    """The parts of a name or an id's last segment; None where there is no word in it."""
    text = unicodedata.normalize("NFKC", text).lower().replace("’", "'").strip()
    if not text or len(text) > MOST_CHARACTERS:
        return None
    mode = ""
    while (tail := _TAIL.search(text)) is not None:
        mode = "reasoning" if tail[1] == "thinking" else mode
        text = text[: tail.start()]
    text = _POINT.sub(".", _SERVICE.sub("", _LEAD.sub("", text)))
    is_packed = _PACKED.search(text) is not None
    text, offered_mode, effort = _unbracketed(_PACKED.sub(" ", text))
    date, text = _dated(text)
    text = _NON_REASONING.sub(" nonreasoning ", text)
    text = re.sub(r"(?<=[-_ ])0[-_](\d[bm]\b)", r"0.\1", text)  # "0-8b" can be nothing but 0.8b
    words, numbers, sizes = [], [], []
    is_floating = False
    mode = offered_mode or mode
    for found in _TOKEN.finditer(text):
        token = found[0]
        if (size := _SIZE.fullmatch(token)) is not None:
            sizes.append((size[1] or "", round(float(size[2]) * _MILLIONS[size[3]], 3)))
        elif token.isdigit():
            numbers.append((found.start(), token))
        elif token in _MODES:
            mode = _MODES[token] if token == "nonreasoning" else mode or _MODES[token]
        elif token == "latest":
            is_floating = True
        elif token not in _MAKERS:
            words.append(token)
    if not words:
        return None
    return Name(
        words=tuple(sorted(words)),
        version=_version(text, numbers),
        sizes=tuple(sorted(sizes)),
        date=date,
        mode=mode,
        effort=effort,
        is_offered=bool(offered_mode or effort),
        is_floating=is_floating,
        is_packed=is_packed,
    )


def _unbracketed(text: str) -> tuple[str, str, str]:
    """The text with only those words in brackets that name the weights; the mode and the effort that brackets name."""
    mode = effort = ""
    for inside in re.findall(r"\(([^()]*)\)", text):
        kept = []
        for part in (part.strip() for part in inside.split(",")):
            bare = part.removesuffix(" effort")
            if part in _REASONING | _PLAIN:
                mode = "reasoning" if part in _REASONING else "non-reasoning"
            elif bare in _EFFORTS:
                effort = bare
            elif part not in _REGIONS and not part.endswith("fallback"):
                kept.append(part)
        text = text.replace(f"({inside})", f" {' '.join(kept)} ", 1)
    return text, mode, effort


def _version(text: str, numbers: list[tuple[int, str]]) -> tuple[int, ...]:
    """The numbers in their order; "4.0" and "4-0" are 4, "0.1" stays."""
    kept: list[int] = []
    for start, token in numbers:
        joined = start >= 2 and text[start - 1] in ".-_" and text[start - 2].isdigit()
        if joined and token == "0" and not text[start + 1 : start + 3].lstrip(".-_")[:1].isdigit():
            continue
        kept.append(int(token))
    return tuple(kept)


def _dated(text: str) -> tuple[Date, str]:
    """The date in a name and the name without it."""
    found = _MONTH.search(text)
    if found is None:
        return NO_DATE, text
    month, year, y, m, d, y8, m8, d8, y6, m6, d6, my_m, my_y, yy, ym, mm, dd = found.groups()
    if month:
        date = Date(_year(year), _MONTHS[month])
    elif y or y8 or y6:
        date = Date(_year(y or y8 or y6), int(m or m8 or m6), int(d or d8 or d6))
    elif my_m:
        date = Date(int(my_y), int(my_m))
    elif yy:
        date = Date(_year(yy), int(ym))
    else:
        date = Date(None, int(mm), int(dd))
    if not 1 <= (date.month or 0) <= 12 or not 1 <= (date.day or 1) <= 31:
        return NO_DATE, text
    rest = f"{text[: found.start()]} {text[found.end() :]}"
    if date.year is not None and (again := _MONTH.search(rest)) is not None and again[15] is not None:
        rest = f"{rest[: again.start()]} {rest[again.end() :]}"  # "0528 (May '25)" says one date twice
        date = Date(date.year, int(again[16]), int(again[17])) if date.month == int(again[16]) else date
    elif (
        date.year is None
        and (again := _MONTH.search(rest)) is not None
        and again[1] is not None
        and _MONTHS[again[1]] == date.month
    ):
        date, rest = Date(_year(again[2]), date.month, date.day), f"{rest[: again.start()]} {rest[again.end() :]}"
    return date, rest


def _year(text: str) -> int:
    return int(text) if len(text) == 4 else 2000 + int(text)
