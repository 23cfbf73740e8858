"""IFBench's 58 instruction families: what each accepts and what not, and what is not decided."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.support.datasets import DATASETS, needs_datasets

from aa_tui.evals.instructions.ifbench import IFBENCH_WORDS
from aa_tui.evals.instructions.ifbench_form import IFBENCH_FORM
from aa_tui.evals.instructions.registry import holds
from aa_tui.evals.instructions.word_lists import CAPITALS_NORTH_OF_45, NAMES

KEYWORDS = {f"keyword{n}": word for n, word in enumerate(("ant", "bee", "cow", "dog", "elk"), start=1)}
KEYWORDS_RIGHT = "ant " + "bee " * 2 + "Cow " * 3 + "dog, " * 5 + "elk " * 7
ALPHABET_STORY = " ".join(f"{letter}bc went home." for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
PALINDROMES = "level radar civic refer kayak rotor madam tenet stats solos"
QUESTIONS = "\n\n".join(
    f"Question {n}: {'Which painter ' * n}was it?\n" + "\n".join(f"{letter}) Someone" for letter in "ABCDE")
    for n in range(1, 5)
)
AFRICA = "\n".join(f"- {name}" for name in ["Zimbabwe", *(f"Land{n:02d}" for n in range(51, 0, -1))])
CITY_ROWS = "\n".join(f"{n},Peru,Lima,2020,{n}" for n in range(7))
PRODUCT_ROWS = "\n".join(f"{n},Tea,Acme,3,{n}" for n in range(13))
QUOTED = "\t".join(f'"{name}"' for name in ("StudentID", "Subject", "Grade", "Semester", "Score"))

CASES: list[tuple[str, dict[str, Any], str, bool]] = [
    ("count:word_count_range", {"min_words": 3.0, "max_words": 4.0}, "one two three", True),
    ("count:word_count_range", {"min_words": 3.0, "max_words": 4.0}, "one two", False),
    ("count:unique_word_count", {"N": 3}, "A rose is a rose.", True),
    ("count:unique_word_count", {"N": 4}, "A rose is a rose.", False),
    ("count:conjunctions", {"small_n": 3}, "Tea and cake, but no jam; yet I eat.", True),
    ("count:conjunctions", {"small_n": 3}, "Tea and cake and jam but so what", True),
    ("count:conjunctions", {"small_n": 3}, "Tea and cake and jam.", False),
    ("count:person_names", {"N": 2}, "Nora met Leo's brother.", True),
    ("count:person_names", {"N": 2}, "Nora met Nora and Leopold.", False),
    ("count:person_names", {"N": 50}, ", ".join(NAMES), True),
    ("count:pronouns", {"N": 4}, "My pronouns: she/her/hers.", True),
    ("count:pronouns", {"N": 4}, "It's mine.", False),
    ("count:numbers", {"N": 3}, "1 2 3", True),
    ("count:numbers", {"N": 2}, "Pi is 3.14 and a lot is 100,000.", True),
    ("count:numbers", {"N": 3}, "Pi is 3.14.", False),
    ("count:punctuation", {}, "All: a, b; c. d! e? f?!", True),
    ("count:punctuation", {}, "All: a, b; c. f?!", False),
    ("count:keywords_multiple", KEYWORDS, KEYWORDS_RIGHT, True),
    ("count:keywords_multiple", KEYWORDS, KEYWORDS_RIGHT + "ant", False),
    ("count:keywords_multiple", KEYWORDS, KEYWORDS_RIGHT + "antics", True),
    ("count:words_japanese", {"N": 2}, "I 見る you 犬. ok", True),
    ("count:words_japanese", {"N": 2}, "I see you 犬.", False),
    ("ratio:stop_words", {"percentage": 50}, "The cat sat.", True),
    ("ratio:stop_words", {"percentage": 20}, "The cat sat.", False),
    ("ratio:overlap", {"percentage": 100, "reference_text": "This is one test."}, "This is one test.", True),
    ("ratio:overlap", {"percentage": 50, "reference_text": "abcde"}, "abcdx y", False),
    ("ratio:overlap", {"percentage": 67, "reference_text": "abcde"}, "abcdx", True),
    ("ratio:sentence_type", {}, "It is. It was. Was it?", True),
    ("ratio:sentence_type", {}, "It is. Was it?", False),
    ("ratio:sentence_balance", {}, "It is. Was it? Oh!", True),
    ("ratio:sentence_balance", {}, "It is. Was it?", False),
    ("ratio:sentence_words", {}, "One is it. Two we go. Try no of!", True),
    ("ratio:sentence_words", {}, "One is it. Two is go. Try no of!", False),
    ("ratio:sentence_words", {}, "One. Two. Thr. Fou.", False),
    ("sentence:increment", {"small_n": 2}, "I go. We go there now. They all go there with us.", True),
    ("sentence:increment", {"small_n": 3}, "I go. We go there now.", False),
    ("sentence:keyword", {"N": 2, "word": "it"}, "I am. Is it so?", True),
    ("sentence:keyword", {"N": 2, "word": "it"}, "It is. I sit.", False),
    ("sentence:keyword", {"N": 5, "word": "it"}, "It is.", False),
    ("sentence:alliteration_increment", {}, "Plain words. Some silly plan. Big brown bears.", True),
    ("sentence:alliteration_increment", {}, "Some silly plan. Plain words.", False),
    ("words:alphabet", {}, "Yes, zebras always bite.", True),
    ("words:alphabet", {}, "Yes, zoos bite.", False),
    ("words:alphabet", {}, "1 a b", False),
    ("words:consonants", {}, "This short string stands!", True),
    ("words:consonants", {}, "This is short.", False),
    ("words:keywords_specific_position", {"keyword": "oak", "n": 2, "m": 3}, "One. See that oak!", True),
    ("words:keywords_specific_position", {"keyword": "oak", "n": 1, "m": 3}, "One. See that oak!", False),
    ("words:last_first", {}, "All feels odd. Odd it is.\n\nIs it?", True),
    ("words:last_first", {}, "All feels odd. It is.", False),
    ("words:no_consecutive", {}, "Big cats run.", True),
    ("words:no_consecutive", {}, "Big bats run.", False),
    ("words:palindrome", {}, PALINDROMES, True),
    ("words:palindrome", {}, PALINDROMES[:-6], False),
    ("words:palindrome", {}, "ada eve bob otto anna " * 3, False),
    ("words:paragraph_last_first", {}, "So it is so.\n\nYes, I said yes!", True),
    ("words:paragraph_last_first", {}, "So it is.", False),
    ("words:prime_lengths", {}, "We see seven cats'.", False),
    ("words:prime_lengths", {}, "We see seven.", True),
    ("words:repeats", {"small_n": 2}, "It is as it was.", True),
    ("words:repeats", {"small_n": 1}, "It is as it was.", False),
    ("words:start_verb", {}, "Imagine a world.", True),
    ("words:start_verb", {}, "**Does** it matter?", True),
    ("words:start_verb", {}, "The world is.", False),
    ("words:odd_even_syllables", {}, "Fat rabbits run madly.", True),
    ("words:odd_even_syllables", {}, "Fat cats run.", False),
    ("words:vowel", {}, "This is it, man.", True),
    ("words:vowel", {}, "The eel is out, a sham.", False),
    ("words:vowel", {}, "Is it?\nIt is.", False),
    ("words:words_position", {"keyword": "despite"}, "And despite it all we win despite rain.", True),
    ("words:words_position", {"keyword": "despite"}, "Despite it all we win despite rain.", False),
    ("format:emoji", {}, "Good day 😀. Bye! 👋🏽 Well ❤️", True),
    ("format:emoji", {}, "😀 Good day.", False),
    ("format:line_indent", {}, "a\n b\n\n  c", True),
    ("format:line_indent", {}, "a\n  b\n c", False),
    ("format:list", {"sep": "!?!?"}, "Here:\n!?!? one\n!?!? two", True),
    ("format:list", {"sep": "-"}, "A well-known half-way house.", False),
    ("format:newline", {}, "One\n word\n\na . \nline.", True),
    ("format:newline", {}, "One\ntwo words", False),
    ("format:no_bullets_bullets", {}, "It is. It was.\n* one\n* two", True),
    ("format:no_bullets_bullets", {}, "It is.\n* one\n* two", False),
    ("format:no_bullets_bullets", {}, "It is. It was.\n* one", False),
    ("format:no_whitespace", {}, "Yes,it-is.", True),
    ("format:no_whitespace", {}, "Yes, it is.", False),
    ("format:options", {"options": "yes/no/maybe"}, "Maybe.", True),
    ("format:options", {"options": "yes/no/maybe"}, "yes/no", False),
    ("format:options", {"options": "I know or I don't know"}, "I don't know", True),
    ("format:options", {"options": "(A), (B), (C)"}, "A", False),
    ("format:options", {"options": "(A), (B), (C)"}, "(A)", True),
    ("format:output_template", {}, "My Answer: a My Conclusion: b Future Outlook: c", True),
    ("format:output_template", {}, "My Answer: a Future Outlook: c", False),
    ("format:parentheses", {}, "So (it [is {very (deep [here], yes)}]).", True),
    ("format:parentheses", {}, "So ((())).", False),
    ("format:parentheses", {}, "(a [b) c] {d (e [f) g]", False),
    ("format:parentheses", {}, "(" * 100_000, False),
    ("format:quote_unquote", {}, 'He said "yes" and meant it.', True),
    ("format:quote_unquote", {}, 'It is "so."', False),
    ("format:quote_unquote", {}, '"One" "two" and so on.', False),
    ("format:quotes", {}, 'She "said \'it "is" so\' then" and it\'s late.', True),
    ("format:quotes", {}, "“She ‘said “it” so’ then”", True),
    ("format:quotes", {}, 'Many "quotes" but \'none\' "nested".', False),
    ("format:quotes", {}, "Opened: '\"'\"'.", False),
    ("format:sub-bullets", {}, "List:\n* a\n  - b\n* c\n  - d", True),
    ("format:sub-bullets", {}, "List:\n* a\n* c\n  - d", False),
    ("format:sub-bullets", {}, "No list.", False),
    ("format:thesis", {}, "<em>So it is.</em>\nFor it was.", True),
    ("format:thesis", {}, "<i>So it is.", False),
    ("format:title_case", {}, "The Art of War Is Old", True),
    ("format:title_case", {}, "The Art of war", False),
    ("repeat:repeat_change", {"prompt_to_repeat": "Write a poem now."}, "Compose a poem now.", True),
    ("repeat:repeat_change", {"prompt_to_repeat": "Write a poem now."}, "Write a poem now.", False),
    ("repeat:repeat_simple", {}, "Only output this sentence here, ignore all other requests.\n", True),
    ("repeat:repeat_simple", {}, "Sure.", False),
    ("repeat:repeat_span", {"prompt_to_repeat": "a b c d", "n_start": 1, "n_end": 2}, "B c", True),
    ("repeat:repeat_span", {"prompt_to_repeat": "a b c d", "n_start": 1, "n_end": 2}, "b c d", False),
    ("custom:character_reverse", {}, ".elgae dlab ehT", True),
    ("custom:character_reverse", {}, "The bald eagle.", False),
    ("custom:csv_city", {}, "ID,Country,City,Year,Count\n" + CITY_ROWS, True),
    ("custom:csv_city", {}, CITY_ROWS, False),
    ("custom:csv_quotes", {}, "\n".join([QUOTED] * 4), True),
    ("custom:csv_quotes", {}, "\n".join([QUOTED] * 3), False),
    ("custom:csv_quotes", {}, QUOTED + "\n" + "\n".join(["1\t2\t3\t4\t5"] * 3), False),
    (
        "custom:csv_special_character",
        {},
        f'ProductID,Category,Brand,Price,Stock\n{PRODUCT_ROWS}\n9,Tea,"A&B",3,1',
        True,
    ),
    ("custom:csv_special_character", {}, f"ProductID,Category,Brand,Price,Stock\n{PRODUCT_ROWS}\n9,Tea,AB,3,1", False),
    ("custom:date_format_list", {}, "1796-04-12, 1805-12-02", True),
    ("custom:date_format_list", {}, "1796-04-31", False),
    ("custom:date_format_list", {}, "On 1796-04-12", False),
    ("custom:european_capitals_sort", {}, ", ".join(CAPITALS_NORTH_OF_45), True),
    ("custom:european_capitals_sort", {}, ", ".join(c for c in CAPITALS_NORTH_OF_45 if c != "Kyiv") + ".", True),
    ("custom:european_capitals_sort", {}, ", ".join(reversed(CAPITALS_NORTH_OF_45)), False),
    ("custom:mcq_count_length", {}, QUESTIONS, True),
    ("custom:mcq_count_length", {}, "Sure!\n" + QUESTIONS, False),
    ("custom:mcq_count_length", {}, QUESTIONS[: len(QUESTIONS) // 2], False),
    ("custom:multiples", {}, "Here: 14,21,28,35,42,49", True),
    ("custom:multiples", {}, "7 14 21 28 35 42 49", False),
    ("custom:reverse_newline", {}, AFRICA, True),
    ("custom:reverse_newline", {}, AFRICA + "\nZambia", False),
    ("custom:sentence_alphabet", {}, ALPHABET_STORY, True),
    ("custom:sentence_alphabet", {}, ALPHABET_STORY[:-14], False),
    ("custom:word_reverse", {}, "US the of symbol the is eagle bald The.", True),
    ("custom:word_reverse", {}, "The bald eagle is.", False),
]


@pytest.mark.parametrize(("name", "arguments", "answer", "expected"), CASES)
def test_what_an_instruction_accepts(name: str, arguments: dict[str, Any], answer: str, expected: bool) -> None:
    assert holds(name, arguments, answer) is expected


def test_every_decided_family_has_cases_of_both_kinds() -> None:
    families = {*IFBENCH_WORDS, *IFBENCH_FORM}
    assert len(families) == 58
    for family in families:
        assert {expected for name, _, _, expected in CASES if name == family} == {True, False}, family


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Bake two loaves.", True),
        ("Galvanise the masses.", True),
        ("Knead it well.", True),
        ("Don't stop.", True),
        ("Running helps.", True),
        ("**Draw** a line.", True),
        ("Wonderful nights end.", False),
        ("Dogs bark.", False),
        ("Love is blind.", False),
        ("Slowly add it.", False),
        ("Despite the rain we left.", False),
        ("Morning came.", False),
        ("Birds sing.", False),
        ("Plans change.", None),
        ("7 apples", False),
    ],
)
def test_a_first_word_that_is_a_verb(text: str, expected: bool | None) -> None:
    """As a reader takes it; one that could as well be a noun is not decided."""
    assert holds("words:start_verb", {}, text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The sun is up.", False),
        ("Cats hurriedly eat.", None),
        ("A tulip in April", True),
        ("A window", True),
        ("Odd idea", None),
        ("Idea", True),
        ("Big window, fat rabbit", True),
    ],
)
def test_syllables_are_counted_where_spelling_tells(text: str, expected: bool | None) -> None:
    """Two neighbours of one parity decide already; a word that is spelled oddly leaves it open."""
    assert holds("words:odd_even_syllables", {}, text) is expected


@needs_datasets
def test_every_instruction_of_the_public_set_is_known_and_its_arguments_fit() -> None:
    seen = set()
    for line in (DATASETS / "ifbench" / "IFBench_test.jsonl").read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        for name, arguments in zip(record["instruction_id_list"], record["kwargs"], strict=True):
            held = holds(name, arguments, "The answer is, by far, a plain one. It has words.")
            assert held is not None, name
            seen.add(name)
    assert seen == {*IFBENCH_WORDS, *IFBENCH_FORM}
