"""As what a model is given what was asked and answered until now."""

from __future__ import annotations

from collections.abc import Sequence

from aa_tui.catalog.asked import Turn
from aa_tui.engine.chat import Message
from aa_tui.runs.ask.options import AskOptions


def messages(turns: Sequence[Turn], options: AskOptions) -> list[Message]:
    """What the model is given for the last of these turns.

    Without a template that is one text, in which each prompt goes on where the answer before it ended.
    """
    before, now = [turn for turn in turns[:-1] if turn.answer.strip()], turns[-1]
    if options.is_raw:
        texts = [f"{turn.asked.prompt}{turn.answer}\n\n" for turn in before]
        return [Message("user", "".join([*texts, now.asked.prompt]))]
    found = [Message("system", options.system)] if options.system else []
    for turn in before:
        found += [Message("user", turn.asked.prompt), Message("assistant", turn.answer)]
    return [*found, Message("user", now.asked.prompt)]
