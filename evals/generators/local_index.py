"""What makes up the local index, and its quick part."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from generators import arithmetic, counting, procedures, puzzles, societies
from generators.exercise import exercise_entry
from generators.exercises_basic import BASIC
from generators.exercises_expert import expert_exercises
from generators.exercises_hard import hard_exercises
from generators.exercises_language import language_exercises
from generators.exercises_middle import middle_exercises
from generators.facts import fact_entries
from generators.facts_second import second_key
from generators.problem import LEVELS, Entry, Family, entries
from generators.programs import PROGRAMS

MATHEMATICS: dict[str, Family] = {
    "expression": arithmetic.expression,
    "story": arithmetic.story,
    "linear": arithmetic.linear,
    "remainders": arithmetic.remainders,
    "bases": arithmetic.bases,
    "ways": counting.ways,
    "divisors": counting.divisors,
    "sequence": counting.sequence,
    "chance": counting.chance,
    "shape": counting.shape,
}
REASONING: dict[str, Family] = {
    "order": puzzles.order,
    "liars": societies.liars,
    "family": societies.family,
    "houses": puzzles.houses,
    "sets": societies.sets,
    "calendar": procedures.calendar,
    "moves": procedures.moves,
    "truth": procedures.truth,
    "rewriting": procedures.rewriting,
    "timetable": procedures.timetable,
}


def local_index() -> list[Entry]:
    """All items: four categories of a hundred, twenty in each level."""
    exercises = (*BASIC, *middle_exercises(), *hard_exercises(), *expert_exercises(), *language_exercises())
    coding = entries("coding", "code", PROGRAMS, 2) + [exercise_entry(exercise) for exercise in exercises]
    return [
        *entries("reasoning", "reason", REASONING, 2),
        *fact_entries(second_key()),
        *entries("mathematics", "math", MATHEMATICS, 2),
        *sorted(coding, key=lambda entry: entry.level),
    ]


def quick(whole: Sequence[Entry]) -> list[Entry]:
    """Sixty of them: three of each category and level, of three different families where there are so many."""
    chosen: list[Entry] = []
    for category in ("reasoning", "knowledge", "mathematics", "coding"):
        for level in LEVELS:
            source = Random(f"quick {category} {level}")
            members = [e for e in whole if (e.category, e.level) == (category, level)]
            source.shuffle(members)
            # Functions and programs to read in turn: two and one, then one and two.
            functions = [e for e in members if e.family == "functions"][: 1 + level % 2]
            others: dict[str, Entry] = {}
            for entry in members:
                if entry.family != "functions":
                    others.setdefault(entry.id if category == "knowledge" else entry.family, entry)
            chosen += [*functions, *list(others.values())[: 3 - len(functions)]]
    wanted = {entry.id for entry in chosen}
    return [entry for entry in whole if entry.id in wanted]
