"""An output as it was written, in one text: thinking and answer told apart as they are while tokens arrive."""

from __future__ import annotations

from functools import cache

from aa_tui.engine.thinking import Marks, Splitter
from aa_tui.gguf.reasoning import Format, formats


def parted(output: str) -> tuple[str, str]:
    """The thinking, without its marks, and the answer after it.

    Which format it is the marks tell: the first one whose opening the output begins with, else whose closing stands in
    it. Thinking that never ends leaves no answer.
    """
    splitter = Splitter(_marks(_format_of(output)))
    splitter.feed(-1, output.encode("utf-8", "replace"))
    splitter.end()
    return splitter.thinking, splitter.answer


@cache
def _marks(form: Format) -> Marks:
    """Making them takes longer than splitting by them."""
    return Marks(form)


def _format_of(output: str) -> Format:
    start = output.lstrip()
    known = formats().all
    for one in known:
        if any(start.startswith(opening) for opening, _ in one.pairs):
            return one
    return next((one for one in known if any(closing in output for closing in one.closings())), known[-1])
