r"""Whether two expressions, or two equations, are the same: their values at points of both signs, exact or to many
digits. For the sizes that answers have, that decides identity as surely as algebra does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Literal

from aa_tui.evals.graders.expressions import Node, UnreadableError, has, read, unknowns
from aa_tui.evals.graders.values import DIGITS, NoValueError, Number, Reading, less, value_of, vanishes

Sameness = Literal["same", "different", "unclear", "unread"]
"""unclear: both can be read, and what was meant decides. unread: one side is outside of what is read here."""

_WORST_FIRST: tuple[Sameness, ...] = ("different", "unread", "unclear", "same")

_TOPS = (97, -61, 35, -44, 113, -17, 71, -128, 29, -83, 53, -19)
_SIGNS = (
    (1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1),
    (-1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1),
    (-1, -1, 1, 1, -1, -1, 1, 1, -1, -1, 1, 1),
    (1, -1, -1, 1, 1, -1, -1, 1, 1, -1, -1, 1),
    (-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1),
)
_BOTTOMS = (53, 211, 17, 131, 29, 307, 37)
POINTS = tuple(
    tuple(Fraction(sign * abs(_TOPS[(n + 5 * k) % 12]), bottom + 3 * n) for n, sign in enumerate(signs))
    for k, (signs, bottom) in enumerate((signs, bottom) for bottom in _BOTTOMS[:2] for signs in _SIGNS)
)
"""Ten points for up to twelve unknowns: all positive, all negative and mixed, within and outside of -1 to 1."""

_ENOUGH = 3
TOO_LARGE = object()
FAR_FROM_NOTHING = 1e-15
_DECIMAL = re.compile(r"-?\d*\.(\d+)")
FULL_PRECISION, CALCULATOR = 15, 9
"""Significant digits of a computer's number, and of a pocket calculator's."""
_DERIVATIVE = re.compile(r"\\frac ?\{ ?(?:d|\\partial)[^{}]{0,9}\} ?\{ ?(?:d|\\partial) ?[a-z]|d/d[a-z]")
_AMBIGUOUS = re.compile(r"/ ?(?:\d+|\\pi ?)(?:[a-zA-Z(]|\\(?!cdot|right|rfloor|rceil|\}|lor|land|cup))")


def worst(found: Iterable[Sameness]) -> Sameness:
    """The sameness of a whole: that of its worst part."""
    return min(found, key=_WORST_FIRST.index, default="same")


def best(found: Iterable[Sameness]) -> Sameness:
    """The sameness of the part that is most the same."""
    return max(found, key=_WORST_FIRST.index, default="different")


@lru_cache(maxsize=1024)
def same_expression(key: str, said: str) -> Sameness:
    """Two expressions in `spelled` form."""
    if _DERIVATIVE.search(key + said):
        return "unread"
    try:
        one, other = read(key), read(said)
        found = _same_trees(one, other)
        if found == "different":
            if (_DECIMAL.fullmatch(said) or _DECIMAL.fullmatch(key)) and not unknowns(one) and not unknowns(other):
                return _as_decimals(key, one, said, other)
            if _AMBIGUOUS.search(said) and _same_trees(one, read(said, tight=True)) == "same":
                return "unclear"
    except UnreadableError:
        return "unread"
    return found


def _same_trees(one: Node, other: Node) -> Sameness:
    if has(one, "function", "\\log") or has(other, "function", "\\log"):
        # \\log without a base is that of 10 in school and that of e elsewhere.
        found = {_at_points(one, other, base) for base in (10, None)}
        if len(found) == 1:
            return found.pop()
        return "same" if "same" in found and not has(one, "function", "\\log") else "unclear"
    return _at_points(one, other, 10)


def _at_points(one: Node, other: Node, base: int | None) -> Sameness:
    if one == other:
        return "same"
    names = sorted(unknowns(one) | unknowns(other))
    if len(names) > len(POINTS[0]):
        return "unread"
    real = not (has(one, "constant", "i") or has(other, "constant", "i"))
    seen, elsewhere = 0, False
    for point in POINTS if names else POINTS[:1]:
        found = _at_point(one, other, dict(zip(names, point, strict=False)), real, base)
        if found in ("different", "unread"):
            return found
        seen += found == "same"
        elsewhere = elsewhere or found == "unclear"
    if not names:
        return "same" if seen else "different" if elsewhere else "unread"
    return "unread" if seen < _ENOUGH else "unclear" if elsewhere else "same"


def _at_point(one: Node, other: Node, known: Mapping[str, Fraction], real: bool, base: int | None) -> Sameness | None:
    """unclear: only one of them has a value here. None: neither has."""
    wanted, given = (_value_or_none(tree, known, real, base) for tree in (one, other))
    if wanted is None or given is None:
        return None if wanted is given else "unclear"
    if TOO_LARGE in (wanted, given):
        return "unread" if wanted is TOO_LARGE else "different"
    both = ("-", one, other)
    zero = _equal(wanted, given, lambda reading: value_of(both, known, reading), real, base)
    return "unread" if zero is None else "same" if zero else "different"


def _value_or_none(tree: Node, known: Mapping[str, Fraction], real: bool, base: int | None) -> Number | None:
    try:
        return value_of(tree, known, Reading(DIGITS[0], real, base))
    except NoValueError:
        return None
    except OverflowError:
        return TOO_LARGE


def _equal(
    one: Number, other: Number, difference: Callable[[Reading], Number], real: bool, base: int | None
) -> bool | None:
    if isinstance(one, Fraction) and isinstance(other, Fraction):
        return one == other
    reading = Reading(DIGITS[0], real, base)
    # Far apart already: no need to look closer.
    if abs(less(one, other, reading)) * 10**15 > abs(one) + abs(other) > FAR_FROM_NOTHING:
        return False
    return vanishes(difference, real=real, base=base)


def _as_decimals(key: str, one: Node, said: str, other: Node) -> Sameness:
    """A decimal with all the digits of a computer's number is the value that it is of; one with fewer is another."""
    reading = Reading(DIGITS[0], False)
    for text, exact_text in ((said, key), (key, said)):
        decimal = _DECIMAL.fullmatch(text)
        if not decimal:
            continue
        n_digits = len(text.replace(".", "").lstrip("-0"))
        distance = abs(_plain(value_of(("-", one, other), {}, reading)))
        size = abs(_plain(value_of(one, {}, reading)))
        last_place = Fraction(1, 10 ** len(decimal[1]))
        if n_digits >= FULL_PRECISION and distance <= max(last_place, size * Fraction(4, 10**16)):
            return "same"
        if n_digits >= CALCULATOR and distance <= last_place and not _DECIMAL.fullmatch(exact_text):
            return "unclear"
    return "different"


