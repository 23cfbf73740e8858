r"""Whether two mathematical answers are the same: numbers, expressions, tuples, regions, sets, lists, matrices,
equations, words, with their units. Said only where it is sure.

"unclear" is what can be read and still be meant in two ways (0.5% for 0.5); "unread" is left to those who read more.
"""

from __future__ import annotations

import re
from fractions import Fraction

from aa_tui.evals.graders.expressions import is_readable, read, unknowns
from aa_tui.evals.graders.latex import remark_of, spelled, squeezed
from aa_tui.evals.graders.notations import (
    based,
    clock,
    hours,
    in_base_ten,
    is_in_words,
    is_no_number,
    number_in_words,
    residue,
    same_words,
)
from aa_tui.evals.graders.regions import SIGN, region, same_region
from aa_tui.evals.graders.sameness import (
    Sameness,
    best,
    same_equation,
    same_expression,
    same_inequality,
    same_up_to_constant,
    worst,
)
from aa_tui.evals.graders.shapes import Shape, listed, shape_of
from aa_tui.evals.graders.units import Unit, without_unit

_LETTER = r"(?:[a-zA-Z]|\\[a-z]{2,8})(?:_(?:\{[^{}]{1,12}\}|[a-zA-Z0-9]))?'?"
_NAME = re.compile(
    rf"\s*(?:{_LETTER}(?: ?\( ?(?:{_LETTER}|\d{{1,4}})(?: ?, ?{_LETTER})* ?\))?"
    rf"|\( ?{_LETTER}(?: ?, ?{_LETTER}){{1,5}} ?\)|{_LETTER} ?\* ?{_LETTER}|{_LETTER} {_LETTER}"
    r"|\|? ?[A-Z]{2,6} ?\|?|\[[A-Z]{3,6}\]|(?:m ?)?\\angle ?[A-Z]{1,3}|\| ?[A-Z] ?\||[PEA] ?\( ?[A-Za-z| ,\\]{1,40} ?\)"
    r"|\\(?:over(?:line|rightarrow)|vec|hat|text) ?\{[^{}]{1,60}\}(?:_\{?[a-z0-9]\}?)?|[A-Za-z][A-Za-z ]{1,60}"
    r"|\\frac ?\{ ?d ?\w ?\} ?\{ ?d ?\w ?\}|[fgh]\^ ?\{? ?-1 ?\}? ?\( ?\w ?\))\s*"
)
_SUM = re.compile(rf"\s*(?:\d{{0,3}} ?{_LETTER})(?: ?[-+] ?\d{{0,3}} ?{_LETTER}){{1,6}}\s*")
_FUNCTION = re.compile(r"[a-zA-Z] ?\( ?[a-z] ?\)|y")
_EQUALS = re.compile(r"(?<![<>!~:])=(?!=)")
_FREE = re.compile(
    r"(?P<rest>.*[^\s(*/^+-].*?) ?\+ ?(?:[CcKk]|\\text ?\{[Cc](?:onst(?:ant|\.)?)?\}|const(?:ant)?)(?:_\{?\d\}?)?",
    re.DOTALL,
)
_FREE_FIRST = re.compile(r"[CcKk] ?\+ ?(?P<rest>.+)", re.DOTALL)
_PAIRED = re.compile(r"\d,\d{3}(?!\d)")
_DECIMAL_COMMA = re.compile(r"-?\d{1,9},\d{1,9}")
_RATIO = re.compile(r"[^:]{1,60}(?::[^:]{1,60}){1,5}")
_DEEPEST, _MOST_PARTS = 5, 50


def same(key: str, said: str) -> Sameness:
    """Whether an answer equals the key."""
    if key == said and said.strip():
        return "same"
    one, other = spelled(key), spelled(said)
    if one == other or squeezed(one) == squeezed(other):
        return "same"
    if not other:
        return "different"
    found = _same(one, other, 0)
    if found == "different" and _PAIRED.search(said):
        # 45,135 may be two numbers.
        apart = spelled(said.replace(",", ", "))
        return "same" if apart != other and _same(one, apart, 0) == "same" else found
    return found


def _same(key: str, said: str, depth: int) -> Sameness:
    for decide in (_at_once, _in_words, _in_numerals):
        found = decide(key, said, depth)
        if found is not None:
            return found
    if _EQUALS.search(key) or _EQUALS.search(said) or "~=" in said:
        return _same_stated(key, said, depth)
    if SIGN.search(key) or SIGN.search(said):
        return _same_relation(key, said, depth)
    return _same_measured(key, said, depth)


