r"""Where a text of thinking concludes the answer: sentences that state one, and whether it is the right one.

A number that is mentioned is no conclusion. A statement is firm where it stands behind a mark of answers ("the answer
is", "Answer:", a box, "####", of options "I choose D"); each is judged by the item's own grader, as an answer of this
one sentence. It is loose where a sentence that begins with "so" or has an equals sign ends with the right answer, and
the next sentence checks it, doubts it or says it again: a step of the working is passed over, since what follows it
goes on from there. Guesses ("maybe", "if", a question) and what stands in the question itself are no statements.

The text is searched with `str.find` for the right answer and for the nouns of `answer_words.toml`; a grader sees the
few sentences that have either, so that a text of 60,000 characters takes milliseconds.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from aa_tui.engine.loops import WINDOW, is_loop
from aa_tui.evals import words
from aa_tui.evals.extraction import unwrapped
from aa_tui.evals.final import candidates
from aa_tui.evals.grading import judge
from aa_tui.evals.items import Extraction, Item, Pack, Verdict
from aa_tui.outcomes import Outcome

READ = frozenset({"numeric", "math", "choice", "exact"})
"""Graders whose verdicts can be told from a sentence. Of code, of instructions and of patterns a text tells nothing."""

LONGEST_SENTENCE = 600
"""Characters of a sentence that are judged, its last ones."""

MOST_JUDGED, MOST_APART = 400, 40
"""Different sentences of one text that a grader judges; in a process of its own, where each takes longer. A text that
goes in circles has few."""

LEAST_PIECES = 120
"""Pieces of words that equal turns of one phrase must have at the end of a text that was cut."""

_END = re.compile("[.!?…。！？\n]")
_ENDS_ALONE = "\n。！？"
_BEHIND_END = re.compile(r"[\"'”’)*_\]]{0,3}\s+")
_MARKUP = " \t\n*_`~#>-•|"
_TAIL = " \t\n*_`.。,;:!)]}$\"'”"
_BOXES = ("\\boxed", "\\fbox", "####", "<answer>", "[ANSWER]")
_TOKEN = re.compile(r"[^\W\d_]{1,8}|\d|[^\w\s]")
_UNITS = re.compile(r"\s*(?:%|°|\\?[a-zA-Z$€£²³]{1,12}(?:\s[a-zA-Z]{1,12})?)?")
_AFTER_SO = re.compile(r"[,;]\s+(?=so|hence|thus|therefore|which (?:is|gives|makes)|giving)", re.IGNORECASE)
_LETTER = re.compile(r"(?<![^\W_])[A-Za-z](?![^\W_])")
_LIST_MARK = re.compile(r"[\s*_>-]{0,4}\(?(?:[A-Za-z]|\d{1,2})[.)][*_]{0,2}[ \t]+")
_OPTION = re.compile(r"[\s*_>#-]{0,6}\(?[A-Z](?:[.):]|[*_]{1,3}[.):]?|\s*$)")
_PLAIN = re.compile(r"-?\d[\d,]*(?:\.\d+)?")
_QUOTED = re.compile(r"[\"“'‘`]([^\"”'’`\n]{3,200})[\"”'’`]")
_DIGIT, _OTHER_FORM = re.compile(r"\d"), re.compile(r"[/%^{\\×·*]|\d[eE]|\d\s\d|\btimes\b")
_SPACING = re.compile(r"\\(?:left|right|,|;|!|quad|displaystyle)|\s+|[$]")

Judge = Callable[[Pack, Item, str], Verdict]
"""A grader: `grading.judge` in this process, or `Grading.grade` in one of its own."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence that concludes an answer, at `start` to `end` in its text. `right`: it is the right one."""

    start: int
    end: int
    right: bool


def can_be_read(pack: Pack, item: Item) -> bool:
    """Whether a text can tell that it has reached the right answer of this item."""
    return pack.grader_of(item) in READ