def _plain(value: Number) -> Fraction:
    if isinstance(value, Fraction):
        return value
    return Fraction(str(abs(value)))


def same_up_to_constant(key: str, said: str) -> Sameness:
    """Whether two antiderivatives, their constants taken off, differ by a constant."""
    try:
        found, _ = _constant(("-", read(key), read(said)))
    except UnreadableError:
        return "unread"
    return found


def same_equation(key: str, said: str) -> Sameness:
    """The same solutions if the differences of their sides are in one ratio everywhere."""
    return _in_ratio(key, said)[0]


def same_inequality(key: str, said: str) -> Sameness:
    """As equations, with "<" for the sign between: the same if the ratio is positive; else nothing is known."""
    found, sign = _in_ratio(key, said)
    return "same" if found == "same" and sign > 0 else "unread"


def _in_ratio(key: str, said: str) -> tuple[Sameness, int]:
    try:
        one, other = (_difference_of_sides(relation) for relation in (key, said))
        if not unknowns(one) or not unknowns(other):
            return "unread", 0
        return _constant(("/", one, other))
    except UnreadableError:
        return "unread", 0


def _difference_of_sides(relation: str) -> Node:
    sides = re.split("<=|>=|[=<>]", relation)
    if len(sides) != 2:
        raise UnreadableError("not one relation")
    left, right = map(read, sides)
    return ("-", right, left) if ">" in relation else ("-", left, right)


def _constant(tree: Node) -> tuple[Sameness, int]:
    """Whether a tree has one value everywhere, and that value's sign."""
    names = sorted(unknowns(tree))
    if not names or len(names) > len(POINTS[0]):
        return "unread", 0
    first: dict[str, Fraction] | None = None
    seen, sign = 0, 0
    for point in POINTS:
        known = dict(zip(names, point, strict=False))
        try:
            value = value_of(tree, known, Reading(DIGITS[0]))
            if first is None:
                first, sign = known, (value > 0) - (value < 0)
                continue
            zero = vanishes(_change(tree, known, first))
        except (NoValueError, OverflowError):
            continue
        if not zero:
            return "unread" if zero is None else "different", 0
        seen += 1
    return ("same" if seen >= _ENOUGH else "unread"), sign


def _change(tree: Node, known: Mapping[str, Fraction], first: Mapping[str, Fraction]) -> Callable[[Reading], Number]:
    return lambda reading: less(value_of(tree, known, reading), value_of(tree, first, reading), reading)
