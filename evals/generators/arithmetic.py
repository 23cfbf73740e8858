"""Mathematics, first half: expressions, stories, equations, remainders, numbers in other bases."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Sequence
from fractions import Fraction
from math import lcm, prod
from random import Random

from generators.problem import Problem

_OPERATIONS: dict[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
}

# ---- expressions: levels by number of operands and of digits


def expression(level: int, source: Random) -> Problem:
    """Nested sums and products of integers; solved a second time from the text."""
    operands, digits = {1: (3, 1), 2: (4, 2), 3: (6, 2), 4: (7, 4), 5: (9, 6)}[level]
    text, value = _nested(operands, digits, source)
    while "*" not in text:
        text, value = _nested(operands, digits, source)
    asked = source.choice(
        (
            "Work out the exact value of {}.",
            "What is {}? Give the exact integer.",
            "Evaluate {} without rounding.",
            "Calculate {} exactly.",
        )
    )
    prompt = asked.format(text) + " Multiplication comes before addition and subtraction."
    return Problem(prompt, str(value), str(value_of(text)), form="N is the integer")


def _nested(operands: int, digits: int, source: Random) -> tuple[str, int]:
    """An expression's text, and its value gathered while it is built."""
    if operands == 1:
        number = source.randrange(10 ** (digits - 1) + 1, 10**digits)
        return str(number), number
    left = source.randint(1, operands - 1)
    a_text, a = _nested(left, digits, source)
    b_text, b = _nested(operands - left, digits, source)
    # Products of long sums would be all there is; so they are made of at most three numbers.
    sign = source.choice("+-*") if operands <= 3 else source.choice("+-")
    if sign == "*":
        return f"{_bracketed(a_text)} * {_bracketed(b_text)}", a * b
    if sign == "-":
        return f"{a_text} - {_bracketed(b_text) if set(b_text) & set('+-') else b_text}", a - b
    return f"{a_text} + {b_text}", a + b


def _bracketed(text: str) -> str:
    return f"({text})" if set(text) & set("+-") else text


def value_of(text: str) -> int:
    """The value of an expression, from its text alone."""

    def value(node: ast.expr) -> int:
        if isinstance(node, ast.BinOp):
            return _OPERATIONS[type(node.op)](value(node.left), value(node.right))
        return int(ast.unparse(node))

    return value(ast.parse(text, mode="eval").body)


# ---- stories: levels by number of steps and of sentences that do not matter

_PLACES = (
    ("bakery", "rolls", "roll"),
    ("bookshop", "notebooks", "notebook"),
    ("nursery", "seedlings", "seedling"),
    ("workshop", "hinges", "hinge"),
    ("library", "postcards", "postcard"),
    ("pottery", "tiles", "tile"),
    ("kiosk", "lemons", "lemon"),
    ("museum shop", "badges", "badge"),
)
_IRRELEVANT = (
    "The {place} has {n} windows.",
    "A {one} weighs about {n} grams.",
    "The owner is {n} years old.",
    "The street outside is {n} metres long.",
    "There are {n} chairs in the back room, none of them for sale.",
    "The {place} next door owns {n} {many} of its own.",
    "Opening hours were extended by {n} minutes this week.",
    "{n} visitors came in only to ask the time.",
)


def story(level: int, source: Random) -> Problem:
    """A stock that grows and shrinks; from level 4 on the beginning is asked for, and found by going back.

    The second way is the whole chain as one linear function, solved as fractions.
    """
    steps, idle, backwards = {1: (2, 0, 0), 2: (3, 1, 0), 3: (5, 2, 0), 4: (6, 3, 1), 5: (9, 5, 1)}[level]
    place, many, one = source.choice(_PLACES)
    while True:
        start = source.randrange(20, 90) * (1 if level < 3 else 4)
        sentences, end, factor, shift = _chain(start, steps, many, source)
        if sentences and 0 < end < 40_000:
            break
    for sentence in source.sample(_IRRELEVANT, idle):
        at = source.randint(0, len(sentences))
        sentences.insert(at, sentence.format(place=place, many=many, one=one, n=source.randrange(3, 90)))
    body = " ".join(sentences)
    if backwards:
        prompt = (
            f"A {place} keeps a store of {many}. {body} After all this there are {end} {many} in the store. "
            f"How many {many} were in it at the beginning?"
        )
        return Problem(prompt, str(start), str((Fraction(end) - shift) / factor))
    prompt = f"A {place} starts with {start} {many} in its store. {body} How many {many} are in the store now?"
    return Problem(prompt, str(end), str(factor * start + shift))


