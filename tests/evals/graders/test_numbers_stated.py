"""Which number an answer states, as models write it: units, asides, equalities, scales, currencies, hedges."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.packs import pack_with

from aa_tui.evals.graders.number_phrase import expression_value, numbers_stated
from aa_tui.evals.graders.number_words import spelled_number
from aa_tui.evals.grading import judge
from aa_tui.evals.items import Item

PACK = pack_with("numeric")

STATED = [
    ("72", "She sold 48 in April and 24 in May, for a total of 72.", "correct"),
    ("72", "She sold 24 in May, so altogether 72.", "correct"),
    ("72", "In April and May combined she sold 72 clips, 48 of them in April.", "correct"),
    ("5", "5 of them are red.", "correct"),
    ("72", "72\n\n*Note: 24 is half of 48.*", "correct"),
    ("72", "En total vendió 72 clips en 2 meses.", "correct"),
    ("8.5", "8 and 1/2", "correct"),
    ("0.125", "Answer: 0,125", "correct"),
    ("1234567", "Answer: 1’234’567", "correct"),
    ("12000000", "12 milionów", "correct"),
    ("3000000000", "3 mil millones", "correct"),
    ("30000000", "3千万", "correct"),
    ("2500000000", "25억", "correct"),
    ("3000", "3 тыс.", "correct"),
    ("3000", "3K", "correct"),
    ("0.25", "25 percent", "correct"),
    ("25", "25 Prozent", "correct"),
    ("0.000001", "one millionth", "correct"),
    ("2.5", "2 \\frac{1}{2}", "correct"),
    ("-15", "La respuesta es menos 15.", "correct"),
    ("-15", "负15", "correct"),
    ("-7", "- 7", "correct"),
    ("7", "She counts:\n- 3\n- 7", "correct"),
    ("42", "Answer: 42 m^2", "correct"),
    ("9.81", "Answer: 9.81 m/s^2", "correct"),
    ("3", "Answer: 3x^2", "wrong"),
    ("42", "She needs 42 apples to feed 7 people.", "correct"),
    ("42", "2 dozen = 24, plus 18 = 42. So she has 42 eggs (3.5 dozen).", "correct"),
    ("15", "Answer: 15. Each of the 3 friends gets 5.", "correct"),
    ("15", "Answer: 15; each of the 3 gets 5", "correct"),
    ("42", "The answer is 40... no, 42.", "correct"),
    ("18", "Answer: 18; or 19.", "several"),
    ("15", "Der Zug braucht 15 Stunden für 900 km.", "correct"),
    ("15", "Elle a besoin de 15 pommes pour 3 amis.", "correct"),
    ("15", "因此她一共需要15个苹果给3个朋友。", "correct"),
    ("1500", "Answer: €1.500", "correct"),
    ("1500", "Answer: 1.500", "undecided"),
    ("1.5", "Answer: 1,500", "undecided"),
    ("1501", "Answer: 1.500", "wrong"),
    ("240", "She earns 8 x 30 = $240, and pays $100 of it.\n\n**$240**", "correct"),
    ("15", "Answer: somewhere between 14 and 16", "several"),
    ("12.5", "12 dollars and 50 cents", "correct"),
    ("50", "12 dollars and 50 cents", "wrong"),
    ("2500000", "2,5 Millionen", "correct"),
    ("2500000", "$2.5M", "correct"),
    ("2500000", "2.5E+06", "correct"),
    ("3.5", "three and a half", "correct"),
    ("0.25", "one quarter", "correct"),
    ("-8", "Answer: - 8", "correct"),
    ("42", "Answer: 42 < x", "wrong"),
    ("36", "There are 36 students in total, 20 girls and 16 boys.", "correct"),
    ("36", "She has 36 marbles: 20 red and 16 blue.", "correct"),
    ("7", "Step by step.\n1. First, count 7 apples.\n2. Then", "wrong"),
    ("7", "The 7 apples are red, but the question does not say how many pears there are.", "wrong"),
    ("10010", "The decimal 18 is written in base 2 as 10010.", "correct"),
    ("10", "Answer: 10, as 3 + 7 is 10", "correct"),
    ("4", "1. (P or Q) and R\n2. not (P or R)\n3. R or Q\n4. not (R and P) or Q", "wrong"),
    ("4", "1. 7\n2. 9\n3. 4", "correct"),
    ("1/2", "The chance is 1 out of 2, which is 1/2.", "correct"),
    ("3", "a(n) = 2 * a(n-1) - a(n-2) + 3", "wrong"),
    ("5", "Answer: 5 or equivalently 10/2", "correct"),
    ("18", "Answer: 18 (check: 18 / 3 = 6)", "correct"),
    ("18", "**Answer: 18** (16 - 3 - 4 = 9, then 9 x 2)", "correct"),
    ("8", "Answer: 8 = 5 + 3", "correct"),
    ("45", "Answer: The 3 friends paid $45 in total.", "correct"),
    ("45", "**Final answer:** The 3 friends together paid **$45**.", "correct"),
    ("1000000", "Answer: 1 000 000", "correct"),
    ("12000", "Answer: 12 000 people", "correct"),
    ("1234567", "Answer: 1.234.567", "correct"),
    ("50", "Answer: R$50", "correct"),
    ("50", "Answer: A$50", "correct"),
    ("50", "Answer: USD50", "correct"),
    ("50", "Answer: Rs.50", "correct"),
    ("50", "Answer: USD 50", "correct"),
    ("50", "Answer: 50 USD", "correct"),
    ("50", "Answer: €50", "correct"),
    ("50", "Answer: 50€", "correct"),
    ("50", "Answer: 50,00 €", "correct"),
    ("50", "Answer: Rs 50", "correct"),
    ("50", "Answer: ₹50/-", "correct"),
    ("1500000", "Answer: 1.5 million", "correct"),
    ("-5", "Answer: minus 5", "correct"),
    ("2500", "Answer: 2.5 · 10^3", "correct"),
    ("16", "Answer: 2**4", "correct"),
    ("1500000", "Answer: $1.5 million", "correct"),
    ("1500000", "Answer: 1.5M", "correct"),
    ("3000", "Answer: 3k", "correct"),
    ("3000", "Answer: $3k", "correct"),
    ("2000000000", "Answer: 2 billion", "correct"),
    ("18", "Answer: eighteen dollars", "correct"),
    ("21", "Answer: twenty-one", "correct"),
    ("1200000", "Answer: one million two hundred thousand", "correct"),
    ("-3", "Answer: negative three", "correct"),
    ("0", "Answer: zero", "correct"),
    ("105", "Answer: one hundred and five", "correct"),
    ("18", "Answer: eighteen (18)", "correct"),
    ("18", "Answer: 18 or 19", "several"),
    ("18", "Answer: 18-19", "several"),
    ("18", "Answer: 18 – 19", "several"),
    ("18", "Answer: between 18 and 19", "several"),
    ("18", "Answer: 18 to 19", "several"),
    ("18", "Answer: 18, 19", "several"),
    ("18", "Answer: 18 and 19", "several"),
    ("18", "Answer: 18/19", "wrong"),
    ("18", "Answer: either 18 or 19", "several"),
    ("18", "Answer: 18 (or 19)", "several"),
    ("18", "Answer: 18, maybe 19", "several"),
    ("18", "Answer: 18; 19", "several"),
    ("18", "\\boxed{18} or \\boxed{19}", "several"),
    ("18", "\\boxed{18, 19}", "several"),
    ("18", "The answer is 18 or 19.", "several"),
    ("18", "Answer: **18** or **19**", "several"),
    ("18", "x = 18 or x = 19", "several"),
    ("18", "Answer: x = 18, y = 19", "several"),
    ("18", "Answer: not 18", "wrong"),
    ("20", "Answer: not 18 but 20", "correct"),
    ("18", "Answer: not 18 but 20", "wrong"),
    ("12", "Answer: \\boxed{12}", "correct"),
    ("5", "Answer: 5.", "correct"),
    ("5", "Answer: 5!", "wrong"),
    ("120", "Answer: 5!", "correct"),
    ("6", "Answer: 2 × 3", "correct"),
    ("6", "Answer: 2 x 3", "correct"),
    ("6", "Answer: 2*3", "correct"),
    ("6", "Answer: 12/2", "correct"),
    ("6", "Answer: (2+1)*2", "correct"),
    ("11", "Answer: 5 + 6", "correct"),
    ("10", "Answer: 16 - 6", "correct"),
    ("2/3", "Answer: 2/3", "correct"),
    ("0.75", "Answer: 3/4", "correct"),
    ("75", "Answer: 75%", "correct"),
    ("0.75", "Answer: 75%", "correct"),
    ("204", "Answer: $204^\\circ$", "correct"),
    ("204", "Answer: 204°", "correct"),
    ("204", "Answer: 204 degrees", "correct"),
    ("20", "Answer: 20°C", "correct"),
    ("336", "The answer is $336^\\circ$.", "correct"),
    ("18", "Total: 18", "correct"),
    ("18", "So the total is 18 dollars.\n\nLet me know if you have questions!", "correct"),
    ("18", "She makes 18 dollars.\n\nI hope this helps! 😊", "correct"),
    ("18", "18\n\nQuestion: Tom has 3 apples?\nAnswer: 3", "correct"),
    ("18", "Answer: 18\n\nQuestion: Tom has 3 apples?\nAnswer: 3", "correct"),
    ("18", "The answer is 18.\n\nQ: Tom has 3?\nA: 3", "correct"),
    ("18", "Q: How many?\nA: 18", "correct"),
    ("18", "Question: How many?\nAnswer: 18", "correct"),
    ("18", "A: 18", "correct"),
    ("18", "Answer - 18", "correct"),
    ("18", "Answer – 18", "correct"),
    ("18", "Answer = 18", "correct"),
    ("18", "Answer:18", "correct"),
    ("18", "answer 18", "correct"),
    ("18", "Final Answer\n18", "correct"),
    ("18", "## Final Answer\n\n18", "correct"),
    ("18", "**Final Answer**\n\n18", "correct"),
    ("18", "**Final Answer**\n\n$18", "correct"),
    ("18", '{"answer": 18}', "correct"),
    ("18", '{"answer": "18"}', "correct"),
    ("18", '```json\n{"reasoning": "9*2", "answer": 18}\n```', "correct"),
    ("18", "<answer>18</answer>", "correct"),
    ("18", "<answer>\n18\n</answer>", "correct"),
    ("18", "[ANSWER]18[/ANSWER]", "correct"),
    ("18", "I can't determine it from 18 pieces.", "wrong"),
    ("18", "Sorry, I need more than 18 details.", "wrong"),
    ("18", "It is impossible to say, 18 or so.", "wrong"),
    ("7", "There are 7 apples in 3 baskets.", "correct"),
    ("3", "There are 7 apples in 3 baskets.", "wrong"),
    ("40", "He walks 40 miles in 8 hours.", "correct"),
    ("2025", "Answer: 2025", "correct"),
    ("2025", "Answer: 2,025", "correct"),
    ("1234.5", "Answer: 1,234.5", "correct"),
    ("0.5", "Answer: .5", "correct"),
    ("-0.5", "Answer: −½", "correct"),
    ("1e-5", "Answer: 10^{-5}", "correct"),
    ("100000", "Answer: 10^5", "correct"),
    ("100000", "Answer: 100,000", "correct"),
    ("100000", "Answer: 1,00,000", "correct"),
    ("18", "Answer: ~18", "correct"),
    ("18", "Answer: about 18", "correct"),
    ("18", "Answer: ≈ 18", "correct"),
    ("18", "Answer: approximately 18.0", "correct"),
    ("18", "Answer: 18.00", "correct"),
    ("18", "Answer: +18", "correct"),
    ("3", "Answer: 3:45", "wrong"),
    ("3", "Answer: 3.5", "wrong"),
    ("345", "Answer: 3, 4, 5", "wrong"),
    ("18", "$18", "correct"),
    ("18", "$18$", "correct"),
    ("18", "\\$18", "correct"),
    ("18", "Answer: $\\$18$", "correct"),
    ("18", "Answer: \\(18\\)", "correct"),
    ("18", "Answer: \\[18\\]", "correct"),
    ("18", "Answer: \\text{18}", "correct"),
    ("18", "Answer: \\mathbf{18}", "correct"),
    ("18", "\\[\\boxed{18}\\]", "correct"),
    ("18", "Answer: `18`", "correct"),
    ("18", "Answer: 18 ✅", "correct"),
    ("18", "Answer: 18<|im_end|>", "correct"),
    ("18", 'Answer: "18"', "correct"),
    ("18", "Answer: (18)", "correct"),
    ("18", "Answer: [18]", "correct"),
    ("18", "Answer: {18}", "correct"),
    ("18", "Answer: 18,", "correct"),
    ("18", "答案是18。", "correct"),
    ("18", "Die Antwort ist 18.", "correct"),
    ("18", "La réponse est 18.", "correct"),
    ("3.5", "Die Antwort ist 3,5.", "correct"),
    ("18", "Respuesta: 18", "correct"),
    ("18", "18 ducks", "correct"),
    ("2", "Answer: 2nd", "correct"),
    ("36", "Answer: 6^2 = 36", "correct"),
    ("36", "Answer: 36 (= 6^2)", "correct"),
    ("36", "6² = 36", "correct"),
    ("36", "Answer: 36 cm²", "correct"),
    ("36", "Answer: 36 cm^2", "correct"),
    ("36", "Answer: 36 m/s", "correct"),
    ("36", "Answer: 36 km/h", "correct"),
    ("36", "Answer: $36/hour", "correct"),
    ("10", "Answer: 10 because 3+7=10", "correct"),
    ("10", "Answer: 10, since 3+7=10", "correct"),
    ("10", "Answer: 10. 3 + 7 is 10.", "correct"),
    ("10", "3 + 7 = 10. So 10.", "correct"),
    ("10", "Answer: 3 + 7 → 10", "correct"),
    ("10", "Step 1: 3\nStep 2: 10", "correct"),
    ("10", "The answer is:\n\n10", "correct"),
    ("10", "The answer is: **10**", "correct"),
    ("10", "Answer: The answer is 10", "correct"),
    ("10", "Answer: The final answer is 10 apples, not 12", "correct"),
    ("10", "So 10 apples remain out of 25.", "correct"),
    ("15", "Therefore, Tom has 15 apples left after giving away 10.", "correct"),
    ("4", "Each of the 3 children gets 4 sweets.", "correct"),
    ("64", "2^6 = 64", "correct"),
    ("1", "Answer: 1/1", "correct"),
    ("12", "Answer: a dozen (12)", "correct"),
    ("10/3", "Answer: 10/3 ≈ 3.33", "correct"),
    ("3.33", "Answer: 10/3 ≈ 3.33", "correct"),
    ("3", "Answer: 10/3 ≈ 3.33", "wrong"),
    ("56", "**Answer:**\n\n$$\\boxed{56}$$", "correct"),
    ("56", "**Answer:**\n\n56", "correct"),
    ("56", "__Answer:__\n56", "correct"),
    ("56", "Answer:\n```\n56\n```", "correct"),
    ("12", "Answer: N = 12", "correct"),
    ("12", "Answer: X=12", "correct"),
    ("5", "Answer: 5 out of 8", "correct"),
    ("5", "5 of the 8", "correct"),
    ("8", "Answer: 5/8", "wrong"),
    ("1234", "Answer: 1234.", "correct"),
    ("1234567.89", "Answer: 1.234.567,89", "correct"),
    ("1234.56", "Answer: 1'234.56", "correct"),
    ("16000", "16 000", "correct"),
]


@pytest.mark.parametrize(("key", "answer", "outcome"), STATED)
def test_the_number_that_is_stated(key: str, answer: str, outcome: str) -> None:
    found = judge(PACK, Item("i", "c", "q", answer=key), answer).outcome
    if outcome == "wrong":
        assert found in ("wrong", "no_answer", "no_single_answer")
    else:
        assert found == ("no_single_answer" if outcome == "several" else outcome)


@pytest.mark.parametrize(
    ("phrase", "value"),
    [
        ("eighteen", 18),
        ("ninety-nine", 99),
        ("three hundred and four", 304),
        ("two thousand five", 2005),
        ("one million two hundred thousand", 1_200_000),
        ("minus seven", -7),
        ("zero", 0),
        ("a dozen", None),
        ("one of the boys", None),
        ("two of three", None),
        ("two three", None),
        ("thousand million", None),
    ],
)
def test_spelled_numbers(phrase: str, value: int | None) -> None:
    assert spelled_number(phrase) == (None if value is None else Fraction(value))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2 × 3", 6),
        ("(2 + 1) * 2", 6),
        ("2^10 - 24", 1000),
        ("7!", 5040),
        ("16 - 6", 10),
        ("6 - 16", None),
        ("1/0 + 2", None),
        ("9^9^9^9", None),
        ("(((", None),
        ("2 apples + 3", None),
    ],
)
def test_arithmetic(text: str, value: int | None) -> None:
    found = expression_value(text)
    assert (None if found is None else found.value) == value


@given(st.integers(-(10**9), 10**9), st.integers(-(10**9), 10**9))
def test_two_numbers_are_never_one(one: int, other: int) -> None:
    stated = {number.value for number in numbers_stated(f"{one} or {other}")}
    assert stated == {one, other}


@given(st.text(max_size=200))
def test_no_phrase_breaks_the_reading(text: str) -> None:
    for is_prose in (False, True):
        for number in numbers_stated(text, is_prose=is_prose):
            assert isinstance(number.value, Fraction)


ALTERED = [
    "√{k}",
    "\\sqrt{{{k}}}",
    "log {k}",
    "{k}x",
    "{k}i",
    "{k} squared",
    "{k} dozen",
    "{k} ‰",
    "±{k}",
    "half of {k}",
    "twice {k}",
    "one less than {k}",
    "≠ {k}",
    "!= {k}",
    "\\neq {k}",
    "<{k}",
    ">{k}",
    "x > {k}",
    "less than {k}",
    "more than {k}",
    "step {k}",
    "Question {k}",
    "In step {k} I lost track",
    "~~{k}~~",
]


@pytest.mark.parametrize("form", ALTERED)
def test_what_stands_at_a_number_can_make_it_another(form: str) -> None:
    answer = f"Answer: {form.format(k=18)}"
    assert judge(PACK, Item("i", "c", "q", answer="18"), answer).outcome != "correct"


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ("10110_3", "wrong"),
        ("(10110)_3", "wrong"),
        ("10110 (base 3)", "wrong"),
        ("10110 (base 10)", "wrong"),
        ("10110_{2}", "correct"),
        ("$10110_{2}$", "correct"),
        ("(10110)_{2}", "correct"),
        ("\\boxed{10110_{2}}", "correct"),
        ("10110 in base 2", "correct"),
        ("10110 base 2", "correct"),
        ("\\text{10110}_2", "correct"),
        ("10110_{\\text{2}}", "correct"),
        ("0b10110", "correct"),
        ("10110₂", "correct"),
    ],
)
def test_the_base_that_was_asked_for_may_be_said_and_no_other(said: str, outcome: str) -> None:
    item = Item("i", "c", "Write the decimal number 22 in base 2.", answer="10110")
    assert (judge(PACK, item, f"Answer: {said}").outcome == "correct") == (outcome == "correct")


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ("6/13%", "wrong"),
        ("\\sqrt{6/13}", "wrong"),
        ("half of 6/13", "wrong"),
        ("less than 6/13", "wrong"),
        ("≠ 6/13", "wrong"),
        ("7/15 = 6/13", "wrong"),
        ("$\\frac{6}{13} \\approx 0.462$", "correct"),
        ("6/13 \\approx 0.462", "correct"),
        ("6/13 = 0.4615", "correct"),
        ("6/13 ≃ 0.46", "correct"),
        ("6/13, approximately 0.462", "correct"),
        ("6/13 - about 46%", "correct"),
        ("6/13 ~ 0.462", "correct"),
        ("6/13, or about 46.2%", "correct"),
        ("\\frac6{13}", "correct"),
        ("{6 \\over 13}", "correct"),
        ("6 out of 13", "correct"),
        ("6 in 13", "correct"),
        ("6 over 13", "correct"),
        ("0.4615", "wrong"),
        ("12/26 = 6/13", "correct"),
    ],
)
def test_a_fraction_may_have_its_rounded_value_beside_it(said: str, outcome: str) -> None:
    found = judge(PACK, Item("i", "c", "q", answer="6/13"), f"Answer: {said}").outcome
    assert (found == "correct") == (outcome == "correct")


def test_a_mark_with_nothing_behind_it_leaves_no_answer() -> None:
    text = "9 is what I first thought of.\n\nAnswer:"
    assert judge(PACK, Item("i", "c", "q", answer="9"), text).outcome == "no_answer"
