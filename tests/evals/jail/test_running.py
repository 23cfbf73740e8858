"""The jail used as it is meant: right solutions pass, wrong ones fail and say where."""

from __future__ import annotations

import dataclasses
import subprocess
import sys

import psutil
import pytest

from aa_tui.evals.jail.isolation import Isolation, JailError, Limits, available
from aa_tui.evals.jail.running import Job, Result, run_tests

LIMITS = Limits(cpu_s=5, wall_s=10.0, memory_bytes=512 << 20)


@pytest.fixture(scope="module")
def isolation() -> Isolation:
    """The strongest one of this system."""
    found = available()
    if not found.isolating:
        pytest.skip(f"this system offers no isolation: {found.why_not}")
    return found


def _judge(isolation: Isolation, source: str, *tests: str, **job: object) -> Result:
    return run_tests(dataclasses.replace(Job((source,), "f", tests), **job), isolation, LIMITS)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("source", "test"),
    [
        ("def f(x): return x + 1", "assert f(1) == 2"),
        ("f = lambda x: x + 1", "assert f(1) == 2"),
        ("def f(x): return x + 1", "def check(candidate):\n    assert candidate(1) == 2\n"),
        ("def f(*a, **k): return a, k", "assert f(1, b=[2]) == ((1,), {'b': [2]})"),
        ("def f(x): x.sort()", "given = [3, 1]\nassert f(given) is None\nassert given == [1, 3]"),
        ("def f(x): x[1].append(4); x[0]['k'] = x[1]", "x = [{}, [3]]\nf(x)\nassert x == [{'k': [3, 4]}, [3, 4]]"),
        ("def f(x): raise KeyError(x)", "try: f(1)\nexcept LookupError: pass\nelse: assert False"),
        ("class E(ValueError): pass\ndef f(x): raise E(x)", "try: f(1)\nexcept ValueError as e: assert str(e) == '1'"),
        ("def f(n):\n    for i in range(n): yield i", "assert list(f(3)) == [0, 1, 2] and sum(f(4)) == 6"),
        ("import collections\ndef f(x): return collections.Counter(x)", "assert f('aa') == {'a': 2}"),
        ("def f(x): return {1.5: (True, None, b'y', {2})}", "assert f(0) == {1.5: (True, None, b'y', {2})}"),
        ("import asyncio\nasync def g(x): return x\ndef f(x): return asyncio.run(g(x))", "assert f(5) == 5"),
        ("from concurrent.futures import ThreadPoolExecutor\ndef f(x):\n    with ThreadPoolExecutor(2) as e:\n"
         "        return list(e.map(abs, x))", "assert f([-1, 1]) == [1, 1]"),
        ("import sys\nsys.setrecursionlimit(10**6)\ndef f(n): return 0 if n == 0 else 1 + f(n - 1)",
         "assert f(50_000) == 50_000"),
        ("from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int\ndef f(x): return P(x).x",
         "assert f(3) == 3"),
        ("import re, math, json, random, datetime, decimal, fractions, heapq, statistics, hashlib, typing\n"
         "def f(x): return hashlib.sha256(b'').hexdigest()[:x]", "assert f(4) == 'e3b0'"),
    ],
)  # fmt: skip
def test_right_solutions_pass(isolation: Isolation, source: str, test: str) -> None:
    """Everything that functions of the standard library may do in one process works."""
    result = _judge(isolation, source, test)
    assert result.end == "passed", result


def test_classes_are_used_from_outside(isolation: Isolation) -> None:
    """Instances stay in the worker; their methods, attributes, length and items are asked for."""
    source = (
        "class Stack:\n    def __init__(self, *items): self.items = list(items)\n"
        "    def push(self, x): self.items.append(x)\n    def pop(self): return self.items.pop()\n"
        "    def __len__(self): return len(self.items)\n    def __getitem__(self, i): return self.items[i]\n"
        "    def __str__(self): return 'Stack'\n"
        "def f(stack): return stack.items\n"
    )
    test = (
        "s = Stack(1, 2)\ns.push(5)\nassert len(s) == 3 and s[0] == 1 and str(s) == 'Stack'\n"
        "assert s.pop() == 5\nassert f(s) == [1, 2]"
    )
    assert _judge(isolation, source, test, names=("Stack",)).end == "passed"


