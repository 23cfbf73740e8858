"""What calls are against those that were expected: the same functions with the same values, in any order.

Values are compared as JSON: 1 is 1.0, "5" is not 5, the order of keys does not count and that of lists does. An
optional argument that is left out stands for its schema's default.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Any

from aa_tui.engine.calling import Call, Tool
from aa_tui.evals.calls.pieces import BrokenCallError, json_of
from aa_tui.evals.calls.reading import Found
from aa_tui.textsafe import clean_line, cut

FUNCTION = "model: function"
ARGUMENT = "model: argument"
INVENTED = "model: invented"
NONE = "model: none"
TOO_MANY = "model: too many"
UNREAD = "parser: unread"
BROKEN = "format: broken"

_MOST_FLAWS = 8
_MOST_PAIRS = 64 * 64
"""Calls times expected calls that are compared each with each; where there are more, those at the same place are."""

_NOTHING: Mapping[str, tuple[Any, ...]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Expected:
    """A call that is right. `also` has further values of an argument that are as right, `optional` the arguments that
    may be left out."""

    name: str
    arguments: Mapping[str, Any]
    also: Mapping[str, tuple[Any, ...]] = field(default_factory=lambda: _NOTHING)
    optional: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Difference:
    """How a call differs from an expected one: another function, or the names of the arguments that are `missing`,
    `extra` or `wrong`."""

    is_function: bool = False
    missing: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()

    @property
    def is_none(self) -> bool:
        """Whether the call is the expected one."""
        return not (self.is_function or self.missing or self.extra or self.wrong)

    @property
    def weight(self) -> int:
        """The more, the further from it."""
        return 1_000_000 * self.is_function + len(self.missing) + len(self.extra) + len(self.wrong)


@dataclass(frozen=True, slots=True)
class Matching:
    """Which call was meant for which expected one (`pairs`: the indices of both, and how they differ), and those that
    are left on either side."""

    pairs: tuple[tuple[int, int, Difference], ...]
    missing: tuple[int, ...]
    extra: tuple[int, ...]

    @property
    def is_exact(self) -> bool:
        return not self.missing and not self.extra and all(one.is_none for _, _, one in self.pairs)


def arguments_of(call: Call) -> dict[str, Any]:
    """The arguments of a call, as a server or `read` has them. Raises BrokenCallError where they are no object."""
    value = json_of(call.arguments) if call.arguments.strip() else {}
    if not isinstance(value, dict):
        raise BrokenCallError("its arguments are no object")
    return value


def flaws(call: Call, tool: Tool) -> tuple[str, ...]:
    """What is wrong with a call's arguments by the function's own schema, a clause each; none: it may be run.

    Nothing is fetched for a schema that refers to other places. Raises ValueError for a schema that is none.
    """
    import jsonschema
    import referencing

    schema = dict(tool.parameters)
    try:
        value = arguments_of(call)
        jsonschema.Draft202012Validator.check_schema(schema)
        # An empty registry of its own: without one jsonschema would fetch what a $ref names.
        check = jsonschema.Draft202012Validator(schema, registry=referencing.Registry())
        found = sorted(check.iter_errors(value), key=lambda one: [str(part) for part in one.absolute_path])
    except BrokenCallError as error:
        return (str(error),)
    except (jsonschema.SchemaError, referencing.exceptions.Unresolvable, re.error, RecursionError) as error:
        raise ValueError(f"The schema of {tool.name} cannot be used: {cut(clean_line(str(error)), 200)}") from None
    return tuple(_clause([str(part) for part in one.absolute_path], one.message) for one in found[:_MOST_FLAWS])


def _clause(path: list[str], message: str) -> str:
    place = f"{'.'.join(path)}: " if path else ""
    return cut(clean_line(place + message), 200)


def same(one: Any, other: Any) -> bool:
    """Whether two values of JSON are the same."""
    if isinstance(one, bool) or isinstance(other, bool):
        return isinstance(one, bool) and isinstance(other, bool) and one == other
    if isinstance(one, int | float) and isinstance(other, int | float):
        return one == other
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(same(first, second) for first, second in zip(one, other, strict=True))
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return type(one) is type(other) and bool(one == other)


def difference(expected: Expected, call: Call, tool: Tool | None = None) -> Difference:
    """How a call differs from an expected one. Arguments that are no object differ as wholly missing."""
    if call.name != expected.name:
        return Difference(is_function=True)
    try:
        given = arguments_of(call)
    except BrokenCallError:
        return Difference(missing=tuple(expected.arguments) or ("arguments",))
    schema = tool.parameters if tool else {}
    given, wanted = _filled(given, schema), _filled(expected.arguments, schema)
    properties = _properties(schema)
    return Difference(
        missing=tuple(key for key in wanted if key not in given and key not in expected.optional),
        extra=tuple(key for key in given if key not in wanted and key not in expected.also),
        wrong=tuple(
            key
            for key in given
            if (key in wanted or key in expected.also) and not _is_right(given[key], key, wanted, expected, properties)
        ),
    )


def _is_right(
    value: Any, key: str, wanted: Mapping[str, Any], expected: Expected, properties: Mapping[str, Any]
) -> bool:
    schema = properties.get(key)
    values = [*([wanted[key]] if key in wanted else []), *expected.also.get(key, ())]
    return any(same(_filled_value(value, schema), _filled_value(one, schema)) for one in values)


def _properties(schema: Any) -> Mapping[str, Any]:
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    return properties if isinstance(properties, Mapping) else {}


def _filled(arguments: Mapping[str, Any], schema: Any) -> dict[str, Any]:
    """Arguments, and the defaults of those that are left out and may be."""
    required = schema.get("required") if isinstance(schema, Mapping) else None
    needed = set(required) if isinstance(required, list | tuple) else set()
    filled = dict(arguments)
    for key, one in _properties(schema).items():
        if key not in filled and key not in needed and isinstance(one, Mapping) and "default" in one:
            filled[key] = one["default"]
    return filled


def _filled_value(value: Any, schema: Any) -> Any:
    """A value, with the defaults of the objects in it."""
    if isinstance(value, Mapping) and isinstance(schema, Mapping):
        properties = _properties(schema)
        return {key: _filled_value(one, properties.get(key)) for key, one in _filled(value, schema).items()}
    if isinstance(value, list | tuple) and isinstance(schema, Mapping) and isinstance(schema.get("items"), Mapping):
        return [_filled_value(one, schema["items"]) for one in value]
    return value


def match(expected: Sequence[Expected], calls: Sequence[Call], tools: Sequence[Tool] = ()) -> Matching:
    """Which calls are the expected ones, in any order: as many as can be exactly, then those of the same function by
    how near they are."""
    by_name = {tool.name: tool for tool in tools}

    @cache
    def apart(index: int, place: int) -> Difference:
        return difference(expected[index], calls[place], by_name.get(expected[index].name))

    if len(expected) * len(calls) > _MOST_PAIRS:
        taken = {index: index for index in range(min(len(expected), len(calls)))}
    else:
        taken = _assigned(len(expected), len(calls), apart)
    pairs = tuple((index, place, apart(index, place)) for index, place in sorted(taken.items()))
    used = set(taken.values())
    return Matching(
        pairs,
        tuple(index for index in range(len(expected)) if index not in taken),
        tuple(place for place in range(len(calls)) if place not in used),
    )


def _assigned(n_expected: int, n_calls: int, apart: Callable[[int, int], Difference]) -> dict[int, int]:
    """From an expected call to the one that was meant for it. First the largest set of exact pairs, by paths that free
    a call for another (Kuhn, 1955)."""
    holder: dict[int, int] = {}

    def place_for(index: int, seen: set[int]) -> bool:
        for place in range(n_calls):
            if place in seen or not apart(index, place).is_none:
                continue
            seen.add(place)
            if place not in holder or place_for(holder[place], seen):
                holder[place] = index
                return True
        return False

    for index in range(n_expected):
        place_for(index, set())
    taken = {index: place for place, index in holder.items()}
    near = sorted(
        (apart(index, place).weight, index, place)
        for index in range(n_expected)
        for place in range(n_calls)
        if index not in taken and place not in holder
    )
    for _, index, place in near:
        if index not in taken and place not in holder:
            taken[index] = place
            holder[place] = index
    return taken


def fault_of(expected: Sequence[Expected], found: Found, tools: Sequence[Tool]) -> str | None:
    """Whose fault it is that an answer's calls are not those expected, and which; None where they are."""
    if found.other and not found.calls:
        return UNREAD
    if found.unread or any(_is_broken(call) for call in found.calls):
        return BROKEN
    if expected and not found.calls:
        return NONE
    offered = {tool.name for tool in tools}
    if any(call.name not in offered for call in found.calls):
        return INVENTED
    return _fault(match(expected, found.calls, tools)) or (UNREAD if found.other else None)


def _fault(matching: Matching) -> str | None:
    if any(one.is_function for _, _, one in matching.pairs):
        return FUNCTION
    if any(not one.is_none for _, _, one in matching.pairs):
        return ARGUMENT
    if matching.missing:
        return NONE
    return TOO_MANY if matching.extra else None


def _is_broken(call: Call) -> bool:
    try:
        arguments_of(call)
    except BrokenCallError:
        return True
    return False
