"""What an item of the grader "tools" says: the world, the functions on offer, what is asked, and when it is reached."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from aa_tui.engine.calling import Call
from aa_tui.evals.conversation.turns import MOST_TURNS
from aa_tui.evals.items import Item, PackError
from aa_tui.evals.worlds.world import FUNCTIONS, World, state_of

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A call by its values."""

    name: str
    arguments: Mapping[str, Any]

    def call(self) -> Call:
        """The call as a model would write it."""
        return Call(self.name, json.dumps(self.arguments, ensure_ascii=False))


@dataclass(frozen=True, slots=True)
class Step:
    """A turn of the model in the reference solution: calls, or something said."""

    calls: tuple[Wanted, ...] = ()
    say: str = ""


@dataclass(frozen=True, slots=True)
class Past:
    """An exchange before the item's question: what the user asked, what was called, what was said then."""

    user: str
    calls: tuple[Wanted, ...]
    said: str


@dataclass(frozen=True, slots=True)
class Goal:
    """When an item is right, beside that the world is as the solution leaves it.

    `calls` must have been made, by value, and one of the functions `any_of` called with success. `answer` is a key for
    the last answer, as the grader that it names wants it. `seen`: names that must each have been asked about, whatever
    came of it: it was an argument, or stood in a result. `no_calls`: none may be made. `not_before`: functions not to
    be called before the model has asked the user once. `free`: fields of the world ("sent.text") that may be anything.
    """

    calls: tuple[Wanted, ...] = ()
    answer: Mapping[str, Any] | None = None
    any_of: frozenset[str] = frozenset()
    seen: tuple[str, ...] = ()
    no_calls: bool = False
    not_before: frozenset[str] = frozenset()
    free: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Setting:
    """An item, read and checked. `turns` are what the user says when the model answers without a call."""

    tools: tuple[str, ...]
    world: Mapping[str, Any]
    goal: Goal
    solution: tuple[Step, ...]
    turns: tuple[str, ...] = ()
    history: tuple[Past, ...] = ()
    failing: tuple[Mapping[str, Any], ...] = ()
    system: str = ""
    most_turns: int = MOST_TURNS

    def new_world(self) -> World:
        """The world as it is at the beginning."""
        return World(self.world, self.tools, self.failing)


def setting_of(item: Item) -> Setting:
    """What an item says. Raises PackError where it is not as the grader wants it."""
    try:
        return _setting(item.extra)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise PackError(
            f"Item {item.id}: its world or goal is not as the grader tools wants it ({error!r})."
        ) from error
    except PackError as error:
        raise PackError(f"Item {item.id}: {error}") from error


def _setting(extra: Mapping[str, Any]) -> Setting:
    tools = tuple(extra["tools"])
    goal = extra.get("goal", {})
    for name in tools:
        if name not in FUNCTIONS:
            raise PackError(f"there is no function {name!r} in the world; there are {', '.join(FUNCTIONS)}.")
    answer = goal.get("answer")
    if answer is not None and answer["grader"] not in ("numeric", "exact"):
        raise PackError("the goal's answer must name the grader numeric or exact.")
    most_turns = extra.get("most_turns", MOST_TURNS)
    if not isinstance(most_turns, int) or not 1 <= most_turns <= MOST_TURNS:
        raise PackError(f"most_turns must be a whole number from 1 to {MOST_TURNS}.")
    return Setting(
        tools=tools,
        world=state_of(extra["world"]),
        goal=Goal(
            calls=_calls(goal.get("calls", ())),
            answer=answer,
            any_of=frozenset(goal.get("any_of", ())),
            seen=tuple(str(one) for one in goal.get("seen", ())),
            no_calls=bool(goal.get("no_calls")),
            not_before=frozenset(goal.get("not_before", ())),
            free=frozenset(goal.get("free", ())),
        ),
        solution=_many(lambda one: Step(_calls(one.get("calls", ())), str(one.get("say", ""))), extra["solution"]),
        turns=tuple(str(one) for one in extra.get("turns", ())),
        history=_many(
            lambda one: Past(str(one["user"]), _calls(one["calls"]), str(one["said"])), extra.get("history", ())
        ),
        failing=_many(_failing, extra.get("failing", ())),
        system=str(extra.get("system", "")),
        most_turns=most_turns,
    )


def _many(make: Callable[[Mapping[str, Any]], _T], values: Sequence[Mapping[str, Any]]) -> tuple[_T, ...]:
    return tuple(make(one) for one in values)


def _calls(values: Sequence[Mapping[str, Any]]) -> tuple[Wanted, ...]:
    return _many(lambda one: Wanted(str(one["name"]), dict(one["arguments"])), values)


def _failing(one: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"function": str(one["function"]), "nth": int(one["nth"]), "error": str(one["error"])}
