"""Values of expressions: exact fractions while they stay rational, else as many digits as are asked for.

Two values are never called equal for being near each other. A difference that is real stays when it is computed with
more digits; one that is rounding vanishes. So 10^10 and the root of 10^20 + 1 are told apart, and e^-35 is not 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

from aa_tui.evals.graders.expressions import Node, UnreadableError

MOST_BITS = 20_000
LARGEST_EXPONENT = 100_000
DIGITS = (50, 110)

Number = Any
"""A Fraction, or a real or complex float of mpmath."""


class NoValueError(UnreadableError):
    """An expression has no value here: a division by zero, a root of a negative number among real ones."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How expressions are valued: digits, whether only real numbers count, and the base of a \\log without one."""

    digits: int
    real: bool = True
    base: int | None = 10


@cache
def _context(digits: int) -> Any:
    """Arithmetic of so many digits; an own context, so that mpmath's global one stays as it is."""
    from mpmath import MPContext

    context = MPContext()
    context.dps = digits
    return context


def vanishes(difference: Callable[[Reading], Number], *, real: bool = True, base: int | None = 10) -> bool | None:
    """Whether a difference is zero; None where that cannot be told. Raises as `value_of` does."""
    first = difference(Reading(DIGITS[0], real, base))
    if isinstance(first, Fraction):
        return first == 0
    second = difference(Reading(DIGITS[1], real, base))
    if isinstance(second, Fraction):
        return second == 0
    small, smaller = abs(first), abs(second)
    if not smaller or smaller <= small * _context(DIGITS[1]).mpf(10) ** -40:
        return True
    if not small:
        return bool(smaller < _context(DIGITS[1]).mpf(10) ** -80) or None
    return False if abs(first - second) <= small / 1000 else None


def value_of(node: Node, known: Mapping[str, Fraction], reading: Reading) -> Number:
    """The value of a tree with its unknowns given.

    Raises UnreadableError where it is not to be computed, NoValueError where it has none, OverflowError where it is
    too large.
    """
    try:
        return _Valuer(known, reading).value(node)
    except (ZeroDivisionError, ValueError):
        raise NoValueError("it has no value") from None


def less(one: Number, other: Number, reading: Reading) -> Number:
    """One value less another, of whatever kinds they are."""
    if isinstance(one, Fraction) and isinstance(other, Fraction):
        return one - other
    valuer = _Valuer({}, reading)
    return valuer.float_of(one) - valuer.float_of(other)


