"""Graders that hang, crash or are handed nonsense, in their real processes."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psutil
import pytest
from tests.support.packs import pack_with

from aa_tui.evals.grading import Grading
from aa_tui.evals.items import Item, Outcome, Verdict
from aa_tui.evals.wire import request_from, verdict_from, verdict_line, wire_form

BOMB = "^(a+)+$"


def item(key: Any, **extra: Any) -> Item:
    return Item("i1", "any", "What?", key, extra=extra)


def children() -> set[int]:
    return {child.pid for child in psutil.Process(os.getpid()).children(recursive=True)}


def kill(pid: int) -> None:
    process = psutil.Process(pid)
    process.kill()
    psutil.wait_procs([process], timeout=10)


def test_a_hanging_grader_is_killed_and_is_not_the_models_fault() -> None:
    with Grading(processes=1) as grading:
        stuck = grading.grade(pack_with("regex"), item(BOMB), "a" * 60 + "!", timeout_s=0.5)
        assert stuck == Verdict(Outcome.ERROR, None, "regex", "the grader took longer than 0.5 s")
        assert grading.grade(pack_with("regex"), item("b+"), "abba").outcome == "correct"


def test_a_packs_own_pattern_that_never_ends_is_killed_too() -> None:
    with Grading() as grading:
        stuck = grading.grade(pack_with("numeric", BOMB), item("4"), "a" * 60 + "!", timeout_s=0.5)
        assert stuck.outcome == "error"
        assert grading.grade(pack_with("numeric", "(?m)^Result: (.+)$"), item("4"), "Result: 4").outcome == "correct"


def test_one_process_serves_many_and_none_is_left() -> None:
    before = children()
    with Grading(processes=1) as grading:
        for key in ("a", "b", "c"):
            assert grading.grade(pack_with("regex"), item(key), "abc").extracted == key
        assert len(children() - before) == 1
    assert children() <= before


def test_threads_share_a_bounded_number_of_processes() -> None:
    before = children()
    keys = [f"k{number}" for number in range(40)]
    with Grading(processes=2) as grading, ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda key: grading.grade(pack_with("regex"), item(key), " ".join(keys)).extracted, keys))
        assert len(children() - before) <= 2
    assert found == keys
    assert children() <= before


def test_an_idle_process_that_was_killed_is_replaced() -> None:
    before = children()
    with Grading(processes=1) as grading:
        assert grading.grade(pack_with("regex"), item("a"), "a").outcome == "correct"
        (worker,) = children() - before
        kill(worker)
        assert grading.grade(pack_with("regex"), item("a"), "a").outcome == "correct"


def test_a_process_that_dies_over_an_answer_makes_it_an_error() -> None:
    before = children()
    with Grading(processes=1) as grading, ThreadPoolExecutor(1) as pool:
        assert grading.grade(pack_with("regex"), item("a"), "a").outcome == "correct"
        (worker,) = children() - before
        before_s = psutil.Process(worker).cpu_times().user
        stuck = pool.submit(grading.grade, pack_with("regex"), item(BOMB), "a" * 60 + "!", 60.0)
        while psutil.Process(worker).cpu_times().user < before_s + 0.2:
            assert not stuck.done()
        kill(worker)
        died = stuck.result()
        assert died.outcome == "error"
        assert died.detail == "the grader's process failed: it ended by itself, perhaps because memory ran out"
        assert grading.grade(pack_with("regex"), item("a"), "a").outcome == "correct"


@pytest.mark.parametrize(
    "answer", ["", "\x00\x1b[2J", "\ud800", "x" * 1_000_000, "e" + "\u0301" * 200_000, "\\" * 9_999]
)
def test_no_answer_is_too_odd(answer: str) -> None:
    with Grading() as grading:
        got = grading.grade(pack_with("regex"), item("y"), answer)
        assert got.outcome == (
            "wrong" if answer.strip("\x00\x1b[2J\ud800") else "no_answer" if not answer else got.outcome
        )
        assert got.outcome in ("wrong", "no_answer")


def test_nonsense_items_and_graders_are_errors() -> None:
    with Grading() as grading:
        assert "no grader 'magic'" in grading.grade(pack_with("magic"), item("4"), "4").detail
        assert grading.grade(pack_with("regex"), item(object()), "4").outcome == "error"
        assert grading.grade(pack_with("regex"), item("("), "4").outcome == "error"
        assert grading.grade(pack_with("numeric"), item(None), "4").outcome == "error"


def test_code_runs_in_its_jail_from_there() -> None:
    tests = {"entry_point": "double", "test": "def check(candidate):\n    assert candidate(2) == 4\n"}
    code = Item("i1", "any", "def double(x):\n", None, extra=tests)
    with Grading() as grading:
        right = grading.grade(pack_with("code"), code, "```python\ndef double(x):\n    return 2 * x\n```")
        wrong = grading.grade(pack_with("code"), code, "```python\ndef double(x):\n    return 3 * x\n```")
    if right.outcome == "error" and "isolation" in right.detail:
        pytest.skip(right.detail)
    assert (right.outcome, wrong.outcome) == ("correct", "wrong")
    assert right.jail


def test_requests_and_verdicts_come_through_whole() -> None:
    sent = Item("i", "c", "p\u2028", {"a": [1]}, level=2, choices=("x", "y"), extra={"tests": ["t"]})
    got_pack, got, answer, timeout_s = request_from(wire_form(pack_with("code", "p"), sent, "\ud83d \u0000", 3.0))
    assert got_pack == pack_with("code", "p")
    assert got == Item("i", "c", "p\u2028", {"a": [1]}, 2, ("x", "y"), got.extra)
    assert dict(got.extra) == {"tests": ["t"]}
    assert (answer, timeout_s) == ("\ud83d \u0000", 3.0)
    verdict = Verdict(Outcome.WRONG, "x\ny", "code/1", "why", "landlock", (("a", True), ("b", False)))
    assert verdict_from(json.loads(verdict_line(verdict))) == verdict
