"""Graders against answers as models write them: tables of answer and outcome."""

from __future__ import annotations

import json
from fractions import Fraction
from importlib.util import find_spec

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.datasets import DATASETS, needs_datasets
from tests.support.packs import graded, pack_with

from aa_tui.evals.graders.choice import letter_of
from aa_tui.evals.graders.exact import literal
from aa_tui.evals.graders.number_phrase import numbers_stated
from aa_tui.evals.graders.numbers import numbers_in
from aa_tui.evals.grading import GRADER_NAMES, grader, judge
from aa_tui.evals.items import Item, Outcome, PackError, Verdict

NUMERIC = [
    ("18", "Answer: 18", "correct"),
    ("18", "She makes $18 every day.", "correct"),
    ("18", "**Answer: 18**", "correct"),
    ("18", "**Answer:** $18", "correct"),
    ("18", "Answer: \\boxed{18}", "correct"),
    ("18", "**Final Answer:**\n\n$$\\boxed{18}$$", "correct"),
    ("18", "The answer is \\(\\boxed{\\text{18 dollars}}\\).", "correct"),
    ("18", "Answer: 17\nNo, I forgot one.\nAnswer: 18", "correct"),
    ("18", "Answer: 18\nNo, I forgot one.\nAnswer: 17", "wrong"),
    ("1234.5", "The answer is 1,234.50 dollars.", "correct"),
    ("1234.5", "Answer: 1.234,50 €", "correct"),
    ("1234567", "Answer: 1\u202f234\u202f567", "correct"),
    ("1234567", "Answer: 1{,}234{,}567", "correct"),
    ("1234567", "Answer: 1_234_567", "correct"),
    ("3.5", "Antwort: 3,5", "correct"),
    ("-5", "Answer: \u22125", "correct"),
    ("-5", "Answer: -$5", "correct"),
    ("-5", "Answer: 5", "wrong"),
    ("5", "Answer: -5", "wrong"),
    ("0.5", "Answer: 1/2", "correct"),
    ("1/2", "Answer: 0.5", "correct"),
    ("1/3", "Answer: 0.333", "wrong"),
    ("3/4", "Answer: \\frac{3}{4}", "correct"),
    ("3/4", "Answer: $\\dfrac34$", "correct"),
    ("1.5", "Answer: 1 1/2", "correct"),
    ("1.5", "Answer: 1½ cups", "correct"),
    ("1500", "Answer: 1.5e3", "correct"),
    ("1500", "Answer: $1.5 \\times 10^{3}$", "correct"),
    ("1500", "Answer: 1.5 × 10³", "correct"),
    ("1024", "Answer: 2^{10}", "correct"),
    ("10", "Answer: 10^100000", "wrong"),
    ("2", "Answer: 2\\sqrt{3}", "wrong"),
    ("25", "Answer: 25%", "correct"),
    ("0.25", "Answer: 25\\%", "correct"),
    ("25%", "Answer: 0.25", "correct"),
    ("42", "الجواب: ٤٢", "correct"),
    ("42", "Answer: ４２", "correct"),
    ("42", "答案：42", "correct"),
    ("42", "答案是42个苹果。", "correct"),
    ("42", "\u202eAnswer: 42\u202c", "correct"),
    ("18", "16 - 3 - 4 = 9\n9 * 2 = 18\n#### 18", "correct"),
    ("18", "Answer: 9 * 2 = 18 dollars", "correct"),
    ("18", "x = 18", "correct"),
    ("7", "Let me think about 3 and 4.\n\nAnswer: 7 apples, since 3 + 4 makes 7", "correct"),
    ("70000", "His profit was 200,000 - 130,000 = $<<200000-130000=70000>>70,000", "correct"),
    ("18", "I cannot tell.", "no_answer"),
    ("18", "", "no_answer"),
    ("18", " \n\t", "no_answer"),
    ("18", "Answer: NaN", "wrong"),
    ("18", "Answer: infinity", "wrong"),
    ("18", "H2O and item18", "no_answer"),
    ("18", "Answer: 1/0", "wrong"),
    ("18", "1" * 1_000_000, "no_answer"),
    ("18", "Answer: 1e999999999", "wrong"),
]


@pytest.mark.parametrize(("key", "answer", "outcome"), NUMERIC)
def test_numbers(key: str, answer: str, outcome: str) -> None:
    assert graded("numeric", key, answer).outcome == outcome


