"""Arithmetic and number theory: expressions, stories, systems, remainders, bases, divisors, sequences."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from itertools import count, pairwise
from math import gcd

from tests.evals.solvers.reading import Rule, by_form, listed, parts, read


def _evaluated(text: str, **names: object) -> int:
    """The value of an expression in whole numbers, by Python's own order of operations."""
    assert re.fullmatch(r"[-+*() \da-z\[\]]+", text)
    value = eval(text, {"__builtins__": {}}, names)
    assert isinstance(value, int)
    return value


_ORDER = r" Multiplication comes before addition and subtraction\."
_EXPRESSION = r"([-+*() \d]+)"
expression = by_form(
    {
        rf"What is {_EXPRESSION}\? Give the exact integer\.{_ORDER}": _evaluated,
        rf"Evaluate {_EXPRESSION} without rounding\.{_ORDER}": _evaluated,
        rf"Calculate {_EXPRESSION} exactly\.{_ORDER}": _evaluated,
        rf"Work out the exact value of {_EXPRESSION}\.{_ORDER}": _evaluated,
    }
)

_STORE: dict[str, Rule] = {
    r"Then (\d+) \w+ are sold\.": lambda sold: lambda stock: stock - sold,
    r"A delivery brings (\d+) boxes with (\d+) \w+ each\.": lambda boxes, each: lambda stock: stock + boxes * each,
    r"Half of the \w+ then in the store are sent to another branch\.": lambda: lambda stock: stock / 2,
    r"A third of the \w+ then in the store are sent to another branch\.": lambda: lambda stock: stock - stock / 3,
    r"A quarter of the \w+ then in the store are sent to another branch\.": lambda: lambda stock: stock - stock / 4,
    r"A fifth of the \w+ then in the store are sent to another branch\.": lambda: lambda stock: stock - stock / 5,
    r"A gift doubles the number in the store\.": lambda: lambda stock: stock * 2,
    r"On each of (\d+) days (\d+) \w+ more come in than go out\.": lambda days, more: lambda stock: stock + days * more,
    r"(\d+) customers bring back (\d+) \w+ each, which go into the store again\.": lambda people, each: (
        lambda stock: stock + people * each
    ),
}
_IDLE = "|".join(
    (
        r"The [a-z ]+ has \d+ windows\.",
        r"A \w+ weighs about \d+ grams\.",
        r"The owner is \d+ years old\.",
        r"The street outside is \d+ metres long\.",
        r"There are \d+ chairs in the back room, none of them for sale\.",
        r"The [a-z ]+ next door owns \d+ \w+ of its own\.",
        r"Opening hours were extended by \d+ minutes this week\.",
        r"\d+ visitors came in only to ask the time\.",
    )
)


def _stocks(start: int | Fraction, events: str) -> list[Fraction]:
    """What is in the store at first and after each event."""
    stocks = [Fraction(start)]
    for sentence in re.split(r"(?<=\.) ", events):
        if not re.fullmatch(_IDLE, sentence):
            stocks.append(read(sentence, _STORE)(stocks[-1]))
    return stocks


def _counted(stocks: Sequence[Fraction]) -> Sequence[Fraction]:
    assert all(stock >= 0 and stock.denominator == 1 for stock in stocks)
    return stocks


def _start(events: str, end: int) -> Fraction:
    """All that happens is linear: where 0 and 1 at the beginning lead to says which number leads to the end."""
    of_0, of_1 = _stocks(0, events)[-1], _stocks(1, events)[-1]
    start = (end - of_0) / (of_1 - of_0)
    assert _counted(_stocks(start, events))[-1] == end
    return start


story = by_form(
    {
        r"A [a-z ]+ starts with (\d+) (\w+) in its store\. (.*) How many \2 are in the store now\?": (
            lambda start, _, events: _counted(_stocks(start, events))[-1]
        ),
        r"A [a-z ]+ keeps a store of (\w+)\. (.*) After all this there are (\d+) \1 in the store\. How many \1 were in "
        r"it at the beginning\?": lambda _, events, end: _start(events, end),
    }
)

Matrix = list[list[int]]


def _determinant(rows: Matrix) -> int:
    """By its first row (Laplace)."""
    if not rows:
        return 1
    return sum(
        (-1) ** at * size * _determinant([row[:at] + row[at + 1 :] for row in rows[1:]])
        for at, size in enumerate(rows[0])
    )


def _solved(equations: str, wanted: str) -> Fraction:
    """Cramer's rule, for each of the letters whose sum is wanted."""
    letters = sorted(set(re.findall("[a-z]", equations)))
    rows, right = [], []
    for left, number in listed(equations, r"([-+ \da-z]+) = (-?\d+)"):
        terms = [parts(term, r"([-+]?)(\d*)([a-z])") for term in re.findall(r"[-+]?\d*[a-z]", left.replace(" ", ""))]
        sizes = {letter: (-1 if sign == "-" else 1) * (1 if size == "" else size) for sign, size, letter in terms}
        assert len(sizes) == len(terms)
        rows.append([sizes.get(letter, 0) for letter in letters])
        right.append(number)
    whole = _determinant(rows)
    assert whole != 0

    def value(letter: str) -> Fraction:
        at = letters.index(letter)
        replaced = [[*row[:at], number, *row[at + 1 :]] for row, number in zip(rows, right, strict=True)]
        return Fraction(_determinant(replaced), whole)

    return sum(map(value, wanted.split(" + ")), Fraction(0))