def statements(
    pack: Pack, item: Item, text: str, *, asked: str = "", apart: Judge | None = None
) -> tuple[Statement, ...]:
    """What a text concludes, in its order; nothing where `can_be_read` is false. Raises PackError for a broken key.

    `asked` is the whole prompt, where it has more in it than the item's. `apart` judges where a grader may take long;
    without it this process does. Patterns of the pack's own are for answers, and are not looked for.
    """
    kind = pack.grader_of(item)
    if kind not in READ or not text:
        return ()
    plain = replace(pack, items=(), extraction=Extraction())
    return _Reading(plain, item, text, asked=asked or item.prompt, apart=apart or judge).found()


def goes_in_circles(text: str) -> bool:
    """Whether a text's end repeats itself as `engine.loops` has it, by pieces of words instead of tokens. It has been
    cut, so that fewer of them are enough than for stopping it."""
    pieces = _TOKEN.findall(text[-12 * WINDOW :])[-WINDOW:]
    numbers: dict[str, int] = {}
    return is_loop([numbers.setdefault(piece, len(numbers)) for piece in pieces], least_tokens=LEAST_PIECES)


class _Reading:
    """One text, read for one item."""

    def __init__(self, pack: Pack, item: Item, text: str, *, asked: str, apart: Judge) -> None:
        self.pack, self.item, self.text = pack, item, text
        self.kind = kind = pack.grader_of(item)
        self.judge, self.n_left = (apart, MOST_APART) if kind == "math" else (judge, MOST_JUDGED)
        self.prompt = words.lowered(asked)
        self.letter, self.keys = _letter_and_text(pack, item) if kind == "choice" else ("", _keys(item, kind))
        self.said: dict[str, bool | None] = {}
        self.starts = _starts(text)

    def found(self) -> tuple[Statement, ...]:
        holding = {self._number(at) for at in self._key_places()}
        firm = {self._number(at) for at in _mark_places(self.text)}
        stated: list[Statement] = []
        for number in sorted(holding | firm):
            sentence, start, end = self._sentence(number)
            right = self._firm(sentence) if number in firm or self.kind == "choice" else None
            if right is None and number in holding and self._loose(number, sentence):
                right = True
            if right is not None:
                stated.append(Statement(start, end, right))
                if right and self._taken_back(number):
                    stated.append(Statement(end, end, False))
        return tuple(stated)

    # -- sentences

    def _number(self, at: int) -> int:
        return bisect_right(self.starts, at) - 1

    def _sentence(self, number: int) -> tuple[str, int, int]:
        """A sentence with where it begins and ends; none is "" at the text's end."""
        if number >= len(self.starts):
            return "", len(self.text), len(self.text)
        start = self.starts[number]
        end = self.starts[number + 1] if number + 1 < len(self.starts) else len(self.text)
        whole = self.text[start:end].rstrip()
        return whole[-LONGEST_SENTENCE:].lstrip(), start, start + len(whole)

    def _key_places(self) -> Iterator[int]:
        """Where the right answer may stand, by its usual forms."""
        if self.letter:
            for found in re.finditer(rf"(?<![^\W_]){self.letter}(?![^\W_])", self.text):
                yield found.start()
        text = words.lowered(self.text) if self.kind in ("exact", "choice") else self.text
        for key in self.keys:
            at = text.find(key)
            while at >= 0 and key:
                yield at
                at = text.find(key, at + 1)

    # -- statements

    def _firm(self, sentence: str) -> bool | None:
        """Whether a sentence that states an answer states the right one; None where it states none."""
        if sentence not in self.said:
            self.said[sentence] = self._judged(sentence)
        return self.said[sentence]

    def _judged(self, sentence: str) -> bool | None:
        if _is_guess(sentence) or (self.kind == "choice" and not self._may_choose(sentence)):
            return None
        first = next(candidates(sentence, Extraction()), None)
        if first is None:
            return None
        if first.is_stated or first.place == "saying":
            if self._is_quoted(sentence, first.start, first.end):
                return None
        elif self.kind != "choice" or _OPTION.match(sentence):  # whose grader knows which sentences choose one
            return None
        known = self._plainly(sentence, first.boxes[-1] if first.boxes else first.text)
        return self._asked(sentence) if known is None else known

    def _may_choose(self, sentence: str) -> bool:
        """Whether there is a letter in it, or the right option's text and something about it."""
        if words.lowered(sentence).strip(_TAIL + _MARKUP) in self.keys:
            return False
        return _LETTER.search(sentence) is not None or any(key in words.lowered(sentence) for key in self.keys)

    def _asked(self, sentence: str) -> bool | None:
        """What the grader says of a sentence."""
        if not self.n_left:
            return None
        self.n_left -= 1
        verdict = self.judge(self.pack, self.item, sentence)
        if verdict.outcome == Outcome.CORRECT:
            return True
        return False if verdict.outcome == Outcome.WRONG and verdict.extracted else None

    def _is_quoted(self, sentence: str, start: int, end: int) -> bool:
        """Whether the question itself says so: "end with “Answer: 7”"."""
        round_it = [one for one in _QUOTED.finditer(sentence) if one.start() <= start < one.end()]
        said = [sentence[start:end], *(one[1] for one in round_it)]
        bare = [words.lowered(one).strip(_TAIL + _MARKUP) for one in said]
        return any(len(one) > 2 and one in self.prompt for one in bare)

    def _plainly(self, sentence: str, phrase: str) -> bool | None:
        """What can be said of a stated phrase without its grader: in mathematics the same text is right; another plain
        number is wrong, and so is a text without the key's first word."""
        if self.kind == "numeric":
            is_other = _DIGIT.search(phrase) and not _OTHER_FORM.search(phrase)
            return False if is_other and not any(key in sentence for key in self.keys) else None
        if self.kind == "exact":
            if self.item.extra.get("compare") == "python" or any(_DIGIT.search(key) for key in self.keys):
                return None
            said = words.lowered(phrase)
            return None if any(first[0] in said for key in self.keys if (first := key.split())) else False
        if self.kind == "math":
            said, key = _squeezed(phrase), _squeezed(str(self.item.answer))
            if said == key:
                return True
            return False if _PLAIN.fullmatch(said) and _PLAIN.fullmatch(key) else None
        return None

    def _loose(self, number: int, sentence: str) -> bool:
        """Whether a sentence that holds the right answer concludes it without a mark."""
        if self.kind == "choice" or _is_guess(sentence):
            return False
        said = self._last_said(sentence)
        if said is None or any(_holds(self.prompt, key) for key in self.keys):
            return False
        begun = sentence.lstrip(_MARKUP)
        if words.has("not", said) or words.has("wrong", said):
            return False
        concludes = words.begins("so", begun) > 0 or "=" in sentence or _AFTER_SO.search(sentence) is not None
        if self.kind == "exact":
            concludes = words.begins("so", begun) > 0
        return concludes and self._is_turned(number + 1)

    def _last_said(self, sentence: str) -> str | None:
        """The clause at a sentence's end that ends with the right answer and at most a unit."""
        bare = sentence.rstrip(_TAIL)
        folded = words.lowered(bare) if self.kind == "exact" else bare
        for key in self.keys:
            at = folded.rfind(key)
            if at < 0 or not _stands_alone(folded, at, at + len(key)):
                continue
            if _UNITS.fullmatch(folded, at + len(key)):
                return bare[max(0, at - 60) :]
        return None

    def _is_turned(self, number: int) -> bool:
        """Whether a sentence does not go on working: it turns to a check or a doubt, says the same, or is none."""
        following, _, _ = self._sentence(number)
        begun = following.lstrip(_MARKUP)
        if not begun:
            return True
        return words.begins("turn", begun) > 0 or words.begins("correction", begun) > 0 or self._firm(following) is True

    def _taken_back(self, number: int) -> bool:
        """Whether the next sentence says that this one was wrong."""
        following, _, _ = self._sentence(number + 1)
        return (
            words.has("correction", following)
            and words.has("wrong", following)
            and not _is_guess(following)
            and self._firm(following) is not True
        )