def _chain(start: int, steps: int, many: str, source: Random) -> tuple[list[str], int, Fraction, Fraction]:
    """Sentences, the stock at the end, and the linear function (factor, shift) from beginning to end.

    No sentences where the stock would go below 0 or not divide evenly.
    """
    stock, factor, shift = start, Fraction(1), Fraction(0)
    sentences: list[str] = []
    kinds = ["sold", "boxes", "share", "doubled", "bought", "returned"]
    for step in range(steps):
        kind = kinds[step % 2 * 3 + source.randrange(3)] if steps > 2 else source.choice(("sold", "boxes"))
        a, b = source.randrange(3, 12), source.randrange(4, 25)
        if kind == "sold":
            text, times, plus = f"Then {a + b} {many} are sold.", Fraction(1), -(a + b)
        elif kind == "boxes":
            text, times, plus = f"A delivery brings {a} boxes with {b} {many} each.", Fraction(1), a * b
        elif kind == "share":
            part = source.choice((2, 3, 4, 5))
            word = {2: "Half", 3: "A third", 4: "A quarter", 5: "A fifth"}[part]
            text = f"{word} of the {many} then in the store are sent to another branch."
            times, plus = 1 - Fraction(1, part), 0
        elif kind == "doubled":
            text, times, plus = "A gift doubles the number in the store.", Fraction(2), 0
        elif kind == "bought":
            text = f"On each of {a} days {b} {many} more come in than go out."
            times, plus = Fraction(1), a * b
        else:
            text = f"{a} customers bring back {b // 4 + 1} {many} each, which go into the store again."
            times, plus = Fraction(1), a * (b // 4 + 1)
        after = stock * times + plus
        if after.denominator != 1 or after < 0:
            return [], 0, factor, shift
        stock, factor, shift = int(after), factor * times, shift * times + plus
        sentences.append(text)
    return sentences, stock, factor, shift


# ---- linear systems: levels by number of unknowns and size of coefficients


def linear(level: int, source: Random) -> Problem:
    """A system with integer solution; solved a second time by elimination over fractions."""
    n, size = {1: (2, 1), 2: (2, 5), 3: (3, 6), 4: (4, 9), 5: (6, 12)}[level]
    names = "abcdef"[:n] if n > 3 else "xyz"[:n]
    bound = 9 if level < 3 else 20
    while True:
        values = [source.choice([v for v in range(-bound, bound + 1) if v]) for _ in range(n)]
        if level == 1:
            values = sorted((abs(v) for v in values), reverse=True)
            rows = [[1, 1], [1, -1]]
        else:
            rows = [[source.choice([c for c in range(-size, size + 1) if c]) for _ in range(n)] for _ in range(n)]
        sums = [sum(c * v for c, v in zip(row, values, strict=True)) for row in rows]
        solved = eliminated(rows, sums)
        if solved is not None:
            break
    lines = [f"{_side(row, names)} = {total}" for row, total in zip(rows, sums, strict=True)]
    wanted = names[source.randrange(n)] if level < 4 else " + ".join(names)
    found = solved[names.index(wanted)] if level < 4 else sum(solved, Fraction(0))
    answer = values[names.index(wanted)] if level < 4 else sum(values)
    opening = source.choice(("Solve this system of equations:", "These equations hold at the same time:"))
    prompt = f"{opening}\n\n" + "\n".join(lines) + f"\n\nWhat is {wanted}?"
    return Problem(prompt, str(answer), str(found))


def _side(row: Sequence[int], names: str) -> str:
    terms = []
    for coefficient, name in zip(row, names, strict=True):
        size = "" if abs(coefficient) == 1 else str(abs(coefficient))
        terms.append(f"{'-' if coefficient < 0 else '+'} {size}{name}")
    return " ".join(terms).removeprefix("+ ").replace("- ", "-", 1 if terms[0].startswith("-") else 0)


def eliminated(rows: Sequence[Sequence[int]], sums: Sequence[int]) -> list[Fraction] | None:
    """The one solution of a square system, None if there is not exactly one. Gauss-Jordan over fractions."""
    table = [[Fraction(c) for c in row] + [Fraction(total)] for row, total in zip(rows, sums, strict=True)]
    n = len(table)
    for column in range(n):
        pivot = next((r for r in range(column, n) if table[r][column]), None)
        if pivot is None:
            return None
        table[column], table[pivot] = table[pivot], table[column]
        table[column] = [value / table[column][column] for value in table[column]]
        for r in range(n):
            if r != column:
                factor = table[r][column]
                table[r] = [a - factor * b for a, b in zip(table[r], table[column], strict=True)]
    return [row[-1] for row in table]


# ---- remainders: a division, a last digit, a power, simultaneous remainders


def remainders(level: int, source: Random) -> Problem:
    """Levels 1 to 3 ask for a remainder, 4 and 5 for the least number with given ones. Second: counting up."""
    if level == 1:
        n, m = source.randrange(60, 400), source.randrange(6, 13)
        return Problem(f"What is the remainder when {n} is divided by {m}?", str(n % m), str(_slow_power(n, 1, m)))
    if level in (2, 3):
        # Powers of numbers that end in 0, 1, 5 or 6 all end alike.
        base = source.choice([b for b in range(3, 40) if b % 10 not in (0, 1, 5, 6)])
        power = source.randrange(9, 40) if level == 2 else source.randrange(100, 400)
        modulus = 10 if level == 2 else source.choice((37, 41, 43, 53, 77, 91))
        asked = "What is the last digit of" if level == 2 else "What is the remainder on division by {m} of"
        prompt = f"{asked.format(m=modulus)} {base}^{power} ({base} to the power of {power})?"
        return Problem(prompt, str(pow(base, power, modulus)), str(_slow_power(base, power, modulus)))
    moduli = source.sample((7, 9, 11, 13, 16, 17, 19), 3) if level == 4 else source.sample((16, 17, 19, 23, 27, 29), 4)
    rests = source.sample(range(1, min(moduli)), len(moduli))
    conditions = ", ".join(f"{r} on division by {m}" for r, m in zip(rests, moduli, strict=True))
    prompt = f"Find the least positive integer that leaves these remainders: {conditions}."
    return Problem(prompt, str(_combined(rests, moduli)), str(_counted_up(rests, moduli)))


def _slow_power(base: int, power: int, modulus: int) -> int:
    result = 1
    for _ in range(power):
        result = result * base
    while result >= modulus * 10**6:
        result -= modulus * (result // modulus)
    return result - modulus * (result // modulus)


def _combined(rests: Sequence[int], moduli: Sequence[int]) -> int:
    """The Chinese remainder theorem by inverses."""
    whole = prod(moduli)
    return sum(r * (whole // m) * pow(whole // m, -1, m) for r, m in zip(rests, moduli, strict=True)) % whole


def _counted_up(rests: Sequence[int], moduli: Sequence[int]) -> int:
    number, step = rests[0], moduli[0]
    for r, m in zip(rests[1:], moduli[1:], strict=True):
        while number % m != r:
            number += step
        step = lcm(step, m)
    return number


# ---- other bases: levels by length, base and operation


def bases(level: int, source: Random) -> Problem:
    """Numbers written in bases up to 9, so that answers are plain digits; the second way goes digit by digit."""
    if level in (1, 2):
        base, n = (2, source.randrange(9, 32)) if level == 1 else (source.choice((5, 6, 8)), source.randrange(70, 500))
        prompt = source.choice(("Write the decimal number {} in base {}.", "How is decimal {} written in base {}?"))
        return Problem(prompt.format(n, base), in_base(n, base), _by_subtraction(n, base), form=_DIGITS)
    a_base, b_base = source.sample((3, 4, 5, 6, 7, 8, 9), 2)
    size = {3: (200, 2_000), 4: (20_000, 90_000), 5: (3_000, 30_000)}[level]
    a, b = source.randrange(*size), source.randrange(*size)
    if level == 3:
        prompt = (
            f"Add the base-{a_base} numbers {in_base(a, a_base)} and {in_base(b, a_base)}. "
            f"Write the sum in base {a_base}."
        )
        second = _by_subtraction(int(in_base(a, a_base), a_base) + int(in_base(b, a_base), a_base), a_base)
        return Problem(prompt, in_base(a + b, a_base), second, form=_DIGITS)
    if level == 4:
        prompt = f"The number {in_base(a, a_base)} is written in base {a_base}. Write it in base {b_base}."
        second = _by_subtraction(int(in_base(a, a_base), a_base), b_base)
        return Problem(prompt, in_base(a, b_base), second, form=_DIGITS)
    c = source.choice((3, 4, 5, 6, 7, 8, 9))
    prompt = (
        f"Multiply {in_base(a, a_base)}, written in base {a_base}, by {in_base(b, b_base)}, written in base {b_base}. "
        f"Write the product in base {c}."
    )
    second = _by_subtraction(int(in_base(a, a_base), a_base) * int(in_base(b, b_base), b_base), c)
    return Problem(prompt, in_base(a * b, c), second, form=_DIGITS)


_DIGITS = "N is the number as digits only, without its base"


def in_base(number: int, base: int) -> str:
    """A positive number's digits, by repeated division."""
    digits = ""
    while number:
        number, digit = divmod(number, base)
        digits = str(digit) + digits
    return digits


def _by_subtraction(number: int, base: int) -> str:
    place = 1
    while place * base <= number:
        place *= base
    digits = ""
    while place:
        count = 0
        while number >= place:
            number, count = number - place, count + 1
        digits += str(count)
        place //= base
    return digits