def test_a_number_behind_the_packs_pattern() -> None:
    pattern = "(?m)^Answer:[ \\t]*(\\S.*?)[ \\t]*$"
    assert graded("numeric", "46", "Answer: 46", pattern) == Verdict(Outcome.CORRECT, "46", "numeric/2")
    assert graded("numeric", 46, "12 and 13\nAnswer: 46.", pattern).outcome == "correct"
    assert graded("numeric", "46", "Answer: I do not know", pattern).outcome == "no_answer"
    assert graded("numeric", "46", "It is 46", pattern).outcome == "correct"  # by the fallbacks


def test_a_tolerance_only_where_the_item_states_one() -> None:
    assert graded("numeric", "3.14", "Answer: 3.15").outcome == "wrong"
    assert graded("numeric", "3.14", "Answer: 3.15", tolerance=0.01).outcome == "correct"
    assert graded("numeric", "3.14", "Answer: 3.16", tolerance=0.01).outcome == "wrong"
    assert graded("numeric", "200", "Answer: 202", tolerance="1%").outcome == "correct"
    assert graded("numeric", "200", "Answer: 203", tolerance="1%").outcome == "wrong"


def test_a_key_that_is_no_number_is_the_packs_error() -> None:
    assert graded("numeric", "many", "Answer: 3") == Verdict(
        Outcome.ERROR, None, "numeric", "Item i1: its answer 'many' is not a number."
    )
    assert graded("numeric", True, "Answer: 1").outcome == "error"


@given(st.fractions(max_denominator=10**6))
def test_every_fraction_is_read_back_exactly(value: Fraction) -> None:
    (number,) = numbers_stated(f"Answer = {value}")
    assert number.value == value


@given(st.integers(-(10**12), 10**12))
def test_thousands_separators_change_nothing(value: int) -> None:
    for text in (f"{value:,}", f"{value:_}", f"{value:,}".replace(",", "\u202f")):
        (number,) = numbers_stated(text)
        assert number.value == value


@given(st.text(max_size=200))
def test_no_text_breaks_the_numbers(text: str) -> None:
    for number in numbers_in(text):
        assert isinstance(number.value, Fraction)


CHOICE = [
    ("B", "Answer: B", "correct"),
    ("B", "**Answer: B**", "correct"),
    ("B", "**Answer:** **B**", "correct"),
    ("B", "Answer: (B)", "correct"),
    ("B", "Answer: [B]", "correct"),
    ("B", "Answer: `B`", "correct"),
    ("B", "Answer: b", "correct"),
    ("B", "Answer: B.", "correct"),
    ("B", "Answer: B) Paris", "correct"),
    ("B", "Answer: B. Paris is a city, as A is not", "correct"),
    ("B", "Answer: Option B", "correct"),
    ("B", "Answer: $\\boxed{\\text{B}}$", "correct"),
    ("B", "Answer: \\boxed{\\text{B}}", "correct"),
    ("B", "Answer: \\boxed{\\textbf{(B) } 42}", "correct"),
    ("B", "So we have \\boxed{B}", "correct"),
    ("B", "The answer is (B).", "correct"),
    ("B", "the correct option is **B**, since ...", "correct"),
    ("B", "The correct answer is B", "correct"),
    ("B", "答案：B", "correct"),
    ("B", "答案是B。", "correct"),
    ("B", "正确选项是 B", "correct"),
    ("B", "It could be A.\n\nB", "correct"),
    ("B", "It could be A.\n\n**(B)**", "correct"),
    ("B", "Answer: A\nHmm, wait.\nAnswer: B", "correct"),
    ("B", "Answer: B\nHmm, wait.\nAnswer: A", "wrong"),
    ("(B)", "Answer: B", "correct"),
    ("B", "Answer: (D)", "wrong"),
    ("B", "Let us see.\n\n(B) 12/25/1937", "correct"),
    ("B", "Let us see.\n\n**B. Paris**", "correct"),
    ("B", "Options:\n(A) 1\n(B) 2", "no_answer"),
    ("B", "Therefore, B is correct, for 2 is even.", "correct"),
    ("B", "**B** is the right one? No: (C) is the best.\nSo (B) is the correct one here.", "correct"),
    ("B", "Hence I would choose B.", "correct"),
    ("B", "I would go with (B), since it fits.", "correct"),
    ("B", "**Answer: (B) 42 apples**", "correct"),
    ("B", "Therefore, the answer is $\\boxed{\\text{(B)}}$.", "correct"),
    ("B", "The correct answer is option B: Paris.", "correct"),
    ("B", "### Final Answer\n\nB", "correct"),
    ("B", "Final answer: **B**\n\nLet me know if you want more.", "correct"),
    ("A", "Vitamin A is the best of them.", "no_answer"),
    ("A", "I choose A cat.", "no_answer"),
    ("A", "A cat sat on the mat.", "no_answer"),
    ("A", "I think that a dog is best.", "no_answer"),
    ("A", "Answer: A cat", "wrong"),
    ("A", "Answer: A and B", "no_single_answer"),
    ("A", "Answer: A, B", "no_single_answer"),
    ("A", "Answer: A or B", "no_single_answer"),
    ("A", "Answer: none of these", "wrong"),
    ("A", "The answer is a matter of taste.", "no_answer"),
    ("A", "", "no_answer"),
]