def _starts(text: str) -> list[int]:
    """Where sentences begin. The mark of a list ("A.", "2)") is none of its own."""
    starts = [0]
    for found in _END.finditer(text):  # one class of characters is found ten times as fast as a pattern
        at = found.start()
        behind = _BEHIND_END.match(text, at + 1)
        end = behind.end() if behind else at + 1 if text[at] in _ENDS_ALONE else 0
        if starts[-1] < end < len(text) and not (end - starts[-1] < 12 and _LIST_MARK.fullmatch(text, starts[-1], end)):
            starts.append(end)
    return starts


def _is_guess(sentence: str) -> bool:
    """Whether a sentence asks, supposes, or is not sure."""
    bare = sentence.strip(_MARKUP + "\"')")
    if bare.endswith(("?", "？")):
        return True
    return words.begins("supposed", bare) > 0 or words.has("unsure", bare)


def _mark_places(text: str) -> Iterator[int]:
    yield from words.noun_places(text)
    for mark in _BOXES:
        at = text.find(mark)
        while at >= 0:
            yield at
            at = text.find(mark, at + len(mark))


def _letter_and_text(pack: Pack, item: Item) -> tuple[str, tuple[str, ...]]:
    """The right option's letter, and its text where it has one."""
    from aa_tui.evals.graders.choice import options_of

    options, letter = options_of(pack, item)
    place = ord(letter) - ord("A")
    return letter, (words.lowered(options.texts[place]),) if place < len(options.texts) else ()


