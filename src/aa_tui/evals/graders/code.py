"""Grader "code": runs the answer's Python in the jail against the item's tests."""

from __future__ import annotations

import builtins
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any

from aa_tui.evals.graders.code_blocks import LONGEST_ANSWER, readings_of
from aa_tui.evals.items import Item, Outcome, Pack, PackError, Verdict
from aa_tui.evals.jail.isolation import Isolation, JailError, Limits, available
from aa_tui.evals.jail.names import unknown_names
from aa_tui.evals.jail.running import Job, run_tests
from aa_tui.textsafe import clean

LONGEST_EXTRACT = 2_000
_DEFINED = re.compile(r"^(?:(?:async )?def|class) +([A-Za-z_]\w*)|^([A-Za-z_]\w*) *=(?!=)", re.MULTILINE)
_CALL = re.compile(r"\b([A-Za-z_]\w*) *\(")


@dataclass(frozen=True)
class Code:
    """Takes the last block of Python that compiles and defines the entry point, with the imports and helpers that it
    needs of other blocks; else the whole answer; else the answer as the continuation of a prompt that is itself code.
    Of a whole program the last block that reads, else that does something: `code_blocks` and `jail.reading` tell how.

    An item's extra has `entry_point` and `test` (Python that defines `check(candidate)`, as HumanEval), or `tests` (a
    list of assert statements, as MBPP, with `entry_point` or the first function that they call), or `programs` (a
    list of objects with `input` and `output`, for whole programs). Optional: `setup`, what only the tests need, and
    `prelude`, definitions that the solution may use too; without it, what stands before the entry point in a prompt
    that is code. Tests have their own names and the entry point; what else they may use of the solution is what the
    item's `canonical_solution` defines, and `names`, a list.

    A solution that runs out of time, memory or sense is wrong: that is its own doing. An error is only what the jail or
    the pack got wrong. Without isolation nothing is run, unless `unsafe`; the verdict's `jail` tells.
    """

    unsafe: bool = False
    limits: Limits = field(default_factory=Limits)

    name = "code"
    version = 2

    @cached_property
    def isolation(self) -> Isolation:
        """The strongest isolation of this system."""
        return _tried_once()

    def grade(self, pack: Pack, item: Item, answer: str) -> Verdict:
        """Run it. Raises PackError for tests that cannot be used."""
        label = f"{self.name}/{self.version}"
        task = _task(item)
        if len(answer) > LONGEST_ANSWER:
            return Verdict(
                Outcome.WRONG, _shown(answer[:LONGEST_EXTRACT]), label, "the answer is longer than any program"
            )
        found = readings_of(answer, task.entry_point, item.prompt if task.prompt_is_code else "")
        readings = found.sources
        if not readings:
            return Verdict(Outcome.NO_ANSWER, None, label, "there is no code in the answer")
        if not (self.isolation.isolating or self.unsafe):
            why = f"not run: there is no isolation for model-written code here ({self.isolation.why_not})"
            return Verdict(Outcome.ERROR, _shown(readings[0]), label, why)
        jail = self.isolation.name if self.isolation.isolating else "none"
        job = Job(
            readings, task.entry_point, task.tests, task.prelude, task.setup, task.programs, found.support, task.names
        )
        try:
            result = run_tests(job, self.isolation, self.limits, unsafe=self.unsafe)
        except JailError as error:
            return Verdict(Outcome.ERROR, _shown(readings[0]), label, str(error), jail)
        if result.end == "bad_tests":
            raise PackError(f"Item {item.id}: {result.detail}.")
        shown = _shown(readings[result.chosen or 0])
        if result.end == "no_code" and not found.looks_like_code:
            return Verdict(Outcome.NO_ANSWER, None, label, "there is no code in the answer", jail)
        outcome = Outcome.CORRECT if result.end == "passed" else Outcome.WRONG
        return Verdict(outcome, shown, label, result.detail, jail)


@cache
def _tried_once() -> Isolation:
    """A process's isolation does not change, and trying takes 0.1 s."""
    return available()


@dataclass(frozen=True, slots=True)
class _Task:
    entry_point: str
    tests: tuple[str, ...]
    prelude: str
    setup: str
    programs: tuple[tuple[str, str], ...]
    prompt_is_code: bool
    names: tuple[str, ...]


def _task(item: Item) -> _Task:
    """What the item asks to be tested. Raises PackError."""
    extra = item.extra
    tests = _texts(item, "tests") or tuple(text for text in (_text(item, "test"),) if text)
    programs = tuple(_program(item, case) for case in extra.get("programs", ()))
    if bool(tests) == bool(programs):
        raise PackError(f"Item {item.id}: a code item has either test, tests or programs.")
    entry_point = "" if programs else _text(item, "entry_point") or _first_call(tests)
    if not programs and not entry_point.isidentifier():
        raise PackError(f"Item {item.id}: its entry_point is not the name of a function.")
    before = _before_entry_point(item.prompt, entry_point) if entry_point else None
    prelude = _text(item, "prelude") or before or ""
    names = {first or second for first, second in _DEFINED.findall(_text(item, "canonical_solution"))}
    names.update(_texts(item, "names"))
    return _Task(entry_point, tests, prelude, _text(item, "setup"), programs, before is not None, tuple(sorted(names)))


def faults_of_tests(item: Item) -> str:
    """What is wrong with an item's tests as they are written, in one clause; "" where nothing is. Raises PackError."""
    task = _task(item)
    texts = (task.prelude, task.setup, *task.tests)
    try:
        unknown = unknown_names(texts, (task.entry_point, *task.names))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return f"its tests do not compile: {error}"
    return f"its tests use {', '.join(sorted(unknown))}, which nothing of the pack defines" if unknown else ""


def _text(item: Item, key: str) -> str:
    value = item.extra.get(key, "")
    if not isinstance(value, str):
        raise PackError(f"Item {item.id}: {key} must be text.")
    return value


def _texts(item: Item, key: str) -> tuple[str, ...]:
    value = item.extra.get(key, ())
    if not isinstance(value, list | tuple) or not all(isinstance(text, str) for text in value):
        raise PackError(f"Item {item.id}: {key} must be a list of texts.")
    return tuple(value)


def _program(item: Item, case: Any) -> tuple[str, str]:
    if isinstance(case, Mapping) and isinstance(case.get("input"), str) and isinstance(case.get("output"), str):
        return case["input"], case["output"]
    raise PackError(f"Item {item.id}: each of its programs needs input and output, both text.")


def _first_call(tests: tuple[str, ...]) -> str:
    """The first function that the tests call and that Python does not have."""
    for name in _CALL.findall(tests[0]):
        if not hasattr(builtins, name) and name not in ("assert", "not", "in", "and", "or", "isclose"):
            return str(name)
    return ""


def _before_entry_point(prompt: str, entry_point: str) -> str | None:
    """The definitions before the entry point, if the prompt is Python that ends in its head, as HumanEval's are."""
    heads = list(re.finditer(rf"^(?:async )?def {re.escape(entry_point)}\b", prompt, re.MULTILINE))
    if not heads:
        return None
    try:
        compile(prompt + "\n    pass\n", "<prompt>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return None
    return prompt[: heads[-1].start()]


def _shown(source: str) -> str:
    return clean(source)[:LONGEST_EXTRACT]


GRADER = Code()
