"""`aa-tui grade` as a user runs it: answers that were written elsewhere, to a pack or as single cases."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import psutil
import pytest
from tests.support.program import Answer, Program

from aa_tui.evals import packs, prompts
from aa_tui.evals.items import Item, Pack

KEYS = {"id", "outcome", "extracted", "detail", "grader"}


@pytest.fixture
def file(tmp_path: Path) -> Callable[[Sequence[Any]], str]:
    """Writes lines of JSON, or of text as it is."""

    def write(lines: Sequence[Any]) -> str:
        path = tmp_path / "cases.jsonl"
        path.write_text("".join((one if isinstance(one, str) else json.dumps(one)) + "\n" for one in lines))
        return str(path)

    return write


@pytest.fixture
def pack(home: Path) -> Pack:
    return packs.load("nano", home)


def key_of(pack: Pack, item: Item) -> str:
    return f"Answer: {prompts.shuffled(pack, item)[1] if item.choices else item.answer}"


def outcomes(rows: list[dict[str, Any]]) -> list[str]:
    return [row["outcome"] for row in rows]


# -- single cases


def test_numbers_with_their_keys(answer: Answer, file: Callable[..., str]) -> None:
    cases = [
        {"id": "a", "key": "18", "answer": "Answer: 18"},
        {"id": "b", "key": 18, "answer": "Answer: 17"},
        {"key": "18", "answer": "I do not know."},
        {"id": "d", "key": "100", "answer": "Answer: 101", "tolerance": "1%"},
        {"id": "e", "key": "18", "answer": "Total = 18!", "patterns": ["Total = ([0-9]+)"]},
        {"id": "f", "key": "18", "answer": None},
    ]
    rows = answer("grade", "--grader", "numeric", file(cases))
    assert all(set(row) == KEYS for row in rows)
    assert [row["id"] for row in rows] == ["a", "b", "3", "d", "e", "f"]
    assert outcomes(rows) == ["correct", "wrong", "no_answer", "correct", "correct", "no_answer"]
    assert (rows[1]["extracted"], rows[1]["detail"]) == ("17", "expected 18")
    assert rows[0]["grader"].startswith("numeric/")


@pytest.mark.parametrize("key", ["B", "b", 1, "Venus"])
def test_a_choices_key_is_a_letter_an_index_or_a_text(key: Any, answer: Answer, file: Callable[..., str]) -> None:
    options = ["Mercury", "Venus", "Earth", "Mars"]
    said = ["Answer: B", "Answer: A", "The answer is Venus"]
    rows = answer(
        "grade", "--grader", "choice", file([{"key": key, "options": options, "answer": one} for one in said])
    )
    assert outcomes(rows) == ["correct", "wrong", "correct"], "the options keep the order in which they were shown"


def test_a_choice_without_options_has_a_letter(answer: Answer, file: Callable[..., str]) -> None:
    rows = answer("grade", "--grader", "choice", file([{"key": "C", "answer": "Answer: C"}]))
    assert outcomes(rows) == ["correct"]


def test_exact_compares_as_the_case_says(answer: Answer, file: Callable[..., str]) -> None:
    cases = [
        {"key": "Yes", "answer": "Answer: yes"},
        {"key": "Yes", "answer": "Answer: yes", "compare": "ignore_case"},
        {"key": "[1, 2]", "answer": "Answer: [1,2]", "kwargs": {"compare": "python"}},
        {"key": ["four", "4"], "answer": "Answer: 4"},
    ]
    rows = answer("grade", "--grader", "exact", file(cases))
    assert outcomes(rows) == ["wrong", "correct", "correct", "correct"]


def test_instructions_one_or_several(answer: Answer, file: Callable[..., str]) -> None:
    words = "length_constraints:number_words"
    at_least = {"num_words": 3, "relation": "at least"}
    cases = [
        {"key": "punctuation:no_comma", "answer": "No comma here."},
        {"key": words, "kwargs": at_least, "answer": "Two words"},
        {"key": ["punctuation:no_comma", words], "kwargs": [{}, at_least], "answer": "These are three words"},
        {"key": ["punctuation:no_comma"], "answer": "One, two"},
    ]
    rows = answer("grade", "--grader", "instructions", file(cases))
    assert outcomes(rows) == ["correct", "wrong", "correct", "wrong"]
    assert rows[1]["parts"][words] is False


@pytest.mark.long
def test_code_runs_against_its_tests(answer: Answer, file: Callable[..., str]) -> None:
    kwargs = {"entry_point": "double", "tests": ["assert double(4) == 8"]}
    said = ["```python\ndef double(x):\n    return 2 * x\n```", "```python\ndef double(x):\n    return x\n```"]
    rows = answer("grade", "--grader", "code", file([{"kwargs": kwargs, "answer": one} for one in said]))
    assert outcomes(rows) == ["correct", "wrong"]


@pytest.mark.long
def test_code_may_continue_its_prompt_or_be_a_program(answer: Answer, file: Callable[..., str]) -> None:
    head = 'def double(x):\n    """Twice x."""\n'
    check = "def check(candidate):\n    assert candidate(4) == 8\n"
    program = {"programs": [{"input": "4\n", "output": "8\n"}]}
    cases = [
        {"answer": "    return 2 * x", "kwargs": {"entry_point": "double", "test": check, "prompt": head}},
        {"answer": "    return 2 * x", "kwargs": {"entry_point": "double", "test": check}, "prompt": head},
        {"answer": "```python\nprint(2 * int(input()))\n```", "kwargs": program},
        {"answer": "    return 2 * x", "kwargs": {"entry_point": "double"}},
    ]
    rows = answer("grade", "--grader", "code", file(cases))
    assert outcomes(rows) == ["correct", "correct", "correct", "error"]


def test_thinking_is_counted_and_not_graded(answer: Answer, file: Callable[..., str]) -> None:
    cases = [
        {"key": "5", "answer": "<think>Answer: 4</think>\nAnswer: 5"},
        {"key": "5", "answer": "<think>Answer: 5"},
        {"key": "5", "answer": "Answer: 5", "thinking": "Answer: 4"},
        {"key": "5", "answer": "<|channel|>analysis<|message|>4<|end|><|start|>assistant<|channel|>final<|message|>5"},
    ]
    rows = answer("grade", "--grader", "numeric", file(cases))
    assert outcomes(rows) == ["correct", "no_answer", "correct", "correct"]


def test_a_case_may_name_its_grader_and_how_it_ended(answer: Answer, file: Callable[..., str]) -> None:
    cases = [
        {"key": "5", "answer": "Answer: 5", "grader": "numeric/1"},
        {"key": "five", "answer": "Answer: Five", "grader": "exact", "compare": "ignore_case"},
        {"key": "5", "answer": "Answer: 5, but let me", "grader": "numeric", "finish_reason": "length"},
    ]
    assert outcomes(answer("grade", file(cases))) == ["correct", "correct", "truncated"]


@pytest.mark.long
def test_what_is_right_is_held_against_the_verdicts(program: Program, answer: Answer, file: Callable[..., str]) -> None:
    cases = [
        {"id": "ok", "key": "5", "answer": "Answer: 5", "right": "correct"},
        {"id": "accepted", "key": "5", "answer": "Answer: 5", "right": "wrong"},
        {"id": "rejected", "key": "5", "answer": "Answer: 6", "right": "right"},
        {"id": "unclear", "key": "5", "answer": "Answer: 6", "right": "unclear"},
        {"id": "none", "key": "5", "answer": "Answer: 6"},
    ]
    path = file(cases)
    rows = answer("grade", "--grader", "numeric", path)
    assert [row.get("agrees", "absent") for row in rows] == [True, False, False, None, "absent"]
    done = program("grade", "--grader", "numeric", path)
    assert done.returncode == 0
    assert "5 cases: wrong 3 · correct 2" in done.stdout
    assert "1 of 3, 33.3 % (6.1–79.2) · 1 wrong accept · 1 wrong reject · 1 unclear" in done.stdout
    summed = answer("grade", "--grader", "numeric", "--report", path)
    assert summed["agreement"]["wrong_accepts"] == summed["agreement"]["wrong_rejects"] == 1
    assert summed["outcomes"]["correct"] == 2


def test_a_grader_that_cannot_use_a_key_says_so_of_that_case_alone(answer: Answer, file: Callable[..., str]) -> None:
    rows = answer("grade", "--grader", "numeric", file([{"key": "x", "answer": "4"}, {"key": "4", "answer": "4"}]))
    assert outcomes(rows) == ["error", "correct"]
    assert "is not a number" in rows[0]["detail"]


def test_nothing_that_a_terminal_obeys_comes_through(program: Program, file: Callable[..., str]) -> None:
    case = {"id": "a\x1b[2Jb", "key": "\x1b]0;x\x074", "answer": "Answer: \x1b[31mred\x9b2J", "right": "\x1b[1mwrong"}
    done = program("grade", "--grader", "exact", file([case]))
    assert done.returncode == 0
    assert not set(done.stdout) & set("\x1b\x9b\x07")


# -- bad input


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "it is not JSON"),
        ("[]", "the line must be one object"),
        ({"key": "1"}, "the answer is missing"),
        ({"answer": "1"}, "the key is missing"),
        ({"key": "1", "answer": 1}, "must be text"),
        ({"key": "E", "answer": "A", "options": ["x", "y"], "grader": "choice"}, "the key must be the letter"),
        ({"key": "A", "answer": "A", "options": ["x"], "grader": "choice"}, "the options must be a list"),
        ({"key": "1", "answer": "1", "grader": "no"}, "there is no grader 'no'"),
        ({"key": "1", "answer": "1", "patterns": "x"}, "patterns must be a list"),
        ({"key": 1, "answer": "x", "grader": "instructions"}, "the key must be an instruction's id"),
        ({"key": ["a", "b"], "kwargs": [{}], "answer": "x", "grader": "instructions"}, "kwargs must be"),
    ],
)
@pytest.mark.repeats
def test_a_bad_line_is_named(line: Any, words: str, program: Program, file: Callable[..., str]) -> None:
    path = file([{"key": "1", "answer": "1"}, line])
    done = program("grade", "--grader", "numeric", path)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"{path}:2: " in done.stderr
    assert words in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--grader", "no", "x"), 2, "there is no grader 'no'"),
        (("--grader", "exact", "--pack", "nano", "x"), 2, "not both"),
        (("--grader", "exact", "--these-items", "x"), 2, "--these-items"),
        (("--pack", "no-such", "x"), 2, "There is no pack"),
        (("--grader", "exact", "no-such-file"), 1, "cannot be read"),
        (("--grader", "exact", "/"), 1, "cannot be read"),
        (("--grader", "exact", os.devnull), 1, "there is no line in it"),
        (("--grader", "exact"), 2, "FILE"),
    ],
)
def test_bad_usage_is_one_sentence(arguments: Sequence[str], code: int, words: str, program: Program) -> None:
    done = program("grade", *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_case_without_a_grader_is_refused(program: Program, file: Callable[..., str]) -> None:
    done = program("grade", file([{"key": "1", "answer": "1"}]))
    assert done.returncode == 1
    assert ":1: it names no grader" in done.stderr


# -- a pack


@pytest.mark.long
def test_answers_to_a_pack_give_a_runs_report(
    program: Program, answer: Answer, file: Callable[..., str], pack: Pack
) -> None:
    right, wrong, left_out = pack.items[:6], pack.items[6:8], pack.items[8:]
    lines = [{"id": item.id, "answer": f"<think>hm</think>{key_of(pack, item)}"} for item in right]
    lines += [{"item_id": item.id, "answer": "Answer: certainly not"} for item in wrong]
    path = file([*lines, {"id": "of no pack", "answer": "x"}])
    rows = answer("grade", "--pack", "nano", path)
    assert [row["id"] for row in rows] == [item.id for item in pack.items[:8]]
    assert outcomes(rows)[:6] == ["correct"] * 6
    assert "correct" not in outcomes(rows)[6:]
    report = answer("grade", "--pack", "nano", "--report", path)
    assert report["score_strict"] == 6 / 8
    assert (report["interval"]["method"], report["n_done"]) == ("Wilson", 8)
    assert report["n_not_answered"] == len(left_out)
    assert set(report["not_answered"]) == {item.id for item in left_out}
    assert report["unknown_ids"] == ["of no pack"]
    assert set(report["by_category"]) == {item.category for item in pack.items[:8]}
    assert report["score_strict_not_answered_wrong"] == pytest.approx(6 / len(pack.items))
    text = program("grade", "--pack", "nano", path).stdout
    assert "strict       75.0 %" in text
    assert f"not answered {len(left_out):,} items" in text
    assert "of no pack" in text
    assert "thinking     in 6 of 8 answers, not graded" in text


@pytest.mark.long
def test_an_id_that_comes_again_is_another_attempt(answer: Answer, file: Callable[..., str], pack: Pack) -> None:
    item = pack.items[0]
    lines = [{"id": item.id, "answer": said} for said in (key_of(pack, item), "Answer: no", "Answer: no", "Answer: no")]
    path = file(lines)
    assert [row["epoch"] for row in answer("grade", "--pack", "nano", path)] == [1, 2, 3, 4]
    report = answer("grade", "--pack", "nano", "--report", path)
    assert (report["score_strict"], report["n_done"]) == (0.25, 4)
    assert report["interval"]["method"] == "Wilson, clustered by item"


@pytest.mark.long
def test_all_items_answered_leave_these_items_no_width(answer: Answer, file: Callable[..., str], pack: Pack) -> None:
    path = file([{"id": item.id, "answer": key_of(pack, item)} for item in pack.items])
    report = answer("grade", "--pack", "nano", "--report", "--these-items", path)
    assert report["interval"]["low"] == report["interval"]["high"] == report["score_strict"] == 1


def test_answers_to_another_pack_are_refused(program: Program, file: Callable[..., str]) -> None:
    done = program("grade", "--pack", "nano", file([{"id": "elsewhere-1", "answer": "4"}]))
    assert (done.returncode, done.stdout) == (1, "")
    assert "none of its 1 ids is an item's of nano" in done.stderr


def grading(home: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "aa_tui", "grade", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "AA_TUI_HOME": str(home)},
    )


def test_standard_input_is_read(home: Path) -> None:
    told, said = grading(home, "--grader", "exact", "-", "--json").communicate(
        json.dumps({"key": "café", "answer": "Answer: café"}) + "\n", timeout=60
    )
    assert json.loads(told)[0]["outcome"] == "correct", said


@pytest.mark.long
def test_ctrl_c_ends_a_grader_that_hangs(home: Path, file: Callable[..., str]) -> None:
    process = grading(home, "--grader", "regex", file([{"key": "(a+)+$", "answer": "a" * 60 + "!"}] * 3))
    program = psutil.Process(process.pid)
    while not (workers := [one for one in program.children() if one.cpu_times().user > 0.3]):
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    told, said = process.communicate(timeout=15)
    assert (process.returncode, told, said) == (130, "", "")
    _, left = psutil.wait_procs(workers, timeout=10)
    assert not left
