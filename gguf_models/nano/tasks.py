"""The tasks of aa-nano: problems, their wordings, a scratchpad that solves each, and the held-out split.

Every problem has a canonical key that is the same however it is put (order of operands, wording, plain or as a
choice). A hash of the key decides once and for all whether it may be trained on or is held out, so the two
can never meet.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

LEVELS = (1, 2, 3)
HELD_OUT_OF_256 = 26  # about a tenth of all problems
INSTRUCTION = 'End with "Answer: X".'

_CONSONANTS = "bcdfghjklmnpqrstvwxyz"
_VOWELS = "aeiou"
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Task:
    """One problem in one wording, with the thought that solves it."""

    family: str
    level: int
    key: str
    question: str
    thought: str
    answer: str


def held_out(key: str) -> bool:
    """Whether problems with this key are for evaluation only."""
    return hashlib.sha256(key.encode()).digest()[0] < HELD_OUT_OF_256


def make(family: str, level: int, source: Random, *, evaluation: bool) -> Task:
    """A random problem of one side of the split."""
    while True:
        task = _MAKERS[family](level, source)
        if held_out(task.key) == evaluation:
            return task


def _number(digits: int, source: Random) -> int:
    return source.randrange(10 ** (digits - 1), 10**digits)


def _word(length: int, source: Random) -> str:
    """Letters in a row: half of the time like a word, else any; some have few different letters."""
    kind = source.random()
    if kind < 0.5:
        start = source.randrange(2)
        return "".join(source.choice(_VOWELS if (start + i) % 2 else _CONSONANTS) for i in range(length))
    letters = _LETTERS if kind < 0.8 else source.sample(_LETTERS, max(2, length // 2))
    return "".join(source.choice(letters) for _ in range(length))


def _quoted(word: str, source: Random) -> str:
    return source.choice(("{}", "'{}'", '"{}"')).format(word)


def _wording(wordings: tuple[str, ...], source: Random, *values: object) -> str:
    return source.choice(wordings).format(*values)


# ---- sums and differences, digit by digit from the right; the result grows to the left


def _add_thought(a: int, b: int) -> str:
    width = max(len(str(a)), len(str(b)))
    left, right = f"{a:0{width}}", f"{b:0{width}}"
    lines, carry, result = [f"{left}+{right}"], 0, ""
    for i in reversed(range(width)):
        total = int(left[i]) + int(right[i]) + carry
        result = (str(total) if i == 0 else str(total % 10)) + result
        lines.append(f"{left[i]}+{right[i]}+{carry}={total} {result}")
        carry = total // 10
    return "\n".join(lines)


def _subtract_thought(a: int, b: int) -> str:
    width = len(str(a))
    left, right = f"{a:0{width}}", f"{b:0{width}}"
    lines, borrow, result = [f"{left}-{right}"], 0, ""
    for i in reversed(range(width)):
        digit = int(left[i]) - int(right[i]) - borrow
        borrowed = int(digit < 0)
        result = f"{digit % 10}{result}"
        lines.append(f"{left[i]}-{right[i]}-{borrow}={digit % 10}b{borrowed} {result}")
        borrow = borrowed
    return "\n".join(lines)


def _operands(level: int, source: Random) -> tuple[int, int]:
    """Level 1: two digits each; 2: three digits in at least one; 3: four digits in at least one."""
    longest = level + 1
    shortest = 2 if level == 1 or source.random() < 0.75 else longest
    pair = [_number(longest, source), _number(source.randint(shortest, longest), source)]
    source.shuffle(pair)
    return pair[0], pair[1]


def _addition(level: int, source: Random) -> Task:
    a, b = _operands(level, source)
    question = _wording(_ADD, source, a, b)
    return Task("addition", level, _add_key(a, b), question, _add_thought(a, b), str(a + b))


def _add_key(a: int, b: int) -> str:
    return f"add {min(a, b)} {max(a, b)}"


_ADD = (
    "What is {} + {}?",
    "Add {} and {}.",
    "{} + {} = ?",
    "Compute {} plus {}.",
    "Find the sum of {} and {}.",
)


def _subtraction(level: int, source: Random) -> Task:
    small, big = sorted(_operands(level, source))
    question = _wording(_SUBTRACT, source, big, small)
    return Task(
        "subtraction", level, f"subtract {big} {small}", question, _subtract_thought(big, small), str(big - small)
    )


_SUBTRACT = (
    "What is {} - {}?",
    "Subtract {1} from {0}.",
    "{} - {} = ?",
    "Compute {} minus {}.",
    "Take {1} away from {0}.",
)


# ---- comparing, from the left up to the first digits that differ


def _comparison(level: int, source: Random) -> Task:
    """Level 1: two and three digits; 2: four; 3: five and six. Many pairs share their first digits."""
    digits = {1: source.randint(2, 3), 2: 4, 3: source.randint(5, 6)}[level]
    a = _number(digits, source)
    b = a
    while b == a:
        kind = source.random()
        if kind < 0.2:
            b = _number(digits - 1, source)
        elif kind < 0.5:
            b = _number(digits, source)
        else:
            keep = source.randint(1, digits - 1)
            b = int(str(a)[:keep] + "".join(source.choice("0123456789") for _ in range(digits - keep)))
    if source.random() < 0.5:
        a, b = b, a
    larger = source.random() < 0.5
    question = _wording(_LARGER if larger else _SMALLER, source, a, b)
    answer = max(a, b) if larger else min(a, b)
    key = f"compare {min(a, b)} {max(a, b)}"
    return Task("comparison", level, key, question, _compare_thought(a, b), str(answer))


def _compare_thought(a: int, b: int) -> str:
    width = max(len(str(a)), len(str(b)))
    left, right = f"{a:0{width}}", f"{b:0{width}}"
    steps = []
    for one, other in zip(left, right, strict=True):
        steps.append(f"{one}{'=' if one == other else '<' if one < other else '>'}{other}")
        if one != other:
            break
    return f"{left} {right}\n" + " ".join(steps)


_LARGER = (
    "Which is larger, {} or {}?",
    "Which number is bigger: {} or {}?",
    "Give the larger of {} and {}.",
    "Pick the greater number: {} or {}.",
)
_SMALLER = (
    "Which is smaller, {} or {}?",
    "Which number is less: {} or {}?",
    "Give the smaller of {} and {}.",
    "Pick the lesser number: {} or {}.",
)


# ---- letters


def _sorting(level: int, source: Random) -> Task:
    """Level 1: three and four letters; 2: five and six; 3: seven and eight. Takes out the first letter each time."""
    word = _word(source.randint(2 * level + 1, 2 * level + 2), source)
    lines, rest = [word], word
    while rest:
        first = min(rest)
        rest = rest.replace(first, "", 1)
        lines.append(f"{first} {rest}" if rest else first)
    answer = "".join(sorted(word))
    question = _wording(_SORT, source, _quoted(word, source))
    return Task("sorting", level, f"sort {answer}", question, "\n".join(lines), answer)


_SORT = (
    "Sort the letters of {}.",
    "Put the letters of {} in alphabetical order.",
    "Order the letters in {} from a to z.",
    "What are the letters of {} in order?",
)


def _counting(level: int, source: Random) -> Task:
    """Level 1: four to six letters; 2: seven to nine; 3: ten to fourteen. A running count behind each letter."""
    length = source.randint(*{1: (4, 6), 2: (7, 9), 3: (10, 14)}[level])
    word = _word(length, source)
    letter = source.choice(word) if source.random() < 0.9 else source.choice(_LETTERS)
    for _ in range(source.choice((0, 0, 1, 1, 2, 3))):
        place = source.randrange(length)
        word = word[:place] + letter + word[place + 1 :]
    steps, count = [], 0
    for one in word:
        count += one == letter
        steps.append(f"{one}{count}")
    question = _wording(_COUNT, source, letter, _quoted(word, source))
    return Task("counting", level, f"count {letter} {word}", question, " ".join(steps), str(count))


_COUNT = (
    "How many times does {} occur in {}?",
    "Count the letter '{}' in {}.",
    "How often is the letter {} in {}?",
    "How many '{}' are there in {}?",
)


def _reversal(level: int, source: Random) -> Task:
    """Level 1: three and four letters; 2: five and six; 3: seven to nine. Numbers the letters, then counts down."""
    word = _word(source.randint(*{1: (3, 4), 2: (5, 6), 3: (7, 9)}[level]), source)
    question = _wording(_REVERSE, source, _quoted(word, source))
    return Task("reversal", level, f"reverse {word}", question, _reverse_thought(word), word[::-1])


def _reverse_thought(word: str) -> str:
    numbered = [f"{place}{letter}" for place, letter in enumerate(word, 1)]
    return " ".join(numbered) + "\n" + " ".join(reversed(numbered))


_REVERSE = (
    "Reverse the word {}.",
    "Write {} backwards.",
    "Spell {} from back to front.",
    "What is {} reversed?",
)


# ---- multiple choice over the same kinds of problems


def _choice(level: int, source: Random) -> Task:
    kind = source.choice((_choose_sum, _choose_extreme, _choose_reversed))
    key, question, thought, right, wrong = kind(level, source)
    options = [right, *wrong]
    source.shuffle(options)
    letter, listed = _listed(options, right, source)
    if not thought:
        thought = _extreme_thought([int(option) for option in options], largest=int(right) > int(wrong[0]))
    return Task("choice", level, key, f"{question}\n{listed}", f"{thought}\n{right}={letter}", letter)


_Choice = tuple[str, str, str, str, list[str]]


def _choose_sum(level: int, source: Random) -> _Choice:
    """Level 1: two digits; 2 and 3: up to three digits; 3 with wrong options one or ten beside the right one."""
    a, b = _operands(min(level, 2), source)
    right = a + b
    steps = (1, -1, 10, -10) if level == 3 else (1, -1, 2, 9, 10, -10, 11, 20, -9, 100)
    wrong = source.sample([right + step for step in steps], 3)
    question = _wording(_ADD, source, a, b)
    return _add_key(a, b), question, _add_thought(a, b), str(right), [str(one) for one in wrong]


def _choose_extreme(level: int, source: Random) -> _Choice:
    """The largest or smallest of four numbers of `level` + 1 digits; its thought depends on their order."""
    digits = level + 1
    numbers = sorted(source.sample(range(10 ** (digits - 1), 10**digits), 4))
    largest = source.random() < 0.5
    question = f"Which number is the {'largest' if largest else 'smallest'}?"
    key = "extreme " + " ".join(map(str, numbers))
    ends = numbers[::-1] if largest else numbers
    return key, question, "", str(ends[0]), [str(one) for one in ends[1:]]


def _extreme_thought(numbers: list[int], *, largest: bool) -> str:
    best, lines = numbers[0], [str(numbers[0])]
    for number in numbers[1:]:
        sign = ">" if number > best else "<"
        line = f"{number}{sign}{best}"
        best = max(best, number) if largest else min(best, number)
        lines.append(f"{line} {best}")
    return "\n".join(lines)


def _choose_reversed(level: int, source: Random) -> _Choice:
    """A word of `level` + 2 letters; the wrong options are other orders of its letters."""
    word, right = "", ""
    wrong: set[str] = set()
    while len(wrong) < 3:
        word = "".join(source.sample(_LETTERS, level + 2))
        right = word[::-1]
        shuffled = ("".join(source.sample(word, len(word))) for _ in range(6))
        wrong = {one for one in shuffled if one != right}
    question = _wording(_REVERSE, source, _quoted(word, source))
    return f"reverse {word}", question, _reverse_thought(word), right, sorted(wrong)[:3]


def _lookup(level: int, source: Random) -> Task:
    """Only for training: which letter an option has, among like ones (same letters, near numbers) or unlike ones."""
    length = level + 2
    if source.random() < 0.5:
        options = [_word(length, source) for _ in range(4)]
        if source.random() < 0.5:
            options = ["".join(source.sample(options[0], length)) for _ in range(4)]
    else:
        numbers = [_number(min(length, 4), source) for _ in range(4)]
        if source.random() < 0.5:
            numbers = [numbers[0] + step for step in source.sample((-10, -1, 0, 1, 2, 9, 10, 11, 100), 4)]
        options = [str(number) for number in numbers]
    right = source.choice(options)
    if options.count(right) > 1:
        return _lookup(level, source)
    letter, listed = _listed(options, right, source)
    question = f"Which option is {_quoted(right, source)}?\n{listed}"
    return Task("lookup", level, "lookup " + " ".join(options), question, f"{right}={letter}", letter)


def _listed(options: list[str], right: str, source: Random) -> tuple[str, str]:
    """The letter of the right option, and all options, each on its line behind its letter."""
    style = source.choice(("{}) {}", "{}. {}"))
    lines = [style.format(name, option) for name, option in zip("ABCD", options, strict=True)]
    return "ABCD"[options.index(right)], "\n".join(lines)


FAMILIES: dict[str, Callable[[int, Random], Task]] = {
    "addition": _addition,
    "subtraction": _subtraction,
    "comparison": _comparison,
    "sorting": _sorting,
    "counting": _counting,
    "reversal": _reversal,
    "choice": _choice,
}
_MAKERS = {**FAMILIES, "lookup": _lookup}
GRADERS = {
    "addition": "numeric",
    "subtraction": "numeric",
    "comparison": "numeric",
    "sorting": "exact",
    "counting": "numeric",
    "reversal": "exact",
    "choice": "choice",
}