def _at_once(key: str, said: str, depth: int) -> Sameness | None:
    if squeezed(key) == squeezed(said):
        return "same"
    if not said or depth > _DEEPEST:
        return "unread" if said else "different"
    if key.isdigit() and said.isdigit():
        return "same" if int(key) == int(said) else "different"
    return None


# --- words, remarks, bases, times, residues


def _in_words(key: str, said: str, depth: int) -> Sameness | None:
    number = number_in_words(said)
    words = is_in_words(key) and clock(key) is None and based(key) is None
    if number is not None and not words:
        return _same(key, str(number), depth + 1)
    if words and number_in_words(key) is None:
        return "unclear" if _is_product(key, said) else same_words(key, said)
    if "\\emptyset" in (key, said) or (is_in_words(said) and is_no_number(said)):
        return "different"
    bare, remark = remark_of(said)
    if not remark or remark_of(key)[1] or based(said):
        return None
    meant = number_in_words(remark)
    if meant is not None and _same(bare, str(meant), depth + 1) != "same":
        return "unclear"
    return _same(key, bare, depth + 1)


def _in_numerals(key: str, said: str, depth: int) -> Sameness | None:
    times = clock(key), clock(said)
    if times[0] or times[1]:
        return _same_time(key, said, times)
    if based(key) or based(said):
        return _same_digits(key, said)
    residues = residue(key), residue(said)
    if residues[0] or residues[1]:
        return _same_residue(key, said, residues, depth)
    return None


def _is_product(key: str, said: str) -> bool:
    return key.isalpha() and said.isalpha() and sorted(key) == sorted(said)


def _same_time(key: str, said: str, times: tuple[tuple[int, int] | None, tuple[int, int] | None]) -> Sameness:
    one, other = times
    if one and other:
        return "same" if one == other else "different"
    known, vague = (one, hours(said)) if one else (other, hours(key))
    if known is None or vague is None:
        return "unread" if vague is None and not is_no_number(said) else "different"
    return "unclear" if vague in (known, ((known[0] - 1) % 12 + 1, known[1])) else "different"


def _same_digits(key: str, said: str) -> Sameness:
    one, other = based(key), based(said)
    if one and other:
        if one[1] == other[1]:
            return "same" if one[0] == other[0] else "different"
        return "unclear" if one[0] != other[0] and in_base_ten(*one) == in_base_ten(*other) else "different"
    if one:  # the question names the base
        digits = said.strip("()").upper()
        return "same" if digits == one[0] else "different" if digits.isalnum() else "unread"
    assert other is not None
    if other[0] == key.upper():
        return "same" if other[1] == 10 else "unclear"
    value = in_base_ten(*other)
    return "unclear" if value is not None and _same(key, str(value), _DEEPEST) == "same" else "different"


def _same_residue(
    key: str, said: str, residues: tuple[tuple[str, int] | None, tuple[str, int] | None], depth: int
) -> Sameness:
    one, other = residues
    if one and other and one[1] != other[1]:
        return "different"
    found = _same(one[0] if one else key, other[0] if other else said, depth + 1)
    if found == "different" and one and other and (one[0] + other[0]).lstrip("-").replace("-", "").isdigit():
        return "unclear" if (int(one[0]) - int(other[0])) % one[1] == 0 else "different"
    return found


# --- equations, names, relations


def _same_stated(key: str, said: str, depth: int) -> Sameness:
    found = _same_named(key, said, depth)
    if found is not None:
        return found
    keys, sides = _sides(key), _sides(said)
    if len(keys) == 1:
        return _same_value(key, said, depth)
    if len(sides) > 1:
        return _same_equations(key, said, keys, sides, depth)
    if _NAME.fullmatch(keys[0]):
        return _same(keys[-1], said, depth + 1)
    return "unclear" if _same(keys[0], said, depth + 1) == "same" else "different"


def _same_value(key: str, said: str, depth: int) -> Sameness:
    """A key that is a value, an answer that states one: x = 5, 5 + 7 = 12, m + n = 12, \\sqrt{2} \\approx 1.41."""
    exact, *about = said.split("~=")
    sides = _sides(exact)
    last = sides[-1] if len(sides) > 1 or not (about and _NAME.fullmatch(exact)) else about[0].strip()
    found = _same(key, last, depth + 1)
    if found == "different" and about and _same(key, about[-1].strip(), depth + 1) == "same":
        return "unclear" if _is_closed(last) else "same"
    if found != "same" and len(sides) == 2 and _NAME.fullmatch(last):
        return _same(key, sides[0], depth + 1)  # 17 = x
    if found != "same" or len(sides) == 1:
        return found
    if _NAME.fullmatch(sides[0]) or _SUM.fullmatch(sides[0]):
        return "same"
    if _is_closed(sides[0]):
        return "same" if _same(sides[0], last, depth + 1) in ("same", "unread") else "unclear"
    return "unclear"


