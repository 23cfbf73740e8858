"""A world that calls are run in: from the same state, the same calls bring the same results, on every machine."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from aa_tui.engine.calling import Call, Tool
from aa_tui.evals.items import PackError
from aa_tui.evals.worlds import calendar, files, mail, places, shop, units
from aa_tui.evals.worlds.function import Function, RefusedError, State, checked, folded
from aa_tui.strictjson import BadJSONError, value_of

LONGEST_ARGUMENTS = 60_000
"""Characters of the arguments of one call."""

MOST_AT_ONCE = 16
"""Calls in one turn of the model that are run; the others are refused."""

LONGEST_RESULT = 6_000
"""Characters of a result; a longer one is cut, and says so."""

FUNCTIONS: Mapping[str, Function] = {
    one.tool.name: one
    for one in (
        *calendar.FUNCTIONS,
        *files.FUNCTIONS,
        *shop.FUNCTIONS,
        *mail.FUNCTIONS,
        *units.FUNCTIONS,
        *places.FUNCTIONS,
    )
}
"""All functions that there are, by name."""

_SECTIONS: Mapping[str, Mapping[str, type | tuple[type, ...]]] = {
    "events": {"title": str, "date": str, "start": str, "minutes": int, "place": str, "guests": list},
    "reminders": {"text": str, "date": str, "time": str},
    "products": {"name": str, "price": (int, float), "stock": int},
    "orders": {"product_id": str, "quantity": int, "status": str},
    "contacts": {"email": str},
    "mails": {"from": str, "subject": str, "date": str, "text": str},
    "sent": {"to": str, "subject": str, "text": str},
    "weather": {},
    "cities": {},
}
_PLAIN: Mapping[str, type | tuple[type, ...]] = {"files": str, "roads": (int, float)}
_NAMED_BY_US = frozenset({"events", "reminders", "orders", "sent"})
"""Sections whose entries get an id when they are made: in which order they were made does not matter."""

_LOOSE = frozenset({"title", "subject", "place", "text"})
"""Fields whose case, spaces and punctuation do not matter."""


@dataclass(frozen=True, slots=True)
class Done:
    """A call that was run: `arguments` are None where they were refused, `result` is what the model is told.

    `is_offered`: there is such a function on offer. `is_error`: the result is one. `writes`: the state was changed.
    `is_broken`: what stood there as arguments was no JSON.
    """

    name: str
    arguments: Mapping[str, Any] | None
    result: str
    is_offered: bool = True
    is_error: bool = False
    writes: bool = False
    is_broken: bool = False


class _BrokenError(RefusedError):
    """Arguments that cannot be read."""


class World:
    """A state with the functions on offer. `failing` are calls that fail the first time, by function: {"function",
    "nth" (from 1), "error"}; one that fails so changes nothing."""

    def __init__(
        self, state: Mapping[str, Any], offered: Iterable[str], failing: Sequence[Mapping[str, Any]] = ()
    ) -> None:
        self.state = state_of(state)
        self._offered = {name: FUNCTIONS[name] for name in offered}
        self._failing = {(one["function"], one["nth"]): one["error"] for one in failing}
        self._n_calls: dict[str, int] = {}

    @property
    def tools(self) -> tuple[Tool, ...]:
        """The functions as they are offered."""
        return tuple(one.tool for one in self._offered.values())

    def turn(self, calls: Sequence[Call]) -> list[Done]:
        """Run the calls of one turn in their order; each has its result."""
        refusal = _told({"error": f"More than {MOST_AT_ONCE} calls at once: this one was not made."})
        late = [
            Done(call.name, None, refusal, call.name in self._offered, is_error=True) for call in calls[MOST_AT_ONCE:]
        ]
        return [self.call(call) for call in calls[:MOST_AT_ONCE]] + late

    def call(self, call: Call) -> Done:
        """Run a call. Never raises for what a model wrote: what cannot be done is a result that says why."""
        function = self._offered.get(call.name)
        if function is None:
            names = ", ".join(self._offered) or "none"
            refusal = f"There is no function {call.name[:60]!r}. The functions are: {names}."
            return Done(call.name, None, _told({"error": refusal}), is_offered=False, is_error=True)
        given: Mapping[str, Any] | None = None
        try:
            given = checked(function.tool.parameters, _read(call.arguments))
            nth = self._n_calls[call.name] = self._n_calls.get(call.name, 0) + 1
            if (call.name, nth) in self._failing:
                raise RefusedError(self._failing[call.name, nth])
            value = function.does(self.state, given)
        except RefusedError as error:
            is_broken = isinstance(error, _BrokenError)
            return Done(call.name, given, _told({"error": str(error)}), is_error=True, is_broken=is_broken)
        return Done(call.name, given, _told(value), writes=function.writes)


def state_of(given: Mapping[str, Any]) -> State:
    """A world's state of its own, with all sections. Raises PackError for one that is not as functions want it."""
    state: State = deepcopy(dict(given))
    state.setdefault("made", 0)
    for section, fields in _SECTIONS.items():
        entries = state.setdefault(section, {})
        fitting = isinstance(entries, dict) and all(_has(entry, fields) for entry in entries.values())
        if not fitting:
            raise PackError(f"The world's {section} must be objects with {', '.join(fields) or 'facts'}.")
    for section, kind in _PLAIN.items():
        entries = state.setdefault(section, {})
        if not isinstance(entries, dict) or not all(isinstance(entry, kind) for entry in entries.values()):
            raise PackError(f"The world's {section} are not as they must be.")
    if not all(_has(table, {}) and all(_has(row, {}) for row in table.values()) for table in state["weather"].values()):
        raise PackError("The world's weather must be by city and date.")
    if not isinstance(state["made"], int):
        raise PackError("The world's `made` must be a whole number.")
    return state


