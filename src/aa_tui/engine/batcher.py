"""A file opened for many requests: its model, its slots, its chat template and its thinking tags."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aa_tui.engine.chat import ChatPrompt, ChatTemplate, Message, chat_prompt
from aa_tui.engine.errors import EngineError
from aa_tui.engine.llama import LlamaEngine, open_model
from aa_tui.engine.slots import SlotEngine
from aa_tui.engine.thinking import Tags

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence

    from aa_tui.engine.settings import EngineSettings

TAG_PAIRS = (
    ("<think>", "</think>"),
    ("<|START_THINKING|>", "<|END_THINKING|>"),
    ("<seed:think>", "</seed:think>"),
    ("[THINK]", "[/THINK]"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<reasoning>", "</reasoning>"),
)
"""Thinking tags of models that have some. The first pair stands for models of which nothing is known."""


def open_batcher(
    path: str | os.PathLike[str],
    settings: EngineSettings,
    on_progress: Callable[[float], object] | None = None,
    *,
    template: str | None = None,
    plain: bool = False,
    loop_guard: bool = True,
) -> OpenBatcher:
    """Load a GGUF and make slots for it; use the result as a context manager.

    The chat template is `template`, else the file's own. With `plain` there is none: messages are texts to continue.
    Raises EngineError where the file cannot be loaded (see `open_model`), or it has no template or one that fails.
    """
    engine = open_model(path, settings, on_progress)
    try:
        batcher = OpenBatcher(engine, template, plain=plain, loop_guard=loop_guard)
        batcher.prompt([Message("user", "x")])  # a template that does not work is said before anything is run
    except BaseException:
        engine.close()
        raise
    return batcher


class OpenBatcher(SlotEngine):
    """A `Batcher` (`aa_tui.engine.protocol`) over llama.cpp. Closing it frees the model too."""

    def __init__(
        self, engine: LlamaEngine, template: str | None = None, *, plain: bool = False, loop_guard: bool = True
    ) -> None:
        source = "" if plain else template or engine.chat_template or ""
        if not source and not plain:
            raise EngineError("The file has no chat template: it is a base model, to be asked with --prompt plain.")
        self.tags = tags_of(engine, source)
        super().__init__(engine, self.tags, loop_guard=loop_guard)
        self.engine = engine
        self.template = source
        self._chat = ChatTemplate(source, *engine.end_texts())

    def close(self) -> None:
        """Free slots, context and model."""
        super().close()
        self.engine.close()

    def prompt(self, messages: Sequence[Message]) -> ChatPrompt:
        """The tokens of a conversation, through the model's chat template; without one, of the texts as they are."""
        if not self.template:
            text = "\n\n".join(message.content for message in messages)
            return ChatPrompt(tuple(self.engine.tokenize(text)), opens_thinking=False)
        return chat_prompt(self.engine, self._chat, messages, self.tags)

    def tokenize(self, text: str) -> tuple[int, ...]:
        """The tokens of a text as data: no control token comes of it."""
        return tuple(self.engine.tokenize(text, add_special=False))

    def closing_tag(self) -> tuple[int, ...]:
        """The tokens that end the thinking."""
        return tuple(self.engine.tokenize(self.tags.closing, add_special=False, parse_special=True))

    def text(self, tokens: Sequence[int]) -> str:
        """The text of tokens; a character that is cut off becomes a replacement character."""
        return b"".join(map(self.engine.piece, tokens)).decode("utf-8", "replace")


def tags_of(engine: LlamaEngine, template: str) -> Tags:
    """The thinking tags that the template speaks of; else a pair that the vocabulary has; else the usual one."""
    for opening, closing in TAG_PAIRS:
        if closing in template:
            return engine.thinking_tags(opening, closing)
    for opening, closing in TAG_PAIRS:
        if engine.control_token(closing) is not None:
            return engine.thinking_tags(opening, closing)
    return engine.thinking_tags()
