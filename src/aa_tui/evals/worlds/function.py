"""A function of the world: how it is offered, what its arguments must be, and what it does to a state."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import Any

from aa_tui.engine.calling import Tool

State = dict[str, Any]
"""A world, as plain JSON: its sections by name."""

Arguments = Mapping[str, Any]

LONGEST_TEXT = 20_000
"""Characters of one argument."""

LARGEST_NUMBER = 1e12


class RefusedError(Exception):
    """A call cannot be done: one sentence, which the model is given as the result."""


@dataclass(frozen=True, slots=True)
class Function:
    """`does` takes a state, which it may change, and arguments that fit the schema; it raises RefusedError before it
    has changed anything. `writes`: it may change the state."""

    tool: Tool
    does: Callable[[State, Arguments], Any]
    writes: bool = False


def function(
    does: Callable[[State, Arguments], Any],
    description: str,
    *,
    writes: bool = False,
    optional: tuple[str, ...] = (),
    **properties: Mapping[str, Any],
) -> Function:
    """A function named as what does it, whose parameters are `properties`; all are required but the `optional` ones."""
    schema = {
        "type": "object",
        "properties": dict(properties),
        "required": [name for name in properties if name not in optional],
    }
    return Function(Tool(does.__name__, description, schema), does, writes)


def text(description: str, *choices: str) -> dict[str, Any]:
    """The schema of a text, one of `choices` where there are some."""
    return {"type": "string", "description": description} | ({"enum": list(choices)} if choices else {})


def number(description: str) -> dict[str, Any]:
    """The schema of a number."""
    return {"type": "number", "description": description}


def whole(description: str) -> dict[str, Any]:
    """The schema of a whole number from 1."""
    return {"type": "integer", "minimum": 1, "description": description}


def checked(schema: Mapping[str, Any], value: object) -> dict[str, Any]:
    """Arguments that fit a schema made here, without optional ones that are null: many models write them so. Raises
    RefusedError, saying what does not."""
    if not isinstance(value, dict):
        raise RefusedError("The arguments must be a JSON object.")
    properties = schema["properties"]
    value = {name: one for name, one in value.items() if one is not None or name in schema["required"]}
    for name in schema["required"]:
        if name not in value:
            raise RefusedError(f"The argument {name} is missing.")
    known = ", ".join(properties) or "none"
    for name in value:
        if name not in properties:
            raise RefusedError(f"There is no argument {name[:60]!r}; the arguments are: {known}.")
    return {name: _fitting(name, properties[name], one) for name, one in value.items()}


def _fitting(name: str, schema: Mapping[str, Any], value: object) -> object:
    if schema["type"] == "string":
        if not isinstance(value, str):
            raise RefusedError(f"The argument {name} must be a text.")
        if len(value) > LONGEST_TEXT:
            raise RefusedError(f"The argument {name} is longer than {LONGEST_TEXT:,} characters.")
        if "enum" in schema and value not in schema["enum"]:
            raise RefusedError(f"The argument {name} must be one of: {', '.join(schema['enum'])}.")
        return value
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise RefusedError(f"The argument {name} must be a number.")
    if abs(value) > LARGEST_NUMBER:
        raise RefusedError(f"The argument {name} is too large.")
    if schema["type"] == "integer":
        if value != int(value):
            raise RefusedError(f"The argument {name} must be a whole number.")
        value = int(value)
    if value < schema.get("minimum", -LARGEST_NUMBER):
        raise RefusedError(f"The argument {name} must be at least {schema['minimum']}.")
    return value


def day(value: str) -> str:
    """A date that exists, YYYY-MM-DD. Raises RefusedError."""
    try:
        return date.fromisoformat(value).isoformat() if len(value) == 10 else _no_date(value)
    except ValueError:
        return _no_date(value)


def _no_date(value: str) -> str:
    raise RefusedError(f"{value[:40]!r} is not a date: write it as YYYY-MM-DD.")


def clock(value: str) -> str:
    """A time of day, HH:MM. Raises RefusedError."""
    try:
        if len(value) == 5:
            return time.fromisoformat(value).isoformat("minutes")
    except ValueError:
        pass
    raise RefusedError(f"{value[:40]!r} is not a time: write it as HH:MM, from 00:00 to 23:59.")


def made_id(state: State, letter: str) -> str:
    """The next id of something new: never one that was there before."""
    state["made"] += 1
    return f"{letter}{100 + state['made']}"


def entry_of(state: State, section: str, key: str, what: str) -> Any:
    """What a section has under a key. Raises RefusedError where there is none."""
    if key not in state[section]:
        raise RefusedError(f"There is no {what} {key[:60]!r}.")
    return state[section][key]


def folded(value: str) -> str:
    """A text for comparing names and titles: letters and digits alone, whatever their case."""
    return "".join(character for character in value.casefold() if character.isalnum())


def matching(state: State, section: str, key: str, what: str) -> tuple[str, Any]:
    """The entry whose name is `key`, whatever its case. Raises RefusedError where there is none."""
    wanted = folded(key)
    for name, entry in state[section].items():
        if folded(name) == wanted:
            return name, entry
    raise RefusedError(f"There is no {what} {key[:60]!r}.")