def test_a_setup_may_use_the_solutions_classes(isolation: Isolation) -> None:
    """As MBPP's trees do."""
    source = (
        "class Node:\n    def __init__(self, data): self.data, self.left, self.right = data, None, None\n"
        "def f(node): return 0 if node is None else 1 + max(f(node.left), f(node.right))\n"
    )
    setup = "root = Node(1)\nroot.left = Node(2)\nroot.left.right = Node(3)\n"
    assert _judge(isolation, source, "assert f(root) == 3", setup=setup, names=("Node",)).end == "passed"
    assert _judge(isolation, "def f(x): return 3", "assert f(root) == 3", setup=setup, names=("Node",)).end == "failed"


def test_a_failure_names_the_assertion_and_the_value(isolation: Isolation) -> None:
    """So that a person sees what went wrong."""
    result = _judge(isolation, "def f(x): return x * 2", "assert f(1) == 2", "assert f(3) == 9")
    assert (result.end, result.detail) == ("failed", "assert f(3) == 9; it returned 6")
    result = _judge(
        isolation, "def f(x): return x[5]", "def check(candidate):\n    y = 1\n    assert candidate([1]) == y\n"
    )
    assert result.detail == "assert candidate([1]) == y raises IndexError: list index out of range"


@pytest.mark.parametrize(
    ("source", "end", "detail"),
    [
        ("def f(x) return 1", "no_code", "it does not compile: expected ':' (<solution>, line 1)"),
        ("def g(x): return 1", "failed", "it does not define f"),
        ("f = 3", "failed", "it does not define f"),
        ("import numpy\ndef f(x): return 1", "failed",
         "loading it raises ModuleNotFoundError: No module named 'numpy'"),
        ("def f(): return 1", "failed",
         "assert f(1) == 1 raises TypeError: f() takes 0 positional arguments but 1 was given"),
        ("def f(x): return True", "passed", ""),
        ("def f(x): return '1'", "failed", "assert f(1) == 1; it returned '1'"),
        ("def f(x): print(x)", "failed", "assert f(1) == 1; it returned None"),
        ("def f(x): return input()", "failed", "assert f(1) == 1 raises EOFError: EOF when reading a line"),
    ],
)  # fmt: skip
def test_other_ends(isolation: Isolation, source: str, end: str, detail: str) -> None:
    """Each with its reason. True equals 1 in Python, in a test as well."""
    result = _judge(isolation, source, "assert f(1) == 1")
    assert (result.end, result.detail) == (end, detail)


def test_the_first_reading_that_compiles_is_taken(isolation: Isolation) -> None:
    """And named."""
    job = Job(("Here it is: def f", "def f(x): return x"), "f", ("assert f(1) == 1",))
    result = run_tests(job, isolation, LIMITS)
    assert (result.end, result.chosen) == ("passed", 1)


def test_the_tasks_own_definitions_are_known_to_both(isolation: Isolation) -> None:
    """And a solution that replaces one does not change what the tests use."""
    prelude = "import math\ndef double(x): return 2 * x\n"
    test = "def check(candidate):\n    assert candidate(double(2)) == 8\n"
    assert _judge(isolation, "def f(x): return double(x)", test, prelude=prelude).end == "passed"
    assert (
        _judge(isolation, "def double(x): return 8\ndef f(x): return double(x)", test, prelude=prelude).end == "passed"
    )
    cheat = "def double(x): return 0\ndef f(x): return 2 * x"
    assert _judge(isolation, cheat, "assert f(1) == double(2)", prelude=prelude).detail.endswith("it returned 2")


def test_programs_read_and_write(isolation: Isolation) -> None:
    """White space at the ends of lines does not count; an exit is a way to end; one run does not see another."""
    source = (
        "import sys\nn = int(input())\nfor line in sys.stdin:\n    print(line.strip() * n, end=' \\n')\n"
        "if n > 2: exit()\nprint(len(dir()))"
    )
    programs = (("2\na\nb\n", "aa\nbb\n9"), ("3\nx", "xxx\n"), ("2\na\nb\n", "aa\nbb\n9"))
    result = run_tests(Job((source,), programs=programs), isolation, LIMITS)
    assert result.end == "passed", result
    result = run_tests(Job(("print(int(input()) + 1)",), programs=(("1", "2"), ("2", "4"))), isolation, LIMITS)
    assert result.detail == "input 2: wrote '3\\n'"
    result = run_tests(Job(("exit(1)",), programs=(("1", ""),)), isolation, LIMITS)
    assert result.detail == "input 1: raises SolutionError: SystemExit: 1"