@pytest.mark.parametrize(("key", "answer", "outcome"), CHOICE)
def test_letters(key: str, answer: str, outcome: str) -> None:
    assert graded("choice", key, answer).outcome == outcome


def test_options_are_graded_in_the_order_shown_and_by_their_text_too() -> None:
    prompts = pytest.importorskip("aa_tui.evals.prompts")
    choices = ("a cat", "Paris", "42", "It is so.")
    item = Item("i1", "any", "What?", 1, choices=choices)
    shown, letter = prompts.shuffled(pack_with("choice"), item)
    assert shown[ord(letter) - ord("A")] == "Paris"
    for answer, outcome in [
        (f"Answer: {letter}", "correct"),
        (f"**Answer: {letter}. Paris**", "correct"),
        (f"Answer: {letter} Paris", "correct"),
        ("Answer: Paris", "correct"),
        ("Answer: *paris*.", "correct"),
        ("Answer: A cat", "wrong"),
        ("Answer: 42", "wrong"),
        ("Answer: Z", "wrong"),
        ("Answer: \\boxed{Paris}", "correct"),
        ("I would say:\nParis", "correct"),
        ("I would say Paris or London", "no_answer"),
    ]:
        assert judge(pack_with("choice"), item, answer).outcome == outcome, answer
    cat = chr(ord("A") + list(shown).index("a cat"))
    assert judge(pack_with("choice"), item, "Answer: A cat").extracted == cat


def test_a_choice_key_without_choices_must_be_a_letter() -> None:
    assert graded("choice", "Paris", "Answer: B").outcome == "error"


@pytest.mark.parametrize("letter", "ABCDEFGHIJ")
def test_every_letter_is_found_in_every_dress(letter: str) -> None:
    for dress in (
        "{}",
        "({})",
        "**{}**",
        "{}.",
        "{}) text",
        "{}: text",
        "\\boxed{{{}}}",
        "\\text{{{}}}",
        "${}$",
        '"{}"',
    ):
        assert letter_of(dress.format(letter)) == letter, dress


EXACT = [
    ("tac", "Answer: tac", "correct"),
    ("tac", 'Answer: "tac".', "correct"),
    ("tac", "**Answer:** `tac`", "correct"),
    ("tac", "Answer: \\boxed{\\text{tac}}", "correct"),
    ("tac", "Answer: TAC", "wrong"),
    ("tac", "tac", "correct"),
    ("tac", "The reversed word is\n\n**tac**", "correct"),
    ("tac", "Answer: cat\nAnswer: tac", "correct"),
    ("caf\u00e9", "Answer: cafe\u0301", "correct"),
    ("1 2 3", "Answer: 1  2\u00a03", "correct"),
    ("46", "Answer: 46", "correct"),
    ("tac", "", "no_answer"),
    (
        "tac",
        "I went through all of the letters from the end to the start, but " + "I am not sure of it. " * 3,
        "no_answer",
    ),
    ("tac", "\x1b[1mAnswer: tac\x1b[0m", "correct"),
]


@pytest.mark.parametrize(("key", "answer", "outcome"), EXACT)
def test_texts(key: str, answer: str, outcome: str) -> None:
    assert graded("exact", key, answer).outcome == outcome


def test_case_and_alternatives_as_the_item_says() -> None:
    assert graded("exact", "Yes", "Answer: yes").outcome == "wrong"
    assert graded("exact", "Yes", "Answer: yes", compare="ignore_case").outcome == "correct"
    assert graded("exact", ["colour", "color"], "Answer: color").outcome == "correct"
    assert graded("exact", 46, "Answer: 46").outcome == "correct"
    assert "compare is 'loosely'" in graded("exact", "x", "x", compare="loosely").detail


