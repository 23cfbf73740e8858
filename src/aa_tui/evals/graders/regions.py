r"""Sets of real numbers, however they are written: (-\infty, 2), x < 2, 1 \le x \le 3, x \in [1,3], \mathbb{R},
x \ne 2, \{x : x < 2\}, unions of such.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cmp_to_key
from itertools import pairwise

from aa_tui.evals.graders.expressions import UnreadableError, is_readable, read, unknowns
from aa_tui.evals.graders.latex import squeezed
from aa_tui.evals.graders.sameness import Sameness, best, same_expression, worst
from aa_tui.evals.graders.values import DIGITS, Reading, less, value_of

_RELATION = re.compile(r"<=|>=|!=|<|>")
_NAME = r"[a-zA-Z]|\\[a-z]{2,7}|[a-zA-Z]_\{?[a-zA-Z0-9]\}?|[a-z]\([a-z]\)"
_MEMBER = re.compile(rf"(?P<name>{_NAME}) ?\\in(?![a-z]) ?(?P<such>.+)", re.DOTALL)
_BUILT = re.compile(
    rf"\\\{{ ?(?P<name>{_NAME})(?: ?\\in ?\\mathbb\{{R\}})? ?(?:\||:|\\mid|\\vert|\\colon) ?(?P<such>.+?) ?\\\}}",
    re.DOTALL,
)
_ALL = re.compile(r"(?:all )?(?:real )?\(?\\mathbb\{R\}\)?")
_WITHOUT = re.compile(
    r"(?:\\mathbb\{R\} ?(?:\\setminus|\\backslash|-|\\) ?\\\{(?P<points>[^{}]{1,80})\\\})"
    r"|(?:\\text ?\{)?all real(?:s| numbers)(?: [a-z])? except(?: for)? ?\}? ?(?:[a-z] ?= ?)?(?P<point>[^a-z]{1,40})"
)
SIGN = re.compile(r"<=|>=|!=|<|>|\\in(?![a-z])|\\cup(?![a-z])|\\mathbb\{R\}|\\setminus")
_INFINITE = {"\\infty": "+", "+\\infty": "+", "-\\infty": "-"}


@dataclass(frozen=True, slots=True)
class Span:
    """From one end to another, each with it or without it; the ends are texts, \\infty among them."""

    low: str
    high: str
    with_low: bool
    with_high: bool


@dataclass(frozen=True, slots=True)
class Region:
    """Spans in the order in which they were written, and the name of the unknown where one was given."""

    spans: tuple[Span, ...]
    name: str | None = None


_EVERYTHING = Region((Span("-\\infty", "\\infty", False, False),))


def region(text: str) -> Region | None:
    """The set that a spelled text describes; None for anything else."""
    text = text.strip()
    if _ALL.fullmatch(text):
        return _EVERYTHING
    without = _WITHOUT.fullmatch(text)
    if without:
        return _all_but((without["points"] or without["point"]).split(","), None)
    described = _BUILT.fullmatch(text) or _MEMBER.fullmatch(text)
    if described:
        inner = region(described["such"])
        return Region(inner.spans, described["name"]) if inner else None
    return _of_pieces(text)


def _of_pieces(text: str) -> Region | None:
    separators = ("\\cup", "\\lor", "\\land", ",") if _RELATION.search(text) else ("\\cup", "\\lor")
    for separator in separators:
        pieces = split(text, separator)
        if len(pieces) > 1:
            return _union(pieces) if separator in ("\\cup", "\\lor") else _together(pieces, separator)
    return _chain(text) if _RELATION.search(text) else _interval(text)


def same_region(key: Region, said: Region) -> Sameness:
    """The same spans in any order; unclear where they are of different unknowns."""
    if len(key.spans) != len(said.spans):
        return "different"
    left = list(said.spans)
    found: Sameness = "same"
    for span in key.spans:
        likenesses = [_same_span(span, other) for other in left]
        nearest = best(likenesses)
        if nearest == "different":
            return "different"
        left.pop(likenesses.index(nearest))
        found = worst((found, nearest))
    if found == "same" and key.name and said.name and key.name != said.name:
        return "unclear"
    return found


def _same_span(key: Span, said: Span) -> Sameness:
    if (key.with_low, key.with_high) != (said.with_low, said.with_high):
        return "different"
    return worst((_same_end(key.low, said.low), _same_end(key.high, said.high)))


def _same_end(key: str, said: str) -> Sameness:
    one, other = (_INFINITE.get(squeezed(text)) for text in (key, said))
    if one or other:
        return "same" if one == other else "different"
    return same_expression(key, said)


def _interval(text: str) -> Region | None:
    if len(text) < 5 or text[0] not in "([]" or text[-1] not in ")][":
        return None
    parts = split(text[1:-1], ";" if ";" in text else ",")
    if len(parts) != 2:
        return None
    # ]1, 3[ is the continental (1, 3).
    return Region((Span(parts[0].strip(), parts[1].strip(), text[0] == "[", text[-1] == "]"),))


def _union(pieces: tuple[str, ...]) -> Region | None:
    regions = [_single(piece) or region(piece) for piece in pieces]
    if any(one is None for one in regions):
        return None
    names = {one.name for one in regions if one and one.name}
    if len(names) > 1:
        return None
    return Region(tuple(span for one in regions if one for span in one.spans), next(iter(names), None))


def _single(text: str) -> Region | None:
    """One point in a union: \\{5\\}."""
    match = re.fullmatch(r"\\\{([^{},]{1,60})\\\}", text.strip())
    return Region((Span(match[1], match[1], True, True),)) if match else None


def _together(pieces: tuple[str, ...], separator: str) -> Region | None:
    """Two one-sided relations with "and" (or a comma) between them: what is in both; x < 1, x > 3 is either."""
    regions = [region(piece) for piece in pieces]
    if len(regions) != 2 or any(one is None or len(one.spans) != 1 for one in regions):
        return None
    first, second = (one for one in regions if one)
    if first.name != second.name:
        return None
    low, high = (first.spans[0], second.spans[0])
    if low.low == "-\\infty":
        low, high = high, low
    if low.high != "\\infty" or high.low != "-\\infty":
        return None
    order = _order(low.low, high.high)
    if order is None:
        return None
    if order < 0:
        return Region((Span(low.low, high.high, low.with_low, high.with_high),), first.name)
    return Region((high, low) if separator == "," else (), first.name)


def _order(one: str, other: str) -> int | None:
    try:
        reading = Reading(DIGITS[0])
        distance = less(value_of(read(one), {}, reading), value_of(read(other), {}, reading), reading)
    except (UnreadableError, OverflowError, KeyError):
        return None
    return int((distance > 0) - (distance < 0))


def _rank(one: str, other: str) -> int:
    return _order(one, other) or 0


def _chain(text: str) -> Region | None:
    signs = _RELATION.findall(text)
    sides = [side.strip() for side in _RELATION.split(text)]
    if signs[0][0] == ">" or (len(sides) == 2 and signs[0] == "!=" and not _is_name(sides[0])):
        sides, signs = sides[::-1], [sign.replace(">", "<") for sign in signs[::-1]]
    if len(sides) == 3 and signs[0][0] == signs[1][0] == "<" and _is_name(sides[1]):
        return _between(sides[0], signs[0], signs[1], sides[2], sides[1])
    if len(sides) != 2:
        return None
    if signs[0] == "!=":
        return _all_but([sides[1]], sides[0]) if _is_name(sides[0]) else None
    if _is_name(sides[0]):
        return _between("-\\infty", "<", signs[0], sides[1], sides[0])
    return _between(sides[0], signs[0], "<", "\\infty", sides[1]) if _is_name(sides[1]) else None


def _between(low: str, low_sign: str, high_sign: str, high: str, name: str) -> Region | None:
    if not _is_closed(low) or not _is_closed(high):
        return None
    return Region(
        (Span(low, high, low_sign == "<=" and not _infinite(low), high_sign == "<=" and not _infinite(high)),), name
    )


def _is_name(text: str) -> bool:
    return re.fullmatch(_NAME, text) is not None


def _all_but(points: list[str], name: str | None) -> Region | None:
    bare = [re.sub(r"^[a-zA-Z] ?= ?", "", point.strip()) for point in points]
    if not all(map(_is_closed, bare)) or any(map(_infinite, bare)):
        return None
    ordered = sorted(bare, key=cmp_to_key(_rank))
    ends = ["-\\infty", *ordered, "\\infty"]
    return Region(tuple(Span(*pair, False, False) for pair in pairwise(ends)), name)


def _is_closed(text: str) -> bool:
    return _infinite(text) or (is_readable(text) and not unknowns(read(text)))


def _infinite(text: str) -> bool:
    return squeezed(text) in _INFINITE


def split(text: str, separator: str) -> tuple[str, ...]:
    """The pieces of a text, parted where no bracket is open; ( and ] may go together."""
    parts, depth, start, nth = [], 0, 0, 0
    while nth < len(text):
        depth += (text[nth] in "([{") - (text[nth] in ")]}")
        if depth == 0 and text.startswith(separator, nth):
            parts.append(text[start:nth].strip())
            start = nth = nth + len(separator)
        else:
            nth += 1
    return (*parts, text[start:].strip())
