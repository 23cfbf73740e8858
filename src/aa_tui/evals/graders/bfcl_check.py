"""Whether a call is one of those that an item of BFCL accepts.

The rules are those of the benchmark's own checker of syntax trees (Patil et al. 2025, github.com/ShishirPatil/gorilla,
berkeley-function-call-leaderboard, bfcl_eval/eval_checker/ast_eval), its oddities included, since scores are compared
with those it gives. Where it would break off with an exception, no value is accepted here.

An item names, for each argument, the values that are right; "" among them means that it may be left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from aa_tui.evals.graders.bfcl_values import Language, kind_of, value_of

Fault = Literal["function", "argument", "none", "too many"]
"""What is wrong, as `Verdict.fault` says it after "model: "."""

_ALIKE = re.compile(r"[ ,./\-_*^]")


@dataclass(frozen=True, slots=True)
class Said:
    """A call with its arguments read."""

    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Why calls are not those that are accepted. `weight` says how much of them is right: the nearest is told."""

    fault: Fault
    why: str
    weight: int = 0


def offered_name(name: str) -> str:
    """A function's name as it is offered: servers take no dots in it."""
    return name.replace(".", "_")


def mismatch_of(
    calls: Sequence[Said],
    functions: Sequence[Mapping[str, Any]],
    accepted: Sequence[Mapping[str, Any]],
    language: Language,
) -> Mismatch | None:
    """Why these are not the accepted calls, in whichever order; None where they are.

    Raises ValueError for an item that is none: a type that the benchmark does not know, a function that is not there.
    """
    if len(calls) != len(accepted):
        fault: Fault = "none" if len(calls) < len(accepted) else "too many"
        return Mismatch(fault, f"{len(calls)} calls where {len(accepted)} are expected")
    left = list(calls)
    for one in accepted:
        name, arguments = _only(one)
        function = _named(functions, name)
        found = [_of_call(call, function, arguments, language) for call in left]
        if None not in found:
            return max((mismatch for mismatch in found if mismatch is not None), key=lambda known: known.weight)
        del left[found.index(None)]
    return None


def _only(accepted: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    for name, arguments in accepted.items():
        if isinstance(arguments, dict):
            return name, arguments
    raise ValueError("an accepted call names no arguments")


def _named(functions: Sequence[Mapping[str, Any]], name: str) -> Mapping[str, Any]:
    for function in functions:
        if function["name"] == name:
            return function
    raise ValueError(f"the function {name} is not on offer")


def _of_call(
    call: Said, function: Mapping[str, Any], accepted: Mapping[str, Any], language: Language
) -> Mismatch | None:
    name = str(function["name"])
    if offered_name(call.name) != offered_name(name):
        return Mismatch("function", f"calls {call.name} and not {name}")
    schema = function["parameters"]
    for needed in schema.get("required", ()):
        if needed not in call.arguments:
            return Mismatch("argument", f"leaves out {needed}", 1)
    for argument, value in call.arguments.items():
        declared = schema["properties"].get(argument)
        if declared is None or argument not in accepted:
            return Mismatch("argument", f"has an argument {argument} that is not expected", 1)
        if not _is_accepted(value, _sequence(accepted[argument]), declared, language):
            return Mismatch("argument", f"{argument} is {value!r}, expected is one of {accepted[argument]!r}", 2)
    left_out = [one for one, values in accepted.items() if one not in call.arguments and not _may_be_left_out(values)]
    return Mismatch("argument", f"leaves out {left_out[0]}", 1) if left_out else None


def _is_accepted(value: Any, accepted: Sequence[Any], declared: Mapping[str, Any], language: Language) -> bool:
    """Whether an argument's value is of its type and one of the accepted ones."""
    kind, inner = kind_of(declared, language)
    if language != "python" and not isinstance(value, str):
        return False  # a piece of the program's text is asked for
    value = value_of(value, declared, language)
    kind_accepted = _kind(accepted)
    if type(value) is not kind:  # the name of a variable, say
        return type(value) is kind_accepted and value in accepted
    if inner is not None and not any(_fits(value, one, inner) for one in accepted):
        return False
    if kind_accepted is not None and kind_accepted is not kind:
        return value in accepted
    return _is_among(value, accepted, kind, inner)


def _is_among(value: Any, accepted: Sequence[Any], kind: type, inner: type | None) -> bool:
    """Whether a value of the declared type is one of the accepted ones, which have it too."""
    if kind is dict:
        return any(_same_object(value, one) for one in accepted if one != "")
    if kind is list and inner is dict:
        return any(_same_objects(value, one) for one in accepted)
    if kind is str:
        return _alike(value) in [_alike(one) for one in accepted if isinstance(one, str)]
    if kind is list:
        return [_alike(one) for one in value] in [[_alike(one) for one in _sequence(each)] for each in accepted]
    return value in accepted


def _kind(accepted: Iterable[Any]) -> type | None:
    """The type of the accepted values, as the first one has it."""
    return next((type(one) for one in accepted if one != ""), None)


def _fits(value: Any, accepted: Any, inner: type) -> bool:
    """Whether the values of a list have the declared type, or that of an accepted list's values."""
    if not isinstance(accepted, list):
        return True
    kind_accepted = _kind(accepted)
    return all(type(one) is inner or type(one) is kind_accepted for one in value)


def _same_object(value: Any, accepted: Any) -> bool:
    """An object whose fields are all accepted ones, none missing but those that may be."""
    if not isinstance(value, dict) or not isinstance(accepted, dict):
        return False
    for name, one in value.items():
        if name not in accepted or _alike(one) not in [_alike(each) for each in _sequence(accepted[name])]:
            return False
    return all(name in value or _may_be_left_out(values) for name, values in accepted.items())


def _same_objects(value: Sequence[Any], accepted: Any) -> bool:
    each = _sequence(accepted)
    return len(value) == len(each) and all(_same_object(one, known) for one, known in zip(value, each, strict=True))


def _may_be_left_out(values: Any) -> bool:
    """Whether "" is among the accepted values; in Python it is part of any text, which stands where a list should."""
    return isinstance(values, str) or "" in _sequence(values)


def _sequence(values: Any) -> Sequence[Any]:
    """The accepted values. A text stands for its characters, as for the reference: "" for an empty list."""
    return values if isinstance(values, list) else list(values) if isinstance(values, str) else ()


def _alike(value: Any) -> Any:
    """A text without what is let pass: case, some punctuation, kinds of quotes. Other values as they are."""
    return _ALIKE.sub("", value).lower().replace("'", '"') if isinstance(value, str) else value
