r"""Answers in notations of their own: numbers in another base, times of day, residues, numbers and answers in words."""

from __future__ import annotations

import re
from typing import Literal

from aa_tui.evals.graders.latex import squeezed
from aa_tui.evals.graders.number_words import NUMBER_WORDS, spelled_number

_BASES = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10}
_BASED = re.compile(
    r"\(?\s?(?P<digits>[0-9A-Fa-f]{1,60}|\d{1,3}(?: \d{3})*)\s?\)?\s?"
    r"(?:_\s?\{?\s?(?:\\text\s?\{)?\s?(?P<base>\d{1,2}|[a-z]{3,5})\s?\}{0,2}"
    r"|\(?\s?(?:\\text\s?\{)?\s?\(?\s?(?:in )?base(?:[- ]|\s?\}\s?)(?P<named>\d{1,2}|[a-z]{3,5})\s?\}?\s?\)?\}?)"
)
_CLOCK = re.compile(
    r"(?P<h>\d{1,2})(?::(?P<m>\d\d))?\s?(?:\\text\s?\{\s?)?(?P<half>[APap])\.?\s?[Mm]\.?(?:\s?\})?(?:\\text\s?\{)?\.?"
)
_HOURS = re.compile(r"(?P<h>\d{1,2})(?::(?P<m>\d\d))?")
_RESIDUE = re.compile(r"(.*?)[\s,(]*\\?(?:pmod|bmod|mod)\s?\{?\s?(\d{1,20})\s?\}?\)?", re.DOTALL)
_TEXT = re.compile(r"\\text\s?\{([^{}]*)\}")
_LETTERS = re.compile(r"[A-Za-zÀ-ž .,'-]{1,200}")
_WORD = re.compile(r"[A-Za-zÀ-ž]{3,40}(?:[ ,.'-]{1,2}[A-Za-zÀ-ž]{1,40}){0,30}")
_NUMBERLIKE = frozenset(
    [
        "half",
        "third",
        "quarter",
        "fourth",
        "dozen",
        "infinity",
        "infinitely",
        "infinite",
        "pair",
        "couple",
        "twice",
        "double",
    ]
)


def based(text: str) -> tuple[str, int] | None:
    """Digits and base of a number in another base: 52_8, (52)_{8}, 52 (base 8)."""
    match = _BASED.fullmatch(text)
    if not match:
        return None
    name = match["base"] or match["named"]
    base = int(name) if name.isdigit() else _BASES.get(name, 0)
    return (match["digits"].replace(" ", "").upper().lstrip("0") or "0", base) if base else None


def in_base_ten(digits: str, base: int) -> int | None:
    """The value of such digits; None where one of them is none of that base."""
    try:
        return int(digits, base) if 2 <= base <= 36 else None
    except ValueError:
        return None


def clock(text: str) -> tuple[int, int] | None:
    """Hour from 0 to 23 and minute of a time with a.m. or p.m."""
    match = _CLOCK.fullmatch(squeezed(text)) or _CLOCK.fullmatch(text)
    if not match or not 1 <= int(match["h"]) <= 12:
        return None
    return int(match["h"]) % 12 + 12 * (match["half"] in "pP"), int(match["m"] or 0)


def hours(text: str) -> tuple[int, int] | None:
    """Hour and minute of a time that does not say which half of the day it is in."""
    match = _HOURS.fullmatch(text)
    return (int(match["h"]), int(match["m"] or 0)) if match else None


def residue(text: str) -> tuple[str, int] | None:
    r"""What 5 \pmod{7} and x \equiv 5 \pmod{7} say, and the modulus."""
    match = _RESIDUE.fullmatch(text)
    if not match or not match[1].strip():
        return None
    return re.split(r"\\equiv|≡|=", match[1])[-1].strip(" ("), int(match[2])


def number_in_words(text: str) -> int | None:
    """The number that words say in English, up to millions; None for anything else."""
    bare = bare_words(text)
    words = [word for word in re.split(r"[\s-]+", bare.casefold()) if word not in ("and", "")]
    value = spelled_number(bare) if NUMBER_WORDS.issuperset(words) else None
    return None if value is None or value < 0 else value.numerator


def bare_words(text: str) -> str:
    """A text without \\text{} and the marks around it."""
    return re.sub(r"\s+", " ", _TEXT.sub(r"\1", text)).strip(" ().,;:!")


def is_in_words(text: str) -> bool:
    """Whether an answer is words, not an expression: \\text{Evelyn}, (C), even."""
    pattern = _LETTERS if "\\text" in text or (text.startswith("(") and text.endswith(")")) else _WORD
    bare = bare_words(text)
    return bool(pattern.fullmatch(bare)) and (text.startswith("\\text") or "\\text" not in text)


def same_words(key: str, said: str) -> Literal["same", "different", "unclear"]:
    """ "same", "different", or "unclear" where the key's words are among others."""
    one, other = (re.sub(r"[ ,.'-]+", " ", bare_words(text)).casefold().strip() for text in (key, said))
    if one == other:
        return "same"
    if re.search(rf"(?<![a-z]){re.escape(one)}(?![a-z])", other):
        return "unclear"
    return "different"


def is_no_number(text: str) -> bool:
    """Whether an answer is words that name no number: it cannot be a key that is one."""
    bare = bare_words(text).casefold()
    if not re.fullmatch(r"[a-zà-ž ,.'-]{3,400}", bare):
        return False
    words = set(re.findall(r"[a-zà-ž]+", bare))
    return not words & (_NUMBERLIKE | NUMBER_WORDS) and max(map(len, words)) >= 3
