"""What an answer causes is wrong: it cannot have its own fault counted as the jail's, the pack's or the grader's."""

from __future__ import annotations

import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from aa_tui.evals.graders.code import Code, faults_of_tests
from aa_tui.evals.graders.code_blocks import LONGEST_ANSWER
from aa_tui.evals.items import Item, Pack, PackError, Verdict
from aa_tui.evals.jail.isolation import Limits, available

GRADER = Code(limits=Limits(cpu_s=1, wall_s=2.5))
TESTS = [
    "assert f([1, 2]) == [3]",
    "assert sorted(f([])) == []",
    "x = f([1])\nassert len(x) == 1 and x[0] == 1, str(x)",
]
CHECK = "def check(c):\n    out = c([1, 2])\n    assert isinstance(out, list), out\n    assert out == [3.5], f'{out}'\n"


@pytest.fixture(scope="module", autouse=True)
def _isolated() -> None:
    found = available()
    if not found.isolating:
        pytest.skip(f"this system offers no isolation: {found.why_not}")


def _grade(source: str, **extra: Any) -> Verdict:
    pack = Pack("t", "1", "MIT", "here", "", "", (), "", {"*": "code"}, "{prompt}")
    item = Item("i", "c", "Add.", None, extra=MappingProxyType({"entry_point": "f", **extra}))
    return GRADER.grade(pack, item, f"```python\n{source}\n```")


@pytest.mark.long
@pytest.mark.repeats
@pytest.mark.parametrize("tests", [{"tests": TESTS}, {"test": CHECK}], ids=["asserts", "a check"])
def test_no_answer_makes_an_error_of_itself(tests: dict[str, Any]) -> None:
    """Properties that raise, absurd depth and size, forged replies, closed pipes, odd exceptions: all are wrong."""
    file = tomllib.loads(Path(__file__).with_name("blame.toml").read_text(encoding="utf-8"))
    sources = {one["name"]: (file["forge"] if one.get("forges") else "") + one["source"] for one in file["answer"]}
    sources |= {
        "a null in it": "def f(x): return '\x00'",
        "half of a character": "def f(x): return '\ud800'",
        "a long chain": "f = " + "-" * 100_000 + "1",
        "deep brackets": "f = " + "(" * 5_000 + ")" * 5_000,
        "long": "x = 1\n" * (LONGEST_ANSWER // 6 + 1),
    }
    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(lambda job: (job[0], _grade(job[1], **tests).outcome), sources.items()))
    assert [one for one in outcomes if one[1] != "wrong"] == []


def test_the_tests_have_their_own_names() -> None:
    """What a test uses without defining it is the pack's mistake, whatever the answer defines."""
    tests = ["assert f(2) == math.sqrt(4)"]
    with pytest.raises(PackError, match="the tests use math, which nothing of the pack defines"):
        _grade("import math\ndef f(x): return math.sqrt(x + 2)", tests=tests)
    assert _grade("def f(x): return 2.0", tests=tests, setup="import math").outcome == "correct"
    cheat = "import math\nmath.sqrt = lambda x: 5\ndef f(x): return 5"
    assert _grade(cheat, tests=tests, setup="import math").outcome == "wrong"


def test_names_of_the_solution_that_tests_may_use() -> None:
    """Those that the item says or its own solution defines."""
    tests = ["assert f(Node(3)) == 3"]
    solution = "class Node:\n    def __init__(self, x): self.x = x\ndef f(node): return node.x"
    assert _grade(solution, tests=tests, canonical_solution=solution).outcome == "correct"
    assert _grade(solution, tests=tests, names=["Node"]).outcome == "correct"
    with pytest.raises(PackError, match="the tests use Node"):
        _grade(solution, tests=tests)


@pytest.mark.parametrize(
    ("test", "fault"),
    [
        ("assert f(2) == math.pi", "its tests use math, which nothing of the pack defines"),
        ("import math\nassert f(2) == math.pi", ""),
        ("def check(c):\n    import math\n    assert c(2) == math.pi", ""),
        ("def check(c):\n    for i in range(3):\n        assert all(c(k) == i for k in [i])", ""),
        (
            "def check(c):\n    assert c(given) == other(1)\ngiven = 1",
            "its tests use other, which nothing of the pack defines",
        ),
        ("from math import *\nassert f(2) == pi", ""),
        ("def check(c):\n    global seen\n    seen = 1\ndef late(): return seen", ""),
        ("assert (x := f(2)) and x and __name__", ""),
        ("try:\n    f(1)\nexcept ValueError as error:\n    print(error)", ""),
    ],
)
def test_what_packs_check_finds(test: str, fault: str) -> None:
    """Names that are looked up and defined nowhere, before any model is asked."""
    extra = MappingProxyType({"entry_point": "f", "test": test})
    assert faults_of_tests(Item("i", "c", "Do it.", None, extra=extra)) == fault
