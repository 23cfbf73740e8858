"""The grader "code": finds the code in answers as models give them, runs it, and says what became of it."""

from __future__ import annotations

import gzip
import json
from types import MappingProxyType
from typing import Any

import pytest
from tests.support.datasets import HUMANEVAL

from aa_tui.evals.graders.code import GRADER, Code
from aa_tui.evals.graders.code_blocks import fenced_blocks, readings_of
from aa_tui.evals.grading import Grading
from aa_tui.evals.items import Item, Pack, PackError, Verdict
from aa_tui.evals.jail.isolation import Isolation, available

QUICK = (0, 32, 38, 50, 107, 130, 163)
"""Numbers of HumanEval's items for every test run: those whose tests use the prompt's own functions among them."""

PROMPT = 'from typing import List\n\n\ndef total(xs: List[int]) -> int:\n    """The sum, 3 for [1, 2].\n    """\n'
TEST = "def check(candidate):\n    assert candidate([1, 2]) == 3\n    assert candidate([]) == 0\n"


@pytest.fixture(scope="module", autouse=True)
def _isolated() -> None:
    found = available()
    if not found.isolating:
        pytest.skip(f"this system offers no isolation: {found.why_not}")


def _pack() -> Pack:
    return Pack("t", "1", "MIT", "here", "", "", (), "", {"*": "code"}, "{prompt}")


def _grade(answer: str, prompt: str = PROMPT, grader: Code = GRADER, **extra: Any) -> Verdict:
    extra = extra or {"entry_point": "total", "test": TEST}
    return grader.grade(_pack(), Item("i", "c", prompt, None, extra=MappingProxyType(extra)), answer)


@pytest.mark.parametrize(
    "answer",
    [
        "```python\nfrom typing import List\n\ndef total(xs: List[int]) -> int:\n    return sum(xs)\n```",
        "Sure! Here it is:\n\n```py\ndef total(xs: List[int]) -> int:\n    return sum(xs)\n```\nIt adds them up.",
        "```\ndef total(xs):\n    return sum(xs)\n```",
        "First try:\n```python\ndef total(xs): return 0\n```\nOr:\n```python\ndef total(xs): return sum(xs)\n```",
        "```python\ndef total(xs): return sum(xs)\n```\n```python\nprint(total([]))\n```\n```bash\npython t.py\n```",
        "1. Write it:\n\n   ```python\n   def total(xs):\n       return sum(xs)\n   ```\n",
        "```python\r\ndef total(xs):\r\n\treturn sum(xs)\r\n```\r\n",
        "```python\ndef total(xs):\n    return sum(xs)",
        "~~~python\ntotal = sum\n~~~",
        "````markdown\n```\nno\n```\n````\n```python\ndef total(xs): return sum(xs)\n```",
        "def total(xs):\n    return sum(xs)\n",
        "The function is:\n\ndef total(xs):\n    return sum(xs)\n\nIt uses sum.",
        "import math\n\ndef total(xs):\n    return sum(xs)\n",
        "    return sum(xs)\n",
        "return sum(xs)",
        "    result = 0\n    for x in xs:\n        result += x\n    return result\n\n\nThat is all there is to it.",
        "```python\n    return sum(xs)\n```",
        "```python\nreturn sum(xs)\n```",
        "from __future__ import annotations\n\ndef total(xs: List[int]) -> int:\n    return sum(xs)\n",
    ],
)
def test_right_answers_in_many_shapes(answer: str) -> None:
    """Each is a solution, however it is wrapped."""
    verdict = _grade(answer)
    assert verdict.outcome == "correct", verdict
    assert verdict.grader == "code/2"
    assert verdict.jail == available().name


@pytest.mark.parametrize(
    ("answer", "outcome", "detail"),
    [
        ("```python\ndef total(xs):\n    return 3\n```", "wrong", "assert candidate([]) == 0; it returned 3"),
        ("```python\ndef total(xs)\n    return sum(xs)\n```", "wrong", "it does not compile"),
        ("```python\ndef sum_up(xs):\n    return sum(xs)\n```", "wrong", "it does not define total"),
        ("```\ndef total(xs): return sum(xs)\n```\n```python\ndef total(xs): return 0\n```", "wrong", "returned 0"),
        ("```python\ndef total(xs):\n    exit(0)\n```", "wrong", "SystemExit"),
        ("```python\nimport os\nos._exit(0)\ndef total(xs): 0\n```", "wrong", "exited with status 0"),
        ("```python\ndef total(xs):\n    return 0\n```\n\x1b[31m\x00", "wrong", "returned 0"),
        ("", "no_answer", "there is no code"),
        (" \n", "no_answer", "there is no code"),
        ("I am sorry, I cannot do that.", "no_answer", "there is no code"),
        ("```bash\nrm -rf /\n```", "no_answer", "there is no code"),
    ],
)  # fmt: skip
def test_other_answers(answer: str, outcome: str, detail: str) -> None:
    """Wrong with the failing assertion, or no answer at all."""
    verdict = _grade(answer)
    assert (verdict.outcome, detail in verdict.detail) == (outcome, True), verdict


