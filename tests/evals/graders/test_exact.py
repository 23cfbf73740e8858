"""Which text or value an answer states, as models write it."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.support.packs import pack_with

from aa_tui.evals.grading import judge
from aa_tui.evals.items import Item

PACK = pack_with("exact")

STATED = [
    ("python", "('a', 3)", "Tracing through, f returns the tuple ('a', 3).", "correct"),
    ("python", "{'a': 3}", "So it prints a dictionary: {'a': 3}", "correct"),
    ("python", "[1, 2]", "It returns not the list [1, 2]", "wrong"),
    ("ignore_case", "Leo", "Answer: Leo (no)", "undecided"),
    ("ignore_case", "Leo", "Answer: Leo (wrong)", "undecided"),
    ("ignore_case", "Leo", "Answer: Cleo = Leo", "wrong"),
    ("ignore_case", "Leo", "Answer: ~~Leo~~", "wrong"),
    ("ignore_case", "Leo", "Answer: It's Leo", "correct"),
    ("ignore_case", "Leo", "Answer: [Leo]", "correct"),
    ("ignore_case", "Leo", "Answer: (Leo)", "correct"),
    ("ignore_case", "Leo", "Answer: {Leo}", "correct"),
    ("ignore_case", "Leo", "Answer: = Leo", "correct"),
    ("ignore_case", "Leo", "Answer: <answer>Leo</answer>", "correct"),
    ("ignore_case", "Leo", "Answer: <b>Leo</b>", "correct"),
    ("ignore_case", "Leo", "Answer: The box holds a Leo", "wrong"),
    ("ignore_case", "Leo", "Answer: Therefore: Leo", "correct"),
    ("ignore_case", "Leo", "Answer: Therefore, Leo.", "correct"),
    ("ignore_case", "Leo", '"Answer: Leo".', "correct"),
    ("ignore_case", "Leo", "\\textbf{Answer:} Leo", "correct"),
    ("ignore_case", "Leo", "Answer → Leo", "correct"),
    ("ignore_case", "Leo", "Answer:: Leo", "correct"),
    ("ignore_case", "Leo", "| Answer | Leo |", "correct"),
    ("ignore_case", "Leo", "Answer: Leo is number 2", "undecided"),
    ("text", "11:23", "Answer: 11:23 AM", "correct"),
    ("text", "11:23", "Answer: 11:23:00", "correct"),
    ("text", "11:23", "Answer: 11:23 h", "correct"),
    ("text", "11:23", "Answer: 11:23 hours", "correct"),
    ("text", "11:23", "Answer: 11:23AM", "correct"),
    ("text", "11:23", "Answer: at 11:23", "correct"),
    ("text", "11:23", "Answer: It ends at 11:23", "correct"),
    ("text", "11:23", "Answer: 11 : 23", "correct"),
    ("text", "11:23", "Answer: 11h23", "correct"),
    ("text", "11:23", "Answer: 11.23", "correct"),
    ("text", "11:23", "Answer: $11{:}23$", "correct"),
    ("text", "11:23", "Answer: 11:23 o'clock", "correct"),
    ("text", "2012-06-08", "Answer: 8 June 2012", "correct"),
    ("text", "2012-06-08", "Answer: June 8, 2012", "correct"),
    ("text", "2012-06-08", "Answer: 8 Jun 2012", "correct"),
    ("text", "2012-06-08", "Answer: June 8th, 2012", "correct"),
    ("text", "2012-06-08", "Answer: Friday, June 8, 2012", "correct"),
    ("text", "2012-06-08", "Answer: 2012/06/08", "correct"),
    ("text", "2012-06-08", "Answer: 2012.06.08", "correct"),
    ("text", "2012-06-08", "Answer: 2012-6-8", "correct"),
    ("text", "2012-06-08", "Answer: 2012–06–08", "correct"),
    ("text", "2012-06-08", "Answer: 8 June 2012 (2012-06-08)", "correct"),
    ("ignore_case", "Friday", "Answer: Fri", "correct"),
    ("ignore_case", "Friday", "Answer: Fri.", "correct"),
    ("ignore_case", "Friday", "Answer: on Friday", "correct"),
    ("ignore_case", "Friday", "Answer: Friday.", "correct"),
    ("ignore_case", "Friday", "Answer: It is a Friday.", "correct"),
    ("ignore_case", "Friday", "Answer: Fr", "wrong"),
    ("ignore_case", "Friday", "Answer: Saturday", "wrong"),
    ("ignore_case", "BBBB", "Answer: the string BBBB", "correct"),
    ("ignore_case", "BBBB", "Answer: BBAA → BBBA → BBBB", "correct"),
    ("python", "[24, 23, 3]", "Answer: \\([24, 23, 3]\\)", "correct"),
    ("python", "[24, 23, 3]", 'Answer: "[24, 23, 3]"', "wrong"),
    ("python", "[24, 23, 3]", "Answer: \\text{[24, 23, 3]}", "correct"),
    ("python", "[24, 23, 3]", "Answer: \\boxed{\\text{[24, 23, 3]}}", "correct"),
    ("python", "[24, 23, 3]", "Answer: \\left[24, 23, 3\\right]", "correct"),
    ("python", "[24, 23, 3]", "Answer: It prints [24, 23, 3]", "correct"),
    ("python", "[24, 23, 3]", "Answer: Output: [24, 23, 3]", "correct"),
    ("python", "[24, 23, 3]", "Answer: *[24, 23, 3]*", "correct"),
    ("python", "[24, 23, 3]", "Answer: [24, 23, 3] [3, 23, 24]", "wrong"),
    ("text", "anten", "Answer: It prints anten", "correct"),
    ("text", "anten", "Answer: Output: anten", "correct"),
    ("ignore_case", "Yes", "Answer: Yes, because all are.", "correct"),
    ("ignore_case", "Yes", "Yes, because x", "correct"),
    ("ignore_case", "Yes", "Answer: yes or no", "wrong"),
    ("ignore_case", "Yes", "Answer: No", "wrong"),
    ("ignore_case", "No", "Answer: No, it isn't.", "correct"),
    ("ignore_case", "Yes", "Answer: Not yes", "wrong"),
    ("ignore_case", "Yes", "The answer is yes.", "correct"),
    ("ignore_case", "Yes", "**Yes**", "correct"),
    ("ignore_case", "Yes", "Yes.\n\nHope it helps.", "correct"),
    ("ignore_case", "Yes", "Yes\n\nExplanation: they are.", "correct"),
    ("ignore_case", "valid", "The argument is valid.", "correct"),
    ("ignore_case", "valid", "The argument is not valid.", "wrong"),
    ("ignore_case", "invalid", "The argument is not valid.", "correct"),
    ("ignore_case", "valid", "The argument is invalid.", "wrong"),
    ("ignore_case", "valid", "Answer: The argument is valid because x.", "correct"),
    ("ignore_case", "invalid", "Answer: not valid", "correct"),
    ("ignore_case", "true", "Answer: not false", "correct"),
    ("ignore_case", "valid", "Answer: invalid", "wrong"),
    ("ignore_case", "valid", "Answer: valid or invalid", "wrong"),
    ("ignore_case", "apple banana cherry", "Answer: apple, banana, cherry", "correct"),
    ("ignore_case", "apple banana cherry", "Answer: apple, banana and cherry", "correct"),
    ("ignore_case", "apple banana cherry", "Answer:\napple\nbanana\ncherry", "correct"),
    ("ignore_case", "apple banana cherry", "Answer:\n- apple\n- banana\n- cherry", "correct"),
    ("ignore_case", "apple banana cherry", "Answer:\n1. apple\n2. banana\n3. cherry", "correct"),
    ("ignore_case", "apple banana cherry", "Answer: apple cherry banana", "wrong"),
    ("ignore_case", "apple banana cherry", "Answer: apple -> banana -> cherry", "correct"),
    ("ignore_case", "apple banana cherry", "Answer: [apple, banana, cherry]", "correct"),
    ("ignore_case", "apple banana cherry", 'Answer: "apple", "banana", "cherry"', "correct"),
    ("ignore_case", "apple banana cherry", "Answer: apple banana cherry date", "undecided"),
    ("ignore_case", "apple", "Answer: apple, banana", "undecided"),
    ("ignore_case", "] )", "Answer: ])", "correct"),
    ("ignore_case", "] )", "Answer: `])`", "correct"),
    ("ignore_case", "] )", "Answer: ) ]", "wrong"),
    ("ignore_case", "Yes", "Answer - Yes", "correct"),
    ("ignore_case", "Yes", "Answer: Yes ✅", "correct"),
    ("ignore_case", "Yes", "Answer: Yes!", "correct"),
    ("ignore_case", "Leo", "Answer: N = Leo", "correct"),
    ("ignore_case", "Leo", "__Answer:__\nLeo", "correct"),
    ("ignore_case", "Leo", "**Answer:**\n\nLeo", "correct"),
    ("ignore_case", "Leo", "Answer: Leo is the tallest.", "undecided"),
    ("ignore_case", "Leo", "The tallest is Leo.", "correct"),
    ("ignore_case", "Leo", "Answer: The tallest is Leo.", "correct"),
    ("ignore_case", "Leo", "So the tallest one is Leo.", "correct"),
    ("ignore_case", "Leo", "Answer: Leo or Mia", "wrong"),
    ("ignore_case", "Leo", "Answer: Mia, not Leo", "wrong"),
    ("ignore_case", "Leo", "Answer: not Leo", "wrong"),
    ("ignore_case", "Leo", "\\boxed{Leo}", "correct"),
    ("ignore_case", "Leo", "\\boxed{\\text{Leo}}", "correct"),
    ("ignore_case", "Leo", "<answer>Leo</answer>", "correct"),
    ("ignore_case", "Leo", '{"answer": "Leo"}', "correct"),
    ("ignore_case", "Leo", "Answer: Leo<|im_end|>", "correct"),
    ("ignore_case", "Leo", "Answer: Leo\n\nQuestion: Who?\nAnswer: Mia", "correct"),
    ("ignore_case", "Leo", "Answer: Leona", "wrong"),
    ("ignore_case", "Leo", 'Answer: "Leo".', "correct"),
    ("ignore_case", "Leo", "I think it is Leo.", "correct"),
    ("ignore_case", "Leo", "Leo", "correct"),
    ("ignore_case", "Leo", "I cannot say.", "wrong"),
    ("ignore_case", "Leo", "Answer: **Leo** (the tallest)", "correct"),
    ("ignore_case", "Leo", "Answer: Leo (the tallest)", "correct"),
    ("ignore_case", "Leo", "It must be Mia.", "wrong"),
    ("ignore_case", "Paris", "Answer: Paris, France", "undecided"),
    ("ignore_case", "Paris", "The capital of France is Paris.", "correct"),
    ("ignore_case", "Paris", "The capital of France is not Paris.", "wrong"),
    ("ignore_case", "Paris", "Answer: Paris.\n\nParis is big.", "correct"),
    ("ignore_case", "a b c", "Answer: a, b, c", "correct"),
    ("ignore_case", "a b c", "Answer: abc", "wrong"),
    ("ignore_case", "3", "Answer: 3", "correct"),
    ("ignore_case", "3", "Answer: 3.", "correct"),
    ("ignore_case", "knight", "Answer: a knight", "correct"),
    ("ignore_case", "knight", "Answer: She is a knight.", "correct"),
    ("ignore_case", "the box", "Answer: box", "correct"),
    ("text", "Paris", "Answer: Paris!", "correct"),
    ("text", "Paris", "Answer: paris", "wrong"),
    ("text", "Yes", "Answer: yes", "wrong"),
    ("text", "tac", "**tac**", "correct"),
    ("text", "olleh", "Answer: o-l-l-e-h", "wrong"),
    ("python", "[1, 2]", "Answer: [1, 2].", "correct"),
    ("python", "[1, 2]", "f(3) = [1, 2]", "correct"),
    ("python", "[1, 2]", "Answer: f(3) returns [1, 2]", "correct"),
    ("python", "-1", "Answer: −1", "correct"),
    ("python", "{1: 2}", "$\\boxed{\\{1: 2\\}}$", "correct"),
    ("python", "[1, 2]", "<answer>[1, 2]</answer>", "correct"),
    ("python", "[1, 2]", "assert f(3) == [1, 2]", "correct"),
    ("python", "[1, 2]", "[ANSWER]\nassert f(3) == [1, 2]\n[/ANSWER]", "correct"),
    ("python", "[1, 2]", "Answer: f(x=1, y=(2,3)) == [1, 2]", "correct"),
    ("python", "[1, 2]", "The output is [1, 2].", "correct"),
    ("python", "[1, 2]", "```python\n[1, 2]\n```", "correct"),
    ("python", "[1, 2]", "The output will be `[1, 2]`.", "correct"),
    ("python", "'a b'", "Answer: 'a b'.", "correct"),
    ("python", "'a.'", "Answer: 'a.'.", "correct"),
    ("python", "'a'", "Answer: ‘a’", "correct"),
    ("python", "'a'", "Answer: “a”", "correct"),
    ("python", "True", "Answer: True.", "correct"),
    ("python", "True", "Answer: true", "wrong"),
    ("python", "[1, 2]", "Answer: [1, 2] (a list)", "correct"),
    ("python", "[1, 2]", "Answer: [1, 2], because x", "correct"),
    ("python", "[1, 2]", "Answer: [1, 2] or [2, 1]", "wrong"),
    ("python", "[1, 2]", "Answer: [2, 1]", "wrong"),
    ("python", "'x = 1'", "Answer: 'x = 1'", "correct"),
    ("python", "[\n 1,\n 2]", "Answer:\n[\n1,\n2\n]", "correct"),
    ("python", "{'a': 1}", "Answer:\n```python\n{\n 'a': 1\n}\n```", "correct"),
    ("python", "'f(1) = 2'", "Answer: 'f(1) = 2'", "correct"),
    ("python", "'**x**'", "Answer: '**x**'", "correct"),
    ("python", "'**x**'", "**Answer:** `'**x**'`", "correct"),
    ("python", "'\\\\n'", "Answer: '\\\\n'", "correct"),
    ("python", "''", "Answer: ''.", "correct"),
    ("python", "[]", "Answer: []", "correct"),
    ("python", "None", "Answer: None.", "correct"),
    ("python", "3.5", "Answer: 3.5.", "correct"),
]


@pytest.mark.parametrize(("compare", "key", "answer", "outcome"), STATED)
def test_the_text_that_is_stated(compare: str, key: str, answer: str, outcome: str) -> None:
    found = judge(PACK, Item("i", "c", "q", answer=key, extra={"compare": compare}), answer).outcome
    if outcome == "wrong":
        assert found in ("wrong", "no_answer", "no_single_answer")
    else:
        assert found == outcome


@pytest.mark.parametrize(
    ("key", "answer", "outcome"),
    [
        ("09:05", "Answer: 9:05", "correct"),
        ("11:23", "Answer: 11:23 AM", "correct"),
        ("11:23", "Answer: 11:23 p.m.", "undecided"),
        ("16:44", "Answer: 4:44 PM", "correct"),
        ("16:44", "Answer: 4:44", "wrong"),
        ("16:44", "It ends at 16:44.", "correct"),
        ("00:10", "Answer: 12:10 am", "correct"),
        ("2012-06-08", "Answer: 8 June 2012", "correct"),
        ("2012-06-08", "Answer: June 8th, 2012.", "correct"),
        ("2012-06-08", "Answer: Friday, June 8, 2012", "correct"),
        ("2012-06-08", "Answer: 2012/6/8", "correct"),
        ("2012-06-08", "Answer: 08/06/2012", "wrong"),
        ("2012-06-08", "Answer: 2012-08-06", "wrong"),
        ("2012-06-08", "Answer: 31 June 2012", "wrong"),
    ],
)
def test_times_and_dates(key: str, answer: str, outcome: str) -> None:
    assert judge(PACK, Item("i", "c", "q", answer=key), answer).outcome == outcome


@pytest.mark.parametrize(
    ("key", "answer", "outcome"),
    [
        ("March 5, 2021", "5 March 2021", "correct"),
        ("March 5, 2021", "2021-03-05", "correct"),
        ("3:45 PM", "It starts at 3:45 p.m.", "correct"),
        ("3:45 PM", "15:45", "correct"),
        ("3:45 PM", "3:45 am", "wrong"),
        ("No", "No, it is not.", "correct"),
        ("No", "No idea", "undecided"),
        ("No", "No problem! The answer is yes.", "undecided"),
        ("Yes", "Yes. Wait, that is wrong. No.", "undecided"),
        ("Yes", "I would say yes.", "correct"),
        ("Oslo", "Not Bergen but Oslo.", "correct"),
        ("invalid", "This argument is deductively invalid.", "correct"),
        ("apple banana", "The sorted list is: apple, banana", "correct"),
    ],
)
def test_more_texts(key: str, answer: str, outcome: str) -> None:
    item = Item("i", "c", "q", answer=key, extra={"compare": "ignore_case"})
    assert judge(PACK, item, answer).outcome == outcome


LITERALS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@example({"\uf900": None}, "Answer: {}")  # a letter that NFC writes in another way
@given(LITERALS, st.sampled_from(["Answer: {}", "Answer: {}.", "f(1) == {}", "[ANSWER]{}[/ANSWER]", "`{}`"]))
def test_every_python_value_is_equal_to_itself(value: object, form: str) -> None:
    item = Item("i", "c", "q", answer=repr(value), extra={"compare": "python"})
    # What a terminal would obey is taken out of answers, so that values with it in them are not compared.
    if repr(value).isprintable() and len(repr(value)) < 100:
        assert judge(PACK, item, form.format(repr(value))).outcome == "correct"
