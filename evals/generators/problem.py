"""One problem with its key found in two ways, and the item that it becomes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

LEVELS = (1, 2, 3, 4, 5)


class DisagreementError(Exception):
    """The two ways to a key do not meet: the problem must not be shipped."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem without its place in a pack.

    `answer` is the key, `second` the same key found by another method than the one that built the problem. `grader`
    judges it; `form` says in words what the last line must hold (empty where the answer is code). `choices` are an
    option list with `answer` among them, `extra` what the grader needs.
    """

    prompt: str
    answer: str
    second: str
    grader: str = "numeric"
    form: str = "N is the number"
    choices: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)


Family = Callable[[int, Random], Problem]
"""Makes a problem of a level from 1 to 5."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An item of a pack."""

    id: str
    category: str
    level: int
    family: str
    problem: Problem

    def line(self) -> str:
        """The item as its line in items.jsonl."""
        problem = self.problem
        fields: dict[str, Any] = {
            "id": self.id,
            "category": self.category,
            "family": self.family,
            "level": self.level,
            "prompt": f"{problem.prompt}\n\n{_ending(problem)}".strip(),
            "answer": None if problem.grader in ("code", "instructions") else problem.answer,
        }
        if problem.choices:
            fields["choices"] = list(problem.choices)
        return json.dumps(fields | {"grader": problem.grader} | dict(problem.extra), ensure_ascii=False)


def _ending(problem: Problem) -> str:
    if not problem.form:
        return ""
    letter = problem.form[0]
    return f'End with a line of its own, "Answer: {letter}", where {problem.form}.'


def entries(category: str, prefix: str, families: Mapping[str, Family], per_level: int) -> list[Entry]:
    """`per_level` problems of each family and level. Raises DisagreementError where a key has no second proof.

    Each item has a seed of its own, made of its id, so that changing one family leaves the others as they are.
    """
    result: list[Entry] = []
    seen: set[str] = set()
    for level in LEVELS:
        for name, family in families.items():
            for number in range(per_level):
                item_id = f"{prefix}-{name}-{level}{'abcdefgh'[number]}"
                source = Random(item_id)
                problem = family(level, source)
                while problem.prompt in seen:
                    problem = family(level, source)
                seen.add(problem.prompt)
                result.append(proven(Entry(item_id, category, level, name, problem)))
    return result


def proven(entry: Entry) -> Entry:
    """The entry, if both ways to its key agree and a choice has exactly one right option."""
    problem = entry.problem
    if problem.answer != problem.second:
        raise DisagreementError(f"{entry.id}: {problem.answer!r} by construction, {problem.second!r} when solved.")
    if problem.choices and (problem.choices.count(problem.answer) != 1 or len(set(problem.choices)) < 4):
        raise DisagreementError(f"{entry.id}: its options are not four or more, or the right one is not among them.")
    return entry