class _Valuer:
    def __init__(self, known: Mapping[str, Fraction], reading: Reading) -> None:
        self._known = known
        self._reading = reading

    @property
    def _mp(self) -> Any:
        return _context(self._reading.digits)

    def value(self, node: Node) -> Number:
        kind = node[0]
        if kind == "number":
            return Fraction(str(node[1]))
        if kind == "unknown":
            return self._known[str(node[1])]
        if kind == "constant":
            return {"\\pi": self._mp.pi, "e": self._mp.e, "i": self._mp.j}[str(node[1])] * 1
        parts = [self.value(part) for part in node[1:] if isinstance(part, tuple)]
        return self._checked(self._applied(str(kind), str(node[1]), parts))

    def _applied(self, kind: str, name: str, parts: list[Number]) -> Number:
        if kind in _RATIONAL:
            if not all(isinstance(part, Fraction) for part in parts) and not all(
                not isinstance(part, Fraction) for part in parts
            ):
                parts = [self.float_of(part) for part in parts]
            return _RATIONAL[kind](*parts)
        operations: dict[str, Callable[..., Number]] = {
            "^": self._power,
            "root": self._root,
            "°": lambda part: self.float_of(part) * self._mp.pi / 180,
            "log": lambda base, number: self._ln(number) / self._ln(base),
            "function": lambda part: self._function(name, part),
            "abs": abs,
            "\\lfloor": lambda part: self._whole(part, self._mp.floor),
            "\\lceil": lambda part: self._whole(part, self._mp.ceil),
        }
        return operations[kind](*parts)

    def _checked(self, value: Number) -> Number:
        if isinstance(value, Fraction):
            if max(value.numerator.bit_length(), value.denominator.bit_length()) > 2 * MOST_BITS:
                raise OverflowError("it is too large")
            return value
        if not self._mp.isfinite(value):
            raise OverflowError("it is too large")
        if isinstance(value, self._mp.mpc):
            if not value.imag:
                return value.real
            if self._reading.real:
                raise NoValueError("it is no real number")
        return value

    def float_of(self, value: Number) -> Number:
        if isinstance(value, Fraction):
            return self._mp.mpf(value.numerator) / value.denominator
        return value

    def _power(self, base: Number, exponent: Number) -> Number:
        if isinstance(exponent, Fraction):
            if exponent.denominator == 1:
                return self._whole_power(base, exponent.numerator)
            if self._is_negative(base) and exponent.denominator % 2 and self._reading.real:
                return self._whole_power(self._root(base, Fraction(exponent.denominator)), exponent.numerator)
            root = self._exact_root(base, exponent.denominator)
            if root is not None:
                return self._whole_power(root, exponent.numerator)
        if isinstance(base, Fraction) and base == 0:
            raise NoValueError("a power of nothing")
        if isinstance(base, Fraction) and base == 1:
            return base
        return self._exp(self._ln(base) * self.float_of(exponent))

    def _whole_power(self, base: Number, exponent: int) -> Number:
        if isinstance(base, Fraction):
            if abs(base) == 1 or base == 0:
                return base ** (exponent % 2 if base else exponent)
            bits = max(base.numerator.bit_length(), base.denominator.bit_length())
            if bits * abs(exponent) > MOST_BITS:
                raise OverflowError("a power is too large")
            return base**exponent
        if abs(exponent) > LARGEST_EXPONENT:
            raise OverflowError("a power is too large")
        return base**exponent

    def _root(self, base: Number, index: Number) -> Number:
        """The real root where there is one, exact where it is rational."""
        if not isinstance(index, Fraction) or index.denominator != 1 or not 0 < index <= 1_000:
            raise UnreadableError("a root of a strange index")
        nth = index.numerator
        if self._is_negative(base):
            if nth % 2:
                return -self._root(-base, index)
            if nth == 2:
                root = self._root(-base, index)
                return self.float_of(root) * self._mp.j
        exact = self._exact_root(base, nth)
        return exact if exact is not None else self._mp.root(self.float_of(base), nth)

    def _exact_root(self, base: Number, nth: int) -> Fraction | None:
        if not isinstance(base, Fraction) or base < 0 or nth > 64:
            return None
        if max(base.numerator, base.denominator).bit_length() > 1_000:
            return None
        top, bottom = (_whole_root(number, nth) for number in (base.numerator, base.denominator))
        return None if top is None or bottom is None else Fraction(top, bottom)

    def _is_negative(self, value: Number) -> bool:
        return not isinstance(value, self._mp.mpc) and value < 0

    def _ln(self, value: Number) -> Number:
        if not value:
            raise NoValueError("a logarithm of nothing")
        return self._mp.log(self.float_of(value))

    def _exp(self, value: Number) -> Number:
        if abs(value) > LARGEST_EXPONENT:
            raise OverflowError("a power is too large")
        return self._mp.exp(value)

    def _whole(self, value: Number, towards: Callable[[Number], Number]) -> Number:
        if isinstance(value, Fraction):
            return Fraction(math.floor(value) if towards == self._mp.floor else math.ceil(value))
        return Fraction(int(towards(value)))

    def _function(self, name: str, value: Number) -> Number:
        if name == "\\log":
            base = self._reading.base
            return self._ln(value) if base is None else self._ln(value) / self._ln(Fraction(base))
        if name == "\\ln":
            return self._ln(value)
        number = self.float_of(value)
        if name == "\\exp":
            return self._exp(number)
        if abs(number) > LARGEST_EXPONENT:
            raise OverflowError("an argument is too large")
        mp = self._mp
        return {
            "\\sin": mp.sin,
            "\\cos": mp.cos,
            "\\tan": mp.tan,
            "\\cot": mp.cot,
            "\\sec": mp.sec,
            "\\csc": mp.csc,
            "\\arcsin": mp.asin,
            "\\arccos": mp.acos,
            "\\arctan": mp.atan,
            "\\sinh": mp.sinh,
            "\\cosh": mp.cosh,
            "\\tanh": mp.tanh,
        }[name](number)


def _whole_root(number: int, nth: int) -> int | None:
    """The nth root of a natural number if it is one, by halving."""
    if nth == 1 or number < 2:
        return number
    if nth == 2:
        root = math.isqrt(number)
        return root if root * root == number else None
    low, high = 1, 1 << (number.bit_length() // nth + 1)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle**nth <= number else (low, middle - 1)
    return low if low**nth == number else None


def _factorial(number: Number) -> Fraction:
    if not isinstance(number, Fraction) or number.denominator != 1 or number < 0:
        raise NoValueError("a factorial of no natural number")
    if number > 1_000:
        raise OverflowError("a factorial is too large")
    return Fraction(math.factorial(number.numerator))


def _binomial(top: Number, bottom: Number) -> Fraction:
    whole = isinstance(top, Fraction) and isinstance(bottom, Fraction) and top.denominator == bottom.denominator == 1
    if not whole or not 0 <= bottom <= top <= 1_000:
        raise NoValueError("a binomial of no small natural numbers")
    return Fraction(math.comb(int(top), int(bottom)))


_RATIONAL: dict[str, Callable[..., Number]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "negative": lambda a: -a,
    "%": lambda a: a / 100,
    "!": _factorial,
    "binom": _binomial,
}
