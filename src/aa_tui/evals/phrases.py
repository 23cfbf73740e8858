"""What graders ask about a phrase that may be an answer: its bare text, what only explains it, what takes it back."""

from __future__ import annotations

import re
import unicodedata

from aa_tui.evals import words
from aa_tui.evals.extraction import unwrapped

SHORTEST_REFUSAL = 7
"""No shorter phrase can say that there is no answer to give."""

_EMPHASIS = re.compile(
    r"(?<![\d)])\*\*|\*\*(?![\d(])|(?<!\w)__|__(?!\w)|(?<![\w\\)*])[*_](?=[^\s*])|(?<=[^\s*])[*_](?![\w*(])|`|~~"
)
_BOLD = re.compile(r"\*\*([^*\n]{1,200})\*\*|__([^_\n]{1,200})__")
_ASIDE = re.compile(r"\s\([^()\n]{0,300}\)|（[^（）\n]{0,300}）")
_HTML = re.compile(
    r"<(b|i|em|strong|u|p|div|span|sub|sup|mark|answer|final_answer)>(.{0,2000}?)</\1>|<br\s?/?>", re.IGNORECASE
)
_IN_TOTAL = re.compile(r"for (?:a|the) (?:grand |combined )?(?:total|sum)\b", re.IGNORECASE)
_TAIL = " \t!?.,;:。！？，；：、…।۔؟"
_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"'”’)*_]{0,3}\s+|(?<=[。！？।۔؟])|\n+|(?<=\w);\s+")
_NO_SENTENCE_END = re.compile(
    r"(?:^\W*[A-Za-z]|(?<![^\W_])(?:mr|mrs|ms|dr|st|no|vs|e\.g|i\.e|approx|etc|fig|rs)"
    r"|(?:^|[^=≈\d.,]\s|[^=≈\d.,\s$€£])\d[\d.,]*)\.\s*$",
    re.IGNORECASE,
)


def bare(text: str) -> str:
    """A phrase on one line without wrappings, emoji and the punctuation behind it."""
    text = unwrapped(_without_pictures(without_html(text))).strip()
    while text and text[-1] in _TAIL and not text.endswith(".."):
        text = unwrapped(text[:-1].rstrip())
    for quote in '"”»':
        if text.endswith(quote) and text.count(quote) % 2 and "“" not in text and "«" not in text:
            text = text[:-1].rstrip(_TAIL)
    return text


def without_html(text: str) -> str:
    """A phrase without the tags that only change how it looks."""
    return _HTML.sub(_inside, text).strip() if "<" in text else text


def _inside(tag: re.Match[str]) -> str:
    """What a tag is around; what is lowered or raised belongs to what stands before it."""
    kind = (tag[1] or "").lower()
    return f" {tag[2] or ''} " if kind not in ("sub", "sup") else f"^{tag[2]}" if kind == "sup" else tag[2]


def plain(text: str) -> str:
    """A phrase on one line without marks of emphasis and emoji, wherever they stand."""
    return " ".join(_EMPHASIS.sub("", _without_pictures(without_html(text))).split())


def bold_parts(text: str) -> tuple[str, ...]:
    """What stands in bold."""
    return tuple((match[1] or match[2]).strip() for match in _BOLD.finditer(text))


def without_asides(text: str) -> str:
    """A phrase without what stands in round brackets behind a space, unless nothing else is in it."""
    without = _ASIDE.sub(lambda aside: aside.group() if _is_alternative(aside.group()) else " ", text)
    return without if without.strip(_TAIL + "*_`") else text


def _is_alternative(aside: str) -> bool:
    """Whether an aside names another candidate, or takes the first one back: "(or 19)", "(wrong)"."""
    inside = aside.strip(" ()（）")
    return words.begins("alternative", inside) > 0 or words.begins("wrong", inside) == len(inside)


def before_reason(text: str, *, is_letter: bool = False) -> str:
    """A phrase up to "because" and its like, unless it begins with that; "as" and its like only behind a comma, or
    where the phrase is about a letter."""
    found = [place for place, _ in words.places("because", text)]
    for place, _ in words.places("aside", text):
        if _IN_TOTAL.match(text, place):
            continue
        if is_letter or text[:place].rstrip().endswith((",", ";", "，")):
            found.append(place)
    cut = text[: min(found, default=len(text))]
    return cut if cut.strip(_TAIL) else text


def is_refusal(text: str) -> bool:
    """Whether a phrase says that there is no answer to give."""
    return words.has("cannot", text)


def sentences(text: str) -> list[str]:
    """The sentences of a text, with line ends as ends; abbreviations and initials end none."""
    found, start = [], 0
    for match in _SENTENCE_END.finditer(text):
        piece = text[start : match.start()]
        if "\n" not in match.group() and _NO_SENTENCE_END.search(piece) and text[match.end() : match.end() + 1]:
            continue
        found.append(piece.strip())
        start = match.end()
    return [sentence for sentence in (*found, text[start:].strip()) if sentence]


def _without_pictures(text: str) -> str:
    return text if text.isascii() else "".join(" " if _is_picture(one) else one for one in text)


def _is_picture(character: str) -> bool:
    """Emoji, arrows, ticks and what changes them; signs of mathematics are none."""
    if character < "\u2190":
        return False
    return unicodedata.category(character) == "So" or character in "→⇒➜➔►▶\ufe0e\ufe0f\u200d"
