"""A conversation as text for a width: prompts, folded thinking, answers, clocks. All of it is untrusted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from aa_tui.pages.text import conversation as words
from aa_tui.textsafe import clean
from aa_tui.tui.widgets.parts import styled, wrapped
from aa_tui.tui.widgets.running import last_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aa_tui.catalog.asked import Turn
    from aa_tui.catalog.rows import EvalSample, LiveSlot, RunRow

MOST_CHARACTERS = 20_000
"""Of a longer text the end is shown: laying out a megabyte would hold up every key."""


def turns_text(run: RunRow, turns: Sequence[Turn], width: int, *, unfolded: bool) -> Content:
    """What was asked and answered."""
    return Content("\n\n").join(_turn(run, turn, width, unfolded=unfolded) for turn in turns)


def open_text(prompt: str, slot: LiveSlot | None, width: int, *, unfolded: bool) -> Content:
    """What is being answered, as far as it is."""
    blocks = [_prompt(prompt, width)]
    if slot is not None and slot.thinking:
        size = "" if slot.answer else f"{slot.n_tokens:,} tokens"
        blocks.append(_thinking(slot.thinking, size, width, unfolded=unfolded))
    if slot is not None and slot.answer.strip():
        blocks.append(_answer(slot.answer, width))
    return Content("\n\n").join(blocks)


def _turn(run: RunRow, turn: Turn, width: int, *, unfolded: bool) -> Content:
    blocks, sample = [_prompt(turn.asked.prompt, width)], turn.sample
    if sample is None:
        return blocks[0]
    if sample.thinking:
        blocks.append(_thinking(sample.thinking, f"{sample.n_thinking:,} tokens", width, unfolded=unfolded))
    if sample.answer.strip():
        blocks.append(_answer(sample.answer, width))
    elif sample.finish_reason != "error":
        blocks.append(styled(("(no answer)", "dim")))
    blocks.append(_end(run, sample, width))
    return Content("\n\n").join(blocks)


def _prompt(prompt: str, width: int) -> Content:
    text = wrapped(styled((_shown(prompt), "strong")), width - 2)
    first, *rest = text.split("\n", allow_blank=True)
    return Content("\n").join([styled(("› ", "accent-strong"), first), *(styled("  ", line) for line in rest)])


def _thinking(text: str, size: str, width: int, *, unfolded: bool) -> Content:
    note = f"  {size}; " if size else "  "
    title = styled(("thinking", "accent"), (f"{note}z {'folds' if unfolded else 'unfolds'}", "dim"))
    if unfolded:
        return styled(title, "\n", wrapped(styled((_shown(text), "dim")), width))
    return styled(title, "\n", (last_line(text, width), "dim"))


def _answer(text: str, width: int) -> Content:
    return wrapped(styled(_shown(text)), width)


def _end(run: RunRow, sample: EvalSample, width: int) -> Content:
    if sample.finish_reason == "error":
        return wrapped(styled((words.end_words(run, sample), "bad")), width)
    whole = "dim" if sample.finish_reason == "stop" else "warn"
    line = styled((f"{words.clock_words(sample)} · ", "dim"), (words.end_words(run, sample), whole))
    return wrapped(line, width)


def _shown(text: str) -> str:
    """The text as far as it is shown."""
    text = clean(text).strip("\n").rstrip()
    if len(text) <= MOST_CHARACTERS:
        return text
    return f"… {len(text) - MOST_CHARACTERS:,} more characters before; e saves all of it\n{text[-MOST_CHARACTERS:]}"