def _keys(item: Item, kind: str) -> tuple[str, ...]:
    """The usual forms of the right answer, the longest first."""
    if kind == "exact":
        keys = item.answer if isinstance(item.answer, list | tuple) else [item.answer]
        return tuple(sorted((words.lowered(str(one)).strip() for one in keys), key=len, reverse=True))
    if kind == "math":
        return (unwrapped(str(item.answer)),)
    return tuple(sorted(set(_number_forms(str(item.answer))), key=len, reverse=True))


def _number_forms(answer: str) -> Iterator[str]:
    from aa_tui.evals.graders.numbers import numbers_in

    number = next(numbers_in(answer.rsplit("####", 1)[-1].strip()), None)
    if number is None:
        return
    value, sign = number.value, "-" if number.value < 0 else ""
    size = abs(value)
    if size.denominator == 1:
        yield f"{sign}{size.numerator}"
        if size >= 1000:
            yield f"{sign}{size.numerator:,}"
    else:
        yield f"{sign}{size.numerator}/{size.denominator}"
        yield f"{sign}\\frac{{{size.numerator}}}{{{size.denominator}}}"
        yield from _decimal(sign, size)
    if number.percent:
        yield f"{sign}{float(size):g}%"


def _decimal(sign: str, size: Fraction) -> Iterator[str]:
    shown = f"{float(size):.12g}"
    if Fraction(shown) == size:
        yield sign + shown
        if shown.startswith("0."):
            yield sign + shown[1:]


def _squeezed(phrase: str) -> str:
    """A mathematical phrase without what only sets it."""
    return _SPACING.sub("", unwrapped(phrase)).replace("dfrac", "frac").replace("tfrac", "frac").rstrip(".")


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Whether what stands there is no part of a longer number or word."""
    before, after = text[max(0, start - 1) : start], text[end : end + 1]
    is_number = text[start].isdigit()
    if before.isalnum() or (before and before in "-−" and is_number):
        return False
    if before and before in ".,/" and text[max(0, start - 2) : start - 1].isdigit():
        return False
    if after and after in ".,/" and text[end + 1 : end + 2].isdigit() and is_number:
        return False
    return not (after.isalnum() and (after.isdigit() or text[end - 1].isalpha()))


def _holds(text: str, key: str) -> bool:
    """Whether a text has this number or word standing alone."""
    at = text.find(words.lowered(key))
    while at >= 0:
        if _stands_alone(text, at, at + len(key)):
            return True
        at = text.find(words.lowered(key), at + 1)
    return False
