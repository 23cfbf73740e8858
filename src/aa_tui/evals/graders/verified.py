r"""Math-Verify's word on what our own comparison cannot read: integrals, sums, limits, systems of inequalities.

It reads past what it does not know (5+\mystery{3} is 5 to it), takes the last number of a phrase, drops units and
rounds. So it is asked only about two texts of known commands, with all brackets closed, with decimals as fractions,
and believed only where both came out as things of one sort.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

MOST_CHARACTERS = 300
MOST_DIGITS = 12

_KNOWN = re.compile(
    r"\\(?:frac|sqrt|int|sum|prod|lim|to|rightarrow|infty|pi|sin|cos|tan|cot|sec|csc|arcsin|arccos|arctan|sinh|cosh|tanh"
    r"|ln|log|exp|binom|alpha|beta|gamma|theta|lambda|mu|phi|omega|cup|lfloor|rfloor|lceil|rceil|in|mathbb|setminus"
    r"|begin|end|le|ge|leq|geq|ne|det|max|min|gcd|bmod|emptyset|partial|prime|circ|cdot)(?![a-zA-Z])|\\[{}\\,]"
)
_WORD = re.compile(r"(?<!\\)[A-Za-z]{4,}")
_DECIMAL = re.compile(r"(?<![\d.])(\d*\.\d+)(?![\d.])")
_RISKY = re.compile(
    rf"\d{{{MOST_DIGITS},}}|\^ ?\{{? ?-?\d{{4,}}|\^ ?(?:\{{[^{{}}]{{0,40}}|\w?)\^|[\d)]!"
    r"|==|[a-zA-Z]\d|[\d)}\]] ?_"
)
"""What may grow beyond all bounds (towers, factorials), and what it reads in its own way (x2, 52_8)."""
_OPEN = {"(": ")", "[": "]", "{": "}"}


def verified(key: str, said: str) -> bool | None:
    """Whether two spelled answers are the same, says Math-Verify; None where its word is not to be trusted.

    Its own timeouts are off: they are alarms; our process is killed from outside instead.
    """
    if not _is_plain(key) or not _is_plain(said):
        return None
    from math_verify import LatexExtractionConfig, parse, verify

    read = [
        parse(
            f"${_exact(text)}$",
            extraction_config=[LatexExtractionConfig()],
            fallback_mode="no_fallback",
            extraction_mode="first_match",
            parsing_timeout=None,
        )
        for text in (key, said)
    ]
    if any(len(one) != 1 for one in read) or _sort(read[0][0]) != _sort(read[1][0]):
        return None
    found = verify(read[0], read[1], float_rounding=12, strict=True, allow_set_relation_comp=True, timeout_seconds=None)
    if found and _sort(read[0][0]) == "expression":
        return _is_nothing(read[0][0] - read[1][0], read[0][0])
    return bool(found)


def _is_nothing(difference: Any, key: Any) -> bool | None:
    """Whether a difference is nothing beside the key, not just small: 10^-240 is not 10^-20. None: not sure."""
    from sympy import simplify

    left = simplify(difference.doit())
    if left == 0:
        return True
    if left.free_symbols:
        return None
    return True if abs(left.evalf(60)) <= abs(key.evalf(60)) / 10**40 else None


def _is_plain(text: str) -> bool:
    """Short, of known commands, without text, brackets closed, no large numbers that a power could blow up."""
    bare = _KNOWN.sub(" ", text)
    if len(text) > MOST_CHARACTERS or "\\" in bare or "$" in text or "?" in text:
        return False
    if _WORD.search(re.sub(r"\\(?:begin|end) ?\{[a-z]+\}|\\mathbb ?\{R\}", "", bare)):
        return False
    if _RISKY.search(text):
        return False
    return _is_closed(text)


def _is_closed(text: str) -> bool:
    """Whether every bracket closes; ( and ] may go together, as in intervals."""
    waiting: list[str] = []
    for character in text:
        if character in _OPEN:
            waiting.append(_OPEN[character])
        elif character in ")]}" and (not waiting or (waiting.pop() == "}") != (character == "}")):
            return False
    return not waiting


def _exact(text: str) -> str:
    def fraction(decimal: re.Match[str]) -> str:
        value = Fraction(decimal[1])
        return rf"\frac{{{value.numerator}}}{{{value.denominator}}}"

    text = text.replace("<=", r"\le ").replace(">=", r"\ge ").replace("!=", r"\ne ").replace("*", r"\cdot ")
    return _DECIMAL.sub(fraction, text)


def _sort(thing: Any) -> str:
    from sympy import Basic, Expr, MatrixBase, Set, Tuple
    from sympy.core.relational import Relational
    from sympy.logic.boolalg import Boolean

    for name, kinds in (
        ("matrix", (MatrixBase,)),
        ("set", (Set, Relational, Boolean)),
        ("tuple", (Tuple,)),
        ("expression", (Expr,)),
    ):
        if isinstance(thing, kinds):
            return name
    return "other" if isinstance(thing, Basic) else "none"
