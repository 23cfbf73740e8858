"""Grader "code": runs the answer's Python in the jail against the item's tests."""

from __future__ import annotations

import builtins
import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any

from aa_tui.evals.items import Item, Pack, PackError, Verdict
from aa_tui.evals.jail.isolation import Isolation, JailError, Limits, available
from aa_tui.evals.jail.running import Job, run_tests
from aa_tui.textsafe import clean

LONGEST_EXTRACT = 2_000
_PYTHON = frozenset({"", "python", "py", "python3", "python3.11", "python3.12", "pycon", "{python}", "{.python}"})
_CODE_LINE = re.compile(r"^(?:import |from \w[\w.]* import |def |async def |class |@\w)", re.MULTILINE)
_CALL = re.compile(r"\b([A-Za-z_]\w*) *\(")


@dataclass(frozen=True)
class Code:
    """Takes the last fenced block of Python that defines the entry point; else the whole answer; else the answer as
    the continuation of a prompt that is itself code.

    An item's extra has `entry_point` and `test` (Python that defines `check(candidate)`, as HumanEval), or `tests` (a
    list of assert statements, as MBPP, with `entry_point` or the first function that they call), or `programs` (a
    list of objects with `input` and `output`, for whole programs). Optional: `setup`, what only the tests need, and
    `prelude`, definitions that the solution may use too; without it, what stands before the entry point in a prompt
    that is code.

    A solution that runs out of time, memory or sense is wrong: that is its own doing. An error is only what the jail or
    the pack got wrong. Without isolation nothing is run, unless `unsafe`; the verdict's `jail` tells.
    """

    unsafe: bool = False
    limits: Limits = field(default_factory=Limits)

    name = "code"
    version = 1

    @cached_property
    def isolation(self) -> Isolation:
        """The strongest isolation of this system."""
        return _tried_once()

    def grade(self, pack: Pack, item: Item, answer: str) -> Verdict:
        """Run it. Raises PackError for tests that cannot be used."""
        label = f"{self.name}/{self.version}"
        task = _task(item)
        readings, looks_like_code = readings_of(answer, task.entry_point, item.prompt if task.prompt_is_code else "")
        if not readings:
            return Verdict("no_answer", None, label, "there is no code in the answer")
        if not (self.isolation.isolating or self.unsafe):
            why = f"not run: there is no isolation for model-written code here ({self.isolation.why_not})"
            return Verdict("error", _shown(readings[0]), label, why)
        jail = self.isolation.name if self.isolation.isolating else "none"
        job = Job(readings, task.entry_point, task.tests, task.prelude, task.setup, task.programs)
        try:
            result = run_tests(job, self.isolation, self.limits, unsafe=self.unsafe)
        except JailError as error:
            return Verdict("error", _shown(readings[0]), label, str(error), jail)
        if result.end == "bad_tests":
            raise PackError(f"Item {item.id}: {result.detail}.")
        shown = _shown(readings[result.chosen or 0])
        if result.end == "passed":
            return Verdict("correct", shown, label, "", jail)
        if result.end == "no_code" and not looks_like_code:
            return Verdict("no_answer", None, label, "there is no code in the answer", jail)
        return Verdict("wrong", shown, label, result.detail, jail)


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
    return _Task(entry_point, tests, prelude, _text(item, "setup"), programs, before is not None)


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


def readings_of(answer: str, entry_point: str, code_prompt: str) -> tuple[tuple[str, ...], bool]:
    """The ways to read an answer as a solution, best first, and whether it looks like code at all.

    Nothing is parsed here: which of them compiles is found out in the jail.
    """
    answer = answer.replace("\r\n", "\n")
    if not answer.strip():
        return (), False
    defines = _definition(entry_point)
    blocks = fenced_blocks(answer)
    fitting = [block for block in blocks if defines.search(block)]
    if fitting:
        return (fitting[-1],), True
    if blocks:
        continued = (_joined(code_prompt, blocks[-1]),) if code_prompt and not _CODE_LINE.search(blocks[-1]) else ()
        return (*continued, blocks[-1]), True
    first = _CODE_LINE.search(answer)
    if defines.search(answer) or (first and not code_prompt):
        start = first.start() if first else 0
        return (answer, answer[start:], _until_prose(answer[start:])), True
    if code_prompt:
        body = answer if answer[:1].isspace() else "    " + answer
        readings = (
            _joined(code_prompt, body),
            _joined(code_prompt, answer),
            _joined(code_prompt, _indented_part(body)),
        )
        return readings, re.search(r"^\s+return\b", answer, re.MULTILINE) is not None
    return (answer,), False


def fenced_blocks(answer: str) -> list[str]:
    """The contents of the fenced blocks that are Python or say nothing else, dedented. One that is never closed goes to
    the end; a fence inside a block of more backticks is text."""
    blocks: list[str] = []
    lines: list[str] = []
    fence, wanted = "", False
    for line in answer.split("\n"):
        bare = line.strip()
        mark = re.match(r"`{3,}|~{3,}", bare)
        if not fence and mark:
            fence, lines = mark.group(), []
            words = bare[len(fence) :].lower().split()
            wanted = (words[0] if words else "") in _PYTHON
        elif fence and mark and bare == mark.group() and bare.startswith(fence):
            if wanted:
                blocks.append(textwrap.dedent("\n".join(lines)))
            fence = ""
        elif fence:
            lines.append(line)
    if fence and wanted:
        blocks.append(textwrap.dedent("\n".join(lines)))
    return [block for block in blocks if block.strip()]


def _definition(entry_point: str) -> re.Pattern[str]:
    """How a solution defines the entry point; a whole program has none."""
    if not entry_point:
        return re.compile("")
    name = re.escape(entry_point)
    return re.compile(rf"^(?:(?:async )?def|class) +{name}\b|^{name} *=(?!=)", re.MULTILINE)


def _joined(prompt: str, body: str) -> str:
    """The prompt with a body for its last function; a block that lost its indentation gets it back."""
    if body[:1] and not body[:1].isspace():
        body = textwrap.indent(body, "    ")
    return f"{prompt.rstrip(' ')}{'' if prompt.endswith(chr(10)) else chr(10)}{body}\n"


def _indented_part(text: str) -> str:
    """Up to the first line at the margin."""
    lines = text.split("\n")
    end = next((i for i, line in enumerate(lines) if line.strip() and not line[0].isspace()), len(lines))
    return "\n".join(lines[:end])


def _until_prose(text: str) -> str:
    """Code up to the first line at the margin that starts like no statement of a module."""
    lines = text.split("\n")
    statement = re.compile(
        r"[@#)\]}\"']|(?:import|from|def|async|class|if|for|while|try|with|return|else|elif|except)\b|\w+ *[:=(\[.]"
    )
    end = next((i for i, line in enumerate(lines) if line[:1].strip() and not statement.match(line)), len(lines))
    return "\n".join(lines[:end])


def _shown(source: str) -> str:
    return clean(source)[:LONGEST_EXTRACT]


GRADER = Code()