def _has(entry: object, fields: Mapping[str, type | tuple[type, ...]]) -> bool:
    return isinstance(entry, dict) and all(isinstance(entry.get(name), kind) for name, kind in fields.items())


def essence(state: State, free: Iterable[str] = ()) -> dict[str, Any]:
    """What of a state counts: without ids that were given on the way, without the fields that are `free`
    ("sent.text"), and without what is only spelled otherwise."""
    skipped = set(free)
    found: dict[str, Any] = {"files": {path: text.strip() for path, text in state["files"].items()}}
    for section in _SECTIONS:
        entries = {
            key: {
                name: folded(value) if name in _LOOSE and isinstance(value, str) else value
                for name, value in entry.items()
                if f"{section}.{name}" not in skipped
            }
            for key, entry in state[section].items()
        }
        is_unordered = section in _NAMED_BY_US
        found[section] = sorted(_canonical(entry) for entry in entries.values()) if is_unordered else entries
    return found


def meaning(name: str, arguments: Mapping[str, Any], free: Iterable[str] = ()) -> dict[str, Any]:
    """The arguments of a call without those in `free`, and without what does not change what it does: how texts and
    paths are spelled, optional arguments left empty, in which direction a road is measured."""
    skipped = set(free)
    plain = {
        key: value.strip() if (name, key) in _WORD_FOR_WORD and isinstance(value, str) else _plain(key, value)
        for key, value in arguments.items()
        if key not in skipped
    }
    found = {key: value for key, value in plain.items() if value != ""}
    ends = sorted(str(found.pop(key, "")) for key in _ENDS.get(name, ()))
    return found | ({"ends": ends} if ends else {})


_ENDS: Mapping[str, tuple[str, str]] = {"get_distance": ("from_city", "to_city")}
"""Arguments that may change places."""

_WORD_FOR_WORD = frozenset({("append_line", "line"), ("write_file", "text")})


def _plain(name: str, value: object) -> object:
    if not isinstance(value, str):
        return value
    if name in ("path", "to", "folder") and "@" not in value:
        return "/".join(part for part in value.strip().split("/") if part not in ("", "."))
    return folded(value)


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def _read(arguments: str) -> object:
    if len(arguments) > LONGEST_ARGUMENTS:
        raise RefusedError(f"The arguments are longer than {LONGEST_ARGUMENTS:,} characters.")
    try:
        return value_of(arguments.encode("utf-8", "replace")) if arguments.strip() else {}
    except BadJSONError as error:
        raise _BrokenError(f"The arguments cannot be read: {error}") from error


def _told(value: Mapping[str, Any]) -> str:
    text = json.dumps(value, ensure_ascii=False)
    if len(text) <= LONGEST_RESULT:
        return text
    note = f"This result was cut: here are {LONGEST_RESULT:,} of {len(text):,} characters."
    return json.dumps({"note": note, "beginning": text[:LONGEST_RESULT]}, ensure_ascii=False)
