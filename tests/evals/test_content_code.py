"""The functions of the local index: reference solutions pass in the jail, wrong ones do not."""

from __future__ import annotations

import inspect

import pytest

from aa_tui.evals.grading import grader
from aa_tui.evals.items import Item, Pack
from aa_tui.evals.jail.isolation import available
from aa_tui.evals.packfile import read_pack
from aa_tui.resources import data_folder
from generators.exercise import Exercise, called
from generators.exercises_basic import BASIC
from generators.exercises_expert import expert_exercises
from generators.exercises_hard import hard_exercises
from generators.exercises_language import language_exercises
from generators.exercises_middle import middle_exercises

ALL = (*BASIC, *middle_exercises(), *hard_exercises(), *expert_exercises(), *language_exercises())

_IMPORTS = """\
from __future__ import annotations
import re
from collections.abc import Callable
from functools import lru_cache
from heapq import heappop, heappush
from itertools import combinations, groupby, pairwise
from math import factorial, prod
"""


@pytest.fixture(scope="module")
def pack() -> Pack:
    return read_pack(data_folder("evals") / "local-index")


def _item(pack: Pack, exercise: Exercise) -> Item:
    return next(item for item in pack.items if item.id == f"code-{exercise.name}")


def _needs_isolation() -> None:
    isolation = available()
    if not isolation.isolating:
        pytest.skip(f"model-written code is not run here: {isolation.why_not}")


# A run takes a good part of a second; all the longest ones, and every fourth of the others.
@pytest.mark.parametrize("exercise", [*ALL[:40:4], *ALL[40:]], ids=lambda exercise: exercise.name)
def test_a_reference_solution_passes_in_the_jail(pack: Pack, exercise: Exercise) -> None:
    _needs_isolation()
    answer = f"Here it is.\n\n```python\n{_IMPORTS}\n\n{inspect.getsource(exercise.solve)}```\n"
    verdict = grader("code").grade(pack, _item(pack, exercise), answer)
    assert verdict.outcome == "correct", verdict


@pytest.mark.parametrize("exercise", [ALL[0], ALL[20], ALL[33], ALL[45]], ids=lambda exercise: exercise.name)
def test_what_only_knows_the_examples_fails(pack: Pack, exercise: Exercise) -> None:
    _needs_isolation()
    shown = {repr(arguments): called(exercise.solve, arguments) for arguments in exercise.calls()[:2]}
    answer = f"```python\ndef {exercise.name}(*arguments):\n    return {shown!r}.get(repr(arguments))\n```"
    verdict = grader("code").grade(pack, _item(pack, exercise), answer)
    assert verdict.outcome == "wrong", verdict


def test_there_are_ten_of_each_level_with_enough_hidden_calls() -> None:
    assert [sum(exercise.level == level for exercise in ALL) for level in (1, 2, 3, 4, 5)] == [10] * 5
    assert all(len(exercise.calls()) >= 8 for exercise in ALL)


@pytest.mark.parametrize("exercise", ALL, ids=lambda exercise: exercise.name)
def test_a_constant_does_not_pass(exercise: Exercise) -> None:
    results = [repr(called(exercise.solve, arguments)) for arguments in exercise.calls()]
    assert max(map(results.count, results)) <= 0.8 * len(results)
