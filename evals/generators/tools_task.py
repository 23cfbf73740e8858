"""An item with functions: its world, what is asked, the right calls, and the proof that they reach the goal."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from types import MappingProxyType
from typing import Any

from aa_tui.engine.calling import Call
from aa_tui.evals.conversation.turns import Said, Turn, transcript
from aa_tui.evals.graders.tools import GRADER
from aa_tui.evals.items import Item, Pack
from aa_tui.evals.worlds.talk import talk
from aa_tui.evals.worlds.world import FUNCTIONS
from generators.problem import DisagreementError

Step = dict[str, Any]
Value = str | int | float


@dataclass(frozen=True, slots=True)
class ToolTask:
    """An item without its place in the pack.

    `value` is the key of the last answer, `second` finds it again in the results of the solution's calls, None where
    no value is asked for. `n_refused`: so many of the solution's calls are to fail.
    """

    prompt: str
    tools: Sequence[str]
    world: Mapping[str, Any]
    solution: Sequence[Step]
    goal: Mapping[str, Any] = field(default_factory=dict)
    turns: Sequence[str] = ()
    system: str = ""
    history: Sequence[Mapping[str, Any]] = ()
    failing: Sequence[Mapping[str, Any]] = ()
    value: Value | None = None
    second: Callable[[list[Any]], Value] | None = None
    n_refused: int = 0


_AT_ONCE = "When all that is needed has been said, act at once: do not ask for a confirmation."
"""Said where something is to be changed: to ask first whether one should is sensible unless one is told."""

ToolFamily = Callable[[int, Random], ToolTask]
"""Makes a task of a level from 1 to 5."""


@dataclass(frozen=True, slots=True)
class ToolEntry:
    """An item of the pack."""

    id: str
    category: str
    level: int
    family: str
    task: ToolTask

    def line(self) -> str:
        """The item as its line in items.jsonl."""
        fields = {
            "id": self.id,
            "category": self.category,
            "family": self.family,
            "level": self.level,
            "prompt": self.task.prompt,
            "answer": self.task.value,
        }
        return json.dumps(fields | self.extra(), ensure_ascii=False)

    def _changes(self) -> bool:
        """Whether the world is to be changed."""
        return any(FUNCTIONS[one["name"]].writes for step in self.task.solution for one in step.get("calls", ()))

    def extra(self) -> dict[str, Any]:
        """What the grader needs; what is empty is left out."""
        task = self.task
        goal = dict(task.goal)
        if task.value is not None:
            is_number = not isinstance(task.value, str)
            tolerance = goal.pop("tolerance", 0.01)
            how = (
                {"grader": "numeric", "tolerance": tolerance}
                if is_number
                else {"grader": "exact", "compare": "ignore_case"}
            )
            goal["answer"] = {"answer": task.value, **how}
        kept = {
            "system": " ".join(filter(None, (task.system, _AT_ONCE if self._changes() else ""))),
            "turns": list(task.turns),
            "history": list(task.history),
            "failing": list(task.failing),
        }
        asked = {"tools": list(task.tools), "world": dict(task.world), "goal": goal, "solution": list(task.solution)}
        return asked | {name: value for name, value in kept.items() if value}


def proven(entry: ToolEntry) -> ToolEntry:
    """The entry, if its solution reaches the goal and its value stands in what the calls bring. Raises
    DisagreementError."""
    task = entry.task
    item = Item(entry.id, entry.category, task.prompt, task.value, entry.level, (), MappingProxyType(entry.extra()))
    pack = Pack("tools", "1", "", "", "", "", (), "", {"*": "tools"}, "{prompt}")
    conversation = talk(pack, item, "hermes")
    turns, results = [], []
    for step in task.solution:
        calls = tuple(Call(one["name"], json.dumps(one["arguments"])) for one in step.get("calls", ()))
        said = Said(step.get("say", ""), calls=calls)
        reply = conversation.hear(said)
        turns.append(Turn(said, reply))
        results += [json.loads(message.content) for message in reply.messages if message.role == "tool"]
    verdict = GRADER.grade(pack, item, transcript(turns))
    if verdict.outcome != "correct":
        raise DisagreementError(f"{entry.id}: the solution is {verdict.outcome}: {verdict.detail} {results}")
    if not turns[-1].reply.is_over:
        raise DisagreementError(f"{entry.id}: the conversation goes on behind its solution.")
    if sum("error" in result for result in results) != task.n_refused:
        raise DisagreementError(f"{entry.id}: other calls are refused than should be: {results}")
    if task.second is not None and task.second(results) != task.value:
        raise DisagreementError(
            f"{entry.id}: {task.value!r} by construction, {task.second(results)!r} from the results."
        )
    return entry


def call(name: str, /, **arguments: Any) -> dict[str, Any]:
    """A call of the solution."""
    return {"name": name, "arguments": arguments}


def does(*calls: Mapping[str, Any]) -> Step:
    """A turn of the solution that makes calls."""
    return {"calls": list(calls)}


def says(text: str) -> Step:
    """A turn of the solution that only says something."""
    return {"say": text}


DONE = says("Done.")


def answer_is(value: Value) -> Step:
    """The last turn of a solution that states a value."""
    return says(f"Answer: {value}")


def ending(what: str) -> str:
    """How the last message is asked for."""
    return f'\n\nEnd your last message with a line of its own, "Answer: {what[0]}", where {what}.'


NUMBER = ending("N is the number alone")
CITY = ending("C is the name of the city")


def offer(source: Random, count: int, *needed: str, never: Sequence[str] = ()) -> tuple[str, ...]:
    """The functions on offer: those that are needed and others, `count` in all, in any order."""
    others = [name for name in FUNCTIONS if name not in needed and name not in never]
    chosen = [*needed, *source.sample(others, max(min(count - len(needed), len(others)), 0))]
    source.shuffle(chosen)
    return tuple(chosen)


N_OFFERED = {1: 3, 2: 6, 3: 10, 4: 16, 5: 24}
"""Functions on offer, by level."""
