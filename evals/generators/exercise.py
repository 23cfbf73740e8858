"""A function to be written: its text, two solutions that know nothing of each other, and the calls that test it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from random import Random
from typing import Any

from generators.problem import Entry, Problem, proven

Arguments = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Exercise:
    """`text` goes on after "Write a Python function name(...) that ". `solve` and `oracle` must agree on every call.

    `cases` are arguments chosen by hand, the first two are shown as examples. `draw` makes more from a seed, which
    stay hidden.
    """

    level: int
    solve: Callable[..., Any]
    oracle: Callable[..., Any]
    text: str
    cases: Sequence[Arguments]
    draw: Callable[[Random], Arguments] | None = None
    drawn: int = 8

    @property
    def name(self) -> str:
        """The name of the function that is asked for."""
        return self.solve.__name__

    def calls(self) -> list[Arguments]:
        """All calls, the examples first."""
        source = Random(self.name)
        return [*self.cases, *([self.draw(source) for _ in range(self.drawn)] if self.draw else [])]


def called(function: Callable[..., Any], arguments: Arguments) -> Any:
    """What a function returns for a copy of the arguments."""
    return function(*deepcopy(arguments))


def exercise_entry(exercise: Exercise) -> Entry:
    """The item of an exercise. Its key is in its tests; the two solutions' results are compared as text."""
    name, calls = exercise.name, exercise.calls()
    results = [called(exercise.solve, arguments) for arguments in calls]
    second = [called(exercise.oracle, arguments) for arguments in calls]
    examples = "\n".join(
        f"{_call(name, arguments)} returns {result!r}" for arguments, result in zip(calls[:2], results[:2], strict=True)
    )
    signature = f"{name}({', '.join(inspect.signature(exercise.solve).parameters)})"
    prompt = (
        f"Write a Python function {signature} that {exercise.text}\n\nExamples:\n\n{examples}\n\n"
        "Give the complete function in one Python code block. Only the standard library may be used."
    )
    tests = [f"assert {_call(name, arguments)} == {result!r}" for arguments, result in zip(calls, results, strict=True)]
    problem = Problem(prompt, repr(results), repr(second), "code", form="", extra={"entry_point": name, "tests": tests})
    return proven(Entry(f"code-{name}", "coding", exercise.level, "functions", problem))


def _call(name: str, arguments: Arguments) -> str:
    return f"{name}({', '.join(map(repr, arguments))})"
