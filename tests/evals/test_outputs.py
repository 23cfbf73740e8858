"""Thinking and answer of an output that came as one text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aa_tui.evals.outputs import parted


@pytest.mark.parametrize(
    ("output", "thinking", "answer"),
    [
        ("<think>4 or 5?</think>\n\nAnswer: 5", "4 or 5?", "\n\nAnswer: 5"),
        ("\n <think>\n</think>Answer: 5", "\n", "Answer: 5"),
        ("<think>It may be 4", "It may be 4", ""),
        ("It may be 4.\n</think>\nAnswer: 5", "It may be 4.\n", "Answer: 5"),
        ("[THINK]4[/THINK]5", "4", "5"),
        ("<think>4</think>In <think>4</think> I erred: 5", "4", "In <think>4</think> I erred: 5"),
        ("The tag <think>x</think> marks thinking.", "", "The tag <think>x</think> marks thinking."),
        ("Answer: 5", "", "Answer: 5"),
        ("<|channel|>analysis<|message|>4?<|end|><|start|>assistant<|channel|>final<|message|>5", "4?", "5"),
        ("", "", ""),
    ],
)
def test_thinking_is_told_apart(output: str, thinking: str, answer: str) -> None:
    assert parted(output) == (thinking, answer)


@given(st.text(), st.text())
def test_whatever_follows_the_closing_tag_is_the_answer(thinking: str, answer: str) -> None:
    assert parted(f"<think>{thinking.replace('</think>', '')}</think>{answer}")[1] == answer


@given(st.text(alphabet="<think>/ab \n[]TH", max_size=40))
def test_nothing_is_made_up(output: str) -> None:
    thinking, answer = parted(output)
    assert thinking in output
    assert output.endswith(answer)
