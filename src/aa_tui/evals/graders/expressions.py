r"""Expressions read into trees by a small grammar of our own: sums, products (written or not), quotients, powers,
roots, functions, factorials, letters as unknowns. What it cannot read raises `UnreadableError`; nobody guesses.
"""

from __future__ import annotations

import re
from functools import lru_cache

MOST_TOKENS = 600
DEEPEST = 40

Node = tuple[str, ...] | tuple[object, ...]


class UnreadableError(Exception):
    """An expression is outside the grammar, or has no value that could be computed within the bounds."""


class TooMuchError(UnreadableError):
    """An expression is nested deeper, or longer, than any answer is."""


FUNCTIONS = frozenset(
    f"\\{name}"
    for name in (
        *("sin", "cos", "tan", "cot", "sec", "csc", "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh"),
        *("ln", "log", "exp"),
    )
)
CONSTANTS = frozenset(("\\pi", "e", "i"))
_INVERSE = {"\\sin": "\\arcsin", "\\cos": "\\arccos", "\\tan": "\\arctan"}
_GREEK = frozenset(
    f"\\{name}"
    for name in (
        *("alpha", "beta", "gamma", "delta", "epsilon", "varepsilon", "theta", "lambda", "mu", "rho", "sigma", "tau"),
        *("phi", "varphi", "omega", "infty", "ell", "Delta", "Omega", "Theta"),
    )
)
_CLOSING = {"(": ")", "[": "]", "{": "}", "\\lfloor": "\\rfloor", "\\lceil": "\\rceil"}
_TOKEN = re.compile(r"\s*(\d+(?:\.\d+)?|\.\d+|\\[a-zA-Z]+|\\[{}|]|[a-zA-Zα-ωΑ-Ω]|[-+*/^_()\[\]{}|!°%])")


@lru_cache(maxsize=512)
def read(text: str, *, tight: bool = False) -> Node:
    """The tree of one expression in `spelled` form; `tight` reads 1/2x as 1/(2x). Raises UnreadableError."""
    parser = _Parser(_tokens(text), tight)
    tree = parser.sum()
    if parser.peek() is not None:
        raise UnreadableError(f"{parser.peek()} is out of place")
    return tree


def is_readable(text: str) -> bool:
    """Whether a text is an expression of this grammar."""
    try:
        read(text)
    except UnreadableError:
        return False
    return True


def unknowns(node: Node) -> frozenset[str]:
    """The letters that a tree has as unknowns."""
    if node[0] == "unknown":
        return frozenset((str(node[1]),))
    return frozenset().union(*(unknowns(part) for part in node[1:] if isinstance(part, tuple)))


def has(node: Node, kind: str, name: str) -> bool:
    """Whether a tree has such a leaf or function in it."""
    if node[0] == kind and node[1] == name:
        return True
    return any(has(part, kind, name) for part in node[1:] if isinstance(part, tuple))


def _tokens(text: str) -> list[str]:
    tokens: list[str] = []
    at, text = 0, text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise UnreadableError("it is not an expression")
        if len(tokens) > MOST_TOKENS:
            raise TooMuchError("it is too long")
        tokens.append(match.group(1))
        at = match.end()
    if not tokens:
        raise UnreadableError("it is empty")
    return tokens


