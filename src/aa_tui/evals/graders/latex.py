r"""Mathematical answers as models write them, brought to one spelling and read into expressions.

A small grammar of our own: sums, products (written or not), quotients, powers, roots, functions, factorials, letters
as unknowns. It evaluates nothing but its own tree, with bounds on depth, size and powers: `9^{9^{9^{9}}}` is an
overflow, not a computation. What it cannot read raises `UnreadableError`; nobody guesses.
"""

from __future__ import annotations

import cmath
import math
import re
from collections.abc import Callable, Mapping
from fractions import Fraction

from aa_tui.evals.extraction import unwrapped

LONGEST = 2_000
MOST_NODES = 600
DEEPEST = 40
MOST_BITS = 20_000

Number = Fraction | complex
Node = tuple[str, ...] | tuple[object, ...]


class UnreadableError(Exception):
    """An expression is outside the grammar, or has no value that could be computed within the bounds."""


_SPACES = re.compile(r"(?<!\\)\\(?:[,;:! ]|quad(?![a-z])|qquad(?![a-z]))|~|&nbsp;")
_SIZES = re.compile(r"\\(?:left|right|[bB]igg?[lr]?|displaystyle|limits|mathstrut)(?![a-zA-Z])\.?")
_REPLACED = (
    (re.compile(r"\\[dtc]frac(?![a-z])"), r"\\frac"),
    (re.compile(r"\\frac\s?(\d)\s?(\d)"), r"\\frac{\1}{\2}"),
    (re.compile(r"\\frac\s?(\d)\s?\{"), r"\\frac{\1}{"),
    (re.compile(r"\\sqrt\s?(\d|[a-z](?![a-z]))"), r"\\sqrt{\1}"),
    (re.compile(r"√\s?(\d+|[a-z])"), r"\\sqrt{\1}"),
    (re.compile(r"√\s?\("), r"\\sqrt("),
    (re.compile(r"\^\s?\{?\s?\\circ\s?\}?|\\degree(?![a-z])"), "°"),
    (re.compile(r"\\?%"), ""),
    (re.compile(r"\\\$|\\(?:pounds|euro)(?![a-z])|[$€£¥]"), ""),
    (re.compile(r"\\(?:cdot|times|ast)(?![a-z])|×|·|⋅|\*\*(?!\d)"), "*"),
    (re.compile(r"\*\*"), "^"),
    (re.compile(r"\\div(?![a-z])|÷"), "/"),
    (re.compile(r"\\(?:le|leq|leqslant)(?![a-z])|≤"), "<="),
    (re.compile(r"\\(?:ge|geq|geqslant)(?![a-z])|≥"), ">="),
    (re.compile(r"\\lt(?![a-z])"), "<"),
    (re.compile(r"\\gt(?![a-z])"), ">"),
    (re.compile(r"\\(?:ne|neq)(?![a-z])|≠"), "!="),
    (re.compile(r"∞|\\infin(?![a-z])"), r"\\infty "),
    (re.compile(r"∪"), r"\\cup "),
    (re.compile(r"±"), r"\\pm "),
    (re.compile(r"π"), r"\\pi "),
    (re.compile(r"[−–—﹣－]"), "-"),
    (re.compile(r"\\(?:lvert|rvert|vert|mid)(?![a-z])"), "|"),
    (re.compile(r"\\(?:lbrace)(?![a-z])"), r"\\{"),
    (re.compile(r"\\(?:rbrace)(?![a-z])"), r"\\}"),
    (re.compile(r"\\(?:or|and|text\s?\{\s?(?:or|and)\s?\})(?![a-z])|(?<=\s)(?:or|and)(?=\s)"), ","),
    (re.compile(r"\\(?:mathrm|mathbf|mathit|mathsf|operatorname|boldsymbol|bm)\s?(?=\{)"), r"\\text"),
    (re.compile(r"(\d)\{,\}(?=\d{3})"), r"\1,"),
)
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_SUPERSCRIPT = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_ANGLES = re.compile(r"\\(?:sin|cos|tan|cot|sec|csc)(?![a-z])")
_UNIT = re.compile(r"(?:(?<=[\d}).])|(?<=\\pi))\s?\\text\s?\{[^{}]{0,60}\}(?:\s?\^\s?\{?\s?\d\s?\}?)?$")
_WORD_UNIT = re.compile(
    r"(?<=[\d})])(?:[ ]?(?:cm|mm|km|kg|mg|ml|hr|ft|in|mi|lb|oz|yd|am|pm)|[ ][mgs])\.?"
    r"(?:\s?\^\s?\{?\d\}?)?$"
)
_GROUPED = re.compile(r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_MIXED = re.compile(
    r"(?<![\d.}/^)a-zA-Z])(\d{1,9})\s?\\frac\{(\d{1,9})\}\{(\d{1,9})\}|(?<![\d.}/^])(\d{1,9}) (\d{1,9})/(\d{1,9})"
)


def spelled(text: str) -> str:
    """An answer in the one spelling that is compared: no wrappings, sizes, units, degree, per cent or dollar signs."""
    text = unwrapped(text[:LONGEST])
    text = _SIZES.sub("", _SPACES.sub(" ", text))
    text = _SUPERSCRIPT.sub(lambda digits: "^{" + digits.group().translate(_SUPERSCRIPTS) + "}", text)
    for pattern, replacement in _REPLACED:
        text = pattern.sub(replacement, text)
    # Degrees are a unit like others, but not inside a sine.
    text = unwrapped(text if _ANGLES.search(text) else text.replace("°", ""))
    text = _without_words(_WORD_UNIT.sub("", _UNIT.sub("", text).strip()).strip())
    if _GROUPED.fullmatch(text.replace(" ", "")):
        text = text.replace(" ", "").replace(",", "")
    text = _MIXED.sub(lambda m: rf"({m[1] or m[4]}+\frac{{{m[2] or m[5]}}}{{{m[3] or m[6]}}})", text)
    return re.sub(r"\s+", " ", text).strip()


def _without_words(text: str) -> str:
    """Without the words behind a number: 18 square miles."""
    words = text.split(" ")
    end = len(words)
    while end > 1 and re.fullmatch(r"[A-Za-z]{3,20}[.,]?", words[end - 1]):
        end -= 1
    return " ".join(words[:end]) if words[end - 1][-1:] in tuple("0123456789})") else text


_TOKEN = re.compile(r"\s*(\d+(?:\.\d+)?|\.\d+|\\[a-zA-Z]+|\\[{}|]|[a-zA-Zα-ωΑ-Ω]|[-+*/^_()\[\]{}|!])")
_FUNCTIONS: dict[str, Callable[[complex], complex]] = {
    "\\sin": cmath.sin,
    "\\cos": cmath.cos,
    "\\tan": cmath.tan,
    "\\cot": lambda z: 1 / cmath.tan(z),
    "\\sec": lambda z: 1 / cmath.cos(z),
    "\\csc": lambda z: 1 / cmath.sin(z),
    "\\arcsin": cmath.asin,
    "\\arccos": cmath.acos,
    "\\arctan": cmath.atan,
    "\\ln": cmath.log,
    "\\log": cmath.log10,
    "\\exp": cmath.exp,
}
_CONSTANTS: dict[str, complex] = {"\\pi": cmath.pi, "e": cmath.e, "i": 1j}
_GREEK = frozenset(
    f"\\{name}"
    for name in (
        *("alpha", "beta", "gamma", "delta", "epsilon", "varepsilon", "theta", "lambda", "mu", "rho", "sigma", "tau"),
        *("phi", "varphi", "omega", "infty", "ell", "Delta", "Omega", "Theta"),
    )
)
_CLOSING = {"(": ")", "[": "]", "{": "}"}


def read(text: str) -> Node:
    """The tree of one expression in `spelled` form. Raises UnreadableError."""
    parser = _Parser(_tokens(text))
    tree = parser.sum()
    if parser.peek() is not None:
        raise UnreadableError(f"{parser.peek()} is out of place")
    return tree


def unknowns(node: Node) -> frozenset[str]:
    """The letters that a tree has as unknowns."""
    if node[0] == "unknown":
        return frozenset((str(node[1]),))
    return frozenset().union(*(unknowns(part) for part in node[1:] if isinstance(part, tuple)))


def _tokens(text: str) -> list[str]:
    tokens: list[str] = []
    at, text = 0, text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or len(tokens) > MOST_NODES:
            raise UnreadableError("it is not an expression")
        tokens.append(match.group(1))
        at = match.end()
    if not tokens:
        raise UnreadableError("it is empty")
    return tokens


class _Parser:
    """Recursive descent, at most `DEEPEST` levels."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    def peek(self) -> str | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def sum(self) -> Node:
        self._depth += 1
        if self._depth > DEEPEST:
            raise UnreadableError("it is nested too deep")
        node = self._product()
        while self.peek() in ("+", "-"):
            node = (self._next(), node, self._product())
        self._depth -= 1
        return node

    def _next(self) -> str:
        token = self.peek()
        if token is None:
            raise UnreadableError("it ends early")
        self._at += 1
        return token

    def _take(self, token: str) -> bool:
        if self.peek() != token:
            return False
        self._at += 1
        return True

    def _need(self, token: str) -> None:
        if self._next() != token:
            raise UnreadableError(f"{token} is missing")

    def _product(self) -> Node:
        node = self._signed()
        while True:
            if self.peek() in ("*", "/"):
                node = (self._next(), node, self._signed())
            elif self._begins_factor():
                node = ("*", node, self._power())
            else:
                return node

    def _begins_factor(self) -> bool:
        token = self.peek()
        return token is not None and (token[0].isalnum() or token[0] in "\\([{.") and token not in ("\\}", "\\|")

    def _signed(self) -> Node:
        negative = False
        while self.peek() in ("+", "-"):
            negative ^= self._next() == "-"
        node = self._power()
        return ("negative", node) if negative else node

    def _power(self) -> Node:
        node = self._atom()
        while self._take("!"):
            node = ("!", node)
        if self._take("^"):
            self._depth += 1
            if self._depth > DEEPEST:
                raise UnreadableError("it is nested too deep")
            exponent = self._signed()
            self._depth -= 1
            node = ("^", node, exponent)
        return node

    def _atom(self) -> Node:
        token = self._next()
        if token[0].isdigit() or token[0] == ".":
            return self._number(token)
        if token in _CLOSING:
            node = self.sum()
            self._need(_CLOSING[token])
            return node
        if token == "|":
            node = self.sum()
            self._need("|")
            return ("abs", node)
        if token[0] == "\\" and token not in _CONSTANTS and token not in _GREEK:
            return self._command(token)
        return self._letter(token)

    def _letter(self, token: str) -> Node:
        if token in _CONSTANTS:
            return ("constant", token)
        if token.isalpha() or token in _GREEK:
            return ("unknown", token + self._subscript())
        raise UnreadableError(f"{token} is not known")

    def _command(self, token: str) -> Node:
        if token in ("\\frac", "\\binom"):
            return ("/" if token == "\\frac" else "binom", self._group(), self._group())
        if token == "\\sqrt":
            return self._root()
        if token in _FUNCTIONS:
            return self._function(token)
        raise UnreadableError(f"{token} is not known")

    def _number(self, token: str) -> Node:
        if self.peek() == "_":
            raise UnreadableError("it is in another base")
        return ("number", token)

    def _group(self) -> Node:
        if self.peek() == "{":
            return self._atom()
        token = self._next()
        if token.isdigit() and len(token) == 1:
            return ("number", token)
        raise UnreadableError("braces are missing")

    def _root(self) -> Node:
        index: Node = ("number", "2")
        if self._take("["):
            index = self.sum()
            self._need("]")
        return ("root", self._atom(), index)

    def _function(self, name: str) -> Node:
        base: Node | None = None
        if name == "\\log" and self._take("_"):
            base = self._atom()
        power = self._signed() if self._take("^") else None
        if self.peek() in _CLOSING:
            argument = self._atom()
        else:
            argument = self._power()
            while self._begins_factor() and self.peek() not in _FUNCTIONS and self.peek() not in _CLOSING:
                argument = ("*", argument, self._power())
        node: Node = ("function", name, argument) if base is None else ("log", base, argument)
        return node if power is None else ("^", node, power)

    def _subscript(self) -> str:
        if not self._take("_"):
            return ""
        start = self._at
        if self._take("{"):
            while self._next() != "}":
                pass
        else:
            self._next()
        return "_" + "".join(self._tokens[start : self._at]).strip("{}")


def value_of(node: Node, known: Mapping[str, Number]) -> Number:
    """The value of a tree with its unknowns given: exact while it stays rational, else a complex float.

    Raises UnreadableError where it has none, OverflowError where it is too large.
    """
    try:
        return _value(node, known)
    except (ZeroDivisionError, ValueError):
        raise UnreadableError("it has no value") from None


def _value(node: Node, known: Mapping[str, Number]) -> Number:
    kind = str(node[0])
    if kind == "number":
        return Fraction(str(node[1]))
    if kind == "unknown":
        return known[str(node[1])]
    if kind == "constant":
        return _CONSTANTS[str(node[1])]
    parts = [_value(part, known) for part in node[1:] if isinstance(part, tuple)]
    if kind == "function":
        return _FUNCTIONS[str(node[1])](complex(parts[0]))
    return _OPERATIONS[kind](*parts)


def _power(base: Number, exponent: Number) -> Number:
    if isinstance(base, Fraction) and isinstance(exponent, Fraction) and exponent.denominator == 1:
        bits = max(base.numerator.bit_length(), base.denominator.bit_length())
        if bits * abs(exponent.numerator) > MOST_BITS and abs(base) != 1:
            raise OverflowError("a power is too large")
        return base ** (exponent.numerator % 2 if abs(base) == 1 else exponent.numerator)
    return complex(base) ** complex(exponent)


def _root_of(base: Number, index: Number) -> Number:
    """The real root where there is one, exact where it is rational."""
    if isinstance(base, Fraction) and isinstance(index, Fraction) and index.denominator == 1 and index > 0:
        nth = index.numerator
        if base >= 0 or nth % 2:
            exact = _exact_root(abs(base), nth)
            size: Number = exact if exact is not None else complex(abs(base)) ** (1 / nth)
            return -size if base < 0 else size
    return complex(base) ** (1 / complex(index))


def _exact_root(base: Fraction, nth: int) -> Fraction | None:
    if max(base.numerator, base.denominator).bit_length() > 1_000:
        return None
    top, bottom = (round(number ** (1 / nth)) for number in (base.numerator, base.denominator))
    root = Fraction(top, bottom)
    return root if nth <= 64 and root**nth == base else None


def _factorial(number: Number) -> Number:
    if not isinstance(number, Fraction) or number.denominator != 1 or number < 0:
        raise UnreadableError("a factorial of no natural number")
    if number > 1_000:
        raise OverflowError("a factorial is too large")
    return Fraction(math.factorial(number.numerator))


def _binomial(top: Number, bottom: Number) -> Number:
    if not isinstance(top, Fraction) or not isinstance(bottom, Fraction) or not 0 <= bottom <= top <= 1_000:
        raise UnreadableError("a binomial of no small natural numbers")
    return Fraction(math.comb(int(top), int(bottom)))


def _absolute(number: Number) -> Number:
    return abs(number) if isinstance(number, Fraction) else complex(abs(number))


_OPERATIONS: dict[str, Callable[..., Number]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "negative": lambda a: -a,
    "^": _power,
    "root": _root_of,
    "abs": _absolute,
    "!": _factorial,
    "binom": _binomial,
    "log": lambda base, number: cmath.log(complex(number)) / cmath.log(complex(base)),
}
