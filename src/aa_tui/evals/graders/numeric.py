"""Grader "numeric": one number, compared exactly as a fraction."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from aa_tui.evals.extraction import readable, shown, unwrapped
from aa_tui.evals.final import Candidate, body, candidates
from aa_tui.evals.graders.number_phrase import numbers_stated
from aa_tui.evals.graders.numbers import MOST_DIGITS, Number, numbers_in
from aa_tui.evals.items import Item, Pack, PackError, Verdict
from aa_tui.evals.phrases import SHORTEST_REFUSAL, is_refusal
from aa_tui.outcomes import Outcome

_BASE_ASKED = re.compile(r"base[ -](\d{1,2})", re.IGNORECASE)
_BASE_SAID = re.compile(
    r"(?<=[\d)}])(?:\s?_\s?\(?\{?\s?(?:\\text\s?\{)?(\d{1,2})\}{0,2}\)?|([\u2080-\u2089]{1,2})"
    r"|,?\s?\(?(?:in |to )?base[ -](\d{1,2})\)?)",
    re.IGNORECASE,
)
_OTHER_BASE = "x"
_OUT_OF = re.compile(r"(?<!\d)(\d{1,9}) (?:out of|in|over) (\d{1,9})(?!\d)")

_EITHER_WAY = re.compile(r"[-+]?\s?[1-9]\d{0,2}([.,])\d{3}")

_PLEASANTRY = re.compile(r"^(?!\s*\d{1,3}[.)]).*[.!?:)\u2190-\U0001ffff*_`]\s*$|^\W*$|^\s*\\")
"""A line that may follow the answer: a sentence, or nothing but marks."""

_NEGATIVE_ALONE = re.compile(r"\s*[-−–]\s\d[\d.,/]*\s*")
"""A whole answer that is a negative number with a space, and no point of a list."""

_NOTE = re.compile(
    r"\W*(?:note|n\.?b\.?|remark|hint|tip|hinweis|anmerkung|nota|remarque|примечание|注意?|備考|참고)\W*[:：]",
    re.IGNORECASE,
)
"""A line that adds something to the answer above it."""

_LONGEST_ALONE = 30
"""Characters of a line that states a number and says nothing else."""

_LATER_LINES = 4
"""Lines from the end among which the last one with a number is the answer: what follows it are pleasantries."""


class Numeric:
    """Takes the candidates of `evals.final` in their order; the first that states a number decides.

    "1.500" and "1,500" are 1500 for some and 1.5 for others: what the first reading makes wrong and the second right is
    not decided, and right for money.

    Equal means exactly equal, 0.5 and 1/2 are; an item's extra `tolerance` (a number, or a share such as "1%") allows
    that much more or less. Where only one side has a per cent sign, 25% is 25 as well as 0.25. Two numbers ("18 or 19",
    "12, 13") are no single answer.
    """

    name = "numeric"
    version = 2

    def grade(self, pack: Pack, item: Item, answer: str) -> Verdict:
        """Correct or wrong; no answer where no number was given. Raises PackError for a key that is no number."""
        label = f"{self.name}/{self.version}"
        key = _key(item)
        text = _without_base(body(readable(answer)), item.prompt)
        if not text.strip():
            return Verdict(Outcome.NO_ANSWER, None, label, "the answer is empty")
        found: list[Candidate] = []
        for candidate in candidates(text, pack.extraction):
            found.append(candidate)
            numbers = _stated(candidate, text)
            if len(numbers) > 1:
                several = f"states several numbers: {', '.join(number.text for number in numbers[:5])}"
                return Verdict(Outcome.NO_SINGLE_ANSWER, shown(candidate.text), label, several)
            if numbers:
                right = _is_right(numbers[0], candidate, item, key)
                if not right and _otherwise(numbers[0]) == key.value:
                    outcome = Outcome.CORRECT if numbers[0].is_money else Outcome.UNDECIDED
                    ways = "" if numbers[0].is_money else "its separator may be of thousands or of decimals"
                    return Verdict(outcome, shown(numbers[0].text), label, ways)
                return Verdict(
                    Outcome.CORRECT if right else Outcome.WRONG,
                    shown(numbers[0].text),
                    label,
                    "" if right else f"expected {item.answer}",
                )
        return _without_number(found, item, label)


def _without_base(text: str, prompt: str) -> str:
    """A text without the base that the prompt asks for behind its numbers: "10110_2", "10110 (base 2)". A number in
    another base is made one that cannot be read."""
    asked = _BASE_ASKED.findall(prompt)
    if not asked:
        return text

    def kept(match: re.Match[str]) -> str:
        said = next(group for group in match.groups() if group is not None)
        return "" if unicodedata.normalize("NFKC", said) == asked[-1] else _OTHER_BASE

    return _BASE_SAID.sub(kept, text)


def _key(item: Item) -> Number:
    text = str(item.answer).rsplit("####", 1)[-1].strip()
    if text.isascii() and text.isdecimal() and len(text) < MOST_DIGITS:
        return Number(Fraction(int(text)), percent=False, text=text)
    number = None if isinstance(item.answer, bool) else next(numbers_in(text), None)
    if number is None:
        raise PackError(f"Item {item.id}: its answer {shown(str(item.answer))!r} is not a number.")
    return number


def _stated(candidate: Candidate, text: str) -> tuple[Number, ...]:
    """The numbers that a candidate states."""
    if candidate.place == "line":
        return _in_last_lines(text[: candidate.end])
    if len(candidate.text) > SHORTEST_REFUSAL and is_refusal(candidate.text):
        return ()
    if len(candidate.boxes) > 1:
        inside = {(number.value, number.percent): number for box in candidate.boxes for number in numbers_stated(box)}
        return tuple(inside.values())
    if candidate.place in ("head", "first line") and len(candidate.text) > _LONGEST_ALONE:
        return ()
    return numbers_stated(candidate.text)


def _in_last_lines(text: str) -> tuple[Number, ...]:
    lines = [line for line in text.split("\n") if line.strip()]
    for line in lines[: -_LATER_LINES - 1 : -1]:
        numbers = numbers_stated(line, is_prose=len(lines) > 1 or not _NEGATIVE_ALONE.fullmatch(line))
        if is_refusal(line):
            return ()
        if line is not lines[0] and _NOTE.match(line):
            continue
        if numbers or not _PLEASANTRY.search(line):
            return numbers
    return ()


def _is_right(number: Number, candidate: Candidate, item: Item, key: Number) -> bool:
    numbers = [number]
    if "≈" in candidate.text:  # 10/3 ≈ 3.33 says the same number twice
        numbers += numbers_in(candidate.text.rsplit("≈", 1)[1])
    share = _OUT_OF.search(candidate.text)
    if (
        share is not None and int(share[2]) and key.value.denominator > 1
    ):  # "6 out of 13" is 6/13 where a share is asked
        numbers.append(Number(Fraction(int(share[1]), int(share[2])), percent=False, text=share[0]))
    tolerance = _tolerance(item.extra, key.value)
    return any(abs(value - key.value) <= tolerance for one in numbers for value in _readings(one, key))


def _otherwise(number: Number) -> Fraction | None:
    """The value of a number whose only separator is read the other way: 1500 of "1.500", 1.5 of "1,500"."""
    separator = _EITHER_WAY.fullmatch(number.text)
    if separator is None or number.percent:
        return None
    return number.value * 1000 if separator[1] == "." else number.value / 1000


def _without_number(found: list[Candidate], item: Item, label: str) -> Verdict:
    stated = next((one for one in found if one.is_stated), None)
    if stated is None or is_refusal(stated.text):
        return Verdict(Outcome.NO_ANSWER, None, label, "no number was found")
    same = unwrapped(stated.text) == str(item.answer).strip()
    detail = "the same text" if same else f"no number of up to {MOST_DIGITS:,} digits in it"
    return Verdict(Outcome.CORRECT if same else Outcome.WRONG, shown(stated.text), label, detail)


def _readings(number: Number, key: Number) -> tuple[Fraction, ...]:
    if number.percent == key.percent:
        return (number.value,)
    if not number.percent:
        return (number.value, number.value * 100)
    # 25 % is 25 where the question asked for per cent; 0.5 % is never 0.5.
    return (number.value / 100, number.value) if abs(number.value) > 1 else (number.value / 100,)


def _tolerance(extra: Mapping[str, Any], key: Fraction) -> Fraction:
    stated = extra.get("tolerance")
    if stated is None:
        return Fraction(0)
    number = next(numbers_in(str(stated)), None)
    if number is None or number.value < 0:
        raise PackError(f"The tolerance {stated!r} is neither a number nor a share such as 1%.")
    return abs(key) * number.value / 100 if number.percent else number.value


GRADER = Numeric()