@pytest.mark.parametrize(
    ("test", "job"),
    [("assert f(1 ==", {}), ("assert f(1)", {"prelude": "def"}), ("assert f(1)", {"setup": "1 / 0"})],
)
def test_a_packs_mistakes_are_not_the_solutions(isolation: Isolation, test: str, job: dict[str, object]) -> None:
    """They are told apart."""
    assert _judge(isolation, "def f(x): return x", test, **job).end == "bad_tests"


def test_a_test_cannot_pass_over_a_dead_solution(isolation: Isolation) -> None:
    """Not even with a bare except."""
    test = "try: f(1)\nexcept: pass"
    assert _judge(isolation, "import os\ndef f(x): os._exit(0)", test).end == "ended"


@pytest.mark.parametrize(
    ("source", "test"),
    [
        ("def f(x): raise StopIteration", "assert all(map(f, [1, 2]))"),
        ("class A:\n    def __contains__(s, x): return 1\n    def __iter__(s): return iter('')\ndef f(x): return A()",
         "assert 5 in f(1)"),
        ("class A:\n    def __bool__(s): return True\ndef f(x): return A()", "assert f(1)"),
        ("class A:\n    def __lt__(s, o): return True\ndef f(x): return A()", "assert f(1) < 5"),
        ("class A:\n    def __sub__(s, o): return 0\ndef f(x): return A()", "assert abs(f(1) - 5) < 1e-6"),
        ("class A(float):\n    def __sub__(s, o): return 0.0\ndef f(x): return A(1)", "assert abs(f(1) - 5) < 1e-6"),
    ],
)  # fmt: skip
def test_no_object_answers_a_tests_question(isolation: Isolation, source: str, test: str) -> None:
    """Tricks that in one process make such tests pass."""
    assert _judge(isolation, source, test).end == "failed"


def test_tests_are_confined_too(isolation: Isolation) -> None:
    """A pack's test code is foreign code."""
    for attempt in ("open('/etc/passwd')", "__import__('os').fork()", "__import__('socket').socket()"):
        result = _judge(isolation, "def f(x): return x", f"f(1)\n{attempt}")
        assert result.end == "failed"
        assert "[Errno" in result.detail


def test_without_isolation_nothing_runs_unless_wanted() -> None:
    """Resource limits alone are none."""
    none = Isolation("rlimits", isolating=False, why_not="it is an old system")
    job = Job(("def f(x): return x",), "f", ("assert f(1) == 1",))
    with pytest.raises(JailError, match="no isolation for model-written code here: it is an old system"):
        run_tests(job, none, LIMITS)
    assert run_tests(job, none, LIMITS, unsafe=True).end == "passed"


def test_a_jail_is_never_silently_weaker_than_its_name(isolation: Isolation) -> None:
    """A score stores the name."""
    claimed = dataclasses.replace(isolation, name="landlock99+" + isolation.name)
    other = dataclasses.replace(isolation, name="landlock99+rlimits")
    job = Job(("def f(x): return x",), "f", ("assert f(1) == 1",))
    assert run_tests(job, claimed, LIMITS).end == "passed"
    with pytest.raises(JailError, match="where landlock99"):
        run_tests(job, other, LIMITS)


def test_nothing_outlives_its_parent(isolation: Isolation) -> None:
    """A grader's process that is killed takes the jail with it."""
    program = (
        "from aa_tui.evals.jail.isolation import available\nfrom aa_tui.evals.jail.running import Job, run_tests\n"
        "run_tests(Job(('import time\\ntime.sleep(600)',), 'f', ('f()',)), available())"
    )
    with subprocess.Popen([sys.executable, "-c", program]) as parent:
        children: list[psutil.Process] = []
        while len(children) < 2 and parent.poll() is None:
            children = [
                one for one in psutil.Process(parent.pid).children(recursive=True) if "read_fd" in _command(one)
            ]
        parent.kill()
    _, alive = psutil.wait_procs(children, timeout=10)
    assert len(children) >= 2
    assert alive == []


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""
