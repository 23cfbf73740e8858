"""Where the program is in an answer, in the shapes in which models write."""

from __future__ import annotations

import gzip
import json
import tomllib
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from tests.support.datasets import HUMANEVAL

from aa_tui.evals.graders.code import GRADER
from aa_tui.evals.graders.code_blocks import fenced_blocks
from aa_tui.evals.items import Item, Pack, Verdict
from aa_tui.evals.jail.isolation import available

F = "```"
T = {"entry_point": "f", "tests": ["assert f([1, 2]) == 3", "assert f([]) == 0"]}
P = {"programs": [{"input": "2\n", "output": "4\n"}, {"input": "5\n", "output": "10\n"}]}


@pytest.fixture(scope="module", autouse=True)
def _isolated() -> None:
    found = available()
    if not found.isolating:
        pytest.skip(f"this system offers no isolation: {found.why_not}")


def _grade(answer: str, extra: dict[str, Any], prompt: str = "Add.") -> Verdict:
    pack = Pack("t", "1", "MIT", "here", "", "", (), "", {"*": "code"}, "{prompt}")
    return GRADER.grade(pack, Item("i", "c", prompt, None, extra=MappingProxyType(extra)), answer)


ANSWERS = tomllib.loads(Path(__file__).with_name("answers.toml").read_text(encoding="utf-8"))["answer"]


@pytest.mark.parametrize("one", ANSWERS, ids=lambda one: one["name"])
def test_the_program_is_found(one: dict[str, Any]) -> None:
    """However the answer is written around it. The last version counts, a sample is no program, and an import that is
    missing stays so."""
    verdict = _grade(one["text"], T if one["task"] == "function" else P)
    assert verdict.outcome == ("correct" if one["right"] else "wrong"), verdict


def test_other_blocks_lend_only_what_is_needed() -> None:
    """A helper that the program has itself is its own, and an example that runs is not run."""
    helper = f"{F}python\ndef add(a, b): return 0\nraise SystemExit\n{F}\n"
    program = f"def f(xs):\n    t = 0\n    for x in xs: t = add(t, x)\n    return t\n{F}"
    own = f"{F}python\ndef add(a, b): return a + b\n{program}"
    assert _grade(helper + own, T).outcome == "correct"
    assert _grade(f"{helper}{F}python\n{program}", T).outcome == "wrong"


def test_fences_of_one_answer() -> None:
    """Strings are looked into only where the block is Python."""
    answer = f'{F}text\n"""\n{F}\n{F}python\na = 1\n{F}'
    assert fenced_blocks(answer) == ["a = 1"]
    assert fenced_blocks(f"{F}\n>>> a = 1\n>>> a\n1\n{F}") == ["a = 1\na"]


STYLES = ("two fences", "whole in a fence", "body in a fence", "no fence")


def _styles(record: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """A solution as models write it: whole, as a body, without fences, with helpers in a fence of their own."""
    entry_point, body = record["entry_point"], record["canonical_solution"]
    whole = record["prompt"] + body
    at = whole.rfind(f"\ndef {entry_point}(") + 1
    before = whole[:at] if whole[:at].strip() else "import math\n"
    yield "whole in a fence", f"Here is the function:\n\n{F}python\n{whole}{F}\n\nIt works as asked.\n"
    yield "body in a fence", f"The body:\n{F}python\n{body}{F}\n"
    yield "no fence", whole
    use = f"Use:\n{F}\n>>> {entry_point}(1)\n2\n{F}"
    yield "two fences", f"First:\n{F}python\n{before}{F}\nThen:\n{F}python\n{whole[at:]}{F}\n{use}"


@pytest.mark.long
@pytest.mark.repeats
@pytest.mark.parametrize("style", STYLES)
def test_humanevals_solutions_in_four_styles_of_writing(style: str) -> None:
    """164 of 164 in each: bodies that begin with an import and docstrings that hold a fence are among them."""
    if not HUMANEVAL.is_file():
        pytest.skip("HumanEval is not here: AA_TUI_DATASETS names the folder of the data sets")
    with gzip.open(HUMANEVAL, "rt", encoding="utf-8") as file:
        records = [json.loads(line) for line in file]

    def outcome(record: dict[str, Any]) -> str:
        extra = {key: record[key] for key in ("entry_point", "test")}
        return _grade(dict(_styles(record))[style], extra, record["prompt"]).outcome

    with ThreadPoolExecutor(2) as pool:
        assert Counter(pool.map(outcome, records)) == {"correct": 164}
