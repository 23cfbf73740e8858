"""What counts as the final answer of a text, and in which order."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aa_tui.evals.extraction import LONGEST, readable
from aa_tui.evals.final import body, candidates
from aa_tui.evals.items import Extraction


def first(text: str, *patterns: str) -> tuple[str, str]:
    """Place and text of the first candidate."""
    for candidate in candidates(body(readable(text)), Extraction(patterns)):
        return candidate.place, candidate.text
    return "", ""


@pytest.mark.parametrize(
    ("text", "place", "phrase"),
    [
        ("Answer: B", "marker", "B"),
        ("**Answer:**\n\n$$\\boxed{56}$$", "marker", "$$\\boxed{56}$$"),
        ("__Answer:__\nLeo", "marker", "Leo"),
        ("**Answer: 18** (16 + 2)", "marker", "18  (16 + 2)"),
        ("Answer: __init__", "marker", "__init__"),
        ("### Final Answer\n\n42", "marker", "42"),
        ("Answer - 18", "marker", "18"),
        ("Answer to the question: 7", "marker", "7"),
        ("Answer (in dollars): 7", "marker", "7"),
        ("Q: How many?\nA: 7", "marker", "7"),
        ("A: one\nB: two", "line", "B: two"),
        ("Antwort: 12", "marker", "12"),
        ("الجواب: ٤٢", "marker", "٤٢"),
        ("答案：B", "marker", "B"),
        ("so \\boxed{42}.", "box", "42"),
        ("\\boxed{1} or \\boxed{2}", "box", "\\boxed{1} or \\boxed{2}"),
        ("\\boxed{1}. Then we have, after some more steps, \\boxed{2}", "box", "2"),
        ("\\boxed{5}\n\nWait, I made an error. Answer: 6", "marker", "6"),
        ("Answer: 6\n\nNo: \\boxed{5}", "box", "5"),
        ("<answer>\nB\n</answer>", "tag", "B"),
        ("<answer>B", "tag", "B"),
        ('{"reasoning": "x", "answer": "B"}', "json", "B"),
        ("{'answer': 18}", "json", "18"),
        ("9 * 2 = 18\n#### 18", "hashes", "18"),
        ("The answer is clearly B.", "saying", "clearly B."),
        ("La bonne réponse est la B.", "saying", "la B."),
        ("정답은 B입니다.", "saying", "B입니다."),
        ("Answer: 5\n\nThe answer is found by adding.", "marker", "5"),
        ("Answer: 5\n\nWait, that is a mistake. The answer is 6.", "saying", "6."),
        ("It is so.\n\nB", "line", "B"),
        ("Answer: 18\n\nQuestion: And then?\nAnswer: 3", "marker", "18"),
        ("18\n\nQuestion: And then?\nAnswer: 3", "head", "18"),
        ("Question: How many?\nAnswer: 3", "marker", "3"),
        ("Answer: B<|im_end|>\nAnswer: C", "marker", "B"),
        ("<|im_start|>Answer: B</s>", "marker", "B"),
        ("unanswer: B", "line", "unanswer: B"),
    ],
)
def test_the_first_candidate(text: str, place: str, phrase: str) -> None:
    assert first(text) == (place, phrase)


def test_a_packs_own_pattern_goes_before_everything() -> None:
    text = "Result: 4\nAnswer: 5\n\\boxed{6}"
    assert first(text, "(?m)^Result: (.+)$") == ("pattern", "4")
    assert first(text, "(?m)^Total: (.+)$") == ("box", "6")


def test_a_lone_mark_of_emphasis_is_no_match_of_a_pattern() -> None:
    assert first("**Answer:**\n\n56", r"(?mi)^[ \t*_]{0,8}answer[ \t*_]{0,4}:[ \t*_]{0,8}(\S.*)$") == ("marker", "56")


def test_candidates_stand_where_they_say() -> None:
    text = "I say\n\n**Answer:** 12 apples\n\nHope it helps."
    for candidate in candidates(text):
        assert candidate.text in text[candidate.start : candidate.end]


HOSTILE = {
    "markers": "Answer: " * 12_500,
    "sayings": "the answer is " * 7_000,
    "marker without end": "answer" + " *_" * 30_000,
    "words": "answer " + "a " * 50_000,
    "tags": "<answer>" * 12_000,
    "json": '{"answer": ' * 9_000,
    "boxes": "\\boxed{" * 14_000,
    "closed boxes": "\\boxed{" * 10_000 + "}" * 10_000,
    "turns": "<|im_end|>" * 10_000,
    "questions": "Question: x\n" * 8_000,
    "lines": "A. x\n" * 20_000,
    "spaces": " " * 100_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_long_texts_are_searched_in_linear_time(name: str) -> None:
    started = time.process_time()
    text = body(readable(HOSTILE[name]))
    assert len(text) <= LONGEST
    list(candidates(text))
    # Generous: quadratic work on this would take minutes.
    assert time.process_time() - started < 20.0


@given(st.text(max_size=300))
def test_no_text_breaks_the_search(text: str) -> None:
    found = body(readable(text))
    for candidate in candidates(found):
        assert candidate.text
        assert 0 <= candidate.start <= candidate.end <= len(found)
