"""The grader "math": answers as MATH-500 and models write them, what is decided about them, and what is not."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.packs import graded, pack_with

from aa_tui.evals.graders.equality import same
from aa_tui.evals.graders.expressions import UnreadableError, read
from aa_tui.evals.graders.math_phrase import stated
from aa_tui.evals.graders.sameness import Sameness
from aa_tui.evals.graders.values import Reading, value_of
from aa_tui.evals.grading import Grading
from aa_tui.evals.items import Item, Verdict


def verdict(key: Any, answer: str, *patterns: str) -> Verdict:
    return graded("math", key, answer, *patterns)


SAME = [
    ("\\frac{3}{4}", "0{,}75"),
    ("2\\sqrt{3}", "2*math.sqrt(3)"),
    ("\\pi", "Pi"),
    ("2, 3", "2 oder 3"),
    ("2, 3", "x=2或x=3"),
    ("2, 3", "2 et 3"),
    ("(-\\infty,2)", "]-\\infty;2["),
    ("1,000,000", "1\\,000{,}000"),
    ("-\\frac{1}{2}", "- \\frac{1}{2}"),
    ("3:2", "3∶2"),
    ("2", "2"),
    ("2", "2.0"),
    ("2", "$2$."),
    ("2", "x = 2"),
    ("2", "x=1+1=2"),
    ("\\frac{1}{2}", "0.5"),
    ("\\frac{1}{2}", "1/2"),
    ("\\frac12", "\\dfrac{1}{2}"),
    ("\\frac{14}{3}", "\\frac{28}{6}"),
    ("-\\frac{1}{2}", "\\frac{-1}{2}"),
    ("-\\frac{1}{2}", "\u22120.5"),
    ("1\\frac{1}{2}", "\\frac{3}{2}"),
    ("1\\frac{1}{2}", "1 1/2"),
    ("10,080", "10{,}080"),
    ("10,\\!080", "10080"),
    ("90^\\circ", "90"),
    ("90", "90°"),
    ("50\\%", "50"),
    ("\\$18.90", "18.9"),
    ("5 \\text{ cm}", "5"),
    ("5", "5 \\text{ cm}^2"),
    ("5", "5\\,\\mathrm{cm}"),
    ("18", "18 square miles"),
    ("\\sqrt{3}", "3^{1/2}"),
    ("\\frac{\\sqrt{3}}{2}", "\\frac{3}{2\\sqrt3}"),
    ("2\\sqrt{5}", "\\sqrt{20}"),
    ("3\\sqrt{13}", "3 √13"),
    ("\\sqrt[3]{-8}", "-2"),
    ("\\frac{\\pi}{3}", "\\pi/3"),
    ("2\\pi", "2π"),
    ("6 - 5i", "-5i + 6"),
    ("e^{2}", "e^2"),
    ("x^2+2x+1", "(x+1)^2"),
    ("p - q", "-q+p"),
    ("\\frac{x+2}{7}", "(x + 2)/7"),
    ("11\\sqrt2", "11 \\cdot \\sqrt{2}"),
    ("x^3 + 3x - 6", "3x + x³ − 6"),
    ("\\sin^2 x", "(\\sin x)^2"),
    ("\\cos 2x", "1 - 2\\sin^2 x"),
    ("\\log_2 8", "3"),
    ("3!", "6"),
    ("\\binom{5}{2}", "10"),
    ("|{-3}|", "3"),
    ("(3, \\frac{\\pi}{2})", "\\left( 3, \\frac{\\pi}{2} \\right)"),
    ("(3,4)", "(3, 4)"),
    ("(3,4)", "3, 4"),
    ("(-\\infty, 2) \\cup (5,\\infty)", "(5, ∞) ∪ (−∞, 2)"),
    ("[-2,7]", "\\left[-2,7\\right]"),
    ("\\{1,2,3\\}", "\\{3, 2, 1\\}"),
    ("1,-2", "-2 and 1"),
    ("1,-2", "-2 \\text{ or } 1"),
    ("1 \\pm \\sqrt{19}", "1-\\sqrt{19}, 1+\\sqrt{19}"),
    ("\\text{Evelyn}", "Evelyn"),
    ("\\text{even}", "\\textbf{Even}."),
    ("\\text{(C)}", "(C)"),
    ("\\text{(C)}", "C"),
    ("52_8", "52"),
    ("52_8", "52_{8}"),
    ("y = 2x + 3", "2x - y + 3 = 0"),
    ("y = 2x + 3", "y=3+2x"),
    ("x \\le 5", "x ≤ 5"),
    ("\\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix}", "\\begin{pmatrix}1&2\\\\3&\\frac{8}{2}\\end{pmatrix}"),
    ("f(x)=x+1", "1+x"),
    ("a_1", "a_{1}"),
    ("\\frac{3}{56}", "\\boxed{\\frac{3}{56}}"),
    ("-2,1", "x=-2, x=1"),
    ("8\\pi \\text{ square inches}", "8\\pi"),
    ("5.4 \\text{ cents}", "5.4"),
    ("\\text{6:15 PM}", "6:15 PM"),
    ("32,\\!348", "$32348"),
    ("2^{2005}", "2^{2005}"),
    ("2k+2", "2(k+1)"),
    ("\\cot x", "\\frac{\\cos x}{\\sin x}"),
    ("[0,\\infty)", "[0, +\\infty)"),
]

DIFFERENT = [
    ("2", "3"),
    ("\\frac{1}{3}", "0.333"),
    ("\\sqrt{2}", "1.414"),
    ("2\\sqrt{5}", "2\\sqrt{6}"),
    ("x^2+2x+1", "(x+2)^2"),
    ("x", "y"),
    ("2", "x"),
    ("(3,4)", "(4,3)"),
    ("(3,4)", "[3,4]"),
    ("(3,4)", "(3,4,5)"),
    ("(3,4)", "7"),
    ("\\{1,2\\}", "\\{1,3\\}"),
    ("1,-2", "1"),
    ("(-\\infty, 2)", "(\\infty, 2)"),
    ("\\text{Evelyn}", "Carla"),
    ("\\text{Evelyn}", "7"),
    ("6 - 5i", "6 + 5i"),
    ("52_8", "53"),
    ("y = 2x + 3", "y = 2x - 3"),
    ("\\begin{pmatrix} 1 \\\\ 2 \\end{pmatrix}", "\\begin{pmatrix} 2 \\\\ 1 \\end{pmatrix}"),
    ("5", "9^{9^{9^{9}}}"),
    ("5", "5^{5^{5^{5^5}}}"),
    ("12xy", "12"),
    ("2", "x=1, y=2"),
    ("144", "144 \\pi"),
    ("12", "12!"),
    ("5", ""),
    ("\\tan 20^\\circ", "0.36397"),
    ("5", "\\int_0^1 x dx, 3"),
]

NOT_READ = [
    ("5", "\\int_0^1 x dx"),
    ("5", "\\mystery{5}"),
    ("2^{100000}", "2^{100001}"),
    ("5", "(" * 500 + "5" + ")" * 500),
    ("5", "+".join(["x"] * 5_000)),
    ("x^2 < 4", "(-2, 2)"),
]

MEANT_IN_TWO_WAYS = [
    ("0.5", "0.5\\%"),
    ("\\log 2", "\\ln 2"),
    ("52", "52_8"),
    ("4", "x^2 = 4"),
    ("\\frac{1}{2x}", "1/2x"),
    ("6:15 PM", "6:15"),
    ("5 \\text{ apples}", "5 \\text{ oranges}"),
    ("x", "(\\sqrt{x})^2"),
]


@pytest.mark.parametrize(("key", "said"), SAME)
def test_the_same_in_another_spelling(key: str, said: str) -> None:
    assert same(key, said) == "same"
    assert same(said, key) == "same" or "_" in key


@pytest.mark.parametrize(("key", "said"), DIFFERENT)
def test_another_answer(key: str, said: str) -> None:
    assert same(key, said) == "different"


@pytest.mark.parametrize(("key", "said"), NOT_READ)
def test_what_cannot_be_read_is_called_neither(key: str, said: str) -> None:
    assert same(key, said) == "unread"


@pytest.mark.parametrize(("key", "said"), MEANT_IN_TWO_WAYS)
def test_what_may_be_meant_in_two_ways_is_called_neither(key: str, said: str) -> None:
    assert same(key, said) == "unclear"
    assert verdict(key, f"\\boxed{{{said}}}").outcome == "undecided"


@given(st.fractions(max_denominator=10**4), st.fractions(max_denominator=10**4))
def test_fractions_are_equal_when_they_are(one: Any, other: Any) -> None:
    spelled = f"\\frac{{{one.numerator}}}{{{one.denominator}}}"
    assert same(spelled, str(other)) == ("same" if one == other else "different")


@given(st.text(alphabet="0123456789+-*/^(){}[]\\frac sqrt,.=xyi|!_", max_size=60))
def test_no_text_breaks_the_comparison(text: str) -> None:
    assert same("2", text) in get_args(Sameness)
    assert same(text or "1", text or "1") == "same"


def test_nothing_is_evaluated_but_the_grammar() -> None:
    for text in ("__import__('os').system('true')", "exec(1)", "lambda: 1", "().__class__", "1 if 1 else 2", "{}"):
        try:
            value_of(read(text), {}, Reading(50))
        except (UnreadableError, KeyError):
            continue
        pytest.fail(f"{text!r} was read")


ANSWERS = [
    ("5:3", "5 to 3", "correct"),
    ("3:2", "The ratio is 3 to 2.", "correct"),
    ("42", "\\boxed{|S| = 42}", "correct"),
    ("\\frac{1}{2}", "よって $\\frac{1}{2}$ である。", "correct"),
    ("\\frac{1}{2}", "Итак, $x = \\frac{1}{2}$.", "correct"),
    ("\\frac{1}{2}", "所以 $x = \\frac{1}{2}$。", "correct"),
    ("18", "So we get $\\boxed{18}$.", "correct"),
    ("18", "First \\boxed{17}, no: \\boxed{18}", "correct"),
    ("\\frac{3}{4}", "**Answer:** $\\frac{3}{4}$", "correct"),
    ("\\frac{3}{4}", "The answer is $\\dfrac{3}{4}$ of the total.", "correct"),
    ("\\frac{3}{4}", "Hence the probability is\n\\[\\frac{3}{4}\\]", "correct"),
    ("\\frac{3}{4}", "Hence $p = 0.75$ and we are done.", "correct"),
    ("p - q", "Answer: $p-q$", "correct"),
    ("(3,4)", "#### (3, 4)", "correct"),
    ("12", "There are 12 ways.", "correct"),
    ("12", "There are 13 ways.", "wrong"),
    ("12", "\\boxed{}", "no_answer"),
    ("12", "I do not know.", "no_answer"),
    ("12", "", "no_answer"),
]


@pytest.mark.parametrize(("key", "answer", "outcome"), ANSWERS)
def test_answers_as_models_write_them(key: str, answer: str, outcome: str) -> None:
    assert verdict(key, answer).outcome == outcome


def test_any_of_several_keys_will_do_and_an_empty_one_is_the_packs_error() -> None:
    assert verdict(["2", "3"], "\\boxed{3}").outcome == "correct"
    assert verdict("", "\\boxed{3}").outcome == "error"


@pytest.mark.long
def test_math_verify_decides_the_rest_in_a_process_of_its_own() -> None:
    with Grading() as grading:
        for answer, outcome in [("\\boxed{\\int_0^5 1 dx}", "correct"), ("\\boxed{\\int_0^4 1 dx}", "wrong")]:
            got = grading.grade(pack_with("math"), Item("i1", "any", "What?", "5"), answer)
            assert got.outcome == outcome
            assert "Math-Verify" in got.detail


CASES = [json.loads(line) for line in (Path(__file__).parents[1] / "math_cases.jsonl").read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def outcomes() -> list[tuple[dict[str, str], str]]:
    return [(case, verdict(case["key"], case["answer"]).outcome) for case in CASES]


@pytest.mark.long
def test_no_wrong_answer_of_any_kind_is_accepted(outcomes: list[tuple[dict[str, str], str]]) -> None:
    assert len(outcomes) > 700
    assert [case for case, outcome in outcomes if outcome == "correct" and case["right"] == "wrong"] == []


@pytest.mark.long
def test_what_an_answer_causes_is_never_an_error(outcomes: list[tuple[dict[str, str], str]]) -> None:
    assert {outcome for _, outcome in outcomes} <= {"correct", "wrong", "no_single_answer", "no_answer", "undecided"}


def test_hardly_a_right_answer_is_refused_or_left_undecided(outcomes: list[tuple[dict[str, str], str]]) -> None:
    undecided = [case for case, outcome in outcomes if outcome == "undecided"]
    refused = [case for case, found in outcomes if case["right"] == "correct" and found not in ("correct", "undecided")]
    assert len(refused) <= 0.01 * len(outcomes), refused
    assert len(undecided) <= 0.03 * len(outcomes), undecided


@pytest.mark.parametrize(
    ("key", "answer", "outcome"),
    [
        ("5", "\\boxed{???}", "wrong"),
        ("5", "\\boxed{\\text{I cannot tell}}", "wrong"),
        ("5", "\\boxed{" + "(" * 60 + "5" + ")" * 60 + "}", "wrong"),
        ("5", "\\boxed{9^{9^{9^{9}}}}", "wrong"),
        ("18", "Answer: 18 or 20", "no_single_answer"),
        ("18, 20", "Answer: 18 or 20", "correct"),
        ("18", "Answer: 18 or 36/2", "correct"),
        ("18", "Answer: not 18", "no_single_answer"),
        ("18", "\\boxed{18} or \\boxed{20}", "no_single_answer"),
        ("18", "Sorry, I would need 18 more facts.", "no_answer"),
        ("18", "\\boxed{18 \\mystery}", "undecided"),
        ("18", "Answer: 18!", "undecided"),
        ("\\ln 3", "\\boxed{\\log 3}", "correct"),
        ("\\log 3", "\\boxed{\\ln 3}", "undecided"),
    ],
)
def test_what_is_wrong_what_is_no_single_answer_and_what_is_undecided(key: str, answer: str, outcome: str) -> None:
    assert verdict(key, answer).outcome == outcome


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("The value of $x$ is 12", "12"),
        ("The largest $n$ is 34.", "34"),
        ("7, since $f(7)=0$", "7"),
        ("So there are 5 ways to seat 3 guests.", "5 ways"),
        ("\\begin{align*} x &= 3^2 \\\\ &= 9 \\end{align*}", "9"),
        ("Hence $p = 0.75$ and we are done.", "p = 0.75"),
        ("$n = 8$ is the smallest such number", "n = 8"),
    ],
)
def test_what_a_phrase_states(phrase: str, text: str) -> None:
    said = stated(phrase)
    assert said is not None
    assert said.text == text


SIMPLE = st.recursive(
    st.integers(0, 9).map(str) | st.sampled_from(["x", "y", "\\pi"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-"), inner).map(lambda parts: f"({''.join(parts)})"),
        st.tuples(inner, inner).map(lambda pair: f"\\frac{{{pair[0]}}}{{{pair[1]}}}"),
        inner.map(lambda one: f"\\sqrt{{{one}}}"),
        inner.map(lambda one: f"|{one}|"),
        st.tuples(inner, st.integers(2, 3)).map(lambda pair: f"{{{pair[0]}}}^{{{pair[1]}}}"),
    ),
    max_leaves=5,
)


@settings(deadline=None)
@given(SIMPLE)
def test_an_expression_is_not_one_more_than_itself_nor_its_negative(text: str) -> None:
    assert same(text, f"({text})+1") in ("different", "unread", "unclear")
    assert same(f"({text})^2+1", f"-({text})^2-1") in ("different", "unread", "unclear")
    assert same(text, f"0+({text})") in ("same", "unread", "unclear")


@settings(deadline=None)
@given(SIMPLE, SIMPLE)
def test_sameness_goes_both_ways(one: str, other: str) -> None:
    there, back = same(one, other), same(other, one)
    assert (there == "same") == (back == "same")


def test_towers_and_megabytes_end_soon() -> None:
    started = time.process_time()
    for text in (
        "\\boxed{9^{9^{9^{9}}}}",
        "\\boxed{" + "{" * 100_000 + "1" + "}" * 100_000 + "}",
        "\\boxed{" + "\\frac{1}{" * 20_000,
        "$" * 1_000_000,
        "\\boxed{" + "1+" * 400_000 + "1}",
        "\\boxed{" + "(" * 900 + ")" * 900 + "}",
        "\\boxed{((((1000!)!)!)!)}",
        "\\boxed{" + "2^" * 200 + "2}",
        "= " * 300_000,
        "\\boxed{0.0000001^{100000}}",
    ):
        assert verdict("5", text).outcome in ("wrong", "undecided", "no_answer")
    assert time.process_time() - started < 20.0