def _same_equations(key: str, said: str, one: list[str], other: list[str], depth: int) -> Sameness:
    if squeezed(one[0]) == squeezed(other[0]) or (_FUNCTION.fullmatch(one[0]) and _FUNCTION.fullmatch(other[0])):
        found = _same(one[-1], other[-1], depth + 1)
        if found != "different" or len(one) > 2 or len(other) > 2:
            return found
    if len(one) != 2 or len(other) != 2:
        return "unread"
    found = same_equation(key, said)
    solved = _NAME.fullmatch(one[0]) and _is_closed(one[1])
    return "unclear" if found == "same" and solved and not _NAME.fullmatch(other[0]) else found


def _named_parts(text: str) -> list[tuple[str, str]]:
    """Names and values of "x = 1, y = 2"; nothing for anything else."""
    pieces = listed(text).parts
    if len(pieces) < 2:
        return []
    sides = [_sides(piece) for piece in pieces]
    if not all(len(pair) > 1 and _NAME.fullmatch(pair[0]) for pair in sides):
        return []
    return [(squeezed(pair[0]), pair[-1]) for pair in sides]


def _same_named(key: str, said: str, depth: int) -> Sameness | None:
    """Where one side or both are of the kind "x = 1, y = 2"; None where neither is."""
    keys, named = _named_parts(key), _named_parts(said)
    if keys and named:
        one, other = (tuple(f"{name} = {value}" for name, value in pairs) for pairs in (keys, named))
        return _any_order(one, other, depth)
    if keys or named:
        return _same_values(said if keys else key, keys or named, depth)
    return None


def _same_values(other: str, named: list[tuple[str, str]], depth: int) -> Sameness:
    names = [name for name, _ in named]
    values = tuple(value for _, value in named)
    shape = shape_of(other)
    if len(set(names)) == 1:
        return _same_shape(shape, Shape("many", values), depth)
    if shape.kind not in ("row", "many", "column") or len(set(names)) != len(names):
        return "different"
    found = _all_same(shape.parts, values, depth)
    return "unclear" if found == "same" and names != sorted(names) else found


def _sides(text: str) -> list[str]:
    return [side.strip() for side in _EQUALS.split(text)]


def _is_closed(text: str) -> bool:
    return is_readable(text) and not unknowns(read(text))


def _same_relation(key: str, said: str, depth: int) -> Sameness:
    one, other = region(key), region(said)
    if one and other:
        return same_region(one, other)
    found = same_inequality(key, said) if _strictness(key) == _strictness(said) else "unread"
    return "different" if found == "unread" and (_is_number(key) or _is_number(said)) else found


def _is_number(text: str) -> bool:
    return not SIGN.search(text) and shape_of(text).kind == "one" and _is_closed(without_unit(text)[0])


def _strictness(text: str) -> list[bool]:
    return ["=" in sign for sign in re.findall(r"<=|>=|<|>", text)]


# --- units


def _same_measured(key: str, said: str, depth: int) -> Sameness:
    (one, one_unit), (other, other_unit) = without_unit(key), without_unit(said)
    if not one_unit and not other_unit:
        return _same_shape(shape_of(key), shape_of(said), depth)
    if "\\text" not in key + said and same_expression(key, said) == "same":
        return "same"
    if one_unit and other_unit:
        return _same_quantity(one, one_unit, other, other_unit, depth)
    unit = one_unit or other_unit
    assert unit is not None
    found = _same(one, other, depth + 1)
    kind = unit.powers[0][0] if len(unit.powers) == 1 else ""
    if kind == "share":
        return _same_share(one, other, bool(one_unit), found)
    if kind == "angle" and found != "same":
        return same_expression(*((f"({one})°", other) if one_unit else (one, f"({other})°")))
    return found