class _Parser:
    """Recursive descent, at most `DEEPEST` levels."""

    def __init__(self, tokens: list[str], tight: bool) -> None:
        self._tokens = tokens
        self._tight = tight
        self._at = 0
        self._depth = 0

    def peek(self) -> str | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def sum(self) -> Node:
        self._deeper()
        node = self._product()
        while self.peek() in ("+", "-"):
            node = (self._next(), node, self._product())
        self._depth -= 1
        return node

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise TooMuchError("it is nested too deep")

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
                operator = self._next()
                factor = self._signed()
                while self._tight and operator == "/" and self._begins_factor():
                    factor = ("*", factor, self._power())
                node = (operator, node, factor)
            elif self._begins_factor():
                node = ("*", node, self._power())
            else:
                return node

    def _begins_factor(self) -> bool:
        token = self.peek()
        if token is None or token in ("\\}", "\\|", "\\rfloor", "\\rceil"):
            return False
        if token[0].isdigit() or token[0] == ".":
            if self._tokens[self._at - 1] == "!":
                return True
            # 2 3 is no product, x2 is as often a square, and 2^{1}0 is a slip.
            raise UnreadableError("a number stands behind something without a sign between")
        return token[0].isalpha() or token[0] in "\\([{"

    def _signed(self) -> Node:
        negative = False
        while self.peek() in ("+", "-"):
            negative ^= self._next() == "-"
        node = self._power()
        return ("negative", node) if negative else node

    def _power(self) -> Node:
        node = self._marked(self._atom())
        if self._take("^"):
            self._deeper()
            exponent = self._signed()
            self._depth -= 1
            node = self._marked(("^", node, exponent))
        return node

    def _marked(self, node: Node) -> Node:
        while self.peek() in ("!", "°", "%"):
            mark = self._next()
            if mark == "!" and self.peek() == "!":
                raise UnreadableError("a double factorial")
            node = (mark, node)
        return node

    def _atom(self) -> Node:
        token = self._next()
        if token[0].isdigit() or token[0] == ".":
            return self._number(token)
        if token in _CLOSING:
            node = self.sum()
            self._need(_CLOSING[token])
            return (token, node) if token[0] == "\\" else node
        if token == "|":
            node = self.sum()
            self._need("|")
            return ("abs", node)
        if token[0] == "\\" and token not in CONSTANTS and token not in _GREEK:
            return self._command(token)
        return self._letter(token)

    def _letter(self, token: str) -> Node:
        if token in CONSTANTS and self.peek() != "_":
            return ("constant", token)
        if token.isalpha() or token in _GREEK:
            return ("unknown", token + self._subscript())
        raise UnreadableError(f"{token} is not known")

    def _command(self, token: str) -> Node:
        if token in ("\\frac", "\\binom"):
            return ("/" if token == "\\frac" else "binom", self._group(), self._group())
        if token == "\\sqrt":
            return self._root()
        if token in FUNCTIONS:
            return self._function(token)
        raise UnreadableError(f"{token} is not known")

    def _number(self, token: str) -> Node:
        if self.peek() == "_":
            raise UnreadableError("it is in another base")
        return ("number", token)

    def _group(self) -> Node:
        """The argument of a LaTeX command: braces, or one character."""
        token = self.peek()
        if token == "{":
            return self._atom()
        if token is not None and token.isdigit() and len(token) > 1:
            # \\frac12 and \\sqrt12: TeX takes one digit.
            self._tokens[self._at] = token[1:]
            return ("number", token[0])
        if token is not None and (token.isalnum() or token in CONSTANTS or token in _GREEK or token == "\\sqrt"):
            return self._atom()
        raise UnreadableError("braces are missing")

    def _root(self) -> Node:
        index: Node = ("number", "2")
        if self._take("["):
            index = self.sum()
            self._need("]")
        token = self.peek()
        if token is not None and token.isdigit() and len(token) > 1:
            raise UnreadableError("a root of several digits without braces")
        return ("root", self._atom(), index)

    def _function(self, name: str) -> Node:
        base: Node | None = None
        if name == "\\log" and self._take("_"):
            base = self._group()
        power = self._signed() if self._take("^") else None
        if power == ("negative", ("number", "1")):
            if name not in _INVERSE:
                raise UnreadableError("an inverse function")
            name, power = _INVERSE[name], None
        node: Node = ("function", name, self._argument()) if base is None else ("log", base, self._argument())
        return node if power is None else ("^", node, power)

    def _argument(self) -> Node:
        if self.peek() in ("(", "[", "{", "|"):
            return self._marked(self._atom())
        self._deeper()
        argument = self._power()
        while self._begins_factor() and self.peek() not in FUNCTIONS and self.peek() not in _CLOSING:
            argument = ("*", argument, self._power())
        while self._take("/"):
            argument = ("/", argument, self._power())
        self._depth -= 1
        return argument

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
