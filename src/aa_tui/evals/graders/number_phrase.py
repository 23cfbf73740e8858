"""Which number a phrase states as its answer.

"18 (check: 18 / 3 = 6)", "8 = 5 + 3" and "The 3 friends paid $45" hold several numbers and state one; "18 or 19" and
"12, 13" state several, which is no single answer.
"""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

from aa_tui.evals import words
from aa_tui.evals.extraction import last_boxed, unwrapped
from aa_tui.evals.graders.number_words import spelled_number
from aa_tui.evals.graders.numbers import MOST_DIGITS, Number, numbers_in, numbers_in_tidied, tidied
from aa_tui.evals.phrases import bare, before_reason, bold_parts, plain, sentences, without_asides

_JOINS = re.compile(
    r"\s{0,3}(?:[,;/~–—-]|\bor\b|\band\b|\bto\b|\bbis\b|\bou\b|\boder\b|\by\b|\bo\b|或|和|、|¤|\s){1,6}\s{0,3}",
    re.IGNORECASE,
)
_LONGEST_PIECE = 40
_DIGIT = re.compile(r"[\d\u00bc-\u00be\u2150-\u215e]")
_SIMPLE = re.compile(r"\$?(-?(?:(?!0,)\d{1,3}(?:,\d{3})+|\d{1,100})(?:\.\d{1,100})?)\.?")
_ALTERED_BEFORE = re.compile(
    r"(?:√|\\?sqrt\{?|(?<![A-Za-z])(?:log|ln|sin|cos|tan)|≠|!=|\\neq?|(?<![-=<>])[<>]|[≤≥]|±|\\pm"
    r"|(?<![A-Za-z])(?:half(?: of)?|twice|double|triple|thrice|(?:one|two|\d+) (?:less|more|fewer) than|(?:less|more"
    r"|fewer|greater|smaller|higher|lower|bigger|larger|other) than|under|over|below|above|step|question|problem|item"
    r"|part|case|line|option|chapter|page|figure|table|section))\s{0,3}[(#]?\s?¤?$",
    re.IGNORECASE,
)
_ALTERED_BEHIND = re.compile(
    r"\)?[xyzniπ](?![A-Za-z])|\s?(?:squared|cubed|dozens?|factorial|times as)(?![A-Za-z])"
    r"|\s?(?:‰|[<>≤≥≠]|!=|\\(?:leq?|geq?|neq?|lt|gt)(?![a-z]))"
)
_EQUALS = re.compile(
    r"(?<![!<>])={1,3}>?|＝|[-–]+>|→|⇒|⟹|,?\s+(?:which|that) (?:is|equals|gives|makes|comes to"
    r"|(?:simplifies|reduces) to)(?=\s)",
    re.IGNORECASE,
)
_UNEQUAL = re.compile(r"[!<>]=")
_NEGATIVE = re.compile(r"\s*[-−–]\s\d")
_AND_A_HALF = re.compile(r"(?<![\d.,])(\d{1,9}) and (?:a|one)[ -]half", re.IGNORECASE)
_AND_A_SHARE = re.compile(r"(?<![\d.,])(\d{1,9}) and ([1-9]/[1-9]\d?)(?![\d/])")
_COINS = re.compile(r"(?<![\d.,])(\d{1,9}) (dollars?|euros?|pounds?) and (\d{1,2}) (?:cents?|pence)", re.IGNORECASE)
_SCIENTIFIC = re.compile(r"(?<=\d)[eE](?=[-+]?\d)")
_IN_ALL = re.compile(r"(?:\s[^\s\d,;]{1,20}){0,3}?\s(?:in total|altogether|in all|overall)(?![^\W_])", re.IGNORECASE)
_ABOUT = re.compile(r"\\(?:approx|simeq|doteq|cong)(?![a-z])|[≃≅≐]")
_ENUMERATOR = re.compile(r"^\s*(?:\d{1,3}[.)]|[-*•])\s+(?=\S)")
_ANSWER_FIRST = re.compile(r"([^\w\s]{0,3}(?!1[.;])\d+(?:[.,]\d+)*)[.;]\s+(?=[^\W\d_])")
_UNKNOWN = re.compile(
    r"(?<![A-Za-z])[a-zA-Z](?:\(|\s?[*+^]|[-])|[*+^]\s?[a-zA-Z](?![A-Za-z])|\d[a-z](?=[-+*^(\s]|$)(?<!k)"
)
_OR = re.compile(
    r"(?<![^\W_])(?:or|oder|ou|или|oppure|maybe|perhaps|possibly|alternatively|vielleicht)(?![^\W_])|或|または",
    re.IGNORECASE,
)
_ASIDE_BEFORE = re.compile(
    r"(?<![A-Za-z])(?:per|each|every|for|in|en|em|im|after|within|from|(?<!total )(?<!sum )of|by|at|"
    r"over|between|the|all|with|than|on|day|week|hour|"
    r"step|his|her|its|their|these|those|to|into|among|than|against|year|month|für|um|nach|je|pour|après|chaque|para|cada|voor|elke|на|для|за|каждый|"
    r"(?:after|before|without)\s\w{2,20}ing"
    r"(?:\s\w{1,20}){0,2})\s{1,3}(?:the\s|all\s)?¤?$|[给給每]$",
    re.IGNORECASE,
)
_OF_THEM = re.compile(r"(?:\s[a-z]{1,20})?\sof (?:them|these|those|which|whom)(?![a-z])|\s(?:davon|d'entre)(?![a-z])")
_UNIT_BEHIND = re.compile(r"[\s¤%]*+(?:[^\W\d_][^\W\d_.'/^²³-]*+[ .²³]*+){0,6}+")
_UNIT_RAISED = re.compile(
    r"(?<=\d)\s?(?:m|km|mm|ft|in|yd|mi|[A-Za-z]{1,3}/[A-Za-z]{1,3}|[A-Za-z]{1,3}[·*][a-z])\s?\^\s?\{?-?[23]\}?(?![\w^])"
)
_PURPOSE = re.compile(
    r"\s[a-z]{2,20}s\s(?:in order\s)?to\s[a-z]{2,20}\s(?:(?:the|all|all the|his|her|their)\s)?¤?", re.IGNORECASE
)
_EXPRESSION = re.compile(r"[\s\d.+*/()^!×x·⋅÷-]{2,200}")
_OPERATOR = re.compile(r"\d\s*[)!]?\s*[-+*/^×x·⋅÷]\s*\(?\s*[-\d(]|\d\s*!")
_FACTORIAL = re.compile(r"(?<![\d.])(\d{1,4})\s?!(?!=)")
_OPERATIONS: dict[type[ast.operator], Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_MOST_FACTORIAL = 1_000


def numbers_stated(phrase: str, *, is_prose: bool = False) -> tuple[Number, ...]:
    """The number that a phrase states; several where it states no single one; none where there is none.

    `is_prose`: the phrase is a sentence, or the last line of a text, rather than what stands behind "Answer:".
    """
    simple = _SIMPLE.fullmatch(phrase)
    if simple is not None:
        return (Number(Fraction(simple[1].replace(",", "")), percent=False, text=simple[1]),)
    first = None if is_prose else _ANSWER_FIRST.match(phrase)
    if first is not None and not _goes_on(phrase[first.end() :]):
        phrase = first[1]
    elif is_prose or not _NEGATIVE.match(phrase):
        phrase = _ENUMERATOR.sub("", phrase, count=1)
    phrase = _EQUALS.sub("=", _ABOUT.sub("≈", phrase))
    phrase = _AND_A_SHARE.sub(r"\1 \2", _AND_A_HALF.sub(r"\1.5", _COINS.sub(_with_coins, phrase)))
    bold = [number for part in bold_parts(phrase) for number in _in_short(part)]
    if len(_distinct(bold)) == 1:
        return (bold[0],)
    text = plain(unwrapped(last_boxed(phrase) or phrase))
    pieces = sentences(text) if is_prose or len(text) > _LONGEST_PIECE else [text]
    for piece in reversed(pieces) if is_prose else pieces:
        found = _in_short(piece) if _DIGIT.search(piece) else ()
        if found:
            return found
    value = None if _DIGIT.search(text) else spelled_number(without_asides(text))
    return () if value is None else (Number(value, percent=False, text=bare(text)),)


def _goes_on(rest: str) -> bool:
    """Whether what stands behind a number and a full stop says another one: "18; or 19", "40. No, 42"."""
    return words.has("correction", rest) or any(words.begins(kind, rest) for kind in ("or", "alternative", "turn"))


def _in_short(text: str) -> tuple[Number, ...]:
    """The numbers stated in one sentence or phrase."""
    text = text.strip()
    short = without_asides(text)
    for cut in dict.fromkeys((before_reason(short), short, text)):
        found = _in_cut(cut) if _DIGIT.search(cut) else ()
        if found:
            return found
    return ()


def _in_cut(text: str) -> tuple[Number, ...]:
    """The same of a text without what only explains; nothing where it speaks of unknowns."""
    if _UNKNOWN.search(_SCIENTIFIC.sub("", _UNIT_RAISED.sub("", text.rsplit("=", 1)[-1]))):
        return ()
    if "=" in text and not _UNEQUAL.search(text):
        found = _by_equality(text)
        if found:
            return found
    before = text.split("≈", maxsplit=1)[0]
    text = before if _DIGIT.search(before) else text
    value = expression_value(text)
    return (value,) if value is not None else _by_words(text)


def _by_equality(text: str) -> tuple[Number, ...]:
    """The side of an equality that is a number: the last, or the first where the others explain it."""
    if text.count("=") > 1 and re.search(r"=[^=,;]*(?:,|;|\bor\b|\band\b)[^=]*=", text):
        pieces = [piece for piece in re.split(r"[,;]|\bor\b|\band\b", text) if piece.strip()]
        if len(pieces) > 1:
            return _distinct([number for piece in pieces for number in _in_short(piece)])
    sides = [side.split("≈")[0] if side.split("≈")[0].strip() else side for side in text.split("=")]
    ends = [alone for side in (sides[-1], sides[0]) if (alone := _alone(side)) is not None]
    if ends:
        same = _agreeing(ends)
        bare_numbers = [number for number in ends if number.is_bare]
        return _distinct(ends) if same is None and len(bare_numbers) == 2 else (same or ends[0],)
    value = expression_value(sides[-1])
    return (value,) if value is not None else _by_words(sides[-1])


def _alone(side: str) -> Number | None:
    """The number of a text that is nothing but one number, with words as its unit."""
    text = tidied(side).strip(" .,;:!?¤*")
    found = list(numbers_in_tidied(text))
    if len(found) != 1 or _OPERATOR.search(text[found[0].end - 1 :]):
        return None
    is_only_unit = _UNIT_BEHIND.fullmatch(text, found[0].end) is not None
    if not is_only_unit or text[: found[0].start].strip(" ¤") or _is_altered(text, found[0]):
        return None
    return replace(found[0], is_bare=not text[found[0].end :].strip(" ¤."))


def _by_words(text: str) -> tuple[Number, ...]:
    """The number that a sentence is about: not those that only say of how many, in how many, for each how many."""
    before, colon, after = text.partition(": ")
    if colon and _DIGIT.search(before) and len(re.findall(r"\d+", after)) > 1:
        text = before  # "She has 36 marbles: 20 red and 16 blue"
    text = tidied(text)
    found = [number for number in numbers_in_tidied(text) if not _is_altered(text, number)]
    same = _agreeing(found)
    if same is not None:
        return () if _is_denied(text[: same.start]) else (same,)
    if not found:
        return ()
    between = [text[one.end : other.start] for one, other in pairwise(found)]
    if all(_JOINS.fullmatch(words_between) or words_between == "" for words_between in between):
        return _distinct(found)
    denied = [number for number in found if _is_denied(text[: number.start])]
    main = [
        number
        for number in found
        if number not in denied
        and not _ASIDE_BEFORE.search(text[: number.start])
        and not _OF_THEM.match(text, number.end)
    ]
    kept = main or [number for number in found if number not in denied]
    if len(found) == 2 and _PURPOSE.fullmatch(between[0]):  # "42 apples to feed 7 people"
        kept = found[:1]
    if any(_OR.search(words_between) for words_between in between) and len(_distinct(kept)) > 1:
        return _distinct(kept)
    in_all = _distinct([number for number in kept if _IN_ALL.match(text, number.end)])
    if len(in_all) == 1:
        return in_all
    money = _distinct([number for number in kept if number.is_money])
    return money if len(money) == 1 else tuple(kept[-1:])


def _with_coins(match: re.Match[str]) -> str:
    """ "12 dollars and 50 cents" as one amount."""
    return f"{match[1]}.{int(match[3]):02} {match[2]}"


def _is_altered(text: str, number: Number) -> bool:
    """Whether what stands at a number makes it another one, or none: "twice 9", "9x", "more than 9", "step 9"."""
    before = _ALTERED_BEFORE.search(text[max(number.start - 24, 0) : number.start])
    return before is not None or _ALTERED_BEHIND.match(text, number.end) is not None


def _agreeing(numbers: list[Number]) -> Number | None:
    """The number that all of them are: one of them exactly, the others perhaps rounded ("6/13, about 0.46")."""
    for exact in numbers:
        if all(other.value == exact.value or _is_rounding(exact, other) for other in numbers):
            return exact
    return None


def _is_rounding(exact: Number, other: Number) -> bool:
    """Whether the other is the first one rounded to its own decimals, or as a percentage."""
    _, _, decimals = other.text.rstrip("% ").partition(".")
    step = Fraction(1, 10 ** len(decimals)) if decimals.isdecimal() or not decimals else None
    if step is None or exact.value.denominator == 1 or (not decimals and not other.percent):
        return False
    value = exact.value * 100 if other.percent and not exact.percent else exact.value
    return abs(value - other.value) <= step / 2


def _is_denied(before: str) -> bool:
    """Whether "not" stands directly before a number."""
    found = words.last("not", before[-40:])
    return found is not None and not before[-40:][found[1] :].strip(" ¤")


def expression_value(text: str) -> Number | None:
    """The value of an arithmetic expression without anything else; None for other texts, and for "18-19", a range."""
    spelled = tidied(text.replace("\\\\", "").strip(" .,;:?")).replace("¤", "").strip()
    if len(spelled) > 200 or not _EXPRESSION.fullmatch(spelled) or not _OPERATOR.search(spelled):
        return None
    if re.fullmatch(r"\d+\s?-\s?\d+", spelled):
        low, high = map(int, spelled.split("-"))
        if low < high:
            return None
    if next(numbers_in(spelled), None) is not None and _whole_number(spelled):
        return None
    try:
        value = _computed(spelled)
    except (ValueError, SyntaxError, ZeroDivisionError, OverflowError, RecursionError, MemoryError):
        return None
    return Number(value, percent=False, text=text.strip())


def _whole_number(text: str) -> bool:
    """Whether all of a text is read as one number already, as 3/4 and 1.5 × 10^3 are."""
    number = next(numbers_in_tidied(text), None)
    return number is not None and number.end - number.start == len(text)


def _computed(text: str) -> Fraction:
    def factorial(match: re.Match[str]) -> str:
        if int(match[1]) > _MOST_FACTORIAL:
            raise OverflowError
        return str(math.factorial(int(match[1])))

    text = _FACTORIAL.sub(factorial, text)
    for sign, plain_sign in (("×", "*"), ("x", "*"), ("·", "*"), ("⋅", "*"), ("÷", "/"), ("^", "**")):
        text = text.replace(sign, plain_sign)
    return _of(ast.parse(text.strip(), mode="eval").body)


def _of(node: ast.expr) -> Fraction:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        return Fraction(str(node.value))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        value = _of(node.operand)
        return -value if isinstance(node.op, ast.USub) else value
    if isinstance(node, ast.BinOp):
        left, right = _of(node.left), _of(node.right)
        if isinstance(node.op, ast.Pow):
            return _power(left, right)
        if type(node.op) in _OPERATIONS:
            return _OPERATIONS[type(node.op)](left, right)
    raise ValueError("it is no arithmetic")


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    size = max(len(str(base.numerator)), len(str(base.denominator))) * abs(exponent)
    if exponent.denominator != 1 or size > MOST_DIGITS:
        raise OverflowError
    return base**exponent.numerator


def _distinct(numbers: list[Number]) -> tuple[Number, ...]:
    kept: dict[tuple[Fraction, bool], Number] = {}
    for number in numbers:
        kept.setdefault((number.value, number.percent), number)
    return tuple(kept.values())
