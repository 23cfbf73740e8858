"""Where a text concludes the answer: against samples labelled by hand, in kinds, languages and traps."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aa_tui.analysis.lost import Fate, Lost, Text, Trace, fate
from aa_tui.evals.cases import Answer, cases
from aa_tui.evals.grading import judge
from aa_tui.evals.items import Extraction, Item, Pack, Verdict
from aa_tui.evals.reached import can_be_read, goes_in_circles, statements

LABELLED = [json.loads(line) for line in Path(__file__).with_name("lost_cases.jsonl").read_text("utf-8").splitlines()]
LEAST_AGREEMENT = 0.95


def case_of(label: dict[str, Any]) -> Answer:
    fields = {"id": label["id"], "grader": label["grader"], "key": label["key"], "answer": label["answer"]}
    fields |= {name: label[name] for name in ("prompt", "options") if label.get(name)}
    if label["grader"] == "instructions":
        fields |= {"key": "punctuation:no_comma", "kwargs": [{}]}
    return cases(None, [json.dumps(fields).encode()], "labelled")[0]


def thinking_of(label: dict[str, Any]) -> str:
    phrase, times = label.get("loop", ("", 0))
    return str(label["thinking"]) + str(phrase) * int(times)


def fate_of(label: dict[str, Any]) -> Fate:
    """What is said of a labelled sample; its tokens are a quarter of its characters unless it has a number of them."""
    case, thinking, answer = case_of(label), thinking_of(label), label["answer"]
    n_thinking = label.get("n_thinking") or (len(thinking) + 3) // 4
    is_stored = bool(thinking) or not label.get("dropped")

    def text(words: str, n_tokens: int, n_before: int = 0) -> Text | None:
        if not words or not is_stored or not can_be_read(case.pack, case.item):
            return None
        return Text(len(words), n_tokens, statements(case.pack, case.item, words), n_before)

    forks = tuple((budget, outcome == "correct") for budget, outcome in label.get("forks", ()))
    return fate(
        Trace(
            label["outcome"],
            n_thinking,
            text(thinking, n_thinking),
            text(answer, len(answer) // 4, n_thinking),
            forks,
            goes_in_circles(answer or thinking),
        )
    )


def agrees(label: dict[str, Any]) -> bool:
    """Whether class and, of a right sample, place are those of the label."""
    one = fate_of(label)
    if label["class"] != "right":
        return one.lost == (Lost.UNTOLD if label["class"] == "unknown" else label["class"])
    words, _, which = label["good"].partition("\0")
    find = label["thinking"].rfind if which == "last" else label["thinking"].find
    return one.is_right and one.start == (find(words) if words else None)


def test_of_the_labelled_samples_nearly_all_are_told_as_a_person_tells_them() -> None:
    wrong = [label["id"] for label in LABELLED if not agrees(label)]
    assert len(LABELLED) >= 60
    assert 1 - len(wrong) / len(LABELLED) >= LEAST_AGREEMENT, wrong
    assert wrong == ["thousands", "units"]  # both can be read either way


def test_the_share_that_had_it_is_never_told_too_large() -> None:
    had_it = {Lost.LEFT, Lost.RAN_ON}
    labelled = {label["id"] for label in LABELLED if label["class"] in had_it}
    assert {label["id"] for label in LABELLED if fate_of(label).lost in had_it} <= labelled


def told(grader: str, key: object, text: str, **more: Any) -> list[tuple[str, bool]]:
    case = case_of({"id": "x", "grader": grader, "key": key, "answer": "", **more})
    return [(text[one.start : one.end], one.right) for one in statements(case.pack, case.item, text)]


def test_a_list_of_options_chooses_none() -> None:
    options = ["1541", "1456", "1526", "1566"]
    text = "The options:\nA. 1541\nB. 1456\nC. 1526\nD. 1566\nI think of the river.\n"
    assert told("choice", "C", text, options=options) == []
    assert told("choice", "C", f"{text}So the answer is C.", options=options) == [("So the answer is C.", True)]


def test_what_is_taken_back_at_once_is_no_answer_for_good() -> None:
    found = told("numeric", 42, "So the answer is 42. Wait, that is wrong, I forgot the first row. Let me see.")
    assert [right for _, right in found] == [True, False]


def test_statements_stand_in_the_order_of_the_text_whatever_is_around_them() -> None:
    text = "\x1b[31mHm.\x1b[0m So the answer is 7. Then \u202eagain: the answer is 42.\n\nAnswer: 42"
    assert [right for _, right in told("numeric", 42, text)] == [False, True, True]


@pytest.mark.parametrize("answer", ["[" * 20_000, "so the answer is " * 5_000, "= " * 40_000, "\\boxed{" * 8_000])
def test_a_text_of_nothing_but_marks_is_read_in_a_moment(answer: str) -> None:
    assert not any(right for _, right in told("numeric", 42, answer))


def test_a_pattern_of_a_pack_that_never_comes_to_an_end_does_no_harm() -> None:
    case = case_of({"id": "x", "grader": "numeric", "key": 42, "answer": ""})
    pack = replace(case.pack, extraction=Extraction(("(a+)+$",)))
    text = f"So {'a' * 60}! So the answer is 42."
    assert [one.right for one in statements(pack, case.item, text)] == [True]


def test_mathematics_is_judged_apart_where_another_form_may_be_the_same() -> None:
    case = case_of({"id": "x", "grader": "math", "key": "x^2+2x+1", "answer": ""})
    asked: list[str] = []

    def apart(pack: Pack, item: Item, answer: str) -> Verdict:
        asked.append(answer)
        return judge(pack, item, answer)

    text = "We get \\boxed{x^2+2x+1}. In other words \\boxed{(x+1)^2}."
    assert [one.right for one in statements(case.pack, case.item, text, apart=apart)] == [True, True]
    assert asked == ["In other words \\boxed{(x+1)^2}."]


def test_an_end_that_repeats_itself_goes_in_circles_and_a_list_does_not() -> None:
    assert goes_in_circles("First. " + "On each of 4 days, 23 seedlings are sold. " * 20)
    assert not goes_in_circles(" ".join(f"Row {number} has {number * number} seeds." for number in range(200)))
    assert not goes_in_circles("Wait. Wait. Wait.")
