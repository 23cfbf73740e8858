"""Thinking and answer told apart, whatever pieces they arrive in; loops noticed."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aa_tui.engine.loops import is_loop
from aa_tui.engine.thinking import Marks, Splitter
from aa_tui.gguf.reasoning import formats

THINK = formats().named("think")
SPELLED = Marks(THINK)
TOKENS = Marks(THINK, {"<think>": 1, "</think>": 2}.get)


def split(text: str, sizes: list[int], *, opens: bool = False) -> Splitter:
    """Feed a text in pieces of these sizes, in bytes."""
    splitter = Splitter(SPELLED, opens_thinking=opens)
    data, at = text.encode(), 0
    for size in sizes:
        if at < len(data):
            splitter.feed(100, data[at : at + size])
            at += size
    splitter.feed(100, data[at:])
    splitter.end()
    return splitter


pieces = st.lists(st.integers(1, 5), max_size=60)
plain = st.text(st.characters(exclude_characters="<>", codec="utf-8"), max_size=40)


@given(plain, plain, pieces)
def test_spelled_tags_are_found_in_any_pieces(thought: str, answer: str, sizes: list[int]) -> None:
    found = split(f"<think>{thought}</think>{answer}", sizes)
    assert (found.thinking, found.answer) == (thought, answer)


@given(plain, plain, pieces)
def test_an_open_tag_in_the_prompt_needs_no_other(thought: str, answer: str, sizes: list[int]) -> None:
    found = split(f"{thought}</think>{answer}", sizes, opens=True)
    assert (found.thinking, found.answer) == (thought, answer)


@given(plain, pieces)
def test_unclosed_thinking_leaves_no_answer(thought: str, sizes: list[int]) -> None:
    found = split(f"<think>{thought}", sizes)
    assert (found.thinking, found.answer) == (thought, "")


@given(plain.filter(str.strip), pieces)
def test_without_tags_all_is_answer(text: str, sizes: list[int]) -> None:
    found = split(text, sizes)
    assert (found.thinking, found.answer) == ("", text)


@pytest.mark.parametrize(
    ("tokens", "opens", "thinking", "answer", "counts"),
    [
        ([1, 10, 11, 2, 12], False, "ab", "c", (4, 1)),
        ([10, 2, 11, 12], True, "a", "bc", (2, 2)),
        ([1, 10, 11], False, "ab", "", (3, 0)),
        ([10, 11], False, "", "ab", (0, 2)),
        # an open tag that stood in a prompt unknown to us: what came before the closing one was thinking
        ([10, 11, 2, 12], False, "ab", "c", (3, 1)),
        # a second pair is the answer's own business
        ([1, 10, 2, 11, 2, 12], False, "a", "b</think>c", (3, 3)),
    ],
)
def test_tags_that_are_tokens(
    tokens: list[int], opens: bool, thinking: str, answer: str, counts: tuple[int, int]
) -> None:
    words = {1: b"<think>", 2: b"</think>", 10: b"a", 11: b"b", 12: b"c"}
    splitter = Splitter(TOKENS, opens_thinking=opens)
    for token in tokens:
        splitter.feed(token, words[token])
    splitter.end()
    assert (splitter.thinking, splitter.answer) == (thinking, answer)
    assert (splitter.n_thinking, splitter.n_answer) == counts


def test_a_quoted_tag_is_no_tag_where_tags_are_tokens() -> None:
    splitter = Splitter(TOKENS)
    for token, data in ((1, b""), (10, b"the tag </think> ends it"), (2, b""), (11, b"yes")):
        splitter.feed(token, data)
    assert (splitter.thinking, splitter.answer) == ("the tag </think> ends it", "yes")


def test_a_character_over_several_tokens_comes_with_its_last() -> None:
    splitter = Splitter(SPELLED)
    snowman = "☃".encode()
    assert [splitter.feed(9, snowman[at : at + 1]) for at in range(3)] == ["", "", "☃"]
    splitter.feed(9, snowman[:2])
    assert splitter.end() == "\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize("period", [1, 2, 7, 50, 200])
def test_a_phrase_over_and_over_is_a_loop(period: int) -> None:
    source = random.Random(period)
    before = [source.randrange(50_000) for _ in range(3_000)]
    phrase = [source.randrange(50_000) for _ in range(period)]
    assert is_loop(before + phrase * (2_000 // period))
    assert not is_loop(before)


def test_a_short_repetition_is_none() -> None:
    row = [5, 6, 7]
    assert not is_loop([1, 2, 3] * 10 + row * 60)
    assert is_loop(row * 140)


@given(st.lists(st.integers(0, 50_000), max_size=300))
def test_short_outputs_never_are(tokens: list[int]) -> None:
    assert not is_loop(tokens)
