"""The grader "instructions": strict and loose, what is not decided, and hostile answers."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.packs import graded, pack_with

from aa_tui.evals.grading import Grading
from aa_tui.evals.instructions.registry import CHECKS, holds
from aa_tui.evals.items import Item, Verdict


def verdict(answer: str, *asked: tuple[str, dict[str, Any]]) -> Verdict:
    extra: dict[str, Any] = {
        "instruction_id_list": [name for name, _ in asked],
        "kwargs": [arguments for _, arguments in asked],
    }
    return graded("instructions", None, answer, **extra)


NO_COMMA: tuple[str, dict[str, Any]] = ("punctuation:no_comma", {})
TWO_WORDS: tuple[str, dict[str, Any]] = ("length_constraints:number_words", {"num_words": 3, "relation": "less than"})


def test_all_parts_must_hold_as_the_answer_stands() -> None:
    got = verdict("\n\nVery well.\n", NO_COMMA, TWO_WORDS)
    assert got.outcome == "correct"
    assert got.parts == (
        ("punctuation:no_comma", True),
        ("length_constraints:number_words", True),
        ("punctuation:no_comma, loose", True),
        ("length_constraints:number_words, loose", True),
    )
    assert got.detail == "strict 2 of 2, loose 2 of 2"


def test_the_loose_measure_forgives_a_first_line() -> None:
    got = verdict("Sure, here it is:\nVery well.", NO_COMMA, TWO_WORDS)
    assert got.outcome == "wrong"
    assert got.detail == "strict 0 of 2, loose 2 of 2"
    starred = verdict('**"All quoted."**', ("startend:quotation", {}))
    assert starred.parts == (("startend:quotation", False), ("startend:quotation, loose", True))


def test_an_undecided_part_leaves_the_answer_undecided_unless_another_fails() -> None:
    """What is surely wrong stays so."""
    open_part = ("language:response_language", {"language": "de"})
    got = verdict("Wu", NO_COMMA, open_part)
    assert (got.outcome, got.grader) == ("undecided", "instructions/2")
    assert got.detail == "strict 1 of 2, loose 1 of 2, not decided: language:response_language"
    assert verdict("Wu, Wu", NO_COMMA, open_part).outcome == "wrong"


def test_an_empty_answer_is_none() -> None:
    assert verdict(" \n ", NO_COMMA).outcome == "no_answer"


def test_broken_items_are_errors_that_name_them() -> None:
    assert "there is no instruction 'x:y'" in verdict("a", ("x:y", {})).detail
    assert "lacks its argument 'num_words'" in verdict("a", (TWO_WORDS[0], {"relation": "less than"})).detail
    assert verdict("a", (TWO_WORDS[0], {"relation": "more", "num_words": 1})).outcome == "error"
    assert verdict("a", ("keywords:existence", {"keywords": [1]})).outcome == "error"
    assert verdict("a").outcome == "error"


ARGUMENTS: dict[str, Any] = {
    **dict.fromkeys(("N", "small_n", "m", "n", "percentage", "num_words", "frequency", "let_frequency"), 3),
    **dict.fromkeys(("num_sentences", "num_paragraphs", "nth_paragraph", "num_placeholders", "num_bullets"), 3),
    **dict.fromkeys(("num_highlights", "num_sections", "capital_frequency", "min_words", "max_words", "n_end"), 3),
    **dict.fromkeys(("relation", "let_relation", "capital_relation"), "at least"),
    **dict.fromkeys(("keyword", "word", "letter", "first_word", "end_phrase", "section_spliter", "sep"), "a"),
    **{f"keyword{nth}": "a" for nth in range(1, 6)},
    "keywords": ["a"],
    "forbidden_words": ["b"],
    "language": "en",
    "postscript_marker": "P.S.",
    "prompt_to_repeat": "a b c d e",
    "n_start": 0,
    "options": "yes/no",
    "reference_text": "a b c d",
}
HOSTILE = {
    "brackets": "[(" * 25_000,
    "stars": "*" * 50_000,
    "angles": "<<" * 25_000,
    "quotes": "'\"" * 25_000,
    "spaces": "a " + " " * 50_000,
    "newlines": "a\n\n" * 16_000,
    "stops": "a. " * 16_000,
    "dots": "." * 50_000,
    "one word": "a" * 50_000,
    "digits": "1. " * 16_000,
    "controls": "\x00\x1b[2J\u202e" * 6_000 + "a",
    "questions": "Question 1: a\nA) b\n" * 2_000,
    "dashes": "- " * 25_000,
    "divider": " *** " * 10_000,
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.repeats
def test_no_answer_makes_a_check_raise_or_crawl(name: str) -> None:
    for instruction in CHECKS:
        assert holds(instruction, ARGUMENTS, HOSTILE[name]) in (True, False, None)


def test_it_runs_in_a_process_of_its_own() -> None:
    item = Item("i1", "any", "What?", None, extra={"instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]})
    with Grading() as grading:
        assert grading.grade(pack_with("instructions"), item, "Very well.").outcome == "correct"
