"""An output as it was written, in one text: thinking and answer told apart as they are while tokens arrive."""

from __future__ import annotations

from aa_tui.engine.batcher import TAG_PAIRS


def parted(output: str) -> tuple[str, str]:
    """The thinking, without its tags, and the answer after it.

    Thinking stands at the beginning, or nowhere. One that never ends leaves no answer. A closing tag alone ends what a
    template had opened. What follows the first closing tag is the answer, whatever it contains.
    """
    start = output.lstrip()
    for opening, closing in TAG_PAIRS:
        if start.startswith(opening):
            thinking, _, answer = start[len(opening) :].partition(closing)
            return thinking, answer
    for opening, closing in TAG_PAIRS:
        thinking, closed, answer = output.partition(closing)
        if closed and opening not in thinking:
            return thinking, answer
    return "", output