@pytest.mark.long
@pytest.mark.parametrize(
    ("key", "answer", "outcome"),
    [
        ("[1, 2]", "Answer: [1,2]", "correct"),
        ("{1: None, 2: None}", "Answer: `{2: None, 1: None}`", "correct"),
        ("'abc'", 'Answer: "abc"', "correct"),
        ("[1, 2]", "Answer:\n```python\n[1, 2]\n```", "correct"),
        ("''", "Answer: ''", "correct"),
        ("set()", "Answer: `set()`", "correct"),
        ("'abc'", "Answer: abc", "wrong"),
        ("'1'", "Answer: 1", "wrong"),
        ("(1,)", "Answer: (1,)", "correct"),
        ("(1,)", "Answer: [1]", "wrong"),
        ("True", "Answer: True", "correct"),
        ("'a'", "Answer: __import__('os').system('true')", "wrong"),
        ("'a'", "Answer: " + "[" * 90_000, "wrong"),
        ("'a'", "Answer: [" + "-" * 3_000 + "1]", "wrong"),
        ("'a'", "Answer: " + "+1" * 4_500, "wrong"),
        ("'a'", "Answer: " + "not " * 2_000 + "1", "wrong"),
        ("'a'", "Answer: 'a'" + "*99999999999", "wrong"),
    ],
)
def test_python_values(key: str, answer: str, outcome: str) -> None:
    assert graded("exact", key, answer, compare="python").outcome == outcome


def test_contains_all_or_any() -> None:
    assert graded("contains", ["red", "blue"], "Red, then blue.").outcome == "wrong"
    both = graded("contains", ["red", "blue"], "Red, then blue.", compare="ignore_case")
    assert (both.outcome, both.parts) == ("correct", (("red", True), ("blue", True)))
    assert graded("contains", ["red", "blue"], "blue", mode="any").outcome == "correct"
    assert graded("contains", "magic number 7", "the magic\nnumber 7").outcome == "correct"
    assert graded("contains", "7", "").outcome == "no_answer"
    assert graded("contains", [], "x").outcome == "error"


def test_regex_searches() -> None:
    assert graded("regex", r"\b4\d\b", "it is 42").extracted == "42"
    assert graded("regex", r"^\d+$", "it is 42").outcome == "wrong"
    assert "not a regular expression" in graded("regex", "(", "x").detail


def test_every_grader_has_a_name_and_a_version() -> None:
    for name in GRADER_NAMES:
        if name in ("code", "math", "instructions") and find_spec(f"aa_tui.evals.graders.{name}") is None:
            continue
        assert grader(name).name == name
        assert grader(name).version >= 1
    with pytest.raises(PackError, match="no grader 'magic'"):
        grader("magic")


@needs_datasets
def test_all_of_gsm8ks_own_solutions_are_correct() -> None:
    lines = (DATASETS / "gsm8k" / "test.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1_319
    for line in lines:
        solution = json.loads(line)["answer"]
        key = solution.rsplit("####", 1)[1].strip()
        assert graded("numeric", key, solution).outcome == "correct", solution
        assert graded("numeric", key, f"So the answer is ${key}.").outcome == "correct", key
        assert graded("numeric", key, f"Answer: {int(key.replace(',', '')) + 1:,}").outcome == "wrong", key


@needs_datasets
def test_all_of_cruxevals_outputs_are_values_equal_to_themselves() -> None:
    for line in (DATASETS / "cruxeval" / "cruxeval.jsonl").read_text(encoding="utf-8").splitlines():
        output = json.loads(line)["output"]
        answer = f"The function returns this.\n\n**Answer:** `{literal(output)!r}`"
        assert graded("exact", output, answer, compare="python").outcome == "correct", output


@needs_datasets
def test_bbhs_targets() -> None:
    for name, kind in [
        ("date_understanding", "choice"),
        ("logical_deduction_five_objects", "choice"),
        ("multistep_arithmetic_two", "numeric"),
    ]:
        for example in json.loads((DATASETS / "bbh" / f"{name}.json").read_text(encoding="utf-8"))["examples"]:
            target = example["target"]
            assert graded(kind, target, f"Let us see.\nSo the answer is {target}.").outcome == "correct"
            assert graded(kind, target, f"**Answer: {target}**").outcome == "correct"


@pytest.mark.long
def test_a_megabyte_gets_a_verdict_from_every_quick_grader() -> None:
    for text in ("Answer: " * 125_000, "9" * 1_000_000, "\\boxed{" * 140_000, "(A) " * 250_000, "-1/2," * 200_000):
        for name, key in [("numeric", "1"), ("choice", "A"), ("exact", "x"), ("contains", "y")]:
            assert graded(name, key, text).outcome in ("wrong", "no_answer", "correct")
            assert len(graded(name, key, text).extracted or "") <= 2_000