linear = by_form(
    {
        r"(?:Solve this system of equations|These equations hold at the same time):\n\n(.*)\n\n"
        r"What is ([a-z](?: \+ [a-z])*)\?": _solved
    }
)


def _least(conditions: str) -> int:
    """By trying the positive numbers one after the other."""
    wanted = [parts(part, r"(\d+) on division by (\d+)") for part in conditions.split(", ")]
    return next(n for n in count(1) if all(n % by == remainder for remainder, by in wanted))


_POWER = r"(\d+)\^(\d+) \(\{} to the power of \{}\)\?"
remainders = by_form(
    {
        r"What is the remainder when (\d+) is divided by (\d+)\?": lambda number, by: number % by,
        r"What is the last digit of " + _POWER.format(1, 2): lambda base, power: str(base**power)[-1],
        r"What is the remainder on division by (\d+) of " + _POWER.format(2, 3): lambda by, base, power: (
            base**power % by
        ),
        r"Find the least positive integer that leaves these remainders: (.*)\.": _least,
    }
)


def _digits(number: int, base: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, base)
        digits = str(digit) + digits
    return digits


def _value(digits: int, base: int) -> int:
    return int(str(digits), base)


bases = by_form(
    {
        r"Write the decimal number (\d+) in base (\d)\.": _digits,
        r"How is decimal (\d+) written in base (\d)\?": _digits,
        r"Add the base-(\d) numbers (\d+) and (\d+)\. Write the sum in base \1\.": lambda base, a, b: _digits(
            _value(a, base) + _value(b, base), base
        ),
        r"The number (\d+) is written in base (\d)\. Write it in base (\d)\.": lambda number, base, wanted: _digits(
            _value(number, base), wanted
        ),
        r"Multiply (\d+), written in base (\d), by (\d+), written in base (\d)\. Write the product in base (\d)\.": (
            lambda a, its_base, b, base_of_b, wanted: _digits(_value(a, its_base) * _value(b, base_of_b), wanted)
        ),
    }
)

divisors = by_form(
    {
        r"What is the greatest common divisor of (\d+) and (\d+)\?": lambda a, b: max(
            d for d in range(1, a + 1) if a % d == b % d == 0
        ),
        r"What is the least common multiple of (\d+), (\d+) and (\d+)\?": lambda a, b, c: next(
            multiple for multiple in count(a, a) if multiple % b == multiple % c == 0
        ),
        r"How many positive divisors does (\d+) have, 1 and \1 included\?": lambda n: sum(
            n % d == 0 for d in range(1, n + 1)
        ),
        r"How many integers k with 1 <= k <= (\d+) have no common divisor with (\d+) except 1\?": lambda last, n: sum(
            gcd(k, n) == 1 for k in range(1, last + 1)
        ),
        r"What is the sum of gcd\(k, (\d+)\) over all integers k from 1 to \1\?": lambda n: sum(
            gcd(k, n) for k in range(1, n + 1)
        ),
    }
)


def _added(terms: str, number: int) -> int:
    first = [int(term) for term in terms.split(", ")]
    (step,) = {b - a for a, b in pairwise(first)}
    return first[0] + (number - 1) * step


_BEGINS = r"A sequence begins with ([^:]*), and for n >= \d the rule is a\(n\) = "


def _by_rule(first: str, rule: str, wanted: int, modulus: int = 0) -> int:
    terms: dict[int, int] = dict(parts(part, r"a\((\d+)\) = (-?\d+)") for part in first.split(", "))
    assert sorted(terms) == list(range(len(terms)))
    for n in range(len(terms), wanted + 1):
        value = _evaluated(re.sub(r"a\(n-(\d)\)", r"a[n-\1]", rule), a=terms, n=n)
        terms[n] = value % modulus if modulus else value
    return terms[wanted]


def _by_remainders(first: str, rule: str, greatest: int, modulus: int, wanted: int) -> int:
    assert greatest == modulus - 1
    return _by_rule(first, rule, wanted, modulus)


sequence = by_form(
    {
        r"A sequence goes on by adding the same number each time: ([\d, -]+), \.\.\. What is its term number (\d+)\?": (
            _added
        ),
        _BEGINS + r"([^,]*)\. What is a\((\d+)\)\?": _by_rule,
        _BEGINS + r"([^,]*), where each term is replaced by its remainder from 0 to (\d+) on division by (\d+)\. "
        r"What is a\((\d+)\)\?": _by_remainders,
    }
)