def _same_quantity(one: str, one_unit: Unit, other: str, other_unit: Unit, depth: int) -> Sameness:
    if one_unit == other_unit:
        return _same(one, other, depth + 1)
    if one_unit.powers == other_unit.powers:
        return same_expression(f"({one})*({one_unit.factor})", f"({other})*({other_unit.factor})")
    found = _same(one, other, depth + 1)
    measures = all(any(base in _MEASURES for base, _ in unit.powers) for unit in (one_unit, other_unit))
    return "unclear" if found == "same" and not measures else "different" if found == "same" else found


_MEASURES = frozenset(("length", "mass", "time", "volume", "dollars", "euros", "pounds", "yen", "angle", "share"))


def _same_share(one: str, other: str, of_key: bool, found: Sameness) -> Sameness:
    """50% is 0.5, and the number of per cent is 50; 0.5% for 0.5 may be meant either way."""
    hundredth = same_expression(f"({one})/100", other) if of_key else same_expression(one, f"({other})/100")
    if hundredth == "same":
        return "same"
    if found != "same":
        return found
    try:
        return "same" if abs(Fraction(one.replace(" ", ""))) > 1 else "unclear"
    except (ValueError, ZeroDivisionError):
        return "unclear"


# --- shapes


def _same_shape(key: Shape, said: Shape, depth: int) -> Sameness:
    kinds = {key.kind, said.kind}
    if len(kinds) > 1 or "other" in kinds:
        return _same_of_two_kinds(key, said, kinds, depth)
    if key.kind == "one":
        return _same_one(key.parts[0], said.parts[0])
    if key.kind == "many":
        return _any_order(key.parts, said.parts, depth)
    return "different" if key.brackets != said.brackets else _all_same(key.parts, said.parts, depth)


def _same_of_two_kinds(key: Shape, said: Shape, kinds: set[str], depth: int) -> Sameness:
    if kinds == {"row", "many"} and {key.brackets, said.brackets} == {"()", ""}:
        return _all_same(key.parts, said.parts, depth)  # (1, 2) written without its brackets
    if kinds == {"row", "column"}:
        return _all_same(key.parts, said.parts, depth) if "()" in (key.brackets, said.brackets) else "unclear"
    if key.kind == "one" and _DECIMAL_COMMA.fullmatch(",".join(said.parts)) and not said.brackets:
        return same_expression(key.parts[0], ".".join(said.parts))
    singles = [shape.parts[0] for shape in (key, said) if shape.kind == "one"]
    unread = "other" in kinds or ("matrix" in kinds and "column" not in kinds)
    return "unread" if unread or not all(map(is_readable, singles)) else "different"


def _same_one(key: str, said: str) -> Sameness:
    frees = _free(key), _free(said)
    if frees[0] is not None and frees[1] is not None:
        return same_up_to_constant(frees[0], frees[1])
    if _RATIO.fullmatch(key) or _RATIO.fullmatch(said):
        return _same_ratio(key, said)
    return same_expression(key, said)


def _free(text: str) -> str | None:
    """An antiderivative without its constant of integration; None where it has none."""
    match = _FREE.fullmatch(text) or _FREE_FIRST.fullmatch(text)
    if not match or not re.search(r"[a-bd-jl-z]", re.sub(r"\\[a-z]+", "", match["rest"])):
        return None
    return match["rest"]


def _same_ratio(key: str, said: str) -> Sameness:
    one, other = (text.split(":") for text in (key, said))
    if len(one) != len(other):
        return "unclear" if len(one) + len(other) == 3 and _proportional(one, other) else "different"
    return worst([same_expression(f"({a})*({other[0]})", f"({b})*({one[0]})") for a, b in zip(one, other, strict=True)])


def _proportional(one: list[str], other: list[str]) -> bool:
    first, second = ("/".join(f"({part})" for part in parts) for parts in (one, other))
    return same_expression(first, second) == "same"


def _all_same(keys: tuple[str, ...], said: tuple[str, ...], depth: int) -> Sameness:
    if len(keys) != len(said):
        return "different"
    return worst([_same(one.strip(), other.strip(), depth + 1) for one, other in zip(keys, said, strict=True)])


def _any_order(keys: tuple[str, ...], said: tuple[str, ...], depth: int) -> Sameness:
    if len(keys) != len(said) or len(keys) > _MOST_PARTS:
        return "different"
    left, pairs = list(said), list[Sameness]()
    for key in keys:
        found = [_same(key.strip(), other.strip(), depth + 1) for other in left]
        pairs.append(best(found))
        if pairs[-1] == "different":
            break
        if pairs[-1] == "same":
            left.pop(found.index("same"))
    return worst(pairs)
