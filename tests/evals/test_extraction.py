"""The pieces that find an answer in a text, against real-looking and hostile texts."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aa_tui.evals.extraction import LONGEST, by_patterns, last_boxed, last_line, readable, shown, unwrapped
from aa_tui.evals.items import Extraction, PackError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("so \\boxed{42}.", "42"),
        ("\\boxed{1} and then \\boxed{2}", "2"),
        ("\\boxed{\\frac{1}{\\sqrt{2}}}", "\\frac{1}{\\sqrt{2}}"),
        ("\\boxed{\\text{B}}", "\\text{B}"),
        ("\\boxed 5", "5"),
        ("\\fbox{x}", "x"),
        ("\\boxed{\\{1, 2\\}}", "\\{1, 2\\}"),
        ("\\boxed{7} but \\boxed{never closed", "7"),
        ("\\boxed{}", None),
        ("no box", None),
    ],
)
def test_what_the_last_box_holds(text: str, expected: str | None) -> None:
    assert last_boxed(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("**B**", "B"),
        ("`B`.", "B"),
        ("\\boxed{\\text{B}}", "B"),
        ("$\\boxed{18}$.", "18"),
        ('"hello world"', "hello world"),
        ("“hello”", "hello"),
        ("  two\n words ", "two words"),
        ("B**", "B"),
        ("it's", "it's"),
        ("'a' or 'b", "'a' or 'b"),
        ("\\text{A} + 1", "\\text{A} + 1"),
        ("3.5", "3.5"),
        ("wait...", "wait..."),
        ("", ""),
    ],
)
def test_wrappings_go_and_the_answer_stays(text: str, expected: str) -> None:
    assert unwrapped(text) == expected


def test_the_first_pattern_that_matches_wins_and_its_last_match_counts() -> None:
    patterns = Extraction(("(?m)^Result: (.+)$", "(?m)^Answer: (.+)$"))
    assert by_patterns(patterns, "Answer: 1\nResult: 2\nResult: 3\nAnswer: 4") == "3"
    assert by_patterns(patterns, "Answer: 1\nAnswer: 4") == "4"
    assert by_patterns(patterns, "nothing") is None
    assert by_patterns(Extraction(("\\d+",)), "7 or 8") == "8"


def test_a_broken_pattern_is_named() -> None:
    with pytest.raises(PackError, match=r"'\(' is not a regular expression"):
        by_patterns(Extraction(("(",)), "x")


def test_the_last_line_passes_over_markup() -> None:
    assert last_line("The sum is 5.\n\n---\n```\n") == "The sum is 5."
    assert last_line("\n \n") is None


def test_controls_go_but_not_the_text_behind_them() -> None:
    assert readable("\x1b[31mAnswer: B\x1b[0m\x00\u202e") == "Answer: B"
    assert readable("\x9dAnswer: B") == "Answer: B"
    assert readable("Answer:\u200b B\r\n") == "Answer: B\n"
    assert shown("a\x1b]0;title\x07b") == "ab"
    assert len(shown("x" * 9_000) or "") == 2_000


HOSTILE = {
    "spaces": " " * 1_000_000,
    "newlines": "\n" * 1_000_000,
    "markers": "Answer: " * 125_000,
    "marker without end": "answer" + " *_" * 300_000,
    "boxes": "\\boxed{" * 140_000,
    "braces": "\\boxed" + "{" * 100_000 + "1" + "}" * 100_000,
    "closed boxes": "\\boxed{" * 100_000 + "}" * 100_000,
    "hashes": "#### " * 200_000,
    "escapes": "\x1b[" * 500_000,
    "controls": "\x9d\x90\x00" * 300_000,
    "stars": "*" * 1_000_000,
    "quotes": "\"'`$" * 250_000,
    "digits": "1" * 1_000_000,
    "commas": "1," * 500_000,
    "repeated": "the answer is " * 70_000,
    "commands": "\\text{" * 150_000,
    "combining": "e" + "\u0301" * 500_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_megabyte_of_anything_is_read_in_linear_time(name: str) -> None:
    started = time.process_time()
    text = readable(HOSTILE[name])
    assert len(text) <= LONGEST
    for find in (last_boxed, last_line, unwrapped):
        find(text)
    # Generous: quadratic work on this would take minutes.
    assert time.process_time() - started < 20.0


@given(st.text(max_size=300))
def test_no_text_breaks_the_search(text: str) -> None:
    clean_text = readable(text)
    for find in (last_boxed, last_line):
        found = find(clean_text)
        assert found is None or found
    assert unwrapped(unwrapped(clean_text)) == unwrapped(unwrapped(unwrapped(clean_text)))
