"""The long text: the same each time, with each hidden fact whole before the depth at which it is asked for."""

from __future__ import annotations

import pytest

from aa_tui.speed.cache_text import NEEDLES_AT_MOST, WINDOW_TOKENS, depth_text, facts, windows

DEPTHS = (0, 1024, 4096)


def words(text: str) -> list[int]:
    """A token for each pair of characters, so that the whole can be read back."""
    return [ord(one) for one in text]


def back(tokens: tuple[int, ...]) -> str:
    return "".join(map(chr, tokens))


def test_the_text_is_the_same_each_time_and_as_long_as_asked() -> None:
    text = depth_text(words, [7], DEPTHS, 5000, seed=0)
    assert text == depth_text(words, [7], DEPTHS, 5000, seed=0)
    assert text != depth_text(words, [7], DEPTHS, 5000, seed=1)
    assert (len(text.tokens), text.tokens[0]) == (5000, 7)
    assert depth_text(words, [7], DEPTHS, 1500, seed=0).tokens == text.tokens[:1500], "a shorter one is its beginning"


@pytest.mark.parametrize("depth", [1024, 4096])
def test_each_fact_that_is_asked_for_stands_whole_before(depth: int) -> None:
    text = depth_text(words, [], DEPTHS, 5000, seed=0)
    asked = text.asked_at(depth)
    assert 2 <= len(asked) <= NEEDLES_AT_MOST
    before = back(text.tokens[:depth])
    for needle in asked:
        question, answer = back(needle.question.prompt), back(needle.question.answer)
        assert f"{question.rpartition('Answer: ')[2]}{answer}." in before
        assert before.count(answer) == 1, "no code stands there twice"
    assert asked[-1].end > depth / 2, "they are spread over the whole"
    assert asked[0].end < depth / 2


def test_nothing_is_asked_where_nothing_was_read() -> None:
    assert depth_text(words, [], DEPTHS, 5000, seed=0).asked_at(0) == ()


def test_windows_and_sentences_are_cut_where_they_should() -> None:
    assert [len(one) for one in windows(words)] == [WINDOW_TOKENS] * 8
    assert back(facts(words)[0].prompt) + back(facts(words)[0].answer) == "\n\nThe capital of France is Paris"
    assert back(facts(words)[0].answer) == " Paris"
