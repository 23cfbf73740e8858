"""What a reference itself thinks about some questions, as blocks of a text: written once, and kept.

It is written greedily, so that the same file and build write the same. Every file that is compared with the reference
is read on the same tokens, of which those of the question are context only.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aa_tui.engine.divergence.blocks import Block
    from aa_tui.engine.divergence.store import Store
    from aa_tui.engine.settings import EngineSettings

KIND = "thinking"
QUESTIONS = (
    "A train leaves at 8:40 and needs 2 hours and 35 minutes. A second one leaves at 9:15 and is 20 minutes faster. "
    "Which arrives first, and by how many minutes?",
    "In a drawer there are 10 black and 10 blue socks. How many do you have to take out in the dark to be sure of a "
    "pair of one colour, and why?",
    "Write a function in Python that tells whether the brackets (), [] and {} of a text are closed in the right order.",
    "My soup is too salty and the guests come in half an hour. What can I do, and what is only a myth?",
)
"""Four that make a model think for some hundred tokens each."""

_FILE = "thinking.json"
_LEAST_WRITTEN = 2

OnToken = Callable[[int, int], bool]
"""Called with the question's place and the tokens written; False gives up."""


def thinking_blocks(
    path: str, settings: EngineSettings, store: Store, *, loading: Callable[[float], object], on_token: OnToken
) -> list[Block] | None:
    """A block for each question, no longer than the context; from the store where they are there. None when given up.

    Raises EngineError where the file cannot be loaded, or its chat template fails.
    """
    held = store.folder / _FILE
    found = _read(held)
    if found is None:
        found = _write(path, settings, loading, on_token)
        if found is None:
            return None
        beside = held.with_suffix(".part")
        beside.write_text(json.dumps(found), encoding="utf-8")
        beside.replace(held)
    return _blocks(found)


def _blocks(found: list[tuple[list[int], int]]) -> list[Block]:
    from aa_tui.engine.divergence.blocks import Block

    return [
        Block(tuple(tokens), n_prompt - 1, KIND)
        for tokens, n_prompt in found
        if len(tokens) - n_prompt >= _LEAST_WRITTEN
    ]


def _read(path: Path) -> list[tuple[list[int], int]] | None:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        return [([int(token) for token in tokens], int(n_prompt)) for tokens, n_prompt in told]
    except (OSError, ValueError, TypeError):
        return None


def _write(
    path: str, settings: EngineSettings, loading: Callable[[float], object], on_token: OnToken
) -> list[tuple[list[int], int]] | None:
    from aa_tui.engine.chat import ChatTemplate, Message, chat_prompt
    from aa_tui.engine.llama import Token, open_model
    from aa_tui.gguf.reasoning import formats

    found = []
    with open_model(path, settings, loading) as engine:
        source = engine.chat_template or ""
        reasoning = formats().recognise(source, lambda tag: engine.control_token(tag) is not None)
        template = ChatTemplate(source, *engine.end_texts())
        for place, question in enumerate(QUESTIONS):
            tokens = list(chat_prompt(engine, template, [Message("user", question)], reasoning).tokens)
            n_prompt = len(tokens)
            if n_prompt + _LEAST_WRITTEN > engine.n_ctx:
                continue
            for event in engine.generate(list(tokens), engine.n_ctx - n_prompt):
                if isinstance(event, Token):
                    tokens.append(event.id)
                    if not on_token(place, len(tokens) - n_prompt):
                        return None
            found.append((tokens, n_prompt))
    return found
