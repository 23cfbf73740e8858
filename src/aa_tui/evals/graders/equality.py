r"""Whether two mathematical answers are the same: numbers, expressions, tuples, intervals, sets, lists, matrices,
equations, words.

Expressions with unknowns are compared at several exact points, which for polynomials and quotients of the sizes that
occur decides identity as surely as algebra does. Where one side cannot be read, or an inequality is written in two
ways, the answer is None: not decided.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from aa_tui.evals.graders.latex import Number, UnreadableError, read, spelled, unknowns, value_of

_POINTS = tuple(tuple(Fraction(97 + 31 * k + 17 * n, 53 + 7 * k + 2 * n) for n in range(12)) for k in range(6))
_RELATIVE, _ABSOLUTE = 1e-9, 1e-13
_MATRIX = re.compile(r"\\begin\{([pbvB]?matrix|array)\}(?:\{[clr|]{0,20}\})?(.*)\\end\{\1\}", re.DOTALL)
_NAME = re.compile(r"\s*(?:\\?[a-zA-Z]|[a-zA-Z]\([a-zA-Z]\)|\\text\s?\{[^{}]{1,60}\}|[A-Za-z ]{2,40})\s*")
_WORDS = re.compile(r"[A-Za-zÀ-ž]{3,40}(?:[ .'-]{1,2}[A-Za-zÀ-ž]{3,40}){0,30}")
_LETTERS = re.compile(r"[A-Za-zÀ-ž .'-]{1,200}")
_BASED = re.compile(r"(\d+)\s?_\s?\{?\s?(\d+)\s?\}?")
_RELATION = re.compile(r"<=|>=|!=|<|>|\\in(?![a-z])")
_OPENING, _CLOSING = "([{", ")]}"


@dataclass(frozen=True, slots=True)
class _Shape:
    """An answer taken apart: `kind` is "one", "many" (in any order), "row" (in order), "union", "matrix" or "other"."""

    kind: str
    parts: tuple[str, ...]
    brackets: str = ""


def same(key: str, said: str) -> bool | None:
    """Whether the answer equals the key; None where that cannot be decided here."""
    return _same_spelled(spelled(key), spelled(said), 0)


def _same_spelled(key: str, said: str, depth: int) -> bool | None:
    if _squeezed(key) == _squeezed(said):
        return True
    if not said or depth > 4:
        return False if not said else None
    words = _same_words(key, said)
    if words is not None:
        return words
    key, said = _without_name(key, said)
    if "=" in _plain(key) and "=" in _plain(said):
        return _same_equation(key, said)
    if _RELATION.search(key) or _RELATION.search(said):
        return _same_relation(key, said, depth)
    based = _BASED.fullmatch(key)
    if based and not _BASED.fullmatch(said):
        key = based.group(1)  # the question names the base
    return _same_shape(_shape(key), _shape(said), depth)


def _same_shape(key: _Shape, said: _Shape, depth: int) -> bool | None:
    if key.kind == said.kind == "one":
        return _same_expression(key.parts[0], said.parts[0])
    if "other" in (key.kind, said.kind):
        return None
    if {key.kind, said.kind} == {"row", "many"} and not (key.brackets and said.brackets):
        return _all(key.parts, said.parts, depth)  # (1, 2) written without its brackets
    if key.kind != said.kind:
        return None if "matrix" in (key.kind, said.kind) else False
    if key.kind in ("row", "matrix"):
        return False if key.brackets != said.brackets else _all(key.parts, said.parts, depth)
    return _any_order(key.parts, said.parts, depth)


def _all(keys: tuple[str, ...], said: tuple[str, ...], depth: int) -> bool | None:
    if len(keys) != len(said):
        return False
    found = [_same_spelled(one.strip(), other.strip(), depth + 1) for one, other in zip(keys, said, strict=True)]
    return False if False in found else None if None in found else True


def _any_order(keys: tuple[str, ...], said: tuple[str, ...], depth: int) -> bool | None:
    if len(keys) != len(said) or len(keys) > 50:
        return False
    left, undecided = list(said), False
    for key in keys:
        found = [_same_spelled(key.strip(), other.strip(), depth + 1) for other in left]
        if True in found:
            left.pop(found.index(True))
        elif None in found:
            undecided = True
        else:
            return False
    return None if undecided else True


def _same_expression(key: str, said: str) -> bool | None:
    try:
        one, other = read(key), read(said)
    except UnreadableError:
        return None
    names = sorted(unknowns(one) | unknowns(other))
    if len(names) > len(_POINTS[0]):
        return None

    def differ(known: dict[str, Number]) -> bool:
        try:
            wanted = value_of(one, known)
        except OverflowError:
            raise UnreadableError("the key is too large") from None
        try:
            return not _equal(wanted, value_of(other, known))
        except OverflowError:
            return True  # beyond all bounds, which the key is not

    return _at_points(names, differ, len(names) > 0)


def _same_equation(key: str, said: str) -> bool | None:
    """The same solutions if the differences of their sides are in one ratio everywhere."""
    try:
        sides = [read(side) for equation in (key, said) for side in _two_sides(equation)]
    except UnreadableError:
        return None
    names = sorted(frozenset().union(*map(unknowns, sides)))
    if not names or len(names) > len(_POINTS[0]):
        return None
    ratios: list[Number] = []

    def differ(known: dict[str, Number]) -> bool:
        left, right, other_left, other_right = (value_of(side, known) for side in sides)
        ratios.append((left - right) / (other_left - other_right))
        return not _equal(ratios[0], ratios[-1])

    return _at_points(names, differ, True)


def _two_sides(equation: str) -> tuple[str, str]:
    left, _, right = equation.partition("=")
    if "=" in right or not left.strip() or not right.strip():
        raise UnreadableError("not one equation")
    return left, right


def _at_points(names: list[str], differ: Callable[[dict[str, Number]], bool], several: bool) -> bool | None:
    """False as soon as the two differ at a point, True if at none of at least three; None where too few have values."""
    seen = 0
    for point in _POINTS if several else _POINTS[:1]:
        known: dict[str, Number] = dict(zip(names, point, strict=False))
        try:
            if differ(known):
                return False
            seen += 1
        except (UnreadableError, ZeroDivisionError, OverflowError):
            continue
    return True if seen >= (3 if several else 1) else None


def _equal(one: Number, other: Number) -> bool:
    if isinstance(one, Fraction) and isinstance(other, Fraction):
        return one == other
    first, second = complex(one), complex(other)
    return abs(first - second) <= max(_RELATIVE * max(abs(first), abs(second)), _ABSOLUTE)


def _same_words(key: str, said: str) -> bool | None:
    """Compared as words where the key is words; None where it is not."""
    bare = [re.sub(r"\\text\s?\{([^{}]*)\}", r"\1", text).strip(" ().") for text in (key, said)]
    if not (_LETTERS if "\\text" in key else _WORDS).fullmatch(bare[0]):
        return None
    return _squeezed(bare[0]).casefold() == _squeezed(bare[1]).casefold()


def _without_name(key: str, said: str) -> tuple[str, str]:
    """Without "x =" where only one side has it, or both the same; lists of such are named part by part."""
    bare = []
    for text, other in ((key, said), (said, key)):
        name, equals, rest = text.partition("=")
        alone = equals and _NAME.fullmatch(name) and name[-1:] not in "<>!" and not ("," in rest and "=" in rest)
        shared = _squeezed(other).startswith(_squeezed(name) + "=")
        bare.append(rest.rsplit("=", 1)[-1].strip() if alone and (shared or "=" not in _plain(other)) else text)
    return bare[0], bare[1]


def _same_relation(key: str, said: str, depth: int) -> bool | None:
    """Only where both are written alike; x < 2 and (-∞, 2) are left to those who can do more."""
    if _RELATION.findall(key) != _RELATION.findall(said):
        return None
    alike = _all(tuple(_RELATION.split(key)), tuple(_RELATION.split(said)), depth)
    return True if alike else None


def _shape(text: str) -> _Shape:
    matrix = _MATRIX.fullmatch(text.strip())
    if matrix:
        rows = tuple("(" + row.replace("&", ",") + ")" if "&" in row else row for row in matrix[2].split("\\\\"))
        return _Shape("matrix", tuple(row for row in rows if row.strip()))
    if "\\begin" in text:
        return _Shape("other", (text,))
    if text.count("\\pm") == 1:
        return _Shape("many", tuple(text.replace("\\pm", sign) for sign in "+-"))
    pieces = _split(text, "\\cup")
    if len(pieces) > 1:
        return _Shape("union", pieces)
    return _bracketed(text) or _listed(text)


def _bracketed(text: str) -> _Shape | None:
    """A set, tuple or interval, if brackets go around all of the text."""
    bare = text.replace("\\{", "{").replace("\\}", "}")
    if len(bare) < 2 or bare[0] not in _OPENING or bare[-1] not in _CLOSING or not _wraps(bare):
        return None
    parts = _split(bare[1:-1], ",")
    if bare[0] == "{" and (len(parts) > 1 or text.startswith("\\{")):
        return _Shape("many", parts, "{}")
    return _Shape("row", parts, bare[0] + bare[-1]) if len(parts) > 1 else None


def _listed(text: str) -> _Shape:
    parts = _split(text, ",")
    return _Shape("many", parts) if len(parts) > 1 else _Shape("one", (text,))


def _wraps(text: str) -> bool:
    """Whether the first bracket closes with the last character; ( and ] may go together, as in intervals."""
    depth = 0
    for nth, character in enumerate(text):
        depth += (character in _OPENING) - (character in _CLOSING)
        if depth == 0:
            return nth == len(text) - 1
    return False


def _split(text: str, separator: str) -> tuple[str, ...]:
    """Split where no bracket is open."""
    parts, depth, start, nth = [], 0, 0, 0
    while nth < len(text):
        depth += (text[nth] in _OPENING) - (text[nth] in _CLOSING)
        if depth == 0 and text.startswith(separator, nth):
            parts.append(text[start:nth])
            start = nth = nth + len(separator)
        else:
            nth += 1
    return (*parts, text[start:])


def _plain(text: str) -> str:
    """Without relations that have an equals sign in them."""
    return text.replace("<=", "").replace(">=", "").replace("!=", "")


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text).replace("\\text{", "").replace("{", "").replace("}", "")