def test_too_slow_is_wrong() -> None:
    """It is the solution's own doing."""
    quick = Code(limits=type(GRADER.limits)(cpu_s=1, wall_s=2.0))
    verdict = _grade("```python\ndef total(xs):\n    while True: pass\n```", grader=quick)
    assert verdict.outcome == "wrong"
    assert "time" in verdict.detail


def test_a_megabyte_of_answer() -> None:
    """Is searched as quickly."""
    noise = "```" + "x" * 500_000 + "\n" + "`" * 300_000 + "\n" + "def " * 60_000
    assert _grade(noise).outcome in ("no_answer", "wrong")
    assert _grade(noise + "\n```\n```python\ndef total(xs): return sum(xs)\n```").outcome in ("correct", "wrong")


def test_assert_lists_and_programs() -> None:
    """MBPP's form, where the entry point can be told from the tests, and whole programs."""
    tests = ["assert set(twice([1])) == {2}", "assert twice([]) == []"]
    good = "```python\ndef twice(xs):\n    return [2 * x for x in xs]\n```"
    assert _grade(good, "Double them.", tests=tests).outcome == "correct"
    assert _grade(good.replace("2 * x", "x"), "Double them.", tests=tests).detail.startswith("assert set(twice([1]))")
    assert _grade(good, "Double them.", tests=["assert twice(N) == [4]"], setup="N = [2]").outcome == "correct"
    cases = [{"input": "2 3\n", "output": "5\n"}]
    assert (
        _grade("```python\na, b = map(int, input().split())\nprint(a + b)\n```", "Add.", programs=cases).outcome
        == "correct"
    )
    assert _grade("print(4)", "Add.", programs=cases).detail == "input 1: wrote '4\\n'"


@pytest.mark.parametrize(
    "extra",
    [
        {"entry_point": "total"},
        {"entry_point": "total", "test": TEST, "programs": [{"input": "", "output": ""}]},
        {"entry_point": "total", "test": 3},
        {"entry_point": "not a name", "test": TEST},
        {"entry_point": "total", "tests": "assert total([]) == 0"},
        {"entry_point": "total", "test": "def check(candidate):\nassert"},
        {"entry_point": "total", "test": TEST, "setup": "1 / 0"},
        {"programs": [{"input": "1"}]},
    ],
)
def test_a_packs_mistakes_are_errors(extra: dict[str, Any]) -> None:
    """Never the model's."""
    with pytest.raises(PackError, match=r"^Item i: "):
        _grade("```python\ndef total(xs): return sum(xs)\n```", **extra)


def test_without_isolation_nothing_is_run() -> None:
    """Unless the user wants it; the verdict tells."""
    none = Isolation("rlimits", isolating=False, why_not="it is an old system")
    careful, unsafe = Code(), Code(unsafe=True)
    for one in (careful, unsafe):
        one.__dict__["isolation"] = none
    answer = "```python\ndef total(xs): return sum(xs)\n```"
    verdict = _grade(answer, grader=careful)
    assert (verdict.outcome, verdict.jail) == ("error", None)
    assert "it is an old system" in verdict.detail
    verdict = _grade(answer, grader=unsafe)
    assert (verdict.outcome, verdict.jail) == ("correct", "none")


def test_the_last_block_that_defines_it() -> None:
    """Is the first reading."""
    answer = "```python\ndef g(): 1\n```\n```python\ndef f(): 2\n```\n```python\nf()\n```"
    assert readings_of(answer, "f", "").sources[0] == "def f(): 2"
    assert fenced_blocks("```json\n{}\n```\n```Python title=x\na\n```") == ["a"]


def _humaneval() -> list[dict[str, Any]]:
    if not HUMANEVAL.is_file():
        pytest.skip("HumanEval is not here: AA_TUI_DATASETS names the folder of the data sets")
    with gzip.open(HUMANEVAL, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def _solve(record: dict[str, Any], body: str) -> Verdict:
    extra = {key: record[key] for key in ("entry_point", "test")}
    answer = f"Here is the whole function:\n\n```python\n{record['prompt']}{body}\n```\n"
    return _grade(answer, record["prompt"], **extra)


@pytest.mark.long
def test_some_of_humanevals_solutions_pass_and_wrong_ones_fail() -> None:
    """Those whose tests need the prompt's functions among them. A body of `return None` is right for none."""
    records = [_humaneval()[number] for number in QUICK]
    for record in records:
        assert _solve(record, record["canonical_solution"]).outcome == "correct", record["task_id"]
        wrong = _solve(record, "    return None\n")
        assert wrong.outcome == "wrong"
        assert wrong.detail, record["task_id"]


def test_through_the_pool_of_graders() -> None:
    """As runs use it: the worker process is limited itself, and the jail is still the same."""
    item = Item("i", "c", PROMPT, None, extra=MappingProxyType({"entry_point": "total", "test": TEST}))
    with Grading(1) as grading:
        right = grading.grade(_pack(), item, "```python\ndef total(xs): return sum(xs)\n```")
        wrong = grading.grade(_pack(), item, "```python\ndef total(xs): return open('/etc/passwd')\n```")
    assert (right.outcome, right.jail) == ("correct", available().name)
    assert (wrong.outcome, wrong.jail) == ("wrong", available().name)
    assert "[Errno" in wrong.detail
